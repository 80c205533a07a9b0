import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import { ConfigError, type Reply } from '../../../src/contract/index.ts'
import { UpstreamSchema, type GatewayConfig, type RouteConfig } from '../../../src/contract/route-file.ts'
import { validate } from '../../../src/contract/validate.ts'
import { exchange, fakeClock, fakeRandom } from '../../../src/testing/index.ts'
import { EndpointRegistry } from '../../../src/upstream/endpoint-registry.ts'
import { PoolRegistry } from '../../../src/upstream/pool-registry.ts'
import { routeUpstreams } from '../../../src/upstream/route-upstream.ts'
import type { MacOf } from '../../../src/upstream/sticky.ts'

const origin = { file: 'test.yaml', pointer: '' }
const route = (...to: string[]): RouteConfig => ({ targets: to.map(one => ({ to: one, weight: 1, origin })), timeouts: {} }) as never
const config = (upstreams: Record<string, unknown> = {}): GatewayConfig =>
  ({ settings: { forwarded: 'none', via: false }, upstreams: new Map(Object.entries(upstreams).map(([name, written]) => [name, { config: validate(UpstreamSchema, written).value, origin: { file: 'test.yaml', pointer: `/upstreams/${name}` } }])) }) as never

/** One ring that is named sticky. */
const macOf: MacOf = (ring, pointer) => {
  if (ring !== 'sticky') throw new ConfigError('GW_CONFIG_UNKNOWN_KEY_RING', pointer)
  const mac = (text: string) => Buffer.from(text.padEnd(16, '.')).subarray(-16).toString('base64url')
  return { current: mac, accepted: text => [mac(text)] }
}

function making (upstreams: Record<string, unknown> = {}, random = fakeRandom()) {
  const registry = new EndpointRegistry()
  const services = { clock: fakeClock(), random, expressions: celExpressions }
  const pools = new PoolRegistry({ endpoints: registry, ...services })
  return { registry, pools, make: routeUpstreams(config(upstreams), { ...services, pools, macOf }) }
}

/** The call of a route, and the pools it takes. */
function call (targets: readonly string[], upstreams: Record<string, unknown> = {}) {
  const { registry, make } = making(upstreams)
  return { registry, ...make(route(...targets)) }
}

t.test('pools are shared by the routes of a gateway and let go of with the last', async t => {
  const { registry, pools, make } = making({ a: { endpoints: ['http://127.0.0.1:1', { url: 'http://127.0.0.1:2', weight: 3 }], connections: 1, keepAlive: '1s' } })
  const first = make(route('a'))
  const second = make(route('a', 'http://127.0.0.1:3'))
  t.same([registry.size, pools.pools.length], [3, 2])
  second.close()
  second.close()
  t.equal(registry.size, 2)
  first.close()
  t.equal(registry.size, 0)
  await registry.destroy()
})

t.test('a route that cannot be made keeps no pools', async t => {
  const { registry, make } = making({ bad: { endpoints: ['https://127.0.0.1:1'], tls: { ca: '/no/such/file' } } })
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
    t.same([x.endpoint, x.upstream], [x.origin, x.origin])
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
  const endpoint = registry.acquire({ origin: 'http://127.0.0.1:1', connectMs: 5000, connections: 1024, pending: 1024, keepAliveMs: 4000, tls: null })
  t.same([registry.size, endpoint.inFlight], [1, 0])
  await registry.destroy()
})

