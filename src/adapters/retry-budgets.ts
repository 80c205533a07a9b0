import { LRUCache } from 'lru-cache'
import type { RetryBudget, RetryBudgets } from '../contract/retry-budget.ts'
import type { Clock } from '../contract/services.ts'

/** Upstreams whose budgets are kept; filters may make origins up (set-request-uri). */
const UPSTREAMS = 1024
const SECONDS = 10

/** Budgets of one gateway: one for each upstream, the least lately used forgotten where there are too many. */
export function retryBudgets (clock: Pick<Clock, 'monotonic'>): RetryBudgets {
  const budgets = new LRUCache<string, Budget>({ max: UPSTREAMS })
  return upstream => {
    let budget = budgets.get(upstream)
    if (budget === undefined) budgets.set(upstream, budget = new Budget(clock))
    return budget
  }
}

/** Counts by the second what began in the last ten, in a ring that is moved on when it is used: no timer. */
class Budget implements RetryBudget {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #requests = new Float64Array(SECONDS)
  readonly #tries = new Float64Array(SECONDS)
  #second = 0
  #recentRequests = 0
  #recentTries = 0
  #inFlight = 0
  #underWay = 0

  constructor (clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#second = Math.floor(clock.monotonic() / 1000)
  }

  enter (): void {
    this.#inFlight++
    this.#requests[this.#bucket()]!++
    this.#recentRequests++
  }

  leave (): void {
    this.#inFlight--
  }

  take (share: number, min: number): boolean {
    const bucket = this.#bucket()
    // A part of a try is none, so that the share is never exceeded.
    if (this.#underWay + 1 > Math.max(min, share * this.#inFlight)) return false
    if (this.#recentTries + 1 > Math.max(min, share * this.#recentRequests)) return false
    this.#underWay++
    this.#tries[bucket]!++
    this.#recentTries++
    return true
  }

  release (): void {
    this.#underWay--
  }

  /** Of the second that it is; seconds that have passed meanwhile are emptied. */
  #bucket (): number {
    const second = Math.floor(this.#clock.monotonic() / 1000)
    for (let passed = Math.min(second - this.#second, SECONDS); passed > 0; passed--) this.#empty((second - passed + 1) % SECONDS)
    this.#second = second
    return second % SECONDS
  }

  #empty (bucket: number): void {
    this.#recentRequests -= this.#requests[bucket]!
    this.#recentTries -= this.#tries[bucket]!
    this.#requests[bucket] = 0
    this.#tries[bucket] = 0
  }
}
