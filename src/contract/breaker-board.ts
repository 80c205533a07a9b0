import type { BreakerState, ForcedState } from './breaker.ts'

/** A living breaker as operators see it. Shares are of the calls that count, 0 to 1; null where there was none. */
export interface BreakerView {
  readonly name: string
  readonly state: BreakerState | ForcedState
  /** Calls that count at the moment: those in its window, or while half-open the trials that have ended. */
  readonly calls: number
  readonly failures: number
  readonly slow: number
  readonly failureRate: number | null
  readonly slowRate: number | null
  /** Calls under way. */
  readonly running: number
  /** How many calls it has refused since it was made: open, and with its bulkhead full. */
  readonly notPermitted: number
  readonly full: number
  /** RFC 3339: when an open one lets calls try; null where it does already, or waits for an operator. */
  readonly openUntil: string | null
}

/** The living breakers of a gateway by name. Where several have one name (the plan of before and that of now), the newest is the one that is meant. */
export interface BreakerBoard {
  /** How many names there are, and so many breakers; those that are not simply closed come first. */
  list(limit: number): { readonly total: number, readonly breakers: readonly BreakerView[] }
  /** Null where no breaker has this name. */
  view(name: string): BreakerView | null
  /** As an operator does (`Breaker.force`); null where no breaker has this name. */
  force(name: string, state: ForcedState | null): BreakerView | null
}
