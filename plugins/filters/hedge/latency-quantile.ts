/** Each bucket ends a tenth above the one before, so that what is read is at most a tenth too much. */
const GROWTH = 1.1
const LOG_GROWTH = Math.log(GROWTH)
const LEAST_MS = 0.1
/** The last bucket begins at more than five minutes. */
const BUCKETS = 160
/** When so much has been counted, all of it counts half: what lies back fades. */
const FULL = 2000
/** Reading is done once for so many. */
const EVERY = 16

/**
 * Estimates a quantile of recent times in constant memory: a histogram with exponential buckets, as DDSketch has (Masson, Rim, Lee, PVLDB 12/12,
 * 2019), whose counts are halved from time to time. Nothing is sorted.
 */
export class LatencyQuantile {
  readonly #quantile: number
  readonly #least: number
  readonly #counts = new Float64Array(BUCKETS)
  #total = 0
  #recorded = 0
  #valueMs = Infinity

  /** `quantile`: 0.95 for p95; `samples`: fewer say nothing. */
  constructor (quantile: number, samples: number) {
    this.#quantile = quantile
    this.#least = samples
  }

  /** Infinity as long as too few are known. */
  get valueMs (): number { return this.#valueMs }

  record (ms: number): void {
    const bucket = ms <= LEAST_MS ? 0 : Math.ceil(Math.log(ms / LEAST_MS) / LOG_GROWTH)
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++
    this.#total++
    this.#recorded++
    if (this.#total >= FULL) this.#fade()
    if (this.#recorded >= this.#least && (this.#recorded % EVERY === 0 || this.#valueMs === Infinity)) this.#valueMs = this.#read()
  }

  /** The end of the bucket that the quantile is in. */
  #read (): number {
    let above = this.#total * (1 - this.#quantile)
    let bucket = BUCKETS - 1
    for (; bucket > 0; bucket--) {
      above -= this.#counts[bucket]!
      if (above < 0) break
    }
    return LEAST_MS * GROWTH ** bucket
  }

  #fade (): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! /= 2
    this.#total /= 2
  }
}
