import type { Clock, Exchange, Reply, RetryBudget, TimeLimits } from '../../../src/contract/index.ts'
import type { LatencyQuantile } from './latency-quantile.ts'

/** What hedging goes by, compiled. */
export interface HedgePolicy {
  readonly attempts: number
  readonly share: number
  readonly min: number
  readonly limits: TimeLimits
  /** Null: after `fixedMs`. */
  readonly quantile: LatencyQuantile | null
  readonly fixedMs: number
  readonly minMs: number
  readonly maxMs: number
  /** Whose budget it is as long as nobody has been asked. */
  readonly upstream: string
}

/** What became of a call that took too long. */
export type HedgeOutcome = 'sent' | 'won' | 'budget'

/** What one call knows of its route. */
export interface Hedging {
  readonly policy: HedgePolicy
  readonly clock: Clock
  readonly count: (outcome: HedgeOutcome) => void
  readonly took: (ms: number) => void
  budgetOf(x: Exchange): RetryBudget
}

/** Whether an answer is worth ending the others for. */
export const isGood = ({ code, status }: Reply): boolean => code === null && status < 500
