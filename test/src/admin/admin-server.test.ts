import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import path from '../../../plugins/predicates/path/index.ts'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../src/adapters/breaker/opossum-breaker.ts'
import { adminServer, type AdminOptions } from '../../../src/admin/admin-server.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { Config, ConfigError, ConfigErrors, defineFilter, refuse, Type } from '../../../src/contract/index.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import type { Surroundings } from '../../../src/plan/compile-route.ts'
import { run } from '../../../src/plan/run.ts'
import { TableKeeper, type Update } from '../../../src/plan/table-keeper.ts'
import { exchange, fakeClock, fakeLog, fakeRandom, fakeServices, reply, type TestRequest } from '../../../src/testing/index.ts'

const gate = defineFilter({
  name: 'gate',
  config: Config({ closed: Type.Boolean({ default: false, description: 'Refuse.' }), note: Type.Optional(Type.String({ description: 'Nothing.' })) }),
  refuses: ['GW_FORBIDDEN'],
  create: ({ closed }) => ({ request: x => { if (closed) refuse(x, 'GW_FORBIDDEN') } })
})
const rooms = roomsOf([gate], [path])
const NO_BREAKERS = opossumBreakers({ clock: fakeClock(), log: fakeLog() }).board

const TWO = [
  { id: 'orders', order: 2, predicates: [{ path: '/orders/**' }], filters: [{ gate: {} }, { gate: { closed: true }, when: 'request.method == "PUT"', report: true }], upstream: 'orders' },
  { id: 'shop', order: 1, predicates: [{ path: '/shop/**' }], upstream: [{ to: 'http://10.0.0.7:8080', weight: 3 }, { to: 'orders', weight: 1 }] }
]

/** An admin listener over a table of its own. */
async function start (t: Test, over: Partial<AdminOptions> = {}) {
  const registry = new MetricRegistry()
  const services = fakeServices({ registry })
  const keeper = new TableKeeper(fakeRandom())
  const surroundings: Surroundings = {
    rooms,
    services: (route, filter) => ({ ...services, metrics: registry.scope({ route, filter }), close: () => {} }),
    upstream: () => ({ dispatch: async () => reply(), close: () => {} })
  }
  const state = { draining: false, listening: true, revision: 1 }
  const admin = adminServer({ state, keeper, metrics: registry, breakers: NO_BREAKERS, inFlight: () => 0, onReload: null, published: () => [], redact: text => text, locate: fault => fault, ...over })
  t.teardown(() => admin.close())
  const { host, port } = await admin.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (target: string, init: RequestInit = {}) => {
    const res = await fetch(`http://${host}:${port}${target}`, init)
    const text = await res.text()
    return { status: res.status, type: res.headers.get('content-type'), text, body: (text === '' ? null : JSON.parse(text)) as Record<string, any> }
  }
  const load = async (routes: readonly object[], env: Record<string, string> = {}): Promise<Update> => {
    const document = { version: 1, upstreams: { orders: { endpoints: ['http://10.0.0.8:8080'] } }, routes }
    const { config } = await loadConfig(['routes.yaml'], { env, rooms, readFile: async () => Buffer.from(JSON.stringify(document)) })
    return keeper.commit(keeper.prepare(config.routes, surroundings, () => null))
  }
  const send = async (id: string, request: TestRequest, timed = false) => {
    await run(keeper.table.plans.find(plan => plan.id === id)!, exchange(request), { log: services.log, timed })
  }
  return { ask, load, send, state, registry, keeper, admin, port }
}

t.test('lives as long as it answers', async t => {
  const { ask, state } = await start(t)
  state.draining = true
  t.match(await ask('/livez'), { status: 200, type: /^application\/json/, body: { status: 'live' } })
})

t.test('tells whether it is ready', async t => {
  const { ask, state } = await start(t, { inFlight: () => 7 })
  for (const [listening, draining, status, word] of [[false, false, 503, 'starting'], [true, false, 200, 'ready'], [true, true, 503, 'draining'], [false, true, 503, 'draining']] as const) {
    Object.assign(state, { listening, draining, revision: 3 })
    const answer = await ask('/readyz')
    t.equal(answer.status, status, word)
    t.same(answer.body, { status: word, revision: 3, inFlight: 7, quarantined: [] })
  }
})

