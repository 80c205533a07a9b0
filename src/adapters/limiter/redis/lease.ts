/** Tokens for so long are taken at one time. */
const INTERVAL_US = 100_000
/** So many times as long where nobody goes short by it: most callers ask so seldom that an interval of theirs is a token or two. */
const PLENTY = 10
/** Then what is left of them is given up. */
const LEASE_US = Math.max(2 * INTERVAL_US, 250_000)
/** After a lease that brought less than asked: between two, at least. */
const SHORTEST_PAUSE_US = 1000

/** Tokens of a bucket in Redis that this process has taken ahead. */
export class Lease {
  tokens = 0
  /** How the bucket stood when the last were taken, on the server's clock. */
  taken = 0
  sinceUs = 0
  readonly #most: number
  #endsAtUs = 0
  #isAsking = false
  #notBeforeUs = 0
  /** In intervals. */
  #span = 1
  #windowAtUs = 0
  #used = 0
  #usedBefore = 0

  /** `most`: what may be taken at one time, what is used at once among it. */
  constructor (most: number) {
    this.#most = most
  }

  /** Microseconds until what it holds is given up. */
  liveForUs (nowUs: number): number {
    return this.tokens > 0 || this.#isAsking ? Math.max(0, this.#endsAtUs - nowUs) : 0
  }

  /** Takes from what there is. */
  take (cost: number, nowUs: number): boolean {
    this.#observe(cost, nowUs)
    if (nowUs >= this.#endsAtUs) this.tokens = 0
    if (cost > this.tokens) return false
    this.tokens -= cost
    return true
  }

  /** Puts back what was taken and not used. More than a lease may hold is given up, and so is what has come too late. */
  putBack (cost: number, nowUs: number): void {
    if (nowUs < this.#endsAtUs) this.tokens = Math.min(this.tokens + cost, this.#most - 1)
  }

  /** How many to take beside what a request needs now. */
  beside (nowUs: number): number {
    if (this.#isAsking || nowUs < this.#notBeforeUs) return 0
    return Math.max(0, Math.floor(this.#size(nowUs) - 1 - this.tokens))
  }

  /** How many to take ahead, since half of them are used. */
  ahead (nowUs: number): number {
    return this.tokens * 2 > this.#size(nowUs) ? 0 : this.beside(nowUs)
  }

  /** Somebody asks for more of them now. */
  asking (): void {
    this.#isAsking = true
  }

  /** What came of it. `isPlenty`: more than half of the bucket is left. */
  answered (asked: number, got: number, rate: number, sentAtUs: number, isPlenty: boolean): void {
    this.#isAsking = false
    this.#span = isPlenty ? PLENTY : 1
    if (sentAtUs >= this.#endsAtUs) this.tokens = 0
    // Some may have been put back while these were on their way
    this.tokens = Math.min(this.tokens + got, this.#most - 1)
    if (got > 0) this.#endsAtUs = sentAtUs + LEASE_US * this.#span
    if (got < asked) this.#notBeforeUs = sentAtUs + Math.min(INTERVAL_US, Math.max(SHORTEST_PAUSE_US, (asked - got) * 1e6 / rate))
  }

  /** Takes out what it holds. */
  empty (nowUs: number): number {
    const tokens = nowUs < this.#endsAtUs ? this.tokens : 0
    this.tokens = 0
    return tokens
  }

  /** What this process uses in the time of a lease. */
  #size (nowUs: number): number {
    this.#observe(0, nowUs)
    return Math.min(this.#most, Math.max(1, this.#used, this.#usedBefore) * this.#span)
  }

  #observe (cost: number, nowUs: number): void {
    const passedUs = nowUs - this.#windowAtUs
    if (passedUs >= INTERVAL_US) {
      this.#usedBefore = passedUs < 2 * INTERVAL_US ? this.#used : 0
      this.#used = 0
      this.#windowAtUs = nowUs
    }
    this.#used += cost
  }
}
