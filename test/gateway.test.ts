import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import path from '../plugins/predicates/path/index.ts'
import { pinoLog } from '../src/adapters/pino-log.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { Config, ConfigError, defineFilter, Type, type Filter } from '../src/contract/index.ts'
import type { GatewayConfig } from '../src/contract/route-file.ts'
import { buildGateway, type GatewayOptions } from '../src/gateway.ts'
import { roomsOf } from '../src/plan/compile-room.ts'

type Keys = Readonly<Record<string, unknown>>

/** What happens to the rooms of a gateway, in order. */
type Happened = string[]

/** A filter that marks requests, and tells when it is made and closed. */
const marks = (happened: Happened): Filter => defineFilter({
  name: 'mark',
  config: Config({ mark: Type.String({ minLength: 2 }) }),
  shorthand: 'mark',
  create: ({ mark }) => {
    happened.push(`+${mark}`)
    return { request: x => { x.headers.set('x-mark', mark) }, close: () => { happened.push(`-${mark}`) } }
  }
})
const fails = defineFilter({ name: 'fails', config: Config({}), create: () => ({ request: () => { throw new Error('a bug of its author') } }) })
const hangs = defineFilter({ name: 'hangs', config: Config({}), create: () => ({ request: () => {}, close: () => new Promise(() => {}) }) })

/** The model of a route file; a route is its path and what it marks, or all its keys. */
async function configOf (routes: Readonly<Record<string, string | Keys>>, keys: { gateway?: Keys, upstreams?: Keys } = {}): Promise<GatewayConfig> {
  const document = {
    version: 1,
    gateway: { admin: { port: 0 }, listen: [{ port: 0, host: '127.0.0.1' }], drain: '5s', accessLog: false, ...keys.gateway },
    ...keys.upstreams && { upstreams: keys.upstreams },
    routes: Object.entries(routes).map(([id, route]) => ({ id, predicates: [{ path: `/${id}/**` }], ...typeof route === 'string' ? { filters: [{ mark: route }] } : route }))
  }
  return (await loadConfig(['routes.yaml'], { env: {}, rooms: roomsOf([], []), readFile: async () => Buffer.from(JSON.stringify(document)) })).config
}

/** A gateway of this configuration, closed with the test. */
async function started (t: Test, config: GatewayConfig, options: Partial<GatewayOptions> & { happened?: Happened } = {}) {
  const { happened = [], ...more } = options
  const lines: Record<string, any>[] = []
  const log = pinoLog({ level: 'info', destination: { write: line => { lines.push(JSON.parse(line) as Record<string, any>) } } })
  const gateway = buildGateway(config, { rooms: roomsOf([marks(happened), fails, hangs], [path]), log, ...more })
  t.teardown(() => gateway.close())
  const { listeners, admin } = await gateway.listen()
  const get = async (target: string, port = listeners[0]!.port) => await fetch(`http://127.0.0.1:${port}${target}`)
  return { gateway, listeners, admin, lines, get, ask: async (target: string) => await (await get(target, admin!.port)).json() as Record<string, any> }
}

/** A service that answers with the mark of the request, once it is let. */
async function upstream (t: Test, answer: (req: IncomingMessage, res: ServerResponse) => void = (req, res) => res.end(req.headers['x-mark'])) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const to = (url: string, mark: string, more: Keys = {}): Keys => ({ upstream: url, filters: [{ mark }], ...more })

t.test('serves on free ports, each with its name', async t => {
  const { url } = await upstream(t)
  const config = await configOf({ a: to(url, 'hello') }, { gateway: { accessLog: true, listen: [{ port: 0, host: '127.0.0.1' }, { name: 'inside', port: 0, host: '127.0.0.1' }] } })
  const { listeners, admin, lines, get, ask } = await started(t, config)
  t.match(listeners, [{ name: 'http', host: '127.0.0.1' }, { name: 'inside', host: '127.0.0.1' }])
  t.equal(new Set([listeners[0]!.port, listeners[1]!.port, admin!.port, 0]).size, 4)
  for (const { port } of listeners) t.equal(await (await get('/a/1', port)).text(), 'hello')
  t.match(await ask('/readyz'), { status: 'ready', revision: 1, quarantined: [] })
  t.match(lines, [{ message: 'request', 'gatehouse.route': 'a' }, { message: 'request', 'gatehouse.route': 'a' }])
})

t.test('has no operators\' listener where it is told so', async t => {
  t.equal((await started(t, await configOf({}, { gateway: { admin: false } }))).admin, null)
})

t.test('opens nothing where one of its addresses is taken', async t => {
  const taken = createTcpServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const happened: Happened = []
  const free = createTcpServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const config = await configOf({ a: 'made' }, { gateway: { listen: [{ name: 'a', port, host: '127.0.0.1' }, { name: 'b', port: (taken.address() as AddressInfo).port, host: '127.0.0.1' }] } })
  await t.rejects(started(t, config, { happened }), { code: 'EADDRINUSE' })
  await t.rejects(fetch(`http://127.0.0.1:${port}/a`))
  t.same(happened, ['+made', '-made'])
})