t.test('is ready with a broken route, and says which', async t => {
  const { ask, load } = await start(t)
  await load(TWO)
  await load([{ ...TWO[0], filters: [{ gate: { closed: 'often' } }] }, { id: 'new', predicates: [{ path: '/new' }], filters: ['gait'], upstream: 'orders' }, { id: 'lost', predicates: [{ path: 'new' }], upstream: 'orders' }])
  const { status, body } = await ask('/readyz')
  t.equal(status, 200)
  t.match(body, {
    status: 'ready',
    quarantined: [
      { id: 'orders', serving: 'previous', faults: [/gate\/closed: expected true or false.*GW_CONFIG_INVALID/] },
      { id: 'new', serving: 'error', faults: [/gait.*gate.*GW_CONFIG_UNKNOWN_FILTER/] },
      { id: 'lost', serving: 'nothing', faults: [/path.*GW_CONFIG_INVALID/] }
    ]
  })
  const { body: { quarantined, routes } } = await ask('/routes')
  t.same(quarantined, body['quarantined'])
  t.match(routes, [{ id: 'new', fault: /gait/ }, { id: 'orders', fault: null }])
})

t.test('shows the routes in force, in the order of the lookup, as they are written', async t => {
  const { ask, load, state } = await start(t)
  await load(TWO)
  state.revision = 5
  const { status, body } = await ask('/routes')
  t.equal(status, 200)
  t.equal(body['revision'], 5)
  t.match(body['routes'].map(({ id }: { id: string }) => id), ['shop', 'orders'])
  t.match(body['routes'], [
    { id: 'shop', order: 1, source: 'routes.yaml', written: TWO[1], upstream: [{ to: 'http://10.0.0.7:8080', weight: 3 }, { to: 'orders', weight: 1 }], fault: null, inFlight: 0, filters: [] },
    { id: 'orders', order: 2, written: TWO[0], upstream: [{ to: 'orders', weight: 1 }], filters: [{ name: 'gate', when: false, report: false }, { name: 'gate', when: true, report: true }] }
  ])
})

t.test('shows how many requests a route has in flight', async t => {
  const { ask, load, keeper } = await start(t)
  await load(TWO)
  keeper.table.plans[0]!.life.enter()
  t.match((await ask('/routes')).body['routes'], [{ inFlight: 1 }, { inFlight: 0 }])
})

t.test('shows what filters have decided, and how long the timed requests took', async t => {
  const { ask, load, send } = await start(t)
  await load([
    { id: 'open', predicates: [{ path: '/open' }], filters: ['gate'], upstream: 'orders' },
    { id: 'shut', predicates: [{ path: '/shut' }], filters: [{ gate: { closed: true }, when: 'request.method != "GET"' }], upstream: 'orders' }
  ])
  const filters = async () => (await ask('/routes')).body['routes'].map((route: any) => route.filters[0])
  t.match(await filters(), [{ decisions: {}, phases: {} }, { decisions: {}, phases: {} }])
  t.same((await filters())[0].decisions, {})

  await send('open', {})
  await send('open', {}, true)
  await send('shut', { method: 'PUT' })
  await send('shut', { method: 'PUT' })
  await send('shut', {})
  const [open, shut] = await filters()
  t.same(open.decisions, { passed: 2 })
  t.same(shut.decisions, { refused: 2, skipped: 1 })
  t.match(open.phases, { request: { timed: 1, meanSeconds: Number } })
  t.same(Object.keys(open.phases), ['request'])
  t.same(shut.phases, {})
})

