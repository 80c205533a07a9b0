import {
  Config, ConfigError, defineFilter, EmptyKey, isAlwaysThere, labelledCounter, refuse, requestKey, RequestKeyOf, RetryAfter, retryLater, Timeout, Type, type Clock, type Exchange, type Histogram, type Metrics
} from '../../../src/contract/index.ts'
import { Bulkhead, type Entry } from './bulkhead.ts'

/** Why a request has no place, in words of the access log and of the metric. */
const WHY = { full: 'full', late: 'waited-too-long' } as const

export default defineFilter({
  name: 'concurrency-limit',
  config: Config({
    limit: Type.Integer({ minimum: 1, description: 'Requests in progress at one time, from here to the last byte of the answer.' }),
    by: RequestKeyOf({ default: 'route', description: 'What has a limit of its own: by default the route as a whole.' }),
    emptyKey: EmptyKey(['shared', 'allow'], 'one limit `shared` by all of them, or `allow` them without limit.'),
    queue: Type.Integer({ minimum: 0, default: 0, description: 'Requests that may wait for a place, of each key; they get one in the order they came.' }),
    wait: Type.Optional(Timeout({ description: 'How long one waits at most.' })),
    retryAfter: RetryAfter('1s')
  }),
  shorthand: 'limit',
  refuses: ['GW_CONCURRENCY_LIMITED'],

  create: ({ limit, by, emptyKey, queue, wait, retryAfter }, { services: { clock, random, metrics, expressions } }) => {
    checkEffects(isAlwaysThere(by), emptyKey, queue, wait)
    const keyOf = requestKey(by, expressions, '/by')
    const bulkhead = new Bulkhead({ limit, queue, waitMs: wait ?? 0, clock })
    const refused = labelledCounter<(typeof WHY)[keyof typeof WHY]>(metrics, 'gatehouse_concurrency_refused_total', 'reason')
    const waits = new Waits(metrics, clock)
    const later = retryLater(retryAfter, random)
    const settle = (x: Exchange, entry: Entry): void => {
      if (entry === 'entered' || entry === 'gone') return
      x.reason = WHY[entry]
      refused(WHY[entry]).add()
      refuse(x, 'GW_CONCURRENCY_LIMITED', undefined, later())
    }
    return {
      request: x => {
        const key = keyOf(x)
        if (key === '' && emptyKey === 'allow') return
        const entry = x.asking?.report ? bulkhead.count(x, key) : bulkhead.enter(x, key)
        return typeof entry === 'string' ? settle(x, entry) : waits.watch(entry).then(late => { settle(x, late) })
      },
      done: x => { bulkhead.leave(x) },
      close: () => { bulkhead.close() }
    }
  }
})

function checkEffects (hasKey: boolean, emptyKey: string | undefined, queue: number, wait: number | undefined): void {
  const noEffect = (pointer: string, why: string) => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
  if (queue > 0 && wait === undefined) throw noEffect('/queue', 'nobody waits without `wait`')
  if (queue === 0 && wait !== undefined) throw noEffect('/wait', 'nobody waits without a `queue`')
  if (hasKey && emptyKey !== undefined) throw noEffect('/emptyKey', 'every request has what it is counted by')
}

/** How long requests waited, by what came of it. */
class Waits {
  readonly #metrics: Metrics
  readonly #clock: Clock
  readonly #histograms = new Map<Entry, Histogram>()

  constructor (metrics: Metrics, clock: Clock) {
    this.#metrics = metrics
    this.#clock = clock
  }

  async watch (waiting: Promise<Entry>): Promise<Entry> {
    const startMs = this.#clock.monotonic()
    const entry = await waiting
    const histogram = this.#histograms.get(entry) ?? this.#metrics.histogram('gatehouse_concurrency_wait_seconds', { outcome: entry })
    this.#histograms.set(entry, histogram)
    histogram.record((this.#clock.monotonic() - startMs) / 1000)
    return entry
  }
}
