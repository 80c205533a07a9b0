import type { BreakerCall, BreakerOptions, CallOutcome, CallProgress } from '../../contract/breaker.ts'
import { CountWindow } from './count-window.ts'
import { isFailure, isSlow } from './counted-call.ts'

const HANGS: CallProgress = { soFar: 'hanging' }

/** The way back of a breaker that has opened: how long it stays open, how many calls may try then, and how those went. No timer runs: whoever asks says how late it is. */
export class BreakerRecovery {
  /** Trials that have ended. */
  readonly ended: CountWindow
  /** Those that have not. */
  readonly #running = new Map<BreakerCall, CallProgress>()
  readonly #options: BreakerOptions
  readonly #maxOpenForMs: number
  readonly #maxHalfOpenMs: number
  #openForMs: number
  #permits: number
  /** When it opened; while half-open, since when it has waited for trials to come or to end. */
  #since = 0

  constructor (options: BreakerOptions) {
    const { openForMs, maxOpenForMs = openForMs, maxHalfOpenMs = openForMs, halfOpenCalls } = options
    this.#options = options
    this.#maxOpenForMs = Math.max(openForMs, maxOpenForMs)
    this.#maxHalfOpenMs = maxHalfOpenMs
    this.#openForMs = openForMs
    this.#permits = halfOpenCalls
    this.ended = new CountWindow(halfOpenCalls)
  }

  get openForMs (): number { return this.#openForMs }
  /** When it will have waited long enough, being half-open. */
  get lapsesAt (): number { return this.#since + this.#maxHalfOpenMs }
  /** Whether all trials have ended. */
  get isDecided (): boolean { return this.ended.calls === this.#options.halfOpenCalls }

  /** Calls could have tried, and none did: no fault of whom they would have been made to. */
  get #isIdle (): boolean { return this.#running.size === 0 && !this.isDecided }
  /** Somebody was called and does not answer. */
  get #isHung (): boolean { return [...this.#running.values()].some(({ soFar }) => soFar === 'hanging') }
  /** Trials that have not ended are no sign that anything is wrong. */
  get #isBusy (): boolean { return !this.#isIdle && !this.#isHung }
  get #nextOpenForMs (): number { return this.#isIdle ? this.#openForMs : Math.min(this.#openForMs * 2, this.#maxOpenForMs) }

  /** Whether it must open again, having waited long enough. Where nobody has come for so long that this would be over too, it need not. */
  hasLapsed (now: number): boolean {
    return now >= this.lapsesAt && (this.#isHung || (this.#isIdle && now < this.lapsesAt + this.#openForMs))
  }

  /** What the state has become, with time alone. */
  stateAt (now: number, state: 'open' | 'half-open'): 'open' | 'half-open' {
    if (state === 'open') return now >= this.#since + this.#openForMs ? 'half-open' : 'open'
    return now >= this.lapsesAt && now < this.lapsesAt + this.#nextOpenForMs && !this.#isBusy ? 'open' : 'half-open'
  }

  /** Milliseconds until a call may try; 0 where one may. */
  waitMs (now: number, state: 'open' | 'half-open'): number {
    if (state === 'open') return Math.max(0, this.#since + this.#openForMs - now)
    const isLate = now >= this.lapsesAt
    if (isLate && !this.#isBusy) return Math.max(0, this.lapsesAt + this.#nextOpenForMs - now)
    if (this.#permits > 0) return 0
    if (!isLate) return this.lapsesAt - now
    return [...this.#running.values()].every(({ soFar }) => soFar === 'ending') ? this.#maxHalfOpenMs : 0
  }

  /** Opens at this time: after trials that failed or hung, for twice as long. Where too few came, those that ended go on counting the next time. */
  open (at: number): void {
    this.#openForMs = this.#nextOpenForMs
    if (!this.#isIdle) this.ended.clear()
    this.#running.clear()
    this.#permits = this.#options.halfOpenCalls - this.ended.calls
    this.#since = at
  }

  /** Half-open from now on. */
  try (now: number): void {
    this.#since = now
  }

  /** A trial begins. While others run, the wait is for these. */
  begin (now: number, call: BreakerCall, progress: CallProgress = HANGS): void {
    if (this.#running.size === 0) this.#since = now
    this.#permits--
    this.#running.set(call, progress)
  }

  /** A trial has ended; one that says nothing gives its permit back. Those that were not waited for have been counted. */
  end (call: BreakerCall, outcome: CallOutcome): void {
    if (!this.#running.delete(call)) return
    if (outcome === 'ignored') this.#permits++
    else this.ended.add(isFailure(outcome), isSlow(outcome))
  }

  /**
   * Trials that take longer than trials may, and do not hang, count as what they are so far: an answer that goes on and on comes from somebody who is
   * well, and a client that does not send its request must not keep the others out. What will end in some time is waited for.
   */
  settle (now: number): void {
    if (now < this.lapsesAt || !this.#isBusy) return
    this.#since = now
    for (const [call, { soFar }] of this.#running) if (soFar !== 'ending' && soFar !== 'hanging') this.end(call, soFar === 'held-back' ? 'ignored' : soFar)
  }

  /** Closed, or in an operator's hands: the next time is the first again. */
  reset (): void {
    this.#openForMs = this.#options.openForMs
    this.#permits = this.#options.halfOpenCalls
    this.#running.clear()
    this.ended.clear()
  }
}