t.test('gives the mean of a phase', async t => {
  const { ask, load, registry } = await start(t)
  await load([{ id: 'open', predicates: [{ path: '/open' }], filters: ['gate'], upstream: 'orders' }])
  const seconds = registry.scope({ route: 'open', filter: 'gate' }).histogram('gatehouse_filter_phase_seconds', { phase: 'request' })
  seconds.record(0.5)
  seconds.record(1)
  registry.scope({ route: 'open', filter: 'gate' }).histogram('another', { phase: 'response' }).record(1)
  t.same((await ask('/routes')).body['routes'][0].filters[0].phases, { request: { timed: 2, meanSeconds: 0.75 } })
})

t.test('shows references, not what they stand for', async t => {
  const { ask, load } = await start(t)
  await load([{ id: 'open', predicates: [{ path: '/open' }], filters: [{ gate: { note: `$${'{TOKEN}'}` } }], upstream: 'orders' }], { TOKEN: 's3cret-value' })
  const { text, body } = await ask('/routes')
  t.equal(body['routes'][0].written.filters[0].gate.note, '$' + '{TOKEN}')
  t.notMatch(text, 's3cret-value')
})

t.test('masks secrets, and users of URLs, in every text', async t => {
  const redact = (text: string) => text.replaceAll('5', '*').replaceAll('s3cret', '***')
  const { ask, load } = await start(t, { redact, onReload: async () => { throw new Error('at s3cret\nand http://user:pw@host/a') } })
  await load([{ id: 'r5', order: 5, predicates: [{ path: '/open' }], filters: [{ gate: { note: 'see http://user:pw@10.0.0.1/?a=b@c and s3cret' } }], upstream: 'orders' }])
  await load([{ id: 'r6', predicates: [{ path: '/open' }], filters: [{ gate: { note: ['https://user@host s3cret'] } }, 's3cret'], upstream: 'orders' }])
  for (const target of ['/routes', '/readyz']) t.notMatch((await ask(target)).text, /s3cret|user|pw@/, target)
  t.match((await ask('/routes')).body, { routes: [{ id: 'r6', written: { filters: [{ gate: { note: ['https://***@host ***'] } }] } }], quarantined: [{ faults: [/./, /"\*\*\*"/] }] })
  t.match(await ask('/reload', { method: 'POST' }), { status: 422, body: { faults: ['at ***', 'and http://***@host/a'] } })
})

t.test('masks each text by itself, so that the answer stays JSON', async t => {
  const { ask, state } = await start(t, { redact: text => text.replaceAll('5', '"') })
  state.revision = 5
  t.match((await ask('/readyz')).body, { revision: 5 })
})

t.test('reloads', async t => {
  let asked = 0
  const { ask, load, state } = await start(t, {
    onReload: async () => {
      asked++
      state.revision++
      return await load(TWO)
    }
  })
  const { status, body } = await ask('/reload', { method: 'POST' })
  t.equal(status, 200)
  t.same(body, { status: 'reloaded', revision: 2, faults: [] })
  t.equal((await ask('/routes')).body['routes'].length, 2)
  t.equal((await ask('/reload', { method: 'POST', body: '' })).status, 200)
  t.equal(asked, 2)
})

t.test('says what of a reload was quarantined', async t => {
  const { ask, load } = await start(t, { onReload: async () => await load([TWO[1]!, { ...TWO[0], filters: ['gait'] }]) })
  const { status, body } = await ask('/reload', { method: 'POST' })
  t.equal(status, 200)
  t.match(body, { status: 'quarantined', faults: [/gait.*GW_CONFIG_UNKNOWN_FILTER/] })
  t.equal(body['faults'].length, 1)
})

t.test('says why a reload changed nothing', async t => {
  const faults = [new ConfigError('GW_CONFIG_SYNTAX', '/a', 'first'), new ConfigError('GW_CONFIG_INVALID', '/b', 'second')]
  const failures = [() => new ConfigErrors(faults), () => 'a text']
  const { ask } = await start(t, { onReload: async () => { throw failures.shift()!() } })
  const { status, body } = await ask('/reload', { method: 'POST' })
  t.equal(status, 422)
  t.same(body, { status: 'refused', revision: 1, faults: faults.map(({ message }) => message) })
  t.match(await ask('/reload', { method: 'POST' }), { status: 422, body: { faults: ['a text'] } })
})

