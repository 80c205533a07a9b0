import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import { BreakerRefusal, type Breaker, type BreakerOptions, type Breakers, type BreakerState } from '../contract/breaker.ts'
import type { Clock, Log } from '../contract/services.ts'
import { OutcomeWindow } from './outcome-window.ts'

/** What breakers need from outside. */
export interface OpossumOptions { readonly clock: Clock, readonly log: Log }

/** Makes breakers on opossum that mean what resilience4j means. Each is an EventEmitter with opossum's events. */
export const opossumBreakers = ({ clock, log }: OpossumOptions): Breakers =>
  options => new CountingBreaker(options, clock, log)

/** As opossum's source has it. Its types have properties where the class has getters, and those could not be overridden. */
interface OpossumBreaker extends EventEmitter {
  fire(act: () => Promise<unknown>): Promise<unknown>
  open(): void
  close(): void
}
const Opossum = CircuitBreaker as unknown as new (action: (act: () => Promise<unknown>) => Promise<unknown>, options: object) => OpossumBreaker

/** opossum's statistics without statistics: it would turn its buckets by two timers, and sum them up at every failure. */
const noStatus = Object.defineProperty(
  CircuitBreaker.newStatus({ rotateBucketController: new EventEmitter(), enableSnapshots: false, rollingPercentilesEnabled: false }),
  'stats', { value: Object.freeze({ fires: 0, failures: 0 }) })

/** opossum makes the calls and tells its listeners; when to open and to close is decided here, since it asks the getters below. */
class CountingBreaker extends Opossum implements Breaker {
  readonly #options: BreakerOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #window: OutcomeWindow
  readonly #trials: OutcomeWindow
  #state: BreakerState = 'closed'
  /** Counts changes of state: a call that began before the last one says nothing about now. */
  #generation = 0
  /** When the state began, or while half-open the last trial. */
  #since = 0
  #permits = 0
  #running = 0

  constructor (options: BreakerOptions, clock: Clock, log: Log) {
    super(act => act(), { name: options.name, timeout: false, status: noStatus, volumeThreshold: Number.MAX_SAFE_INTEGER })
    // With its own listeners opossum keeps a sample of every call, starts a timer when it opens and closes at the first success
    this.removeAllListeners()
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#window = new OutcomeWindow(options.window)
    this.#trials = new OutcomeWindow(options.halfOpenCalls)
  }

  get state (): BreakerState { return this.#state === 'open' && this.#isOver() ? 'half-open' : this.#state }
  get closed (): boolean { return this.#state === 'closed' }
  get opened (): boolean { return this.#state === 'open' }
  get halfOpen (): boolean { return this.#state === 'half-open' }
  get pendingClose (): boolean { return this.halfOpen && this.#permits > 0 }

  run<T> (act: () => Promise<T>): Promise<T> {
    this.#moveOn()
    if (!this.closed && !this.pendingClose) return this.fire(act).then(() => null as never, () => { throw new BreakerRefusal('open') })
    if (this.#running >= this.#options.maxConcurrent) return this.#refuseFull()
    const generation = this.#generation
    return this.fire(() => this.#begin(act)).then(value => {
      this.#end(generation, true)
      return value as T
    }, (error: unknown) => {
      this.#end(generation, false)
      throw error
    })
  }

  #refuseFull (): Promise<never> {
    const refusal = new BreakerRefusal('full')
    this.emit('semaphoreLocked', refusal)
    return Promise.reject(refusal)
  }

  #begin<T> (act: () => Promise<T>): Promise<T> {
    this.#running++
    if (this.halfOpen) {
      this.#permits--
      this.#since = this.#clock.monotonic()
    }
    return act()
  }

  /** A call takes its place until it has really ended, and counts only in the state that it began in. */
  #end (generation: number, ok: boolean): void {
    this.#running--
    if (generation !== this.#generation) return
    const { minimumCalls, window, halfOpenCalls, failureRate } = this.#options
    const [outcomes, enough] = this.halfOpen ? [this.#trials, halfOpenCalls] : [this.#window, Math.min(minimumCalls, window)]
    outcomes.add(ok)
    if (outcomes.count < enough) return
    if (outcomes.failureRate >= failureRate) this.#open()
    else if (this.halfOpen) this.#close()
  }

  #isOver (): boolean {
    return this.#clock.monotonic() - this.#since >= this.#options.openForMs
  }

  /** Time that has passed: no timer runs for it. Trials that never end are no reason to stay half-open for ever. */
  #moveOn (): void {
    if (this.closed || !this.#isOver()) return
    if (this.opened) this.#tryAgain()
    else if (this.#permits === 0) this.#open()
  }

  #enter (state: BreakerState): void {
    this.#state = state
    this.#generation++
    this.#since = this.#clock.monotonic()
  }

  #open (): void {
    const { name, openForMs } = this.#options
    const isAgain = this.halfOpen
    this.#enter('open')
    this.open()
    // Half-open, it is open to opossum all the time: what it would do at the first failure then is nothing
    if (isAgain) this.emit('open')
    this.#log.warn({ 'gatehouse.breaker': name, 'gatehouse.breaker.open_for_ms': openForMs }, 'circuit breaker opened')
  }

  #tryAgain (): void {
    this.#permits = this.#options.halfOpenCalls
    this.#trials.clear()
    this.#enter('half-open')
    this.emit('halfOpen', this.#options.openForMs)
  }

  #close (): void {
    this.#window.clear()
    this.#enter('closed')
    this.close()
    this.#log.info({ 'gatehouse.breaker': this.#options.name }, 'circuit breaker closed')
  }
}
