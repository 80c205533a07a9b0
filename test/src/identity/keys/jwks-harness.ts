import { MetricRegistry } from '../../../../src/adapters/metric-registry.ts'
import { OutboundError } from '../../../../src/contract/outbound.ts'
import { Discovery } from '../../../../src/identity/discovery/discovery.ts'
import { JwksClient } from '../../../../src/identity/keys/jwks-client.ts'
import { fakeClock, fakeLog, fakeOutbound, type TestAnswer } from '../../../../src/testing/fakes.ts'
import { ecKey, issuerConfig } from './jwk-fixtures.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const JWKS_URL = 'https://keys.test/jwks'

export const A = ecKey({ kid: 'a' })
export const B = ecKey({ kid: 'b' })
export const C = ecKey({ kid: 'c' })
export const UNAVAILABLE = { name: 'KeysUnavailable' }

interface Served { answer: TestAnswer | Error | (() => TestAnswer | Promise<TestAnswer>) }

/** A client of an endpoint that answers what `served` says at the time; first, these keys. */
export function jwks (keys: readonly object[], written: object = {}) {
  const served: Served = { answer: { body: { keys } } }
  const clock = fakeClock(5 * SECOND)
  const log = fakeLog()
  const registry = new MetricRegistry()
  const config = issuerConfig({ jwksUri: JWKS_URL, ...written })
  const outbound = fakeOutbound(async () => {
    const { answer } = served
    if (answer instanceof Error) throw answer
    return typeof answer === 'function' ? await answer() : answer
  })
  const discovery = new Discovery({ name: 'main', config, outbound, clock })
  const client = new JwksClient({ name: 'main', config, outbound, clock, log, metrics: registry.scope({}), discovery })
  const counted = (name: string, outcome?: string) => registry.samples()
    .filter(sample => sample.name === name && (outcome === undefined || sample.labels['outcome'] === outcome))
    .reduce((sum, { value }) => sum + value, 0)
  return {
    served,
    clock,
    log,
    client,
    calls: outbound.calls,
    kids: async (kid: string | null, alg = 'ES256') => (await client.keysFor({ alg, kid })).map(key => key.kid),
    serve: (...keys: readonly object[]) => { served.answer = { body: { keys } } },
    fail: () => { served.answer = new OutboundError('unreachable', 'down') },
    fetches: (outcome?: string) => counted('gatehouse_jwks_fetches_total', outcome),
    staleUses: () => counted('gatehouse_jwks_stale_uses_total'),
    /** What was begun in the background has ended. */
    settled: () => new Promise(resolve => { setImmediate(resolve) })
  }
}

export const isPromise = (found: unknown): boolean => found instanceof Promise
