import { isStream, labelledCounter, type BodyCopy, type Dispatch, type Exchange, type Reply, type Services } from '../../../src/contract/index.ts'
import { Allowance } from './allowance.ts'
import { keptAnswer, keptHead } from './kept-answer.ts'
import { snapshotKey, type Question } from './question.ts'
import type { SnapshotConfig } from './snapshot-config.ts'

/** What became of a live answer. `no-answer`: upstream gave none; `busy`: too many were being kept; `full`: the store holds as much as it may. */
type Outcome = 'recorded' | 'no-answer' | 'too-large' | 'broken' | 'busy' | 'full' | 'store-failed'

/** A body, or as much as may be kept of it. */
interface Copied { readonly state: BodyCopy['state'], bytes(): string | Uint8Array | null, release(): void }

/** Keeps what live calls are answered. Nobody waits for it, and nothing that goes wrong with it is felt by the call. */
export class Recorder {
  readonly #question: Question
  readonly #config: SnapshotConfig
  readonly #services: Pick<Services, 'clock' | 'store'>
  readonly #headers: ReadonlySet<string>
  readonly #allowance: Allowance
  readonly #count: (outcome: Outcome) => void
  readonly #pending = new Set<Promise<void>>()
  #inFlight = 0

  constructor (question: Question, config: SnapshotConfig, services: Pick<Services, 'clock' | 'store' | 'metrics'>) {
    const counters = labelledCounter<Outcome>(services.metrics, 'gatehouse_snapshots_total', 'outcome')
    this.#question = question
    this.#config = config
    this.#services = services
    this.#headers = new Set(config.headers.map(name => name.toLowerCase()))
    this.#allowance = new Allowance({ maxBytes: config.maxStored, ttlMs: config.ttl }, services.clock)
    this.#count = outcome => { counters(outcome).add() }
  }

  async record (x: Exchange, next: Dispatch): Promise<Reply> {
    const { maxBytes, maxInFlight } = this.#config
    if (this.#inFlight >= maxInFlight) {
      this.#count('busy')
      return await next(x)
    }
    this.#inFlight++
    const asked = x.body.present ? x.body.copy(maxBytes) : null
    const reply = await next(x)
    const pending = this.#keep(x, asked, reply).then(this.#count, () => { this.#count('store-failed') }).finally(() => {
      asked?.release()
      this.#inFlight--
      this.#pending.delete(pending)
    })
    this.#pending.add(pending)
    return reply
  }

  /** Resolves when the last of it is in the store. */
  async close (): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** Up to the first `await` nobody else has the reply: head and body are as upstream sent them. */
  async #keep (x: Exchange, asked: BodyCopy | null, reply: Reply): Promise<Outcome> {
    if (reply.code !== null || reply.status < 200) return 'no-answer'
    const head = keptHead(reply, this.#headers)
    const body = await copied(reply.body, this.#config.maxBytes)
    try {
      const state = body.state === 'whole' && asked !== null ? asked.state : body.state
      if (state !== 'whole') return state === 'over' ? 'too-large' : 'broken'
      return await this.#store(x, this.#question.field(x, asked?.bytes() ?? null), keptAnswer(head, body.bytes()))
    } finally {
      body.release()
    }
  }

  async #store (x: Exchange, field: string, value: string): Promise<Outcome> {
    if (!this.#allowance.take(field.length + value.length)) return 'full'
    await this.#services.store.setField(snapshotKey(x.id), field, value, this.#config.ttl)
    return 'recorded'
  }
}

/** Resolves when the body has ended, however it did. */
function copied (body: Reply['body'], maxBytes: number): Copied | Promise<Copied> {
  if (!isStream(body)) return { state: body === null || Buffer.byteLength(body) <= maxBytes ? 'whole' : 'over', bytes: () => body, release: () => {} }
  const copy = body.copy(maxBytes)
  return new Promise(resolve => { copy.settled(() => { resolve(copy) }) })
}
