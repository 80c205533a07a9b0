/** Words and meaning of resilience4j's CircuitBreaker. */
export interface BreakerOptions {
  /** For metrics and logs. */
  readonly name: string
  /** How many of the last calls count. */
  readonly window: number
  /** Fewer calls than this never open it. */
  readonly minimumCalls: number
  /** 0 to 1: opens at this share of failures or more. */
  readonly failureRate: number
  /** How long it stays open before it lets calls try. */
  readonly openForMs: number
  /** How many calls may try while half-open; it decides when they have ended. */
  readonly halfOpenCalls: number
  /** Calls at one time (bulkhead); more are refused without being counted. */
  readonly maxConcurrent: number
}

/** Enough for calls that requests wait for: who asks next is let go of soon after an outage begins, and let in soon after it is over. */
export const BREAKER_DEFAULTS = { window: 50, minimumCalls: 10, failureRate: 0.5, openForMs: 5000, halfOpenCalls: 3 } as const satisfies Partial<BreakerOptions>

export type BreakerState = 'closed' | 'open' | 'half-open'

/** The call was not made: the breaker is open, or its bulkhead is full. */
export class BreakerRefusal extends Error {
  override readonly name = 'BreakerRefusal'
  readonly why: 'open' | 'full'

  constructor (why: 'open' | 'full') {
    super(why === 'open' ? 'circuit breaker is open' : 'too many calls at one time')
    this.why = why
  }
}

/** Keeps calls away from what keeps failing. */
export interface Breaker {
  readonly state: BreakerState
  /** Makes the call, or rejects with BreakerRefusal. A rejection of the call counts as a failure and comes back as it is. */
  run<T>(act: () => Promise<T>): Promise<T>
}

/** Makes breakers. */
export type Breakers = (options: BreakerOptions) => Breaker
