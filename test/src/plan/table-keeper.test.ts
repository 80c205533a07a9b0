import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { Config, ConfigError, defineFilter, definePredicate, Type, type Filter, type Predicate } from '../../../src/contract/index.ts'
import { finish, run } from '../../../src/plan/run.ts'
import type { Surroundings } from '../../../src/plan/compile-route.ts'
import { TableKeeper } from '../../../src/plan/table-keeper.ts'
import { exchange, fakeLog, fakeRandom, fakeServices, reply } from '../../../src/testing/index.ts'
import { routeConfig, surroundings, type WrittenRoute } from './compiled.ts'

/** Answers with the status it is told, and tells when its plan is closed. */
function statusRoom (closed: string[] = []): Filter {
  return defineFilter({
    name: 'status',
    config: Config({ status: Type.Integer({ minimum: 200 }), tag: Type.Optional(Type.Unknown()) }),
    shorthand: 'status',
    create: ({ status }, { routeId }) => ({ request: x => { x.reply = reply({ status }) }, close: () => { closed.push(`${routeId} ${status}`) } })
  })
}
const on = definePredicate({ name: 'on', config: Config({ path: Type.String() }), shorthand: 'path', create: ({ path }) => ({ match: x => x.path === path }) })

/** A keeper, and the ways to update and to ask it. */
function keeping (rooms: readonly (Filter | Predicate)[] = [statusRoom(), on]) {
  const keeper = new TableKeeper(fakeRandom())
  const around = surroundings(rooms)
  const prepare = (routes: Record<string, WrittenRoute>, over: Partial<Surroundings> = {}, context: unknown = null) =>
    keeper.prepare(Object.entries(routes).map(([id, route]) => routeConfig(id, route)), { ...around, ...over }, () => context)
  return {
    keeper,
    prepare,
    update: (...args: Parameters<typeof prepare>) => keeper.commit(prepare(...args)),
    statusOf: async (target = '/') => {
      const x = exchange({ target })
      const plan = await keeper.table.find(x)
      return plan && (await run(plan, x, { log: fakeLog(), timed: false })).status
    }
  }
}

const route = (status: unknown, ...paths: string[]): WrittenRoute => ({ predicates: paths.map(path => ({ on: path })), filters: [{ status }] })

t.test('begins with no routes', async t => {
  const { keeper, statusOf } = keeping()
  t.same([keeper.table.plans, keeper.quarantined, await statusOf()], [[], [], null])
})

t.test('nothing changes before what was prepared is put in force', async t => {
  const { keeper, prepare, update, statusOf } = keeping()
  const first = update({ a: route(201) })
  t.equal(first.table, keeper.table)
  const prepared = prepare({ a: route(202) })
  t.equal(await statusOf(), 201)
  keeper.commit(prepared)
  t.equal(await statusOf(), 202)
})

t.test('a route that says the same keeps its plan, wherever it stands and however it was written', async t => {
  const { keeper, update } = keeping()
  update({ a: route(201), b: route(202) })
  const [a, b] = keeper.table.plans
  const moved = { tests: [{ test: { request: 'GET /', expect: {} }, origin: { file: 'x.yaml', pointer: '/x' } }], written: { other: 1 } } as WrittenRoute
  update({ b: { ...route(202), ...moved }, c: route(203), a: { ...route(201), ...moved } })
  t.same(keeper.table.plans.map(({ id }) => id), ['b', 'c', 'a'])
  t.equal(keeper.table.plans[0], b)
  t.equal(keeper.table.plans[2], a)
})

const sound = { predicates: [{ on: '/' }], filters: [{ status: 201 }] }

