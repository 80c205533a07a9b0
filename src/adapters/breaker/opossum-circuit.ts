import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { BreakerState, ForcedState } from '../../contract/breaker.ts'
import { SettledBySelf } from './settled-by-self.ts'

/** As opossum's source has it. Its types have properties where the class has getters, and those could not be overridden. */
interface OpossumBreaker extends EventEmitter {
  readonly options: { resetTimeout: number }
  readonly isShutdown: boolean
  getSignal(): AbortSignal | undefined
  fire(call: unknown): Promise<unknown>
  open(): void
  close(): void
  shutdown(): void
}
const Opossum = CircuitBreaker as unknown as new (action: (call: unknown) => unknown, options: object) => OpossumBreaker

/** opossum's statistics without statistics: it would turn its buckets by two timers, and sum them up at every failure. */
const noStatus = Object.defineProperty(
  CircuitBreaker.newStatus({ rotateBucketController: new EventEmitter(), enableSnapshots: false, rollingPercentilesEnabled: false }),
  'stats', { value: Object.freeze({ fires: 0, failures: 0 }) })

const optionsOf = (name: string) => ({ name, timeout: false, status: noStatus, volumeThreshold: Number.MAX_SAFE_INTEGER })
const itself = (call: unknown) => call
const nothing = () => {}

/** The events that opossum counts itself, as integrations find them out. */
const EVENTS = new Opossum(itself, optionsOf('')).eventNames()
/** Events of single calls; of the others a breaker tells without being asked. */
const OF_CALLS: ReadonlySet<string | symbol> = new Set(['fire', 'success', 'failure', 'reject', 'semaphoreLocked'])

const LOCKED = Object.assign(new Error('Semaphore locked'), { code: 'ESEMLOCKED' })

/**
 * opossum's circuit breaker as others know it, with its name, state and events: what listens to opossum listens to this. It does what it is told; when to
 * open and whom to let through is decided elsewhere, which works because opossum asks the getters below and calls `open` and `close` of this class.
 */
export class OpossumCircuit extends Opossum {
  #state: BreakerState = 'closed'
  #passes = true
  #isHeard = false

  constructor (name: string) {
    super(itself, optionsOf(name))
    // With its own listeners opossum keeps a sample of every call, starts a timer when it opens and closes at the first success
    this.removeAllListeners()
  }

  get closed (): boolean { return this.#state === 'closed' }
  get opened (): boolean { return this.#state === 'open' }
  get halfOpen (): boolean { return this.#state === 'half-open' }
  get pendingClose (): boolean { return this.#passes }

  /** A call begins. Null where nobody listens, so that nothing need be told of how it ends. */
  begin (): SettledBySelf | null {
    if (!this.#isHeard) return null
    const call = new SettledBySelf()
    this.#fire(call, true)
    return call
  }

  /** A call is refused. */
  refuse (why: 'open' | 'full'): void {
    if (!this.#isHeard) return
    if (why === 'open') this.#fire(null, false)
    else this.emit('semaphoreLocked', LOCKED)
  }

  turn (state: BreakerState | ForcedState, openForMs: number): void {
    // To open would undo it
    if (this.isShutdown) return
    const before = this.#state
    this.#state = state === 'forced-open' ? 'open' : state === 'half-open' || state === 'open' ? state : 'closed'
    this.options.resetTimeout = openForMs
    if (this.#state === before) return
    if (this.closed) super.close()
    else if (this.halfOpen) this.emit('halfOpen', openForMs)
    else if (before === 'closed') super.open()
    // Half-open, it is open to opossum all the time
    else this.emit('open')
  }

  override open (): void {}
  override close (): void {}

  override eventNames (): (string | symbol)[] {
    return [...new Set([...EVENTS, ...super.eventNames()])].filter(event => event !== 'newListener')
  }

  override removeAllListeners (event?: string | symbol): this {
    // Without an argument at all: undefined would be one
    if (event === undefined) super.removeAllListeners()
    else super.removeAllListeners(event)
    if (event === undefined || event === 'newListener') this.#listen()
    return this
  }

  #listen (): void {
    this.#isHeard = false
    this.on('newListener', (event: string | symbol) => { this.#isHeard ||= OF_CALLS.has(event) })
  }

  #fire (call: unknown, passes: boolean): void {
    this.#passes = passes
    this.fire(call).catch(nothing)
  }
}