t.test('cannot reload what has no source', async t => {
  const { ask } = await start(t)
  t.match(await ask('/reload', { method: 'POST' }), { status: 501, body: { status: 'no source to reload from' } })
})

t.test('knows no other path or method', async t => {
  let reloaded = 0
  const { ask } = await start(t, {
    onReload: async () => {
      reloaded++
      throw new Error('not asked for')
    }
  })
  for (const target of ['/', '/metrics', '/livez/', '/routes/orders', '/ROUTES', '/routes%']) t.ok([404, 400].includes((await ask(target)).status), target)
  for (const [method, target] of [['GET', '/reload'], ['PUT', '/reload'], ['DELETE', '/routes'], ['POST', '/routes'], ['POST', '/livez'], ['PATCH', '/readyz'], ['OPTIONS', '/routes']] as const) {
    t.equal((await ask(target, { method })).status, 404, `${method} ${target}`)
  }
  t.match(await ask('/livez', { method: 'HEAD' }), { status: 200, text: '' })
  t.equal((await ask('/reload', { method: 'POST', body: 'x'.repeat(20_000), headers: { 'content-type': 'text/plain' } })).status, 413)
  t.equal(reloaded, 0)
})

t.test('publishes public keys, where the configuration in force says', async t => {
  const keys = [{ kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: 'AAAA5555' }]
  let rings = [{ path: '/keys/passport', jwks: () => ({ keys }) }]
  const { ask, port } = await start(t, { published: () => rings, redact: text => text.replaceAll('5', '*') })
  const { status, type, body } = await ask('/keys/passport')
  t.equal(status, 200)
  t.equal(type, 'application/jwk-set+json')
  t.same(body, { keys }, 'not masked, although the ring holds its private keys beside them')
  const res = await fetch(`http://127.0.0.1:${port}/keys/passport?a=b`)
  t.same([res.status, res.headers.get('cache-control')], [200, 'max-age=60'])
  await res.arrayBuffer()
  for (const target of ['/keys', '/keys/', '/keys/passport/', '/keys/other', '/KEYS/passport', '/keys/passport%20', '/x/keys/passport']) t.match(await ask(target), { status: 404, body: { status: 'nothing here' } }, target)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) t.equal((await ask('/keys/passport', { method })).status, 404, method)
  t.equal((await ask('/keys/passport', { headers: { origin: 'https://evil.test' } })).status, 403)

  keys.unshift({ kty: 'OKP', crv: 'Ed25519', kid: 'k2', x: 'BBBB' })
  t.same((await ask('/keys/passport')).body, { keys }, 'keys of the moment')
  rings = [{ path: '/moved.json', jwks: () => ({ keys }) }]
  t.equal((await ask('/keys/passport')).status, 404)
  t.equal((await ask('/moved.json')).status, 200)
})

t.test('says when it cannot listen, and stops at once', async t => {
  const { admin, port } = await start(t)
  const other = adminServer({ state: { draining: false, listening: true, revision: 1 }, keeper: new TableKeeper(fakeRandom()), metrics: new MetricRegistry(), breakers: NO_BREAKERS, inFlight: () => 0, onReload: null, published: () => [], redact: text => text, locate: fault => fault })
  await t.rejects(other.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
  await other.close()
  await fetch(`http://127.0.0.1:${port}/livez`)
  await admin.close()
  await t.rejects(fetch(`http://127.0.0.1:${port}/livez`))
})

t.test('answers no page in a browser, whatever name it has for the listener', async t => {
  const { port } = await start(t)
  const ask = async (headers: Record<string, string>) => {
    const [res] = await once(request({ host: '127.0.0.1', port, path: '/routes', headers, agent: false }).end(), 'response') as [IncomingMessage]
    return res.resume().statusCode
  }
  t.equal(await ask({ 'sec-fetch-site': 'none', host: `localhost:${port}` }), 200, 'an operator may look with a browser')
  for (const headers of [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none', host: 'rebound.test:9090' }
  ] as const) {
    t.equal(await ask(headers), 403, JSON.stringify(headers))
  }
})
