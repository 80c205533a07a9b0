import t from 'tap'
import type { GatewayConfig, RouteConfig } from '../../src/contract/route-file.ts'
import { closedBreaker, exchange, fakeClock, reply } from '../../src/testing/index.ts'
import { memoryLimiters } from '../../src/adapters/limiter/memory-limiter.ts'
import { scopedServices } from '../../src/scoped-services.ts'

const origin = { file: 'test.yaml', pointer: '' }
const ROUTE = { id: 'orders', targets: [{ to: 'live', weight: 1, origin }], timeouts: { connect: 1, head: 2, idle: 3 }, origin } as unknown as RouteConfig
const CONFIG = { routes: [ROUTE], upstreams: new Map([['live', { config: {}, origin }], ['next', { config: {}, origin }], ['lab', { config: { sandbox: true }, origin }]]) } as unknown as GatewayConfig

/** Services of a use of a room on the route, and what calls it has had made. */
function scoped () {
  const made: { to: string[], timeouts: object, lane: string | undefined, closed: boolean }[] = []
  const upstream = ({ targets, timeouts }: RouteConfig, lane?: string) => {
    const one = { to: targets.map(({ to }) => to), timeouts, lane, closed: false }
    made.push(one)
    return { dispatch: async () => reply({ status: 299 }), close: () => { one.closed = true } }
  }
  const services = scopedServices({ config: CONFIG, outside: { breaker: closedBreaker, limiter: memoryLimiters(fakeClock()) }, upstream, forward: {} as never, route: 'orders' })
  return { services, made }
}

t.test('a shadow has a lane of its own and the timeouts of its upstream; another upstream has those of the route', async t => {
  const { services: { detours, needs, close }, made } = scoped()
  const next = detours.shadow('next', 'a', '/to/0')
  t.same([next.upstream, next.sandbox, (await next.call(exchange())).status], ['next', false, 299])
  t.match([detours.shadow('lab', 'b', '/to/1'), detours.shadow('http://127.0.0.1:1', 'c', '/to/2')], [{ upstream: 'lab', sandbox: true }, { upstream: 'http://127.0.0.1:1', sandbox: false }])
  detours.upstream('next', '/to')
  t.same(made, [
    { to: ['next'], timeouts: {}, lane: 'a', closed: false },
    { to: ['lab'], timeouts: {}, lane: 'b', closed: false },
    { to: ['http://127.0.0.1:1'], timeouts: {}, lane: 'c', closed: false },
    { to: ['next'], timeouts: { connect: 1, head: 2, idle: 3 }, lane: undefined, closed: false }
  ])
  t.same([...needs], ['upstream:next', 'upstream:lab', 'upstream:http://127.0.0.1:1'], 'so that another configuration of them makes the plan anew')
  close()
  t.ok(made.every(({ closed }) => closed))
})

t.test('a shadow that is no upstream is an error where it is named', async t => {
  const { services: { detours }, made } = scoped()
  for (const target of ['nextt', 'ftp://127.0.0.1']) t.throws(() => detours.shadow(target, 'a', '/to/0'), { code: 'GW_CONFIG_UNKNOWN_UPSTREAM', pointer: '/to/0' })
  t.same(made, [])
})
