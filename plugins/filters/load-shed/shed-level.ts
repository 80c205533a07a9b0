import type { Load, Log } from '../../../src/contract/index.ts'

/** Who is served the longest comes first. */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]

/** Who may be refused, the first to go before the others. `critical` never is: a sensor that is stuck must not close the whole gateway. */
const SHEDDABLE = ['low', 'normal', 'high'] as const
type Sheddable = (typeof SHEDDABLE)[number]

/** What the process may come to; null for what does not count. */
export interface Targets { readonly delayMs: number | null, readonly memoryShare: number | null, readonly inFlight: number | null }

/** For one sample: so much of a priority for each time that a signal is over its target. */
const UP = 0.1
const LEAST_UP = 0.01
const MOST_UP = 0.5
/** A whole priority comes back in fifty samples, ten seconds. */
const DOWN = 0.02
/** What is left of the level by rounding, or not worth a draw. */
const NOTHING = 0.001
/** After the end so many samples, a minute, in which a single one over its target brings it back: the load was real. */
const WARY_SAMPLES = 300
/** A second without a signal over its target, before anything comes back. */
const CALM_SAMPLES = 5

/**
 * How much of the traffic is refused: 0 for none, 1 for all of the lowest priority in use, 2 for all of the two lowest. It goes up with each
 * sample that has a signal over its target, by how far it is over, and comes down slowly and in equal steps: what is let back in at once
 * would bring the overload back at once (P. Tarjan, "Scaling your API with rate limiters", Stripe 2017; of the additive increase of what is
 * admitted and its faster decrease: Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989).
 */
export class ShedLevel {
  readonly #load: Load
  readonly #targets: Targets
  readonly #log: Log
  readonly #uses: Record<Sheddable, number> = { low: 0, normal: 0, high: 0 }
  /** Where the band of each priority begins. */
  #bands: Readonly<Record<Sheddable, number>> = { low: 0, normal: 0, high: 0 }
  #top = 0
  #level = 0
  #sample: number
  #calm = 0
  /** Samples in a row with a signal over its target. */
  #overs = 0
  /** When it was last over. */
  #endedAt = -Infinity
  #refused = 0

  constructor (load: Load, targets: Targets, log: Log) {
    this.#load = load
    this.#targets = targets
    this.#log = log
    this.#sample = load.sample
  }

  /** A route has requests of these priorities: no time is lost with those that nobody has. */
  use (priorities: readonly Priority[]): void {
    this.#counted(priorities, 1)
  }

  unuse (priorities: readonly Priority[]): void {
    this.#counted(priorities, -1)
  }

  /** Whether anybody is refused at the moment. */
  get active (): boolean {
    if (this.#load.sample !== this.#sample) this.#adapt()
    return this.#level > 0
  }

  /** Whether a request of this priority is refused, by a draw from [0, 1). */
  sheds (priority: Priority, draw: number): boolean {
    if (priority === 'critical' || draw >= this.#level - this.#bands[priority]) return false
    this.#refused++
    return true
  }

  #adapt (): void {
    const { sample } = this.#load
    const passed = sample - this.#sample
    this.#sample = sample
    const excess = excessOf(this.#load, this.#targets)
    this.#overs = excess > 0 ? this.#overs + 1 : 0
    if (excess > 0) this.#raise(excess)
    else if (this.#level > 0) this.#lower(passed)
  }

  /** One step whatever has passed since the last request: of the samples between nothing is known. Only from the second in a row on: one stall (a reload, say) is no load. */
  #raise (excess: number): void {
    const begins = this.#level === 0 && this.#top > 0
    this.#calm = 0
    if (this.#overs === 1 && this.#level === 0 && this.#sample - this.#endedAt > WARY_SAMPLES) return
    this.#level = Math.min(this.#level + Math.min(Math.max(excess * UP, LEAST_UP), MOST_UP), this.#top)
    if (!begins) return
    this.#refused = 0
    this.#log.warn(fieldsOf(this.#load), 'load shedding begins')
  }

  #lower (samples: number): void {
    const steps = Math.min(samples, Math.max(this.#calm + samples - CALM_SAMPLES, 0))
    this.#calm += samples
    const level = this.#level - steps * DOWN
    this.#level = level < NOTHING ? 0 : level
    if (this.#level > 0) return
    this.#endedAt = this.#sample
    this.#log.info({ ...fieldsOf(this.#load), 'gatehouse.load.refused': this.#refused }, 'load shedding ends')
  }

  #counted (priorities: readonly Priority[], n: 1 | -1): void {
    for (const one of priorities) if (one !== 'critical') this.#uses[one] += n
    const { low, normal } = this.#uses
    const inUse = SHEDDABLE.filter(one => this.#uses[one] > 0)
    this.#bands = { low: 0, normal: Math.sign(low), high: Math.sign(low) + Math.sign(normal) }
    this.#top = inUse.length
    this.#level = Math.min(this.#level, this.#top)
  }
}

/** By how much the worst signal is over its target, in targets: 1 is twice as much. Of memory, what is left over the target is four. */
function excessOf ({ eventLoopDelayMs, memoryShare, inFlight }: Load, targets: Targets): number {
  const delay = targets.delayMs === null ? 0 : eventLoopDelayMs / targets.delayMs - 1
  const memory = targets.memoryShare === null ? 0 : 4 * (memoryShare - targets.memoryShare) / (1 - targets.memoryShare)
  const requests = targets.inFlight === null ? 0 : inFlight / targets.inFlight - 1
  return Math.max(delay, memory, requests)
}

const fieldsOf = ({ eventLoopDelayMs, memoryShare, inFlight }: Load): object =>
  ({ 'gatehouse.load.delay_ms': Math.round(eventLoopDelayMs), 'gatehouse.load.memory_share': Math.round(memoryShare * 1000) / 1000, 'gatehouse.load.in_flight': inFlight })
