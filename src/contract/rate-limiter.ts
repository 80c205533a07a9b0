/** What one token bucket holds and how it is kept. */
export interface BucketPolicy {
  /** Name of the policy, for fields and metrics. */
  readonly name: string
  /** Tokens that come back in a second. */
  readonly ratePerSecond: number
  /** Tokens it holds at most. */
  readonly burst: number
  /**
   * `exact`: one decision in Redis for each request. `leased`: tokens are taken from Redis in batches. `local`: this process's share alone
   * (`instances` of them). Without Redis all three are the bucket of this process.
   */
  readonly mode: 'exact' | 'leased' | 'local'
  /** How many gateways share it, as far as the operator knows: bounds the leases, and divides it where each goes by itself. */
  readonly instances: number
  /** What happens while Redis cannot be asked: everybody passes, nobody passes, or each process goes by its share. */
  readonly onError: 'open' | 'closed' | 'local'
}

/** Tokens asked of one bucket. `key`: whose bucket, as it came from the request; it is hashed before it goes anywhere. */
export interface BucketRequest { readonly key: string, readonly cost: number }

/** What one bucket says of a request. */
export interface BucketState {
  readonly allowed: boolean
  /** Whole tokens left, as far as this process knows. */
  readonly remaining: number
  /** Milliseconds until so many tokens are there as were asked for; Infinity for more than the bucket holds; 0 where it is allowed. */
  readonly retryAfterMs: number
  /** Milliseconds until it is full again. */
  readonly resetMs: number
}

/** One decision over all buckets of a request: allowed where each allows it, and then each is charged; else none is. */
export interface RateDecision {
  readonly allowed: boolean
  /** In the order of the policies. */
  readonly buckets: readonly BucketState[]
  /** How it came about: by the shared state or this process's own; by `onError`, since Redis could not be asked; by a refusal still remembered. */
  readonly by: 'redis' | 'lease' | 'memory' | 'open' | 'closed' | 'local' | 'remembered'
  /** Gives the tokens back: the request was refused elsewhere. At most once; at best effort, and nobody waits for it. */
  refund(): void
}

/** Decides for one use of a filter. */
export interface RateLimiter {
  /** `requests` in the order of the policies. Never rejects. At once where nobody has to be asked. */
  take(requests: readonly BucketRequest[]): RateDecision | Promise<RateDecision>
  /** Gives back what is leased; nothing stays. */
  close(): void
}

/**
 * Makes limiters. `scope` tells the buckets of one use from those of others: the same scope and policies in several gateways, or before
 * and after a reload, are the same buckets. The machine closes, with the plan, what the room has not closed.
 */
export type RateLimiters = (scope: string, policies: readonly BucketPolicy[]) => RateLimiter
