import type { HealthConfig } from '../../contract/route-file.ts'

/** Doubled more often, every interval is beyond what a timer takes. */
const MOST_DOUBLINGS = 40

/** What the checks of one endpoint come to: it changes only when enough of them in a row say otherwise. */
export class HealthVerdict {
  healthy: boolean
  readonly #config: Pick<HealthConfig, 'healthy' | 'unhealthy' | 'interval' | 'maxInterval'>
  /** Checks in a row that contradict. */
  #against = 0
  /** Bad checks since it is down. */
  #down = 0

  /** `healthy`: what is believed until proven otherwise. */
  constructor (config: Pick<HealthConfig, 'healthy' | 'unhealthy' | 'interval' | 'maxInterval'>, healthy = true) {
    this.#config = config
    this.healthy = healthy
  }

  /** Whether the verdict is another one with this check. */
  hear (well: boolean): boolean {
    this.#down = well || this.healthy ? 0 : this.#down + 1
    if (well === this.healthy) {
      this.#against = 0
      return false
    }
    this.#against++
    if (this.#against < (well ? this.#config.healthy : this.#config.unhealthy)) return false
    this.healthy = well
    this.#against = 0
    return true
  }

  /** Until the next check: twice as long with every bad one of an endpoint that is down. */
  get waitMs (): number {
    const { interval, maxInterval = interval } = this.#config
    return Math.min(maxInterval, interval * 2 ** Math.min(this.#down, MOST_DOUBLINGS))
  }
}
