import t from 'tap'
import { MetricRegistry } from '../../src/adapters/metric-registry.ts'
import { Config, defineFilter, definePredicate, PredicateList, Type } from '../../src/contract/index.ts'
import { Outside } from '../../src/outside.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'
import { compileRoute } from '../../src/plan/compile-route.ts'
import { surroundings } from '../../src/surroundings.ts'
import { exchange, fakeLog } from '../../src/testing/index.ts'
import type { PoolRegistry } from '../../src/upstream/pool-registry.ts'
import { loadNative } from './config/load.ts'

const told: unknown[] = []
const path = definePredicate({ name: 'path', config: Config({ is: Type.String() }), shorthand: 'is', create: ({ is }) => ({ match: x => x.path === is }) })
const place = definePredicate({
  name: 'place',
  config: Config({}),
  create: (_config, { routeId, upstreams, services }) => {
    told.push(routeId, upstreams)
    services.metrics.counter('asked').add()
    return { match: () => true }
  }
})
const picks = defineFilter({
  name: 'picks',
  config: Config({ match: PredicateList() }),
  shorthand: 'match',
  reports: true,
  create: ({ match }, { services }) => {
    const holds = services.predicates.all(match, '/match')
    services.reports.publish('a', { summary: () => ({ holds: holds(exchange({ target: '/a' })) }), view: () => ({}), actions: {} })
    return { request: () => {} }
  }
})

const ROUTE = (filter: string) => `routes: [{ id: r, predicates: [{ path: /a }], filters: [${filter}], upstream: "http://127.0.0.1:1" }]`

/** One route, compiled with the real services. */
async function compiled (filter: string) {
  const { config } = await loadNative(ROUTE(filter))
  const metrics = new MetricRegistry()
  const outside = new Outside(config.settings, fakeLog(), metrics, () => 0)
  const pools = { of: () => { throw new TypeError('nobody is called') } } as unknown as PoolRegistry
  const around = surroundings({ config, rooms: roomsOf([picks], [path, place]), log: fakeLog(), pools, metrics, keeper: { table: null as never }, outside, identities: outside.identity.at(config) })
  const { plan, faults } = compileRoute(config.routes[0]!, { ...around, upstream: () => ({ dispatch: async () => { throw new TypeError('nobody is called') }, close: () => {} }) })
  return { plan, faults, outside, metrics }
}

t.test('predicates in a filter are those of the gateway, with the services of the filter', async t => {
  const { faults, outside, metrics } = await compiled('{ picks: [{ path: /a }, place] }')
  t.teardown(() => outside.close())
  t.same(faults, [])
  t.same(told, ['r', ['http://127.0.0.1:1']])
  t.match(metrics.samples().find(({ name }) => name === 'asked'), { labels: { route: 'r', filter: 'picks' } })
  t.match(outside.reports.list('picks'), [{ route: 'r', name: 'a', summary: { holds: true } }])
})

t.test('faults in them are told at their place in the file', async t => {
  const { faults, outside } = await compiled('{ picks: [{ path: /a }, { not: { path: 7 } }] }')
  t.teardown(() => outside.close())
  t.match(faults, [{ code: 'GW_CONFIG_INVALID', file: 'routes.yaml', pointer: '/routes/0/filters/0/picks/1/not/path' }])
})

t.test('what is published is withdrawn with the plan', async t => {
  const { plan, outside } = await compiled('{ picks: [place] }')
  t.teardown(() => outside.close())
  t.equal(outside.reports.list('picks')!.length, 1)
  plan!.life.retire()
  await plan!.life.closed
  t.same(outside.reports.list('picks'), [])
})
