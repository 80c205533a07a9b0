import type { EjectionConfig } from '../../contract/route-file.ts'
import { SuccessWindow } from './success-window.ts'

/** Why an endpoint is taken out. */
export type EjectionReason = 'consecutive failures' | 'success rate'

/** How the calls of one endpoint went, in bounded memory, and how often that has cost it its place. */
export class CallRecord {
  readonly #config: EjectionConfig
  readonly #window: SuccessWindow | null
  #failuresInRow = 0
  #ejectionsInRow = 0
  #returnedMs = -Infinity

  constructor (config: EjectionConfig) {
    this.#config = config
    this.#window = config.successRate === undefined ? null : new SuccessWindow(config.successRate.window)
  }

  /** The monotonic time is asked for only where something depends on it. */
  succeeded (now: () => number): void {
    this.#failuresInRow = 0
    this.#window?.add(true, now())
  }

  /** One more failure; what is to be done about it. */
  failed (nowMs: number): EjectionReason | null {
    this.#failuresInRow++
    this.#window?.add(false, nowMs)
    if (this.#failuresInRow >= this.#config.consecutive) return 'consecutive failures'
    const { successRate } = this.#config
    if (successRate === undefined || this.#window!.calls < successRate.minimumCalls) return null
    return this.#window!.successRate < successRate.below ? 'success rate' : null
  }

  /** Whether a call that began then was begun before the endpoint came back: it tells of the time before. */
  isStale (beganMs: number): boolean { return beganMs < this.#returnedMs }

  /** It is taken out: for how long, as long again for each time in a row. One is forgotten for each `time` that went well. */
  ejected (nowMs: number): number {
    const { time, maxTime } = this.#config
    const forgotten = this.#ejectionsInRow === 0 ? 0 : Math.floor((nowMs - this.#returnedMs) / time)
    this.#ejectionsInRow = Math.max(0, this.#ejectionsInRow - forgotten) + 1
    // More of them in a row are no longer
    this.#ejectionsInRow = Math.min(this.#ejectionsInRow, Math.ceil(maxTime / time))
    return Math.min(maxTime, time * this.#ejectionsInRow)
  }

  /** It is back. Its failures in a row stand until a call succeeds, so that an endpoint that is still dead costs one request and not as many again. */
  returned (nowMs: number): void {
    this.#returnedMs = nowMs
    this.#window?.clear()
  }
}
