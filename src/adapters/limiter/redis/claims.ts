import type { BucketState } from '../../../contract/rate-limiter.ts'
import type { SharedBucket, SharedBuckets } from './shared-buckets.ts'

/** What one bucket was asked and has said, and the way back. */
export interface Claim {
  readonly allowed: boolean
  state(nowUs: number): BucketState
  /** What it took goes back: the decision, or somebody later, refused. */
  giveBack(nowUs: number): void
}

/** Tokens on their way back to Redis. */
export interface Return { readonly buckets: SharedBuckets, readonly bucket: SharedBucket, readonly cost: number, readonly taken: number, readonly sinceUs: number }

/** What a lease holds that nobody will use; null: nothing. */
export function unused (buckets: SharedBuckets, bucket: SharedBucket, nowUs: number): Return | null {
  const { lease } = bucket
  const cost = lease?.empty(nowUs) ?? 0
  return lease && cost > 0 ? { buckets, bucket, cost, taken: lease.taken, sinceUs: lease.sinceUs } : null
}

/** Tokens of a lease. */
export class LeaseClaim implements Claim {
  readonly allowed = true
  readonly #buckets: SharedBuckets
  readonly #bucket: SharedBucket
  readonly #cost: number

  constructor (buckets: SharedBuckets, bucket: SharedBucket, cost: number) {
    this.#buckets = buckets
    this.#bucket = bucket
    this.#cost = cost
  }

  state (nowUs: number): BucketState {
    return known(this.#buckets, this.#bucket, this.#cost, true, nowUs)
  }

  giveBack (nowUs: number): void {
    this.#bucket.lease!.putBack(this.#cost, nowUs)
  }
}

/** A question to Redis, and its answer. */
export class SharedClaim implements Claim {
  readonly buckets: SharedBuckets
  readonly bucket: SharedBucket
  /** As it came from the request. */
  readonly key: string
  readonly cost: number
  /** Tokens for the lease, if they are there. */
  readonly extra: number
  allowed: boolean
  readonly #sendBack: (one: Return) => void
  #took = 0
  #taken = 0
  #sinceUs = 0
  #sentAtUs: number | null = null

  constructor (buckets: SharedBuckets, key: string, bucket: SharedBucket, cost: number, nowUs: number, sendBack: (one: Return) => void) {
    this.buckets = buckets
    this.bucket = bucket
    this.key = key
    this.cost = cost
    this.allowed = cost <= buckets.size.burst && !bucket.known.refuses(buckets.size, cost, nowUs)
    this.extra = bucket.lease?.beside(nowUs) ?? 0
    this.#sendBack = sendBack
  }

  /** What the script wants to know. */
  get shape (): string {
    const { buckets: { size }, cost, extra } = this
    return cost === 1 && extra === 0 ? size.shapeOfOne : `${size.rate} ${size.burst} ${cost} ${extra}`
  }

  /** What is in the same slot of a cluster. */
  get group (): string {
    return this.buckets.tag ?? this.bucket.redisKey
  }

  /** Nobody else needs to ask for the lease now. */
  asking (): void {
    if (this.extra > 0) this.bucket.lease!.asking()
  }

  /** `serverUs`: when the server said so; `sentAtUs`: when it was asked, which is earlier than it knew it. So what is known is never too little. */
  answered (allowed: boolean, taken: number, sinceUs: number, took: number, serverUs: number, sentAtUs: number): void {
    const { known, lease } = this.bucket
    known.taken = taken
    known.sinceUs = sentAtUs - (serverUs - sinceUs)
    this.allowed = allowed
    this.#took = Math.min(took, this.cost)
    this.#taken = taken
    this.#sinceUs = sinceUs
    this.#sentAtUs = sentAtUs
    if (lease === null) return
    const { rate, burst } = this.buckets.size
    const missing = taken - rate * (serverUs - sinceUs) / 1e6
    if (this.extra > 0) lease.answered(this.extra, Math.max(0, took - this.cost), rate, sentAtUs, missing * 2 < burst)
    lease.taken = taken
    lease.sinceUs = sinceUs
  }

  /** Redis could not be asked. */
  unanswered (nowUs: number): void {
    if (this.extra > 0) this.bucket.lease!.answered(0, 0, this.buckets.size.rate, nowUs, false)
  }

  state (nowUs: number): BucketState {
    return known(this.buckets, this.bucket, this.cost, this.allowed, this.#sentAtUs ?? nowUs)
  }

  giveBack (nowUs: number): void {
    if (this.#took === 0) return
    const { buckets, bucket } = this
    if (bucket.lease === null) this.#sendBack({ buckets, bucket, cost: this.#took, taken: this.#taken, sinceUs: this.#sinceUs })
    else bucket.lease.putBack(this.#took, nowUs)
    this.#took = 0
  }
}

function known ({ size }: SharedBuckets, { known, lease }: SharedBucket, cost: number, allowed: boolean, nowUs: number): BucketState {
  const state = known.state(size, cost, allowed, nowUs)
  if (lease === null || lease.tokens === 0) return state
  return { ...state, remaining: Math.min(Math.floor(size.burst), state.remaining + Math.floor(lease.tokens)) }
}

/** While Redis cannot be asked: everybody passes, or nobody. */
export class UnaskedClaim implements Claim {
  readonly allowed: boolean
  readonly #claim: SharedClaim
  readonly #retryAfterMs: number

  constructor (claim: SharedClaim, allowed: boolean, retryAfterMs: number) {
    this.allowed = allowed
    this.#claim = claim
    this.#retryAfterMs = retryAfterMs
  }

  state (nowUs: number): BucketState {
    const { buckets, bucket, cost } = this.#claim
    const state = known(buckets, bucket, cost, true, nowUs)
    return this.allowed ? state : { ...state, allowed: false, retryAfterMs: this.#retryAfterMs }
  }

  giveBack (): void {
    // Nothing was taken
  }
}
