import type { OutcomeWindow } from './outcome-window.ts'

const FAILED = 1
const SLOW = 2

/** The last calls, so many of them: a ring of a byte for each. */
export class CountWindow implements OutcomeWindow {
  readonly #ring: Uint8Array
  #at = 0
  #calls = 0
  #failures = 0
  #slow = 0

  constructor (size: number) {
    this.#ring = new Uint8Array(size)
  }

  get calls (): number { return this.#calls }
  get failures (): number { return this.#failures }
  get slow (): number { return this.#slow }

  /** One more; where the window is full, the oldest goes. */
  add (failed: boolean, slow: boolean): void {
    const ring = this.#ring
    const at = this.#at
    const oldest = ring[at]!
    if (this.#calls < ring.length) this.#calls++
    else if (oldest !== 0) {
      if ((oldest & FAILED) !== 0) this.#failures--
      if ((oldest & SLOW) !== 0) this.#slow--
    }
    if (failed) this.#failures++
    if (slow) this.#slow++
    ring[at] = (failed ? FAILED : 0) | (slow ? SLOW : 0)
    this.#at = at + 1 === ring.length ? 0 : at + 1
  }

  age (): void {}

  clear (): void {
    this.#at = this.#calls = this.#failures = this.#slow = 0
  }
}
