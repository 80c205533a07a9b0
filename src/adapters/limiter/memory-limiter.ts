import type { BucketPolicy, BucketRequest, BucketState, RateDecision, RateLimiter, RateLimiters } from '../../contract/rate-limiter.ts'
import type { Clock } from '../../contract/services.ts'
import { BucketTables, type BucketTable, type LocalClaim, type TableLimits } from './bucket-tables.ts'
import { costOf } from './token-bucket.ts'

/**
 * Token buckets of one process. A policy that would be `exact` or `leased` with Redis has its whole rate here, and a `local` one its share. Memory is
 * bounded; see BoundedTable for what goes first when strangers make up keys.
 */
export const memoryLimiters = (clock: Clock, limits?: TableLimits): RateLimiters => limitersOf(new BucketTables(limits), clock)

/** Those with these tables. */
export const limitersOf = (tables: BucketTables, clock: Clock): RateLimiters => (scope, policies) => new MemoryLimiter(tables, clock, scope, policies)

/** Whole microseconds that never go backwards. */
export const microseconds = (clock: Clock): number => Math.round(clock.monotonic() * 1000)

/** Of how many processes this one has its part alone. */
export const shareOf = ({ mode, instances }: BucketPolicy): number => mode === 'local' ? Math.max(1, instances) : 1

class MemoryLimiter implements RateLimiter {
  readonly #tables: BucketTables
  readonly #clock: Clock
  readonly #buckets: readonly BucketTable[]
  #closings: readonly ((nowUs: number) => void)[]

  constructor (tables: BucketTables, clock: Clock, scope: string, policies: readonly BucketPolicy[]) {
    const opened = policies.map(policy => tables.open(scope, policy, shareOf(policy), microseconds(clock)))
    this.#tables = tables
    this.#clock = clock
    this.#buckets = opened.map(({ table }) => table)
    this.#closings = opened.map(({ close }) => close)
  }

  take (requests: readonly BucketRequest[]): RateDecision {
    const nowUs = microseconds(this.#clock)
    this.#tables.tidy(nowUs)
    const claims = this.#buckets.map((table, i) => table.take(requests[i]!.key, costOf(requests[i]!.cost), nowUs))
    const allowed = claims.every(claim => claim.allowed)
    if (!allowed) for (const claim of claims) claim.undo()
    return new MemoryDecision(allowed, claims, this.#clock, nowUs)
  }

  close (): void {
    const closings = this.#closings
    this.#closings = []
    for (const close of closings) close(microseconds(this.#clock))
  }
}

class MemoryDecision implements RateDecision {
  readonly allowed: boolean
  readonly buckets: readonly BucketState[]
  readonly by = 'memory'
  readonly #clock: Clock
  #claims: readonly LocalClaim[]

  constructor (allowed: boolean, claims: readonly LocalClaim[], clock: Clock, nowUs: number) {
    this.allowed = allowed
    this.buckets = claims.map(claim => claim.state(nowUs))
    this.#clock = clock
    this.#claims = allowed ? claims : []
  }

  refund (): void {
    for (const claim of this.#claims) claim.giveBack(microseconds(this.#clock))
    this.#claims = []
  }
}
