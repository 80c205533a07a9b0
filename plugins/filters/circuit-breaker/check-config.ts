import { ConfigError, isAlwaysThere } from '../../../src/contract/index.ts'
import type { CircuitBreakerConfig } from './circuit-breaker-config.ts'

/** Throws ConfigError where values do not go together, or one has no effect. */
export function checkConfig (config: CircuitBreakerConfig, reports: boolean): void {
  checkTimes(config)
  checkRates(config)
  checkKeys(config)
  if (reports && config.fallback !== undefined) throw noEffect('/fallback', 'a filter that only reports answers nothing')
}

function checkTimes ({ openFor, maxOpenFor }: CircuitBreakerConfig): void {
  if (maxOpenFor !== undefined && maxOpenFor < openFor) throw invalid('/maxOpenFor', 'expected no less than openFor')
}

function checkRates ({ window, minimumCalls, failureRate, slowCall, slowRate }: CircuitBreakerConfig): void {
  if (failureRate === 0) throw invalid('/failureRate', 'expected more than 0%: it would be open for ever')
  if (slowRate === 0) throw invalid('/slowRate', 'expected more than 0%: it would be open for ever')
  if (slowRate !== undefined && slowCall === undefined) throw noEffect('/slowRate', 'without slowCall no call is slow')
  if (typeof window === 'number' && minimumCalls !== undefined && minimumCalls > window) throw invalid('/minimumCalls', 'expected no more than the window has calls')
}

function checkKeys ({ by, keys, emptyKey }: CircuitBreakerConfig): void {
  if (by === 'route' && keys !== undefined) throw noEffect('/keys', 'a route has one breaker')
  if (emptyKey !== undefined && (by === 'endpoint' || isAlwaysThere(by))) throw noEffect('/emptyKey', 'every request has what it is counted by')
}

const noEffect = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
const invalid = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_INVALID', pointer, why)
