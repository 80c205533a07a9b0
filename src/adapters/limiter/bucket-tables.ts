import type { BucketPolicy, BucketState } from '../../contract/rate-limiter.ts'
import { BoundedTable, TableBudget } from './bounded-table.ts'
import { TokenBucket, type BucketSize } from './token-bucket.ts'

/** Buckets of one table; some 15 MB. */
const MOST_KEYS = 100_000
/** Buckets of the process. */
const MOST_BUCKETS = 500_000
/** Tables that nobody uses and that are not full again. */
const MOST_PARKED = 256
const LONGEST_PARKED_US = 3_600_000_000
const SWEEP_EVERY_US = 1_000_000

/** How many buckets are kept at most. */
export interface TableLimits { readonly keys?: number, readonly buckets?: number }

const worth = (size: BucketSize) => (bucket: TokenBucket, nowUs: number): number => bucket.fullInUs(size, nowUs)

/** Buckets of one policy in this process, by key. A key without a bucket has a full one. */
export class BucketTable {
  readonly size: BucketSize
  readonly #buckets: BoundedTable<TokenBucket>
  users = 0
  parkedAtUs = 0
  /** When all are full again, at the latest. */
  fullAtUs = 0

  constructor (size: BucketSize, most: number, budget: TableBudget) {
    this.size = size
    this.#buckets = new BoundedTable(worth(size), most, budget, true)
  }

  take (key: string, cost: number, nowUs: number): LocalClaim {
    const known = this.#buckets.get(key)
    const bucket = known ?? new TokenBucket(nowUs)
    const allowed = bucket.take(this.size, cost, nowUs)
    // What is full is as good as not there
    if (known === undefined && bucket.taken > 0) this.#buckets.add(key, bucket, nowUs)
    return new LocalClaim(this, bucket, cost, allowed)
  }

  clear (): void {
    this.#buckets.clear()
  }
}

/** What was asked of a bucket of this process, and the way back. */
export class LocalClaim {
  readonly allowed: boolean
  readonly #table: BucketTable
  readonly #bucket: TokenBucket
  readonly #cost: number
  readonly #taken: number
  readonly #sinceUs: number

  constructor (table: BucketTable, bucket: TokenBucket, cost: number, allowed: boolean) {
    this.allowed = allowed
    this.#table = table
    this.#bucket = bucket
    this.#cost = cost
    this.#taken = bucket.taken
    this.#sinceUs = bucket.sinceUs
  }

  /** What it is now. */
  state (nowUs: number): BucketState {
    const state = this.#bucket.state(this.#table.size, this.#cost, this.allowed, nowUs)
    this.#table.fullAtUs = Math.max(this.#table.fullAtUs, nowUs + state.resetMs * 1000)
    return state
  }

  /** In the same moment: nothing has come back since. */
  undo (): void {
    if (this.allowed) this.#bucket.taken -= this.#cost
  }

  giveBack (nowUs: number): void {
    if (this.allowed) this.#bucket.giveBack(this.#table.size, this.#cost, this.#taken, this.#sinceUs, nowUs)
  }
}

/**
 * The buckets of one process. The same scope and policy are the same buckets as long as somebody uses them, and afterwards until all are full again,
 * an hour at most: so a reload gives nobody tokens.
 */
export class BucketTables {
  readonly #tables = new Map<string, BucketTable>()
  readonly #parked = new Set<string>()
  readonly #keys: number
  readonly #budget: TableBudget
  #sweptAtUs = 0

  constructor ({ keys = MOST_KEYS, buckets = MOST_BUCKETS }: TableLimits = {}) {
    this.#keys = keys
    this.#budget = new TableBudget(buckets)
  }

  /** How many tables and buckets there are. */
  get held (): { readonly tables: number, readonly buckets: number } {
    return { tables: this.#tables.size, buckets: this.#budget.used }
  }

  /** `share`: of how many processes this one has the part. */
  open (scope: string, { name, ratePerSecond, burst }: BucketPolicy, share: number, nowUs: number): { readonly table: BucketTable, close(nowUs: number): void } {
    this.#sweep(nowUs)
    const size = { rate: ratePerSecond / share, burst: share === 1 ? burst : Math.max(1, burst / share) }
    const id = JSON.stringify([scope, name, size.rate, size.burst])
    const table = this.#tables.get(id) ?? new BucketTable(size, this.#keys, this.#budget)
    this.#tables.set(id, table)
    this.#parked.delete(id)
    table.users++
    return { table, close: nowUs => { this.#leave(id, table, nowUs) } }
  }

  /** Lets go of what nobody uses any more; for whoever comes by. */
  tidy (nowUs: number): void {
    if (this.#parked.size > 0 && nowUs - this.#sweptAtUs >= SWEEP_EVERY_US) this.#sweep(nowUs)
  }

  #leave (id: string, table: BucketTable, nowUs: number): void {
    if (--table.users > 0) return
    table.parkedAtUs = nowUs
    this.#parked.add(id)
    this.#sweep(nowUs)
  }

  #sweep (nowUs: number): void {
    this.#sweptAtUs = nowUs
    let over = this.#parked.size - MOST_PARKED
    for (const id of this.#parked) {
      const table = this.#tables.get(id)!
      if (over-- <= 0 && table.fullAtUs > nowUs && nowUs - table.parkedAtUs < LONGEST_PARKED_US) continue
      table.clear()
      this.#tables.delete(id)
      this.#parked.delete(id)
    }
  }
}
