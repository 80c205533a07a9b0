import type { Clock } from '../../../../src/contract/index.ts'
import { isSameStay, type RampState } from './ramp-state.ts'

/**
 * How long a stay lasts, by this process's monotonic clock from when it first saw it, on top of what others had seen by then. Never more than has truly passed,
 * whatever clocks on walls say; what all processes together have seen is not lost when each of them is replaced.
 */
export class StayClock {
  readonly #clock: Pick<Clock, 'monotonic'>
  #state: RampState | null = null
  #fromMs = 0
  #atMs = 0
  /** When this process saw the stay first. */
  sinceMs = Infinity

  constructor (clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  get servedMs (): number { return this.#state === null ? 0 : this.#fromMs + this.#clock.monotonic() - this.#atMs }

  see (state: RampState): void {
    const nowMs = this.#clock.monotonic()
    const isSame = this.#state !== null && isSameStay(this.#state, state)
    this.#fromMs = isSame ? Math.max(this.servedMs, state.servedMs) : state.servedMs
    this.#atMs = nowMs
    if (!isSame) this.sinceMs = nowMs
    this.#state = state
  }
}