t.test('several live in one process, each with its own state', async t => {
  const { url } = await upstream(t)
  const one = await started(t, await configOf({ a: to(url, 'one') }))
  const two = await started(t, await configOf({ a: to(url, 'two') }))
  t.equal(await (await one.get('/a')).text(), 'one')
  t.equal(await (await two.get('/a')).text(), 'two')
  await one.gateway.close()
  t.equal(await (await two.get('/a')).text(), 'two')
  const counted = (metrics: typeof one.gateway.metrics) => metrics.samples().filter(({ labels, value }) => labels['decision'] === 'passed' && value > 0).map(({ value }) => value)
  t.same([counted(one.gateway.metrics), counted(two.gateway.metrics)], [[], [2]])
})

t.test('a room that throws costs its own route a 500 with a code, and nothing else', async t => {
  const { url } = await upstream(t)
  const { get, lines } = await started(t, await configOf({ wrong: to(url, 'xx', { filters: ['fails'] }), right: to(url, 'right') }))
  const res = await get('/wrong')
  t.equal(res.status, 500)
  t.match(await res.json(), { code: 'GW_FILTER_FAILED' })
  t.equal(await (await get('/right')).text(), 'right')
  t.match(lines, [{ 'log.level': 'error', 'gatehouse.route': 'wrong', 'gatehouse.filter': 'fails', 'error.message': 'a bug of its author' }])
})

t.test('requests in flight keep the plan they began with; it is closed when they have left', async t => {
  const held: ServerResponse[] = []
  const arrived = Promise.withResolvers<void>()
  const { url } = await upstream(t, (req, res) => {
    res.setHeader('x-mark', req.headers['x-mark']!)
    if (req.url === '/a/held') {
      held.push(res)
      arrived.resolve()
    } else res.end()
  })
  const happened: Happened = []
  const { gateway, get } = await started(t, await configOf({ a: to(url, 'old'), b: to(url, 'same') }), { happened })
  const begun = get('/a/held')
  await arrived.promise
  const { faults, quarantined } = gateway.reload(await configOf({ a: to(url, 'new'), b: to(url, 'same') }))
  t.same([faults, quarantined], [[], []])
  t.equal((await get('/a/1')).headers.get('x-mark'), 'new')
  t.same(happened, ['+old', '+same', '+new'])
  held[0]!.end()
  t.equal((await begun).headers.get('x-mark'), 'old')
  await (await begun).arrayBuffer()
  await get('/b')
  t.same(happened, ['+old', '+same', '+new', '-old'])
})

t.test('a reload makes anew what its upstreams or settings make another, and nothing else', async t => {
  const happened: Happened = []
  const upstreams = (keepAlive: string) => ({ upstreams: { one: { endpoints: ['http://127.0.0.1:1'], keepAlive }, two: { endpoints: ['http://127.0.0.1:1'] } } })
  const routes = { a: to('one', 'a1'), b: to('two', 'b1'), c: 'c1' }
  const { gateway } = await started(t, await configOf(routes, upstreams('1s')), { happened })
  happened.length = 0
  gateway.reload(await configOf(routes, upstreams('1s')))
  t.same(happened, [])
  gateway.reload(await configOf(routes, upstreams('2s')))
  t.same(happened, ['+a1', '-a1'])
  happened.length = 0
  gateway.reload(await configOf(routes, { ...upstreams('2s'), gateway: { forwarded: 'none' } }))
  t.same(happened.filter(one => one[0] === '+'), ['+a1', '+b1', '+c1'])
  happened.length = 0
  gateway.reload(await configOf(routes, { ...upstreams('2s'), gateway: { forwarded: 'none', via: false } }))
  t.same(happened.filter(one => one[0] === '+'), ['+a1', '+b1', '+c1'])
})

t.test('a broken route of a reload is served as before, and told in the result and to operators', async t => {
  const { url } = await upstream(t)
  const { gateway, get, ask } = await started(t, await configOf({ a: to(url, 'old') }))
  const { quarantined, faults } = gateway.reload(await configOf({ a: to(url, 'x'), b: to(url, 'new') }))
  t.match(quarantined, [{ id: 'a', serving: 'previous' }])
  t.match(faults, [{ code: 'GW_CONFIG_INVALID', file: 'routes.yaml', pointer: '/routes/0/filters/0/mark' }])
  t.equal(await (await get('/a')).text(), 'old')
  t.equal(await (await get('/b')).text(), 'new')
  t.match(await ask('/readyz'), { status: 'ready', revision: 2, quarantined: [{ id: 'a', serving: 'previous' }] })
  const unreadable = new ConfigError('GW_CONFIG_INVALID', '/routes/1', 'no route')
  t.match(gateway.reload(await configOf({ a: to(url, 'old') }), [{ id: 'c', serving: 'nothing', faults: [unreadable] }]).quarantined, [{ id: 'c', serving: 'nothing' }])
  t.match(await ask('/readyz'), { revision: 3, quarantined: [{ id: 'c' }] })
})

