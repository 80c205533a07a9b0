/** Each bucket ends a tenth above the one before, so that what is read is less than a tenth off. */
const GROWTH = 1.1
const LOG_GROWTH = Math.log(GROWTH)
const LEAST_MS = 0.1
/** The last bucket begins at more than five minutes. */
export const BUCKETS = 160

/**
 * The distribution of times in constant memory: a histogram with exponential buckets, as DDSketch has (Masson, Rim, Lee, PVLDB 12/12, 2019).
 * Nothing fades. Buckets are the same everywhere: two histograms are one when their counts are added.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  #sumMs = 0
  #total = 0

  get total (): number { return this.#total }

  /** Null where nothing was recorded. */
  get meanMs (): number | null { return this.#total === 0 ? null : this.#sumMs / this.#total }

  /** Returns the bucket it fell into. */
  record (ms: number): number {
    const bucket = ms <= LEAST_MS ? 0 : Math.min(Math.ceil(Math.log(ms / LEAST_MS) / LOG_GROWTH), BUCKETS - 1)
    this.#counts[bucket]!++
    this.#sumMs += ms
    this.#total++
    return bucket
  }

  /** In milliseconds, and the bucket it is in; null where nothing was recorded. */
  quantile (quantile: number): { readonly ms: number, readonly bucket: number } | null {
    if (this.#total === 0) return null
    let rank = this.#total * quantile
    let bucket = 0
    for (; bucket < BUCKETS - 1 && rank > this.#counts[bucket]!; bucket++) rank -= this.#counts[bucket]!
    const share = Math.min(1, rank / this.#counts[bucket]!)
    return { ms: bucket === 0 ? LEAST_MS * share : LEAST_MS * GROWTH ** (bucket - 1 + share), bucket }
  }

  /** How many were longer than the times in `bucket`. */
  above (bucket: number): number {
    return this.#counts.subarray(bucket + 1).reduce((sum, count) => sum + count, 0)
  }
}
