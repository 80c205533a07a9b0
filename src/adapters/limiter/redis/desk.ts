import type { BucketPolicy } from '../../../contract/rate-limiter.ts'
import type { BucketTable } from '../bucket-tables.ts'
import { LeaseClaim, SharedClaim, UnaskedClaim, unused, type Claim, type Return } from './claims.ts'
import type { SharedBucket, SharedBuckets } from './shared-buckets.ts'
import type { Takings } from './takings.ts'

/** While nobody passes, and nobody knows for how long. */
const UNKNOWN_WAIT_MS = 1000

/** Where requests for the buckets of one policy are handed in. */
export interface Desk {
  readonly policy: BucketPolicy
  claim(key: string, cost: number, nowUs: number): Claim
  /** Instead of one that Redis could not be asked. */
  without(claim: SharedClaim, nowUs: number): Claim
}

/** `local`: the share of this process. */
export class LocalDesk implements Desk {
  readonly policy: BucketPolicy
  readonly #table: BucketTable

  constructor (policy: BucketPolicy, table: BucketTable) {
    this.policy = policy
    this.#table = table
  }

  claim (key: string, cost: number, nowUs: number): Claim {
    return this.#table.take(key, cost, nowUs)
  }

  without (claim: SharedClaim): Claim {
    return claim
  }
}

/** `exact` and `leased`: buckets in Redis. */
export class SharedDesk implements Desk {
  readonly policy: BucketPolicy
  readonly #buckets: SharedBuckets
  readonly #takings: Takings
  /** What it goes by without Redis. */
  readonly #table: BucketTable
  readonly #sendBack: (one: Return) => void
  readonly #isUp: () => boolean

  constructor (policy: BucketPolicy, buckets: SharedBuckets, table: BucketTable, takings: Takings, isUp: () => boolean) {
    this.policy = policy
    this.#buckets = buckets
    this.#table = table
    this.#takings = takings
    this.#sendBack = one => { takings.giveBack(one) }
    this.#isUp = isUp
  }

  claim (key: string, cost: number, nowUs: number): Claim {
    const bucket = this.#buckets.of(key, nowUs)
    const { lease } = bucket
    if (lease === null || !lease.take(cost, nowUs)) return new SharedClaim(this.#buckets, key, bucket, cost, nowUs, this.#sendBack)
    if (lease.ahead(nowUs) > 0 && this.#isUp()) {
      const claims = [new SharedClaim(this.#buckets, key, bucket, 0, nowUs, this.#sendBack)]
      this.#takings.add({ claims, done: () => { this.#refilled(bucket, nowUs) } })
    }
    return new LeaseClaim(this.#buckets, bucket, cost)
  }

  without (claim: SharedClaim, nowUs: number): Claim {
    const { onError } = this.policy
    return onError === 'local' ? this.#table.take(claim.key, claim.cost, nowUs) : new UnaskedClaim(claim, onError === 'open', UNKNOWN_WAIT_MS)
  }

  /** They have come after the last limiter was closed: nobody will use them. */
  #refilled (bucket: SharedBucket, nowUs: number): void {
    const late = this.#buckets.users === 0 ? unused(this.#buckets, bucket, nowUs) : null
    if (late !== null) this.#takings.giveBack(late)
  }
}
