import t from 'tap'
import type { Reply } from '../../../src/contract/index.ts'
import type { GatewayConfig, RouteConfig } from '../../../src/contract/route-file.ts'
import { exchange } from '../../../src/testing/index.ts'
import { EndpointRegistry } from '../../../src/upstream/endpoint-registry.ts'
import { routeUpstreams } from '../../../src/upstream/route-upstream.ts'

const origin = { file: 'test.yaml', pointer: '' }
const route = (...to: string[]): RouteConfig => ({ targets: to.map(one => ({ to: one, weight: 1, origin })), timeouts: {} }) as never
const config = (upstreams: Record<string, unknown> = {}): GatewayConfig =>
  ({ settings: { forwarded: 'none', via: false }, upstreams: new Map(Object.entries(upstreams).map(([name, written]) => [name, { config: written, origin: { file: 'test.yaml', pointer: `/upstreams/${name}` } }])) }) as never

/** The call of a route, and the pools it takes. */
function call (targets: readonly string[], upstreams: Record<string, unknown> = {}) {
  const registry = new EndpointRegistry()
  const upstream = routeUpstreams(config(upstreams), registry)(route(...targets))
  return { registry, ...upstream }
}

t.test('pools are shared by the routes of a gateway and let go of with the last', async t => {
  const registry = new EndpointRegistry()
  const make = routeUpstreams(config({ a: { endpoints: ['http://127.0.0.1:1', { url: 'http://127.0.0.1:2', weight: 3 }], connections: 1, keepAlive: 1000 } }), registry)
  const first = make(route('a'))
  const second = make(route('a', 'http://127.0.0.1:3'))
  t.equal(registry.size, 3)
  second.close()
  second.close()
  t.equal(registry.size, 2)
  first.close()
  t.equal(registry.size, 0)
  await registry.destroy()
})

t.test('a route that cannot be made keeps no pools', async t => {
  const registry = new EndpointRegistry()
  const make = routeUpstreams(config({ bad: { endpoints: ['https://127.0.0.1:1'], tls: { ca: '/no/such/file' } } }), registry)
  t.throws(() => make(route('http://127.0.0.1:1', 'bad')), { code: 'GW_CONFIG_INVALID', pointer: '/upstreams/bad/tls/ca' })
  t.equal(registry.size, 0)
  await registry.destroy()
})

t.test('a filter may send a request elsewhere; of many such places the oldest are let go of', async t => {
  const { registry, dispatch, close } = call(['http://127.0.0.1:1'])
  for (let port = 1; port <= 70; port++) {
    const x = exchange()
    x.origin = `http://127.0.0.1:${port}`
    t.match(await dispatch(x), { code: 'GW_UPSTREAM_UNREACHABLE' })
    t.equal(x.endpoint, x.origin)
  }
  t.equal(registry.size, 65, 'the route\'s own and 64 more')
  close()
  t.equal(registry.size, 0)
  await registry.destroy()
})

t.test('a route without an upstream has nowhere to go', async t => {
  const { registry, dispatch } = call([])
  t.match(await dispatch(exchange()) as Reply, { status: 503, code: 'GW_NO_ENDPOINT' })
  await registry.destroy()
})

t.test('a bug in the call takes no place in the pool', async t => {
  const { registry, dispatch } = call(['http://127.0.0.1:1'])
  const x = exchange({ method: 'POST', body: ['hello'] })
  x.body.outgoing()
  await t.rejects(dispatch(x), /sent twice/)
  const endpoint = registry.acquire({ origin: 'http://127.0.0.1:1', connectMs: 5000, connections: 1024, keepAliveMs: 4000, tls: null })
  t.same([registry.size, endpoint.inFlight], [1, 0])
  await registry.destroy()
})
