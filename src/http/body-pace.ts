/** A body that comes slower than this, once the first `idleMs` are over, is a way to hold a connection (edge-http.md 1.4). */
const BYTES_PER_SECOND = 1024

/**
 * Sees to it that a request body keeps coming: no more than `idleMs` between two pieces, and 1 KiB a second at least. Time in
 * which upstream takes nothing is not the client's and does not count.
 */
export class BodyPace {
  readonly #idleMs: number
  readonly #late: () => void
  #timer: NodeJS.Timeout | null = null
  /** Since when the client could send without a break, and how much it had sent by then. */
  #since = 0
  #sentBefore = 0

  /** `idleMs` 0: any pace will do. */
  constructor (idleMs: number, late: () => void) {
    this.#idleMs = idleMs
    this.#late = late
  }

  /** The client can send; `received` is what it has sent until now. */
  start (received: number): void {
    if (this.#idleMs === 0) return
    this.stop()
    this.#since = performance.now()
    this.#sentBefore = received
    this.#timer = setTimeout(this.#late, this.#idleMs)
  }

  /** One more piece has come. */
  moved (received: number): void {
    if (this.#timer === null) return
    const ms = performance.now() - this.#since
    if (ms > this.#idleMs && received - this.#sentBefore < ms * BYTES_PER_SECOND / 1000) this.#late()
    else this.#timer.refresh()
  }

  stop (): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
