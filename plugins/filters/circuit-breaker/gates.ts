import { BREAKER_DEFAULTS, requestKey, statusesOf, type Breaker, type BreakerChange, type BreakerOptions, type CallMeasure, type Exchange, type Place } from '../../../src/contract/index.ts'
import { BreakerGate, type Barrier } from './breaker-gate.ts'
import type { CircuitBreakerConfig } from './circuit-breaker-config.ts'
import { EndpointGates } from './endpoint-gates.ts'
import { KeyedGates, keyHash } from './keyed-gates.ts'

const DEFAULT_KEYS = 1000

/** All breakers of one use. */
export interface Gates {
  /** What the request has to pass; null for nothing. May throw GatewayError GW_EXPRESSION_FAILED. */
  of(x: Exchange): Barrier | null
  /** Nothing of them stays. */
  close(): void
}

/** Makes them: one, or one for each endpoint or key when it is first met. `name` is that of the use. */
export function makeGates (config: CircuitBreakerConfig, name: string, { services }: Place, onChange: (change: BreakerChange) => void): Gates {
  const { by, keys = DEFAULT_KEYS, emptyKey } = config
  const measure: CallMeasure = { failing: statusesOf(config.statuses, '/statuses'), slowMs: config.slowCall ?? Infinity }
  const options = breakerOptions(config)
  const make = (own: string): Breaker => {
    const breaker = services.breaker({ ...options, name: own, onChange })
    if (config.state !== 'auto') breaker.force(config.state)
    return breaker
  }
  if (by === 'route') return alone(new BreakerGate(make(name), measure))
  if (by === 'endpoint') return atEndpoints(new KeyedGates(endpoint => make(`${name}/${endpoint}`), measure, keys))
  const keyOf = requestKey(by, services.expressions, '/by')
  const gates = new KeyedGates(key => make(`${name}/${key === '' ? 'none' : keyHash(key)}`), measure, keys)
  return {
    of: x => {
      const key = keyOf(x)
      return key === '' && emptyKey === 'allow' ? null : gates.of(key)
    },
    close: () => { gates.close() }
  }
}

const alone = (gate: BreakerGate): Gates => ({ of: () => gate, close: () => { gate.breaker.close() } })

function atEndpoints (gates: KeyedGates): Gates {
  const gate = new EndpointGates(gates)
  return { of: () => gate, close: () => { gates.close() } }
}

function breakerOptions (config: CircuitBreakerConfig): Omit<BreakerOptions, 'name'> {
  const { window, minimumCalls = BREAKER_DEFAULTS.minimumCalls, failureRate, slowRate, openFor, maxOpenFor, halfOpenCalls, maxHalfOpen } = config
  return {
    window,
    minimumCalls: typeof window === 'number' ? Math.min(minimumCalls, window) : minimumCalls,
    failureRate,
    ...config.slowCall !== undefined && { slowRate: slowRate ?? 1 },
    openForMs: openFor,
    ...maxOpenFor !== undefined && { maxOpenForMs: maxOpenFor },
    halfOpenCalls,
    ...maxHalfOpen !== undefined && { maxHalfOpenMs: maxHalfOpen },
    // Not its task: see concurrency-limit
    maxConcurrent: Infinity
  }
}
