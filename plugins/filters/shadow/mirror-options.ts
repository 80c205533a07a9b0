import type { Clock, Exchange, TimeLimits } from '../../../src/contract/index.ts'
import type { Answer } from './answer.ts'
import type { Comparer } from './comparison.ts'
import type { LiveEnd } from './live-outcome.ts'
import type { Reason } from './outcome.ts'
import type { Verdict } from './verdict.ts'

/** What a mirror goes by, compiled. */
export interface MirrorOptions {
  readonly methods: ReadonlySet<string>
  /** Of a request body, at most. */
  readonly body: number
  /** Of an answer. */
  readonly compareBytes: number
  readonly compareBudget: number
  readonly expose: boolean
  readonly abort: 'drop' | 'keep'
  readonly pipeline: boolean
  readonly delayed: boolean
  /** Live requests that may be watched at one time. */
  readonly watched: number
  readonly shed: { readonly eventLoopDelay: number, readonly memory: number }
}

/** What one mirrored request knows of the mirror it belongs to. */
export interface MirrorOf<Target> {
  readonly options: MirrorOptions
  readonly sync: boolean
  readonly clock: Clock
  readonly limits: TimeLimits
  readonly comparer: Comparer | null
  /** Whether a live request that has gone so is to be mirrored; null: however it went. */
  readonly after: ((end: LiveEnd) => boolean) | null
  /** Why the copy is not sent after all; null where it is. */
  later (copy: Exchange): Promise<Reason | null>
  delayMs (): number
  copyFor (target: Target, x: Exchange, body: Uint8Array | null, leg: number): Exchange
  /** Two answers to one request, compared and counted. */
  judge (target: Target, copy: Exchange, live: Answer, answer: Answer): Promise<Verdict>
  /** What should never go wrong has; the live request goes on as if nothing were. */
  fault (error: unknown): void
  /** Nothing of the request is under way any more: once for each. */
  forget (): void
}
