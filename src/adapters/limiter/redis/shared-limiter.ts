import type { BucketRequest, BucketState, RateDecision, RateLimiter } from '../../../contract/rate-limiter.ts'
import type { Clock } from '../../../contract/services.ts'
import { microseconds } from '../memory-limiter.ts'
import { costOf } from '../token-bucket.ts'
import { LeaseClaim, SharedClaim, UnaskedClaim, type Claim } from './claims.ts'
import type { Desk } from './desk.ts'
import type { RedisLink } from './redis-link.ts'
import type { Takings } from './takings.ts'

/**
 * A decision over buckets of which some may be in Redis. Those at hand are charged first, and given back where Redis then refuses: meanwhile others may be
 * refused, and nobody is let in who must not be.
 */
export class SharedLimiter implements RateLimiter {
  readonly #desks: readonly Desk[]
  readonly #clock: Clock
  readonly #takings: Takings
  readonly #link: RedisLink
  #close: (() => void) | null

  constructor ({ desks, close }: { readonly desks: readonly Desk[], close(): void }, clock: Clock, takings: Takings, link: RedisLink) {
    this.#desks = desks
    this.#clock = clock
    this.#takings = takings
    this.#link = link
    this.#close = close
  }

  take (requests: readonly BucketRequest[]): RateDecision | Promise<RateDecision> {
    const nowUs = microseconds(this.#clock)
    const claims: Claim[] = []
    const asked: SharedClaim[] = []
    let by: RateDecision['by'] = 'memory'
    for (let i = 0; i < this.#desks.length; i++) {
      const claim = this.#desks[i]!.claim(requests[i]!.key, costOf(requests[i]!.cost), nowUs)
      claims.push(claim)
      if (!claim.allowed) return this.#refused(claims, requests, nowUs)
      if (claim instanceof SharedClaim) asked.push(claim)
      else if (claim instanceof LeaseClaim) by = 'lease'
    }
    if (asked.length === 0) return new SharedDecision(true, claims, by, this.#clock, nowUs)
    if (!this.#link.isUp) return this.#without(claims)
    return new Promise(resolve => {
      this.#takings.add({ claims: asked, done: isAnswered => { resolve(isAnswered ? this.#decided(claims, 'redis', microseconds(this.#clock)) : this.#without(claims)) } })
    })
  }

  close (): void {
    this.#close?.()
    this.#close = null
  }

  /** Without Redis, by the last of the claims. The others are asked too: whoever is refused learns of all of them. */
  #refused (claims: Claim[], requests: readonly BucketRequest[], nowUs: number): RateDecision {
    const by = claims.at(-1) instanceof SharedClaim ? 'remembered' : 'memory'
    for (let i = claims.length; i < this.#desks.length; i++) claims.push(this.#desks[i]!.claim(requests[i]!.key, costOf(requests[i]!.cost), nowUs))
    return this.#decided(claims, by, nowUs)
  }

  /** Redis cannot be asked. */
  #without (claims: readonly Claim[]): RateDecision {
    const nowUs = microseconds(this.#clock)
    const others = claims.map((claim, i) => claim instanceof SharedClaim ? this.#desks[i]!.without(claim, nowUs) : claim)
    const telling = others.findIndex((claim, i) => claims[i] instanceof SharedClaim && !claim.allowed)
    const i = telling >= 0 ? telling : others.findIndex((claim, i) => claims[i] instanceof SharedClaim && !(claim instanceof UnaskedClaim))
    return this.#decided(others, i >= 0 ? this.#desks[i]!.policy.onError : 'open', nowUs)
  }

  #decided (claims: readonly Claim[], by: RateDecision['by'], nowUs: number): RateDecision {
    const allowed = claims.every(claim => claim.allowed)
    if (!allowed) for (const claim of claims) claim.giveBack(nowUs)
    return new SharedDecision(allowed, claims, by, this.#clock, nowUs)
  }
}

class SharedDecision implements RateDecision {
  readonly allowed: boolean
  readonly buckets: readonly BucketState[]
  readonly by: RateDecision['by']
  readonly #clock: Clock
  #claims: readonly Claim[]

  constructor (allowed: boolean, claims: readonly Claim[], by: RateDecision['by'], clock: Clock, nowUs: number) {
    this.allowed = allowed
    this.buckets = claims.map(claim => claim.state(nowUs))
    this.by = by
    this.#clock = clock
    this.#claims = allowed ? claims : []
  }

  refund (): void {
    for (const claim of this.#claims) claim.giveBack(microseconds(this.#clock))
    this.#claims = []
  }
}
