/** The window moves on by this part of itself. */
const SLICES = 10

/** How many calls of the last time ended well: a ring of ten slices, whatever the number of calls. */
export class SuccessWindow {
  readonly #sliceMs: number
  readonly #successes = new Uint32Array(SLICES)
  readonly #failures = new Uint32Array(SLICES)
  #slice = 0
  #succeeded = 0
  #failed = 0

  constructor (windowMs: number) {
    this.#sliceMs = windowMs / SLICES
  }

  add (success: boolean, nowMs: number): void {
    this.#move(nowMs)
    const at = this.#slice % SLICES
    if (success) {
      this.#successes[at]!++
      this.#succeeded++
    } else {
      this.#failures[at]!++
      this.#failed++
    }
  }

  /** Calls in the window as it stood with the last `add`. */
  get calls (): number { return this.#succeeded + this.#failed }

  /** 0 to 1; 1 where there was no call. */
  get successRate (): number { return this.calls === 0 ? 1 : this.#succeeded / this.calls }

  clear (): void {
    this.#successes.fill(0)
    this.#failures.fill(0)
    this.#succeeded = this.#failed = 0
  }

  /** Slices that are over are emptied; after a whole window without calls, all. */
  #move (nowMs: number): void {
    const slice = Math.floor(nowMs / this.#sliceMs)
    if (slice - this.#slice >= SLICES) this.clear()
    else for (let i = this.#slice + 1; i <= slice; i++) this.#empty(i % SLICES)
    this.#slice = Math.max(slice, this.#slice)
  }

  #empty (at: number): void {
    this.#succeeded -= this.#successes[at]!
    this.#failed -= this.#failures[at]!
    this.#successes[at] = this.#failures[at] = 0
  }
}
