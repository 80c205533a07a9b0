import type { BucketState } from '../../contract/rate-limiter.ts'

/** What a bucket gives and holds. */
export interface BucketSize { /** Tokens a second. */ readonly rate: number, readonly burst: number }

const US_PER_S = 1_000_000
/** So many more than it holds may have been taken since it was last full; then both are counted from later on, and all sums stay exact. */
export const REBASE_AT = 1e9

/**
 * A token bucket as two numbers: when it was last full, and what has been taken since. So one multiplication tells how much has come back, and rounding
 * errors cannot add up. Times are whole microseconds. `take-script.ts` does the same steps in the same order in Redis, where numbers are doubles too:
 * both give the same result on the same sequence.
 */
export class TokenBucket {
  taken: number
  sinceUs: number

  constructor (sinceUs: number, taken = 0) {
    this.taken = taken
    this.sinceUs = sinceUs
  }

  /** Takes `cost` where so much is there; at no cost always. */
  take (size: BucketSize, cost: number, nowUs: number): boolean {
    this.settle(size, nowUs)
    if (this.refuses(size, cost, nowUs)) return false
    this.taken += cost
    return true
  }

  /** Whether `cost` tokens are not there. */
  refuses ({ rate, burst }: BucketSize, cost: number, nowUs: number): boolean {
    return cost > 0 && (this.taken + cost - burst) * US_PER_S > rate * (nowUs - this.sinceUs)
  }

  /** Counts from now on where it is full; and where the clock has gone back, at most what it holds is missing. */
  settle ({ rate, burst }: BucketSize, nowUs: number): void {
    const elapsedUs = nowUs - this.sinceUs
    if (elapsedUs < 0) {
      this.taken = Math.min(this.taken, burst)
      this.sinceUs = nowUs
    } else if (this.taken * US_PER_S <= rate * elapsedUs) {
      this.taken = 0
      this.sinceUs = nowUs
    } else if (this.taken - burst > REBASE_AT) {
      const back = Math.floor(rate * elapsedUs / US_PER_S)
      this.taken -= back
      this.sinceUs += Math.min(Math.ceil(back * US_PER_S / rate), elapsedUs)
    }
  }

  /**
   * Gives back what was taken, as if it had never been: without what would have come back meanwhile and not have found room. `taken` and `sinceUs`: how it
   * stood right after.
   */
  giveBack (size: BucketSize, cost: number, taken: number, sinceUs: number, nowUs: number): void {
    this.settle(size, nowUs)
    const open = taken - size.rate * (nowUs - sinceUs) / US_PER_S
    if (open >= cost || (open > 0 && this.sinceUs !== sinceUs)) {
      this.taken = Math.max(0, this.taken - Math.min(open, cost))
    } else if (open > 0) {
      // It would be full but for what others have taken
      this.taken = Math.max(0, this.taken - taken)
      this.sinceUs = nowUs
    }
  }

  /** What whoever asked for `cost` is told. */
  state (size: BucketSize, cost: number, allowed: boolean, nowUs: number): BucketState {
    const { taken } = this
    const { rate, burst } = size
    const elapsedUs = nowUs - this.sinceUs
    const left = Math.floor(burst - taken + rate * elapsedUs / US_PER_S)
    return {
      allowed,
      remaining: Math.max(0, Math.min(left, Math.floor(burst))),
      retryAfterMs: allowed ? 0 : waitMs(rate, cost > burst ? Infinity : taken + cost - burst, elapsedUs),
      resetMs: waitMs(rate, taken, elapsedUs)
    }
  }

  /** Microseconds until it is full. */
  fullInUs ({ rate }: BucketSize, nowUs: number): number {
    return this.taken === 0 ? 0 : Math.max(0, this.taken * US_PER_S / rate - (nowUs - this.sinceUs))
  }
}

/** A cost that is none, such as a negative one, is never paid. */
export const costOf = (cost: number): number => cost >= 0 ? cost : Infinity

/** Whole milliseconds until `tokens` have come back. */
function waitMs (rate: number, tokens: number, elapsedUs: number): number {
  const need = tokens * US_PER_S
  if (need <= rate * elapsedUs) return 0
  const us = Math.ceil(need / rate - elapsedUs)
  // Rounded the other way by the multiplication
  return Math.ceil((rate * (elapsedUs + us) < need ? us + 1 : us) / 1000)
}
