import type { BreakerView } from '../../contract/breaker-board.ts'
import type { Clock } from '../../contract/services.ts'
import type { CountingBreaker } from './counting-breaker.ts'

/** A breaker as operators see it. */
export function breakerView (breaker: CountingBreaker, clock: Clock): BreakerView {
  const { name, state, running, refused, outcomes: { calls, failures, slow } } = breaker
  return {
    name,
    state,
    calls,
    failures,
    slow,
    failureRate: calls === 0 ? null : failures / calls,
    slowRate: calls === 0 ? null : slow / calls,
    running,
    notPermitted: refused.open,
    full: refused.full,
    openUntil: state === 'open' ? new Date(clock.now() + breaker.retryInMs).toISOString() : null
  }
}
