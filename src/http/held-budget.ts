/** Bytes that all held bodies of the process may take together (`limits.heldBytes`). */
export class HeldBudget {
  #left: number

  constructor (bytes: number) {
    this.#left = bytes
  }

  get left (): number { return this.#left }

  /** Takes the bytes, or says that there are not so many left. */
  take (bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  give (bytes: number): void {
    this.#left += bytes
  }
}
