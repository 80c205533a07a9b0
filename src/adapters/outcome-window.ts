/** How the last calls ended: a ring that counts its failures as it goes. */
export class OutcomeWindow {
  readonly #failed: Uint8Array
  #at = 0
  #count = 0
  #failures = 0

  constructor (size: number) {
    this.#failed = new Uint8Array(size)
  }

  /** Calls that have ended, at most as many as the window is long. */
  get count (): number { return this.#count }

  /** Share of failures, 0 to 1; 0 where there was no call. */
  get failureRate (): number { return this.#count === 0 ? 0 : this.#failures / this.#count }

  /** One more call; where the window is full, the oldest goes. */
  add (ok: boolean): void {
    const ring = this.#failed
    if (this.#count === ring.length) this.#failures -= ring[this.#at]!
    else this.#count++
    ring[this.#at] = ok ? 0 : 1
    this.#failures += ring[this.#at]!
    this.#at = (this.#at + 1) % ring.length
  }

  clear (): void {
    this.#at = this.#count = this.#failures = 0
  }
}
