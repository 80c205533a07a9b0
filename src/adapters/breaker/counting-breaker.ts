import { BreakerRefusal, FORCED_STATES, type Breaker, type BreakerChange, type BreakerOptions, type BreakerState, type CallOutcome, type CallProgress, type ForcedState } from '../../contract/breaker.ts'
import type { Clock } from '../../contract/services.ts'
import { BreakerRecovery } from './breaker-recovery.ts'
import { CountWindow } from './count-window.ts'
import { CountedCall, isFailure, isSlow, type CallCounter } from './counted-call.ts'
import { OpossumCircuit } from './opossum-circuit.ts'
import type { OutcomeWindow } from './outcome-window.ts'
import { TimeWindow } from './time-window.ts'

/** What is around a breaker. */
export interface BreakerSurroundings {
  readonly clock: Clock
  /** Told of each change, after it. */
  readonly changed: (change: BreakerChange, breaker: CountingBreaker) => void
  readonly closed: (breaker: CountingBreaker) => void
}

// Refusals are many while an upstream is down, and nobody reads their stacks
const REFUSALS = { open: new BreakerRefusal('open'), full: new BreakerRefusal('full') }

/** Whether an operator has it in hand. */
export const isForced = (state: BreakerState | ForcedState): state is ForcedState => FORCED_STATES.some(one => one === state)

/** Counts how calls go and decides by it; opossum's circuit goes along, for those who listen to it. */
export class CountingBreaker implements Breaker, CallCounter {
  readonly name: string
  /** For what works with opossum. Costs nothing until somebody listens to its events of calls. */
  readonly circuit: OpossumCircuit
  /** Calls refused so far. */
  readonly refused = { open: 0, full: 0 }
  readonly #options: BreakerOptions
  readonly #around: BreakerSurroundings
  readonly #window: OutcomeWindow
  readonly #recovery: BreakerRecovery
  #state: BreakerState | ForcedState
  /** Counts changes of state: a call that began before the last one says nothing about now. */
  #generation = 0
  #running = 0

