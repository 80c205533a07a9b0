import { LRUCache } from 'lru-cache'
import type { Clock } from '../../../../src/contract/index.ts'

const WINDOW_MS = 60_000
const MAX_FAILURES = 10
/** Passwords of one user being checked at one time: whoever guesses one user's leaves the thread to the others. */
const MAX_AT_ONCE = 2
const MAX_REMEMBERED = 1000

interface Failures { readonly since: number, count: number }

/** Keeps guessing slow: so many wrong passwords a minute of one user from one address, so many at one time of one user. */
export class BasicLimits {
  readonly #clock: Clock
  readonly #failures = new LRUCache<string, Failures>({ max: MAX_REMEMBERED })
  readonly #running = new Map<string, number>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Makes the check, or gives null where it would be one too many. */
  async run (user: string, address: string, check: () => Promise<boolean>): Promise<boolean | null> {
    // No address has a space in it
    const from = `${address} ${user}`
    const running = this.#running.get(user) ?? 0
    if (running >= MAX_AT_ONCE || this.#failuresOf(from).count >= MAX_FAILURES) return null
    this.#running.set(user, running + 1)
    try {
      const fits = await check()
      if (!fits) this.#failed(from)
      return fits
    } finally {
      this.#leave(user)
    }
  }

  #failuresOf (from: string): Failures {
    const found = this.#failures.get(from)
    const now = this.#clock.monotonic()
    return found !== undefined && now - found.since < WINDOW_MS ? found : { since: now, count: 0 }
  }

  #failed (from: string): void {
    const failures = this.#failuresOf(from)
    failures.count++
    this.#failures.set(from, failures)
  }

  #leave (user: string): void {
    const running = this.#running.get(user)! - 1
    if (running === 0) this.#running.delete(user)
    else this.#running.set(user, running)
  }
}
