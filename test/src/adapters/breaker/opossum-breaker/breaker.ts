import { opossumBreakers } from '../../../../../src/adapters/breaker/opossum-breaker.ts'
import type { Breaker, BreakerCall, BreakerChange, BreakerOptions, CallOutcome } from '../../../../../src/contract/breaker.ts'
import { fakeClock, fakeLog } from '../../../../../src/testing/index.ts'

/** The first opening after four calls, half of them bad, for a second; three trials. */
export const OPTIONS: BreakerOptions = { name: 'idp', window: 10, minimumCalls: 4, failureRate: 0.5, openForMs: 1000, halfOpenCalls: 3, maxConcurrent: 8 }
export const FAULT = new Error('down')
const EVENTS = ['fire', 'success', 'failure', 'reject', 'semaphoreLocked', 'open', 'halfOpen', 'close', 'shutdown']

/** A breaker on a clock of its own, and what it has told. */
export function made (over: Partial<BreakerOptions> = {}) {
  const clock = fakeClock(5000)
  const log = fakeLog()
  const changes: BreakerChange[] = []
  const breakers = opossumBreakers({ clock, log })
  const breaker = breakers({ ...OPTIONS, onChange: change => { changes.push(change) }, ...over })
  const ok = () => breaker.run(async () => 'ok')
  const fail = () => breaker.run(async () => { throw FAULT }).catch((error: unknown) => error)
  const times = async (n: number, act: () => Promise<unknown>) => { for (let i = 0; i < n; i++) await act() }
  /** Calls that end at once. */
  const end = (...outcomes: CallOutcome[]) => { for (const outcome of outcomes) entered(breaker).end(outcome) }
  /** Opens it. */
  const opened = () => { while (breaker.state === 'closed') end('failure') }
  /** Opens it, and lets the time pass after which it tries again. */
  const halfOpened = () => {
    opened()
    clock.advance(1000)
  }
  /** What opossum's listeners hear from now on. */
  const listen = () => {
    const events: string[] = []
    for (const event of EVENTS) breaker.circuit.on(event, () => { events.push(event) })
    return events
  }
  const states = () => changes.map(({ to }) => to)
  return { clock, log, board: breakers.board, breakers, breaker, changes, states, listen, ok, fail, times, end, opened, halfOpened }
}

/** A call that the breaker lets through. */
export function entered (breaker: Breaker): BreakerCall {
  const call = breaker.enter()
  if (typeof call === 'string') throw new Error(`not let through: ${call}`)
  return call
}

/** A call by `run` that ends when the test says so. */
export function pending (breaker: Breaker) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let began = false
  const ended = breaker.run(() => {
    began = true
    return promise
  }).catch((error: unknown) => error)
  return { began: () => began, ok: () => { resolve('late'); return ended }, fail: () => { reject(FAULT); return ended }, ended }
}
