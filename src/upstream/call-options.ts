import type { Forwarder } from './forwarded.ts'

/** What is the same for every call of a route. */
export interface CallOptions {
  readonly headMs: number
  readonly idleMs: number
  /** The timeouts are short enough to need timers of their own. */
  readonly punctual: boolean
  readonly forward: Forwarder
}
