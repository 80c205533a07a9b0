import type { Clock } from '../../contract/services.ts'
import type { OutcomeWindow } from './outcome-window.ts'

/** The window moves by a tenth of its time: it is never longer than it says, and at most a tenth shorter. */
const BUCKETS = 10

/** The calls that ended in the last so many milliseconds, summed up in a ring of buckets. The next call turns it, no timer. */
export class TimeWindow implements OutcomeWindow {
  readonly #clock: Clock
  readonly #bucketMs: number
  readonly #callsOf = new Uint32Array(BUCKETS)
  readonly #failuresOf = new Uint32Array(BUCKETS)
  readonly #slowOf = new Uint32Array(BUCKETS)
  /** Number of the bucket of now, since the clock began. */
  #now = 0
  #calls = 0
  #failures = 0
  #slow = 0

  constructor (ms: number, clock: Clock) {
    this.#clock = clock
    this.#bucketMs = ms / BUCKETS
  }

  get calls (): number { return this.#calls }
  get failures (): number { return this.#failures }
  get slow (): number { return this.#slow }

  add (failed: boolean, slow: boolean): void {
    this.age()
    const bucket = this.#now % BUCKETS
    this.#callsOf[bucket]!++
    this.#calls++
    if (failed) {
      this.#failuresOf[bucket]!++
      this.#failures++
    }
    if (slow) {
      this.#slowOf[bucket]!++
      this.#slow++
    }
  }

  age (): void {
    const now = Math.floor(this.#clock.monotonic() / this.#bucketMs)
    if (now <= this.#now) return
    const first = Math.max(this.#now + 1, now - BUCKETS + 1)
    for (let one = first; one <= now; one++) this.#empty(one % BUCKETS)
    this.#now = now
  }

  clear (): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#empty(bucket)
  }

  #empty (bucket: number): void {
    this.#calls -= this.#callsOf[bucket]!
    this.#failures -= this.#failuresOf[bucket]!
    this.#slow -= this.#slowOf[bucket]!
    this.#callsOf[bucket] = this.#failuresOf[bucket] = this.#slowOf[bucket] = 0
  }
}
