import { defineFilter, statusesOf } from '../../../src/contract/index.ts'
import { changeTeller, nameOf } from './changes.ts'
import { checkConfig } from './check-config.ts'
import { CircuitBreakerSchema } from './circuit-breaker-config.ts'
import { makeFallbacks } from './fallback/fallbacks.ts'
import { makeGates } from './gates.ts'
import { guardedCall, reportedCall } from './guarded-call.ts'
import { springCircuitBreaker } from './spring-circuit-breaker.ts'

export default defineFilter({
  name: 'circuit-breaker',
  config: CircuitBreakerSchema,
  refuses: ['GW_CIRCUIT_OPEN'],
  spring: springCircuitBreaker,

  create: (config, place) => {
    const reports = place.report ?? false
    checkConfig(config, reports)
    const fallbacks = config.fallback === undefined ? null : makeFallbacks(config.fallback, statusesOf(config.statuses, '/statuses'), place)
    const changes = changeTeller(config, place)
    const gates = makeGates(config, nameOf(config, place), place, changes.tell)
    return {
      dispatch: reports ? reportedCall(gates) : guardedCall(gates, fallbacks),
      close: () => {
        gates.close()
        changes.close()
      }
    }
  }
})
