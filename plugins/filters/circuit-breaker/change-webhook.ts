import { labelledCounter, OutboundError, type BreakerChange, type Counter, type Services } from '../../../src/contract/index.ts'

const TIMEOUT_MS = 5000
/** Nobody reads the answer. */
const MAX_BYTES = 64 * 1024

/** `dropped`: a newer one took its place while it waited. */
type Outcome = 'sent' | 'failed' | 'dropped'

/** Posts changes of state to somebody who wants to know. One call at a time; of those that come meanwhile only the newest waits. */
export class ChangeWebhook {
  readonly #url: string
  readonly #route: string
  readonly #services: Pick<Services, 'outbound' | 'clock' | 'log'>
  readonly #count: (outcome: Outcome) => Counter
  #busy = false
  #waiting: string | null = null
  #closed = false

  constructor (url: string, route: string, services: Pick<Services, 'outbound' | 'clock' | 'log' | 'metrics'>) {
    this.#url = url
    this.#route = route
    this.#services = services
    this.#count = labelledCounter(services.metrics, 'gatehouse_breaker_webhooks_total', 'outcome')
  }

  /** Never throws, and nobody waits for it. */
  send ({ name, from, to, openForMs }: BreakerChange): void {
    if (this.#closed) return
    const at = new Date(this.#services.clock.now()).toISOString()
    const body = JSON.stringify({ name, route: this.#route, from, to, openForMs, at })
    if (!this.#busy) {
      void this.#post(body)
      return
    }
    if (this.#waiting !== null) this.#count('dropped').add()
    this.#waiting = body
  }

  /** What waits is not sent any more. */
  close (): void {
    this.#closed = true
    this.#waiting = null
  }

  async #post (body: string): Promise<void> {
    this.#busy = true
    for (let next: string | null = body; next !== null; next = this.#take()) await this.#ask(next)
    this.#busy = false
  }

  #take (): string | null {
    const next = this.#waiting
    this.#waiting = null
    return next
  }

  async #ask (body: string): Promise<void> {
    const { outbound, log } = this.#services
    try {
      const { status } = await outbound.ask({ url: this.#url, method: 'POST', headers: { 'content-type': 'application/json' }, body, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
      if (status >= 300) throw new Error(`answered ${status}`)
      this.#count('sent').add()
    } catch (error) {
      this.#count('failed').add()
      // The URL may hold a secret
      log.warn({ 'gatehouse.route': this.#route, 'event.reason': error instanceof OutboundError ? error.fault : 'refused' }, 'breaker webhook failed')
    }
  }
}
