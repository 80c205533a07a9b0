import { ConfigError, SPRING_DURATION, springDurationMs, springList, springSeries, springStatus, type SpringForm } from '../../../src/contract/index.ts'
import { springExceptions } from './spring-exceptions.ts'

type Args = Readonly<Record<string, string | string[]>>

const DEFAULT_RETRIES = 3
/** What our waits may come to in any case; an upstream may ask for as much. */
const LEAST_MAX_MS = 1000
const DEFAULT_FACTOR = 2

/** Spring's Retry: `retries` are those after the first try, and there is no wait unless `backoff` says so. */
export const springRetry: SpringForm = {
  name: 'Retry',
  args: [
    'retries', 'statuses', 'methods', 'backoff.firstBackoff', 'backoff.maxBackoff', 'backoff.factor', 'backoff.basedOnPreviousValue', 'jitter.randomFactor', 'timeout',
    'series', 'exceptions'
  ],
  toConfig: args => {
    const retries = args['retries'] === undefined ? DEFAULT_RETRIES : Number(args['retries'])
    if (retries === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/retries', 'without a retry the filter does nothing: leave it out')
    const { statuses, series = 'SERVER_ERROR', methods = 'GET', exceptions, timeout } = args
    return {
      attempts: retries + 1,
      statuses: [...springList(statuses).map(springStatus), ...springList(series).map(springSeries)],
      exceptions: springExceptions(springList(exceptions ?? ['java.io.IOException', 'org.springframework.cloud.gateway.support.TimeoutException'])),
      methods: springList(methods),
      keyHeader: false,
      backoff: backoffOf(args, retries),
      within: timeout === undefined ? undefined : `${durationMs(timeout, '/timeout')}ms`
    }
  }
}

function backoffOf (args: Args, retries: number): object {
  const { 'backoff.firstBackoff': first, 'backoff.maxBackoff': max, 'backoff.factor': factor = DEFAULT_FACTOR, 'backoff.basedOnPreviousValue': previous, 'jitter.randomFactor': jitter } = args
  const isOff = first === undefined && max === undefined && args['backoff.factor'] === undefined && previous === undefined
  const firstMs = isOff ? 0 : first === undefined ? 5 : durationMs(first, '/backoff.firstBackoff')
  const longestMs = max === undefined ? Math.max(LEAST_MAX_MS, firstMs * Number(factor) ** (retries - 1)) : durationMs(max, '/backoff.maxBackoff')
  return { first: `${firstMs}ms`, max: `${longestMs}ms`, factor: Number(factor), jitter: jitterOf(jitter) }
}

function jitterOf (factor: string | string[] | undefined): string {
  const share = Number(factor ?? 0)
  if (!(share >= 0 && share <= 1)) throw new ConfigError('GW_CONFIG_INVALID', '/jitter.randomFactor', 'expected a number from 0 to 1')
  return share === 0 ? 'none' : `${Number((share * 100).toFixed(6))}%`
}

function durationMs (written: string | string[], pointer: string): number {
  const ms = springDurationMs(String(written))
  if (ms === null) throw new ConfigError('GW_CONFIG_INVALID', pointer, SPRING_DURATION)
  return ms
}
