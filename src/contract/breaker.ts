/** Words and meaning of resilience4j's CircuitBreaker. */
export interface BreakerOptions {
  /** For metrics, logs and operators: unique in the gateway. */
  readonly name: string
  /** Which calls count: so many of the last, or those of the last `ms`. */
  readonly window: number | { readonly ms: number }
  /** Fewer calls than this never open it. */
  readonly minimumCalls: number
  /** 0 to 1: opens at this share of failures or more. */
  readonly failureRate: number
  /** 0 to 1: opens at this share of slow calls or more; failures that were slow count among them. Default: 1 and no call is slow. */
  readonly slowRate?: number
  /** How long it stays open before it lets calls try. */
  readonly openForMs: number
  /** Open again after a trial, it stays so twice as long as the time before, up to this. Default: `openForMs`. */
  readonly maxOpenForMs?: number
  /** How many calls may try while half-open; it decides when they have ended. */
  readonly halfOpenCalls: number
  /** Half-open for longer, because trials hang or do not come, it opens again. Default: `openForMs`. */
  readonly maxHalfOpenMs?: number
  /** Calls at one time (bulkhead); more are refused without being counted. */
  readonly maxConcurrent: number
  /** Told of each change of state, after it. Must not throw. */
  readonly onChange?: (change: BreakerChange) => void
}

/** Enough for calls that requests wait for: who asks next is let go of soon after an outage begins, and let in soon after it is over. */
export const BREAKER_DEFAULTS = { window: 50, minimumCalls: 10, failureRate: 0.5, openForMs: 5000, halfOpenCalls: 3 } as const satisfies Partial<BreakerOptions>

export type BreakerState = 'closed' | 'open' | 'half-open'

/** What an operator makes of it: nothing passes; everything passes and nothing counts; everything passes and is counted, but it never opens. */
export const FORCED_STATES = ['forced-open', 'disabled', 'metrics-only'] as const
export type ForcedState = (typeof FORCED_STATES)[number]

/** A change of state. `openForMs`: how long it will be open. */
export interface BreakerChange { readonly name: string, readonly from: BreakerState | ForcedState, readonly to: BreakerState | ForcedState, readonly openForMs: number | null }

/** How a call went. `slow`: well, but late. `slow-failure`: both. `ignored`: it says nothing of whoever was called; a trial gives its permit back. */
export type CallOutcome = 'success' | 'slow' | 'failure' | 'slow-failure' | 'ignored'

/** The call was not made: the breaker is open, or its bulkhead is full. */
export class BreakerRefusal extends Error {
  override readonly name = 'BreakerRefusal'
  readonly why: 'open' | 'full'

  constructor (why: 'open' | 'full') {
    super(why === 'open' ? 'circuit breaker is open' : 'too many calls at one time')
    this.why = why
  }
}

/**
 * How a call goes that is under way. `hanging`: whoever was called has not answered; `held-back`: the client has not sent all of its request yet;
 * `ending`: the answer has begun well, and must end in some time; an outcome: the answer has begun, may go on for ever, and so far it went like this.
 */
export interface CallProgress { readonly soFar: 'hanging' | 'held-back' | 'ending' | CallOutcome }

/** One call that a breaker has let through. */
export interface BreakerCall {
  /** It has ended, body and all. Only the first time counts. */
  end(outcome: CallOutcome): void
}

/** Keeps calls away from what keeps failing. */
export interface Breaker {
  readonly name: string
  /** What it does at the moment. */
  readonly state: BreakerState | ForcedState
  /** Whether a call would be let through now. Changes nothing. */
  readonly admits: boolean
  /** Milliseconds until it lets a call try; 0 where it does. */
  readonly retryInMs: number
  /** A call begins; or why it must not. `progress` is asked of a trial that takes longer than trials may; left out, such a one hangs. */
  enter(progress?: CallProgress): BreakerCall | 'open' | 'full'
  /** Makes the call, or rejects with BreakerRefusal. A rejection of the call counts as a failure and comes back as it is. */
  run<T>(act: () => Promise<T>): Promise<T>
  /** An operator takes it over; null gives it back, closed and with an empty window. */
  force(state: ForcedState | null): void
  /** Operators see it no more, and nothing of it stays. */
  close(): void
}

/** Makes breakers. Of those that a room makes the machine closes, with the plan, all that the room has not closed. */
export type Breakers = (options: BreakerOptions) => Breaker