  /** `forced`: it begins in an operator's hands. */
  constructor (options: BreakerOptions, around: BreakerSurroundings, forced: ForcedState | null) {
    this.name = options.name
    this.#options = options
    this.#around = around
    this.#window = typeof options.window === 'number' ? new CountWindow(options.window) : new TimeWindow(options.window.ms, around.clock)
    this.#recovery = new BreakerRecovery(options)
    this.#state = forced ?? 'closed'
    this.circuit = new OpossumCircuit(options.name)
    this.circuit.turn(this.#state, options.openForMs)
  }

  get state (): BreakerState | ForcedState {
    const state = this.#state
    return state === 'open' || state === 'half-open' ? this.#recovery.stateAt(this.#around.clock.monotonic(), state) : state
  }

  get forced (): ForcedState | null { return isForced(this.#state) ? this.#state : null }
  /** Calls under way. */
  get running (): number { return this.#running }

  /** How the calls went that count at the moment. */
  get outcomes (): Pick<OutcomeWindow, 'calls' | 'failures' | 'slow'> {
    this.#window.age()
    return this.state === 'half-open' ? this.#recovery.ended : this.#window
  }

  get admits (): boolean {
    if (this.#state === 'disabled' || this.#state === 'metrics-only') return true
    return this.#running < this.#options.maxConcurrent && (this.#state === 'closed' || (this.#state !== 'forced-open' && this.retryInMs === 0))
  }

  /** Forced open, it is as long as it would be open by itself: who asks is to come again. */
  get retryInMs (): number {
    const state = this.#state
    if (state === 'open' || state === 'half-open') return this.#recovery.waitMs(this.#around.clock.monotonic(), state)
    return state === 'forced-open' ? this.#options.openForMs : 0
  }

  enter (progress?: CallProgress): CountedCall | 'open' | 'full' {
    if (this.#state !== 'closed') return this.#enterUnclosed(progress)
    return this.#running < this.#options.maxConcurrent ? this.#begin() : this.#refuse('full')
  }

  run<T> (act: () => Promise<T>): Promise<T> {
    const call = this.enter()
    if (typeof call === 'string') return Promise.reject(REFUSALS[call])
    const failed = (error: unknown) => {
      call.end('failure', error)
      throw error
    }
    try {
      return act().then(value => {
        call.end('success', value)
        return value
      }, failed)
    } catch (error) {
      call.end('failure', error)
      return Promise.reject(error)
    }
  }

  /** A call takes its place until it has really ended, and counts only in the state that it began in. */
  count (call: CountedCall, outcome: CallOutcome): void {
    this.#running--
    if (call.generation !== this.#generation) return
    if (this.#state === 'half-open') this.#countTrial(call, outcome)
    else if (this.#state !== 'disabled' && outcome !== 'ignored') this.#countCall(outcome)
  }

  force (state: ForcedState | null): void {
    if (state === this.#state) return
    this.#recovery.reset()
    this.#window.clear()
    this.#turn(state ?? 'closed')
  }

  close (): void {
    if (this.circuit.isShutdown) return
    this.circuit.shutdown()
    this.#around.closed(this)
  }

  #enterUnclosed (progress: CallProgress | undefined): CountedCall | 'open' | 'full' {
    if (this.#state === 'disabled' || this.#state === 'metrics-only') return this.#begin()
    if (this.#state === 'forced-open') return this.#refuse('open')
    const now = this.#around.clock.monotonic()
    this.#moveOn(now)
    if (this.#state === 'closed') return this.enter()
    if (this.#state === 'open' || this.#recovery.waitMs(now, 'half-open') > 0) return this.#refuse('open')
    if (this.#running >= this.#options.maxConcurrent) return this.#refuse('full')
    const call = this.#begin()
    this.#recovery.begin(now, call, progress)
    return call
  }

  #begin (): CountedCall {
    const heard = this.circuit.begin()
    this.#running++
    return new CountedCall(this, this.#generation, heard)
  }

  #refuse (why: 'open' | 'full'): 'open' | 'full' {
    this.refused[why]++
    this.circuit.refuse(why)
    return why
  }

  #countCall (outcome: CallOutcome): void {
    const { window, minimumCalls } = this.#options
    this.#window.add(isFailure(outcome), isSlow(outcome))
    if (this.#state !== 'closed' || this.#window.calls < (typeof window === 'number' ? Math.min(minimumCalls, window) : minimumCalls)) return
    if (this.#isBad(this.#window)) this.#open(this.#around.clock.monotonic())
  }

  #countTrial (call: CountedCall, outcome: CallOutcome): void {
    this.#recovery.end(call, outcome)
    this.#decide()
  }

  /** When all trials have ended. */
  #decide (): void {
    const { ended } = this.#recovery
    if (!this.#recovery.isDecided) return
    if (this.#isBad(ended)) this.#open(this.#around.clock.monotonic())
    else this.force(null)
  }

  #isBad ({ calls, failures, slow }: OutcomeWindow): boolean {
    const { failureRate, slowRate = 1 } = this.#options
    return failures + slow > 0 && (failures / calls >= failureRate || slow / calls >= slowRate)
  }

  /** Changes that time alone makes are made when somebody comes, as of when they were due. */
  #moveOn (now: number): void {
    const recovery = this.#recovery
    if (this.#state === 'half-open') {
      recovery.settle(now)
      if (recovery.isDecided) this.#decide()
      else if (recovery.hasLapsed(now)) this.#open(recovery.lapsesAt)
    }
    if (this.#state === 'open' && recovery.stateAt(now, 'open') === 'half-open') {
      recovery.try(now)
      this.#turn('half-open')
    }
  }

  #open (at: number): void {
    this.#recovery.open(at)
    this.#turn('open')
  }

  #turn (to: BreakerState | ForcedState): void {
    const from = this.#state
    const { openForMs } = this.#recovery
    this.#state = to
    this.#generation++
    this.circuit.turn(to, openForMs)
    if (from === to || this.circuit.isShutdown) return
    const change: BreakerChange = { name: this.name, from, to, openForMs: to === 'open' ? openForMs : null }
    this.#around.changed(change, this)
    this.#options.onChange?.(change)
  }
}
