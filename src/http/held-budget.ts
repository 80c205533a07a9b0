/** Bytes that all held bodies of the process may take together (`limits.heldBytes`). */
export class HeldBudget {
  readonly #bytes: number
  #left: number
  /** The same for who can do without: the last half is for those that cannot. */
  readonly spare: Pick<HeldBudget, 'take' | 'give'> = {
    take: bytes => this.#left - bytes >= this.#bytes / 2 && this.take(bytes),
    give: bytes => { this.give(bytes) }
  }

  constructor (bytes: number) {
    this.#bytes = bytes
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
