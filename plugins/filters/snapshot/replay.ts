import { labelledCounter, problem, type Dispatch, type Exchange, type Reply, type Services } from '../../../src/contract/index.ts'
import { replyOf } from './kept-answer.ts'
import { snapshotKey, type Question } from './question.ts'
import type { SnapshotConfig } from './snapshot-config.ts'

/** What became of a call of a shadow. `busy`: too many waited; `too-large`: its body is larger than any that is kept. */
type Outcome = 'hit' | 'miss' | 'busy' | 'too-large' | 'store-failed'

const HEADER = 'x-gatehouse-snapshot'
const DEFAULT_WAIT_MS = 2000
/** Between two looks into the store: short at first, since both calls are made at about the same time. */
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 200
const GROWTH = 1.5
const NONE = 'no live call was answered in time from which the answer could be taken'

/** What it goes by. `report`: it looks, and answers nobody. */
export type ReplayConfig = Pick<SnapshotConfig, 'wait' | 'miss' | 'maxBytes' | 'maxInFlight'> & { readonly report: boolean }

/** Answers calls of shadows with what the live service was told. */
export class Replay {
  readonly #question: Question
  readonly #config: ReplayConfig
  readonly #services: Pick<Services, 'clock' | 'store'>
  readonly #count: (outcome: Outcome) => void
  #waiting = 0

  constructor (question: Question, config: ReplayConfig, services: Pick<Services, 'clock' | 'store' | 'metrics'>) {
    const counters = labelledCounter<Outcome>(services.metrics, 'gatehouse_snapshot_reads_total', 'outcome')
    this.#question = question
    this.#config = config
    this.#services = services
    this.#count = outcome => { counters(outcome).add() }
  }

  async answer (x: Exchange, next: Dispatch): Promise<Reply> {
    const { miss, report } = this.#config
    const found = await this.#found(x)
    if (typeof found !== 'string') {
      this.#count('hit')
      return report ? await next(x) : marked(found, 'hit')
    }
    this.#count(found)
    return marked(miss === 'refuse' ? problem('GW_NO_SNAPSHOT', x.id, NONE) : await next(x), 'miss')
  }

  async #found (x: Exchange): Promise<Reply | Exclude<Outcome, 'hit'>> {
    const { maxBytes, maxInFlight, wait = DEFAULT_WAIT_MS } = this.#config
    const body = x.body.present ? await x.body.hold(maxBytes) : null
    if (x.body.present && body === null) return 'too-large'
    const isBusy = this.#waiting >= maxInFlight
    this.#waiting++
    try {
      return await this.#look(x, this.#question.field(x, body), isBusy ? 0 : wait) ?? (isBusy ? 'busy' : 'miss')
    } catch (error) {
      // Nobody waits for the answer any more
      if (x.aborted !== null) throw error
      return 'store-failed'
    } finally {
      this.#waiting--
    }
  }

  /** Null where there is nothing even after so long. */
  async #look (x: Exchange, field: string, patienceMs: number): Promise<Reply | null> {
    const { clock, store } = this.#services
    const untilMs = clock.monotonic() + patienceMs
    let sleptMs = 0
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS)) {
      const value = await store.getField(snapshotKey(x.id), field)
      if (value !== null) return replyOf(value)
      // A clock that never waits must not be asked until the time has really passed
      const leftMs = Math.min(untilMs - clock.monotonic(), patienceMs - sleptMs)
      if (leftMs <= 0) return null
      const ms = Math.min(pauseMs, leftMs)
      await clock.sleep(ms, x.signal)
      sleptMs += ms
    }
  }
}

/** Says on the answer itself where it is from: whoever looks into a difference asks that first. */
function marked (reply: Reply, how: 'hit' | 'miss'): Reply {
  reply.headers.put(HEADER, how)
  return reply
}
