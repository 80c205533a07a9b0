import type { BreakerChange, BreakerOptions } from '../../contract/breaker.ts'
import type { BreakerBoard } from '../../contract/breaker-board.ts'
import type { Clock, Log } from '../../contract/services.ts'
import { BreakerRegistry } from './breaker-registry.ts'
import { CountingBreaker, isForced, type BreakerSurroundings } from './counting-breaker.ts'

/** What breakers need from outside. */
export interface OpossumOptions { readonly clock: Clock, readonly log: Log }

/** Makes breakers, and knows those that live. */
export interface OpossumBreakers {
  (options: BreakerOptions): CountingBreaker
  readonly board: BreakerBoard
}

/** Makes breakers on opossum that mean what resilience4j means. A new one of a name goes on as an operator has forced the one before. */
export function opossumBreakers ({ clock, log }: OpossumOptions): OpossumBreakers {
  const board = new BreakerRegistry(clock, log)
  const around: BreakerSurroundings = {
    clock,
    changed: (change, breaker) => { logChange(log, change, breaker) },
    closed: breaker => { board.delete(breaker) }
  }
  const make = (options: BreakerOptions) => {
    const breaker = new CountingBreaker(options, around, board.takenOver(options.name))
    board.add(breaker)
    return breaker
  }
  return Object.assign(make, { board })
}

/** That calls are tried is no news: what comes of it is. What somebody has said is none either. */
function logChange (log: Log, { name, from, to, openForMs }: BreakerChange, { outcomes: { calls, failures, slow } }: CountingBreaker): void {
  if (isForced(from)) return
  if (to === 'open') log.warn({ 'gatehouse.breaker': name, 'gatehouse.breaker.open_for_ms': openForMs, 'gatehouse.breaker.calls': calls, 'gatehouse.breaker.failures': failures, 'gatehouse.breaker.slow': slow }, 'circuit breaker opened')
  else if (to === 'closed') log.info({ 'gatehouse.breaker': name }, 'circuit breaker closed')
}
