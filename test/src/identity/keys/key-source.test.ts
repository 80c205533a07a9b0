import t from 'tap'
import { MetricRegistry } from '../../../../src/adapters/metric-registry.ts'
import { Discovery } from '../../../../src/identity/discovery/discovery.ts'
import { JwksClient } from '../../../../src/identity/keys/jwks-client.ts'
import { keySource } from '../../../../src/identity/keys/key-source.ts'
import { fakeClock, fakeLog, fakeOutbound } from '../../../../src/testing/fakes.ts'
import { ecKey, issuerConfig } from './jwk-fixtures.ts'

function source (written: object) {
  const config = issuerConfig(written)
  const clock = fakeClock()
  const outbound = fakeOutbound()
  return { outbound, keys: keySource({ name: 'main', config, outbound, clock, log: fakeLog(), metrics: new MetricRegistry().scope({}), discovery: new Discovery({ name: 'main', config, outbound, clock }) }) }
}

t.test('keys of the route file need nobody to be asked', async t => {
  const { keys, outbound } = source({ keys: [ecKey({ kid: 'a' })] })
  await keys.prefetch()
  t.match(keys.keysFor({ alg: 'ES256', kid: 'a' }), [{ kid: 'a' }])
  t.match(source({ secret: 's'.repeat(32), algorithms: 'HS256' }).keys.keysFor({ alg: 'HS256', kid: null }), [{ pem: null }])
  t.equal(outbound.calls.length, 0)
})

t.test('others are fetched', async t => {
  t.ok(source({}).keys instanceof JwksClient)
  t.ok(source({ jwksUri: 'https://keys.test/' }).keys instanceof JwksClient)
})

t.test('tells all that is wrong with the entry at once', async t => {
  t.throws(() => source({ jwksUri: 'http://keys.test/', algorithms: ['HS256'] }), { name: 'ConfigErrors', errors: [{ pointer: '/algorithms/0' }, { pointer: '/jwksUri' }] })
})