t.test('does not start where routes are broken: every fault is told, and what was made is closed', async t => {
  const happened: Happened = []
  const config = await configOf({ a: 'sound', b: 'x', c: { filters: ['nothing'] } })
  await t.rejects(started(t, config, { happened }), {
    name: 'ConfigErrors',
    errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/routes/1/filters/0/mark' }, { code: 'GW_CONFIG_UNKNOWN_FILTER', pointer: '/routes/2/filters/0' }]
  })
  t.same(happened, ['+sound', '-sound'])
})

t.test('starts all the same with keepGoing: broken routes answer 500, or are left out', async t => {
  const { url } = await upstream(t)
  const { get, ask } = await started(t, await configOf({ a: to(url, 'sound'), b: 'x', c: { predicates: ['nothing'] } }), { keepGoing: true })
  t.equal(await (await get('/a')).text(), 'sound')
  t.match(await (await get('/b')).json(), { status: 500, code: 'GW_ROUTE_INVALID' })
  t.match(await (await get('/c')).json(), { status: 404, code: 'GW_NO_ROUTE' })
  t.match(await ask('/readyz'), { quarantined: [{ id: 'b', serving: 'error' }, { id: 'c', serving: 'nothing' }] })
})

t.test('names the proxy that is none before anything is made', async t => {
  const happened: Happened = []
  const config = await configOf({ a: 'made' })
  t.throws(() => buildGateway({ ...config, settings: { ...config.settings, trustedProxies: ['10.0.0.0/8', 'proxy'] } }, { rooms: roomsOf([marks(happened)], [path]), log: pinoLog({ level: 'silent' }) }), {
    errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/gateway/trustedProxies/1' }]
  })
  t.same(happened, [])
})

t.test('a stop finishes what is in flight, then closes rooms and connections; a second one changes nothing', async t => {
  const held = Promise.withResolvers<ServerResponse>()
  const { server, url } = await upstream(t, (_req, res) => { held.resolve(res) })
  const happened: Happened = []
  const { gateway, get, ask, listeners } = await started(t, await configOf({ a: to(url, 'aa') }), { happened })
  const begun = get('/a')
  const res = await held.promise
  const closing = gateway.close()
  t.match(await ask('/readyz'), { status: 'draining', inFlight: 1 })
  await t.rejects(fetch(`http://127.0.0.1:${listeners[0]!.port}/a`))
  t.same(happened, ['+aa'])
  res.end('done')
  const answered = await begun
  t.equal(await answered.text(), 'done')
  t.equal(answered.headers.get('connection'), 'close')
  await Promise.all([closing, gateway.close()])
  t.same(happened, ['+aa', '-aa'])
  t.same(gateway.metrics.samples(), [])
  await t.rejects(ask('/livez'))
  await new Promise<void>(resolve => { server.getConnections((_error, open) => { t.equal(open, 0); resolve() }) })
})

t.test('a room that never closes keeps a stop no longer than gateway.drain', async t => {
  const { gateway } = await started(t, await configOf({ a: { filters: ['hangs'] } }, { gateway: { drain: '20ms' } }))
  await gateway.close()
  t.same(gateway.metrics.samples(), [])
})

t.test('a hundred reloads under load leave no series behind', async t => {
  const { url } = await upstream(t)
  const happened: Happened = []
  const { gateway, get } = await started(t, await configOf({ a: to(url, 'm0'), b: to(url, 'same') }, { gateway: { timings: 1 } }), { happened })
  for (const target of ['/a', '/b']) await (await get(target)).arrayBuffer()
  const begun = gateway.metrics.samples().length
  for (let i = 1; i <= 100; i++) {
    const asked = Promise.all([get('/a'), get('/b')])
    gateway.reload(await configOf({ a: to(url, `m${i}`), b: to(url, 'same') }))
    for (const res of await asked) t.equal(res.status, 200)
  }
  for (const res of await Promise.all([get('/a'), get('/b')])) await res.arrayBuffer()
  t.equal(gateway.metrics.samples().length, begun)
  t.equal(happened.filter(one => one[0] === '+').length - happened.filter(one => one[0] === '-').length, 2)
})

t.test('times the phases of one request in as many as it is told', async t => {
  const { url } = await upstream(t)
  const { gateway, get } = await started(t, await configOf({ a: to(url, 'aa') }, { gateway: { timings: 3 } }))
  for (let i = 0; i < 7; i++) await (await get('/a')).arrayBuffer()
  const timed = gateway.metrics.samples().filter(({ name, count }) => name === 'gatehouse_filter_phase_seconds' && count > 0)
  t.match(timed, [{ labels: { route: 'a', filter: 'mark', phase: 'request' }, count: 2 }])
  t.equal(timed.length, 1)
})