for (const [what, change] of Object.entries({
  'the config of a filter': { ...sound, filters: [{ status: 202 }] },
  'a key of it that is named like a position': { ...sound, filters: [{ status: { status: 201, tag: { origin: 1, written: 2, tests: 3 } } }] },
  'a number that JSON cannot write': { ...sound, filters: [{ status: { status: 201, tag: [Infinity] } }] },
  'another number that JSON cannot write': { ...sound, filters: [{ status: { status: 201, tag: [NaN] } }] },
  'a number too large for one': { ...sound, filters: [{ status: { status: 201, tag: [5n] } }] },
  'a condition': { ...sound, filters: [{ status: 201, when: 'request.method == "GET"' }] },
  'the number of filters': { ...sound, filters: [{ status: 201 }, { status: 201 }] },
  'a predicate': { ...sound, predicates: [{ on: '/a' }] },
  'how predicates are combined': { ...sound, predicates: [{ any: [{ on: '/' }] }] },
  'how predicates are combined, differently': { ...sound, predicates: [{ all: [{ on: '/' }] }] },
  'a predicate turned round': { ...sound, predicates: [{ not: { on: '/' } }] },
  'the order': { ...sound, order: 1 },
  'a target': { ...sound, targets: [{ to: 'u', weight: 1, origin: { file: '', pointer: '' } }] },
  'the weight of a target': { ...sound, targets: [{ to: 'u', weight: 2, origin: { file: '', pointer: '' } }] },
  'a timeout': { ...sound, timeouts: { head: 1 } },
  'the total timeout': { ...sound, timeoutMs: 1 },
  'what its paths may hold': { ...sound, allowPath: ['semicolon'] },
  metadata: { ...sound, metadata: { a: 1 } }
} as Record<string, WrittenRoute>)) {
  t.test(`makes another plan where ${what} changes`, async t => {
    const { keeper, update } = keeping()
    update({ a: sound })
    const [before] = keeper.table.plans
    update({ a: change })
    t.not(keeper.table.plans[0], before)
    t.same(keeper.quarantined, [])
    const [after] = keeper.table.plans
    update({ a: change })
    t.equal(keeper.table.plans[0], after, 'and keeps that')
  })
}

t.test('makes another plan where its surroundings differ, or the code of a room', async t => {
  const { keeper, update } = keeping()
  update({ a: sound }, {}, ['x-forwarded'])
  const [first] = keeper.table.plans
  update({ a: sound }, {}, ['x-forwarded'])
  t.equal(keeper.table.plans[0], first)
  update({ a: sound }, {}, ['none'])
  const [second] = keeper.table.plans
  t.not(second, first)
  update({ a: sound }, { rooms: surroundings([statusRoom(), on]).rooms }, ['none'])
  t.not(keeper.table.plans[0], second)
})

t.test('a report that is switched on makes another plan', async t => {
  const refuses = defineFilter({ name: 'refuses', config: Config({}), refuses: ['GW_FORBIDDEN'], create: () => ({ request: () => {} }) })
  const { keeper, update } = keeping([refuses])
  update({ a: { filters: ['refuses'] } })
  const [before] = keeper.table.plans
  update({ a: { filters: [{ refuses: null, report: true }] } })
  t.not(keeper.table.plans[0], before)
})

t.test('a replaced plan is closed when its last request has left', async t => {
  const closed: string[] = []
  const { keeper, update } = keeping([statusRoom(closed), on])
  update({ a: route(201), b: route(202, '/b') })
  const [a] = keeper.table.plans
  a!.life.enter()
  a!.life.enter()
  update({ a: route(203) })
  await keeper.table.plans[0]!.match(exchange())
  t.same([closed, keeper.leaving], [['b 202'], 2])
  a!.life.leave()
  t.same(closed, ['b 202'])
  a!.life.leave()
  t.same(closed, ['b 202', 'a 201'])
  await keeper.closed()
  t.equal(keeper.leaving, 0)
})

t.test('what was prepared and is not used is closed, and nothing else', async t => {
  const closed: string[] = []
  const { keeper, prepare, update } = keeping([statusRoom(closed), on])
  update({ a: route(201) })
  keeper.discard(prepare({ a: route(201), b: route(202) }))
  await keeper.closed()
  t.same(closed, ['b 202'])
})

t.test('a broken route is served as it was before, as long as it is broken', async t => {
  const { keeper, update, statusOf } = keeping()
  update({ a: route(201) })
  const [before] = keeper.table.plans
  for (let i = 0; i < 2; i++) {
    const { quarantined, faults } = update({ a: route(1), b: route(202, '/b') })
    t.match(quarantined, [{ id: 'a', serving: 'previous', faults: [{ code: 'GW_CONFIG_INVALID', pointer: '/routes/a/filters/0/status' }] }])
    t.strictSame(faults, quarantined[0]!.faults)
    t.equal(keeper.quarantined, quarantined)
    t.equal(keeper.table.plans[0], before)
    t.equal(await statusOf(), 201)
  }
  t.same(update({ a: route(201) }).quarantined, [], 'the version that ran before is sound')
  t.equal(keeper.table.plans[0], before)
  t.same(update({ a: route(203) }).quarantined, [])
  t.equal(await statusOf(), 203)
})

