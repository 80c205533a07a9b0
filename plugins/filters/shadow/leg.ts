import { GatewayError, HeaderList, isStream, type Clock, type ErrorCode, type Exchange, type Limited, type Reply, type ShadowWay, type Step, type TimeLimit, type TimeLimits } from '../../../src/contract/index.ts'
import type { Answer } from './answer.ts'
import type { Reason, Result } from './outcome.ts'

/** How one call to a shadow went. */
export interface LegEnd { readonly result: Result, readonly reason: Reason, readonly answer: Answer | null }

/** What a call to one shadow is made with. */
export interface LegOptions {
  readonly way: ShadowWay
  /** Has filters say of the caller what they say to upstreams, for this one. */
  readonly restate: Step | null
  readonly timeoutMs: number
  readonly limits: TimeLimits
  readonly clock: Pick<Clock, 'monotonic'>
  /** What is read of an answer, at most; more is cut. */
  readonly maxBytes: number
}

const NO_HEADERS = new HeaderList()
const NOTHING = new Uint8Array()

/** One call to a shadow, from the first word about the caller to the last byte of the answer that is read. Never rejects, and ends within its time. */
export class Leg implements Limited {
  readonly #x: Exchange
  readonly #options: LegOptions
  readonly #limit: TimeLimit
  #startMs = 0
  #late = false

  constructor (x: Exchange, options: LegOptions) {
    this.#x = x
    this.#options = options
    this.#limit = options.limits.set(options.timeoutMs, this)
  }

  late (): void {
    this.#late = true
    this.#x.abort(new GatewayError('GW_TOTAL_TIMEOUT'))
  }

  async run (): Promise<LegEnd> {
    const { clock, way, restate } = this.#options
    try {
      await this.#said(restate)
    } catch {
      this.#limit.lift()
      return this.#endOfStatement()
    }
    this.#startMs = clock.monotonic()
    try {
      return this.#end(await this.#answer(await way.call(this.#x)))
    } catch {
      return this.#late ? this.#end(this.#none('GW_TOTAL_TIMEOUT')) : { result: 'failed', reason: 'internal', answer: null }
    } finally {
      this.#limit.lift()
    }
  }

  /** Rejects when the time is over, or nobody wants it any more: whoever is asked for facts about the caller may take for ever. */
  async #said (restate: Step | null): Promise<void> {
    const saying = restate?.(this.#x)
    if (saying === undefined) return
    await new Promise<void>((resolve, reject) => {
      this.#x.onAbort({ abort: reject })
      saying.then(resolve, reject)
    })
  }

  /** It says nothing of the shadow, which was not asked. */
  #endOfStatement (): LegEnd {
    if (this.#late) return { result: 'timeout', reason: 'statement', answer: null }
    const { aborted } = this.#x
    return aborted === null ? { result: 'failed', reason: 'statement', answer: null } : { result: 'dropped', reason: isStopping(aborted) ? 'closing' : 'client-gone', answer: null }
  }

  async #answer (reply: Reply): Promise<Answer> {
    const headMs = this.#options.clock.monotonic() - this.#startMs
    if (reply.code !== null) return this.#none(reply.code)
    const { status, headers } = reply
    try {
      const body = await this.#read(reply)
      return { status, headers, body, extent: body === null ? 'over' : 'whole', code: null, headMs }
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'GW_UPSTREAM_RESET'
      return { status, headers, body: NOTHING, extent: 'broken', code: this.#late ? 'GW_TOTAL_TIMEOUT' : code, headMs }
    }
  }

  async #read ({ body, socket }: Reply): Promise<Uint8Array | null> {
    socket?.destroy()
    if (!isStream(body)) return typeof body === 'string' ? Buffer.from(body) : body ?? NOTHING
    const bytes = await body.hold(this.#options.maxBytes)
    if (bytes === null) body.cancel(new GatewayError('GW_REPLY_TOO_LARGE'))
    return bytes
  }

  #none (code: ErrorCode): Answer {
    return { status: 0, headers: NO_HEADERS, body: NOTHING, extent: 'broken', code, headMs: this.#options.clock.monotonic() - this.#startMs }
  }

  #end (answer: Answer): LegEnd {
    // Given up from outside: nothing is said of the shadow
    if (answer.code === 'GW_CLIENT_GONE') return { result: 'dropped', reason: 'client-gone', answer: null }
    if (answer.code === 'GW_STOPPING') return { result: 'dropped', reason: 'closing', answer: null }
    if (this.#late || (answer.code !== null && TIMEOUTS.has(answer.code))) return { result: 'timeout', reason: '-', answer: { ...answer, code: answer.code ?? 'GW_TOTAL_TIMEOUT' } }
    return answer.code === null ? { result: 'sent', reason: '-', answer } : { result: 'failed', reason: reasonOf(answer.code), answer }
  }
}

const isStopping = (error: Error): boolean => error instanceof GatewayError && error.code === 'GW_STOPPING'

const TIMEOUTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['GW_TOTAL_TIMEOUT', 'GW_HEAD_TIMEOUT', 'GW_IDLE_TIMEOUT', 'GW_CONNECT_TIMEOUT'])
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['GW_UPSTREAM_UNREACHABLE', 'GW_UPSTREAM_TLS', 'GW_NO_ENDPOINT', 'GW_OVERLOADED'])

function reasonOf (code: ErrorCode): Reason {
  if (UNREACHABLE.has(code)) return 'connect'
  return code === 'GW_UPSTREAM_RESET' ? 'reset' : 'protocol'
}
