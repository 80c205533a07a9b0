import { callOutcome, GatewayError, type Breaker, type CallOutcome, type Clock, type Exchange, type ShadowWay, type Step, type TimeLimits } from '../../../src/contract/index.ts'
import type { Answer } from './answer.ts'
import type { Decisions } from './decisions.ts'
import { Leg, type LegEnd } from './leg.ts'
import type { PairVerdict } from './ledger/difference-counts.ts'
import { ALL_ASKED_TWICE, LEARNED } from './ledger/learned.ts'
import type { Ledger, Pair } from './ledger/ledger.ts'
import type { Ramp } from './stages/ramp.ts'
import type { QueueConfig } from './timing/timing-schema.ts'
import { Waiting } from './timing/waiting.ts'

/** Where copies for one shadow go, and who says of the caller what that one may know. */
export interface Destination { readonly way: ShadowWay, readonly restate: Step | null }

/** One shadow of a route, with everything that it has to itself. */
export interface TargetOptions {
  readonly id: string
  /** `candidate` is compared with the live version; `secondary` is the live version once more, and tells what differs by itself. */
  readonly role: 'candidate' | 'secondary'
  /** By the upstream that has answered the live request; null where copies of it have nowhere to go. */
  readonly destination: (liveUpstream: string | null) => Destination | null
  readonly decisions: Decisions
  readonly breaker: Breaker
  readonly ledger: Ledger | null
  readonly ramp: Ramp | null
  /** Whether somebody tells it what differs by itself. */
  readonly learns: boolean
  readonly timeoutMs: number
  readonly maxInFlight: number
  readonly queue: QueueConfig
  /** What is read of an answer. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly limits: TimeLimits
  /** Asked when a copy is about to be sent; null: nothing is in its way. */
  readonly ready: (() => 'window' | 'pressure' | null) | null
}

/** What is known of the live side when a copy is sent. */
export interface LiveSide {
  /** The upstream that was asked. */
  readonly upstream: string | null
  /** Of its answer, where that is known and no more than may be compared; Infinity else. */
  readonly bodyBytes: number
}

/** A copy on its way to one shadow. */
interface Job extends LiveSide { readonly copy: Exchange, readonly destination: Destination, ended(end: LegEnd | null): void }

/** An answer that is so many times as long as the live one is another, whatever it says; short ones may well be. */
const FAR_LONGER = 4
const SHORT_BYTES = 64 * 1024

/** Sends copies to one shadow: so many at a time, so many that wait, none while it is known to be down. */
export class ShadowTarget {
  readonly options: TargetOptions
  readonly #waiting: Waiting<Job>

  constructor (options: TargetOptions) {
    this.options = options
    const { maxInFlight, queue, clock } = options
    this.#waiting = new Waiting<Job>({
      maxInFlight,
      queue,
      clock,
      run: job => this.#run(job),
      dropped: job => {
        options.decisions.count('dropped', 'closing')
        job.ended(null)
      },
      abort: job => { job.copy.abort(new GatewayError('GW_STOPPING')) }
    })
  }

  get id (): string { return this.options.id }

  /** What is under way and what waits. */
  get stats () { return this.#waiting.stats }

  /** Whether too little is known of what differs by itself for anything to be made of a difference. */
  get isLearning (): boolean {
    const { ledger, learns } = this.options
    return learns && ledger !== null && ledger.noiseComparisons < LEARNED
  }

  /** Whether every answer of the live version to the same request is still wanted. */
  get wantsRepeats (): boolean {
    const { ledger, learns } = this.options
    return learns && ledger !== null && ledger.noiseComparisons < ALL_ASKED_TWICE
  }

  /** Takes a copy, to be sent now or after `delayMs`. Resolves when its call has ended, with null where none was made; every decision is counted here. */
  send (copy: Exchange, live: LiveSide, bytes: number, delayMs: number): Promise<LegEnd | null> {
    const destination = this.options.destination(live.upstream)
    if (destination === null) return this.#refused('skipped', 'not-called')
    const { promise, resolve } = Promise.withResolvers<LegEnd | null>()
    const reason = this.#waiting.offer({ ...live, copy, destination, ended: resolve }, bytes, delayMs)
    return reason === null ? promise : this.#refused('dropped', reason)
  }

  /** A candidate's answer beside the live one. */
  compared (pair: Pair): PairVerdict | null {
    const { ledger, ramp } = this.options
    const { live, shadow: answer, noiseKnown } = pair
    const verdict = ledger?.compared(pair) ?? null
    // What could not be compared is not alike, and as long as noise is being learned it looks like a difference
    const says = verdict === null ? hasFailed(answer) || hasFailed(live) : verdict !== 'different' || noiseKnown === false || !this.isLearning
    if (says) ramp?.record({ different: verdict === 'different', shadowFailed: hasFailed(answer), liveFailed: hasFailed(live), liveMs: live.headMs, shadowMs: answer.headMs })
    return verdict
  }

  /** Resolves to how many copies did not come to their end. */
  async close (graceMs: number): Promise<number> {
    const dropped = await this.#waiting.close(graceMs)
    this.options.breaker.close()
    await this.options.ramp?.close()
    return dropped
  }

  async #run (job: Job): Promise<void> {
    const { decisions, ledger } = this.options
    const { ended } = job
    const end = await this.#call(job).catch((): LegEnd => ({ result: 'failed', reason: 'internal', answer: null }))
    decisions.count(end.result, end.reason)
    if (end.answer === null) ledger?.failed(end.reason)
    ended(end.answer === null ? null : end)
  }

  async #call ({ copy, destination: { way, restate }, bodyBytes }: Job): Promise<LegEnd> {
    const { breaker, ready, timeoutMs, limits, clock, maxBytes } = this.options
    const why = ready?.() ?? null
    if (why !== null) return { result: why === 'window' ? 'skipped' : 'dropped', reason: why, answer: null }
    if (copy.aborted !== null) return { result: 'dropped', reason: 'client-gone', answer: null }
    const call = breaker.enter()
    if (typeof call === 'string') return { result: 'dropped', reason: 'circuit-open', answer: null }
    const mostBytes = Math.min(maxBytes, Math.max(SHORT_BYTES, bodyBytes * FAR_LONGER))
    const end = await new Leg(copy, { way, restate, timeoutMs, limits, clock, maxBytes: mostBytes }).run()
    call.end(outcomeOf(end.answer, bodyBytes))
    return end
  }

  #refused (result: 'skipped' | 'dropped', reason: Parameters<Decisions['count']>[1]): Promise<null> {
    this.options.decisions.count(result, reason)
    return Promise.resolve(null)
  }
}

const hasFailed = ({ code, status }: Answer): boolean => code !== null || status >= 500

/** One that floods costs as much as one that hangs: it is left alone as well. */
function outcomeOf (answer: Answer | null, liveBytes: number): CallOutcome {
  if (answer === null) return 'ignored'
  return answer.extent === 'over' && liveBytes < Infinity ? 'failure' : callOutcome(answer)
}