t.test('a route that is broken from the start answers 500, and is tried again', async t => {
  const { keeper, update, statusOf } = keeping()
  t.match(update({ a: { ...route(1), predicates: [{ on: '/a' }] }, b: route(202) }).quarantined, [{ id: 'a', serving: 'error' }])
  t.same([await statusOf('/a'), await statusOf()], [500, 202])
  const [broken] = keeper.table.plans
  t.match(update({ a: { ...route(1), predicates: [{ on: '/a' }] }, b: route(202) }).quarantined, [{ id: 'a', serving: 'error' }])
  t.not(keeper.table.plans[0], broken)
  update({ a: route(201, '/a'), b: route(202) })
  t.equal(await statusOf('/a'), 201)
})

t.test('a route whose predicates are broken from the start takes nothing', async t => {
  const { keeper, update, statusOf } = keeping()
  t.match(update({ a: { predicates: ['off'] }, b: route(202) }).quarantined, [{ id: 'a', serving: 'nothing', faults: [{ code: 'GW_CONFIG_UNKNOWN_PREDICATE' }] }])
  t.equal(keeper.table.plans.length, 1)
  t.equal(await statusOf(), 202)
})

t.test('a route that answered 500 before is nothing to go back to', async t => {
  const { update } = keeping()
  t.match(update({ a: route(1) }).quarantined, [{ serving: 'error' }])
  t.match(update({ a: { predicates: ['off'] } }).quarantined, [{ serving: 'nothing' }])
})

t.test('a thousand updates leave no series, no plan and no endpoint behind', async t => {
  const registry = new MetricRegistry()
  const closed: string[] = []
  const endpoints = new Set<object>()
  const { keeper, update } = keeping([statusRoom(closed), on])
  const services = fakeServices()
  const over: Partial<Surroundings> = {
    services: (route, filter) => {
      const metrics = registry.scope({ route, filter })
      return { ...services, metrics, close: () => { metrics.close() } }
    },
    upstream: () => {
      const endpoint = {}
      endpoints.add(endpoint)
      return { dispatch: async () => reply(), close: () => { endpoints.delete(endpoint) } }
    }
  }
  const routes = (i: number): Record<string, WrittenRoute> => ({ same: route(200), changes: route(201 + i), [`name ${i % 7}`]: route(200), ...i % 3 > 0 && { broken: route(i % 2, '/b') } })
  update(routes(0), over)
  await run(keeper.table.plans[0]!, exchange(), { log: fakeLog(), timed: true })
  const begun = [registry.size, endpoints.size, keeper.table.plans.length]
  const waiting: (() => void)[] = []
  for (let i = 1; i <= 1001; i++) {
    update(routes(i), over)
    const x = exchange()
    const plan = (await keeper.table.find(x))!
    plan.life.enter()
    await run(plan, x, { log: fakeLog(), timed: true })
    waiting.push(() => { finish(plan, x, { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }, fakeLog()); plan.life.leave() })
    if (i % 10 === 0) for (const leave of waiting.splice(0)) leave()
  }
  for (const leave of waiting.splice(0)) leave()
  update(routes(0), over)
  await keeper.closed()
  t.same([registry.size, endpoints.size, keeper.table.plans.length], begun)
  t.equal(keeper.leaving, 0)
  t.ok(closed.length > 2000)
  update({}, over)
  await keeper.closed()
  t.same([registry.size, endpoints.size, keeper.table.plans.length], [0, 0, 0])
})

t.test('an upstream that cannot be made is a fault of its route, not of the update', async t => {
  const { update } = keeping()
  t.match(update({ a: route(201) }, { upstream: () => { throw new ConfigError('GW_CONFIG_INVALID', '/tls', 'no PEM') } }).quarantined, [{ id: 'a', serving: 'error', faults: [{ pointer: '/routes/a/tls' }] }])
})
