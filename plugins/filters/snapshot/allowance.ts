import type { Clock } from '../../../src/contract/index.ts'

const SLOTS = 32
/** What an entry takes beside its text. */
const LEAST_BYTES = 1024

/** How much of what was put into a store is still there: it must not be filled at the cost of all else that is in it. */
export class Allowance {
  readonly #maxBytes: number
  readonly #slotMs: number
  readonly #clock: Clock
  /** Bytes by when they were stored, the newest last. */
  readonly #slots: { readonly slot: number, bytes: number }[] = []
  #bytes = 0

  constructor ({ maxBytes, ttlMs }: { readonly maxBytes: number, readonly ttlMs: number }, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#slotMs = ttlMs / SLOTS
    this.#clock = clock
  }

  /** Whether there is room for so much more; it is taken then, until the TTL is over. */
  take (bytes: number): boolean {
    const size = Math.max(bytes, LEAST_BYTES)
    const slot = Math.floor(this.#clock.monotonic() / this.#slotMs)
    while (this.#slots.length > 0 && this.#slots[0]!.slot < slot - SLOTS) this.#bytes -= this.#slots.shift()!.bytes
    if (this.#bytes + size > this.#maxBytes) return false
    this.#bytes += size
    const last = this.#slots.at(-1)
    if (last?.slot === slot) last.bytes += size
    else this.#slots.push({ slot, bytes: size })
    return true
  }
}