t.test('what is wrong with an upstream is shown there', async t => {
  const two = ['http://127.0.0.1:1', 'http://127.0.0.1:2']
  const { registry, make } = making({
    alone: { endpoints: two[0], balance: 'random' },
    unsigned: { endpoints: two, sticky: { ring: 'none' } },
    wrong: { endpoints: two, balance: { 'consistent-hash': { by: { expression: '1 +' } } } }
  })
  t.throws(() => make(route('alone')), { code: 'GW_CONFIG_NO_EFFECT', file: 'test.yaml', pointer: '/upstreams/alone/balance' })
  t.throws(() => make(route('http://127.0.0.1:9', 'unsigned')), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/upstreams/unsigned/sticky/ring' })
  t.throws(() => make(route('wrong')), { code: 'GW_CONFIG_EXPRESSION', pointer: '/upstreams/wrong/balance/consistent-hash/by/expression' })
  t.throws(() => make({ ...route('http://127.0.0.1:1', 'http://127.0.0.1:2'), splitBy: { expression: '1 +' } }), { code: 'GW_CONFIG_EXPRESSION', pointer: '/upstream/by/expression' })
  t.equal(registry.size, 0)
})

t.test('a request goes to one of several targets, by chance or by its key', async t => {
  const { registry, make } = making({}, fakeRandom(0.1, 0.9))
  const targets = ['http://127.0.0.1:1', 'http://127.0.0.1:2']
  const went = async (dispatch: (x: ReturnType<typeof exchange>) => Promise<Reply>, query: string) => {
    const x = Object.assign(exchange(), { originalQuery: query })
    await dispatch(x)
    return x.upstream
  }
  const byChance = make(route(...targets))
  t.same([await went(byChance.dispatch, ''), await went(byChance.dispatch, '')], targets)
  const byKey = make({ ...route(...targets), splitBy: { query: 'u' } })
  const ways = new Set<string | null>()
  for (let i = 0; i < 12; i++) {
    const way = await went(byKey.dispatch, `u=${i}`)
    t.equal(await went(byKey.dispatch, `u=${i}`), way)
    ways.add(way)
  }
  t.equal(ways.size, 2)
  await registry.destroy()
})

t.test('a key that cannot be made out is a rejection and not thrown at whoever calls', async t => {
  const { registry, make } = making()
  const { dispatch } = make({ ...route('http://127.0.0.1:1', 'http://127.0.0.1:2'), splitBy: { expression: 'string(int(request.path))' } })
  await t.rejects(dispatch(exchange()), { code: 'GW_EXPRESSION_FAILED' })
  await registry.destroy()
})

t.test('a browser stays with its endpoint while that is up, and gets another when it is not', async t => {
  const seen: (string | undefined)[] = []
  const server = createServer((req, res) => {
    seen.push(req.headers.cookie)
    res.end()
  }).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { registry, pools, make } = making({ a: { endpoints: [`http://127.0.0.1:${port}`, `http://127.0.0.2:${port}`], sticky: {} } })
  t.teardown(async () => {
    await registry.destroy()
    server.close()
  })
  const { dispatch } = make(route('a'))
  const ask = async (cookie?: string) => {
    const x = exchange(cookie === undefined ? {} : { headers: { cookie } })
    const { headers } = await dispatch(x)
    return { host: new URL(x.endpoint!).hostname, given: headers.first('set-cookie')?.split(';')[0] }
  }
  const first = await ask()
  t.match(first, { host: '127.0.0.1', given: /^__Host-gatehouse-endpoint=[A-Za-z0-9_-]{22}$/ })
  for (let i = 0; i < 3; i++) t.same(await ask(`theme=dark; ${first.given}`), { host: '127.0.0.1', given: undefined })
  t.same(seen.slice(1), ['theme=dark', 'theme=dark', 'theme=dark'])
  const [pool] = pools.pools
  pool!.members[0]!.healthy = false
  pool!.changed()
  const second = await ask(first.given)
  t.equal(second.host, '127.0.0.2')
  t.match(second.given, /^__Host-gatehouse-endpoint=/)
  pool!.members[0]!.healthy = true
  pool!.changed()
  t.same(await ask(second.given), { host: '127.0.0.2', given: undefined })
  const forged = await ask('__Host-gatehouse-endpoint=AAAAAAAAAAAAAAAAAAAAAA')
  t.ok(forged.given)
})

t.test('a lane of its own shares no connections, keeps nobody with an endpoint and follows no request elsewhere', async t => {
  const seen: (string | undefined)[] = []
  const server = createServer((req, res) => {
    seen.push(req.headers.cookie)
    res.end()
  }).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { registry, pools, make } = making({ a: { endpoints: [`http://127.0.0.1:${port}`, `http://127.0.0.2:${port}`], sticky: {}, connections: 1, pending: 0 } })
  t.teardown(async () => {
    await registry.destroy()
    server.close()
  })
  const live = make(route('a'))
  const apart = make(route('a'), 'orders/next')
  t.same([registry.size, pools.pools.map(({ lane }) => lane)], [4, [null, 'orders/next']])
  const first = (await live.dispatch(exchange())).headers.first('set-cookie')!.split(';')[0]!
  for (const { endpoint } of pools.pools[0]!.members) endpoint.enter()
  t.match(await live.dispatch(exchange()), { code: 'GW_OVERLOADED' })
  const asked: (string | null)[] = []
  for (let i = 0; i < 2; i++) {
    const x = Object.assign(exchange({ headers: { cookie: `theme=dark; ${first}` } }), { origin: 'http://127.0.0.1:1' })
    const reply = await apart.dispatch(x)
    t.same([reply.status, reply.headers.has('set-cookie'), x.upstream], [200, false, 'a'])
    asked.push(x.endpoint)
  }
  t.not(asked[0], asked[1])
  t.same(seen.slice(-2), ['theme=dark', 'theme=dark'], 'the gateway\'s own cookie stays here')
  apart.close()
  t.equal(registry.size, 2)
  live.close()
  t.equal(registry.size, 0)
})

t.test('full and guarded endpoints are no reason to ask them', async t => {
  const { registry, pools, make } = making({ a: { endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], connections: 1, pending: 0, sticky: {} } })
  const { dispatch } = make(route('a'))
  for (const { endpoint } of pools.pools[0]!.members) endpoint.enter()
  t.match(await dispatch(exchange()), { status: 503, code: 'GW_OVERLOADED' })
  for (const { endpoint } of pools.pools[0]!.members) endpoint.leave()
  const x = exchange()
  x.gates = [{ admits: () => false, enter: () => null }]
  t.match(await dispatch(x), { status: 503, code: 'GW_CIRCUIT_OPEN' })
  t.same([x.attempt, x.upstream], [0, 'a'])
  await registry.destroy()
})
