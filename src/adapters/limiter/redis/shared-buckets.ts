import { hash } from 'node:crypto'
import type { BucketPolicy } from '../../../contract/rate-limiter.ts'
import { BoundedTable, type TableBudget } from '../bounded-table.ts'
import { TokenBucket, type BucketSize } from '../token-bucket.ts'
import { Lease } from './lease.ts'

/** Keys of one policy of which something is remembered, their digest at least; some 8 MB. */
const MOST_KEYS = 20_000

/** What this process knows of a bucket in Redis. */
export interface SharedBucket {
  readonly redisKey: string
  /** As it was when Redis last spoke of it, on this process's clock: others can only have taken more. */
  readonly known: TokenBucket
  /** Null where each decision is Redis's. */
  readonly lease: Lease | null
}

/** Where the keys of one decision go: in a cluster all to the same slot (one hash tag), and those of decisions about one bucket each to their own. */
export interface KeySpace { readonly prefix: string, readonly scope: string, readonly tag: string | null }

/** The buckets in Redis of one policy. */
export class SharedBuckets {
  readonly size: BucketSize & { /** What the script is told of a request for one token. */ readonly shapeOfOne: string }
  /** Hash tag that all of them have; null: each has its own. */
  readonly tag: string | null
  /** Digest of a key goes with all that makes it this bucket, so that no two meet. */
  readonly #before: string
  readonly #prefix: string
  readonly #leaseMost: number
  readonly #table: BoundedTable<SharedBucket>
  users = 0

  constructor (policy: BucketPolicy, space: KeySpace, budget: TableBudget) {
    const { name, ratePerSecond, burst, mode, instances } = policy
    this.size = { rate: ratePerSecond, burst, shapeOfOne: `${ratePerSecond} ${burst} 1 0` }
    this.tag = space.tag
    this.#before = JSON.stringify([space.scope, name, ratePerSecond, burst])
    this.#prefix = space.prefix
    this.#leaseMost = mode === 'leased' ? Math.max(1, Math.floor(burst / (2 * Math.max(1, instances)))) : 0
    this.#table = new BoundedTable(({ known, lease }, nowUs) => Math.max(known.fullInUs(this.size, nowUs), lease?.liveForUs(nowUs) ?? 0), MOST_KEYS, budget, false)
  }

  of (key: string, nowUs: number): SharedBucket {
    const found = this.#table.get(key)
    if (found !== undefined) return found
    const made = { redisKey: this.#redisKey(key), known: new TokenBucket(nowUs), lease: this.#leaseMost > 0 ? new Lease(this.#leaseMost) : null }
    this.#table.add(key, made, nowUs)
    return made
  }

  all (): Iterable<SharedBucket> {
    return this.#table.entries()
  }

  clear (): void {
    this.#table.clear()
  }

  #redisKey (key: string): string {
    const { tag } = this
    const digest = hash('sha256', this.#before + key).slice(0, 32)
    return tag === null ? `${this.#prefix}rl:{${digest}}` : `${this.#prefix}rl:{${tag}}${digest}`
  }
}
