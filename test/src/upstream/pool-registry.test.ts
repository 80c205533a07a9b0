import t, { type Test } from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import { UpstreamSchema, type UpstreamConfig } from '../../../src/contract/route-file.ts'
import { validate } from '../../../src/contract/validate.ts'
import { exchange, fakeClock, fakeRandom } from '../../../src/testing/index.ts'
import type { Attend } from '../../../src/upstream/attendant.ts'
import { EndpointRegistry } from '../../../src/upstream/endpoint-registry.ts'
import { poolView } from '../../../src/upstream/pool-view.ts'
import { PoolRegistry, type PoolKey, type PoolServices } from '../../../src/upstream/pool-registry.ts'
import { address } from './fake-pool.ts'

const key = (written: object | null, more: Partial<PoolKey> = {}): PoolKey =>
  ({ name: 'orders', config: written && validate(UpstreamSchema, written).value as UpstreamConfig, connectMs: 5000, zone: null, file: 'routes.yaml', lane: null, ...more })

function registry (t: Test, more: Partial<PoolServices> = {}) {
  const endpoints = new EndpointRegistry()
  t.teardown(() => endpoints.destroy())
  return { endpoints, pools: new PoolRegistry({ endpoints, clock: fakeClock(5), random: fakeRandom(), expressions: celExpressions, ...more }) }
}

/** Writes down what becomes of it. */
function diary (): { attend: Attend, lines: string[] } {
  const lines: string[] = []
  const attend: Attend = (_pool, { name, file }) => {
    lines.push(`made ${name} ${file}`)
    return { start: () => { lines.push('started') }, ready: Promise.resolve().then(() => { lines.push('ready') }), close: () => { lines.push('closed') } }
  }
  return { attend, lines }
}

t.test('who means the same upstream shares its members, who means another does not', async t => {
  const { pools, endpoints } = registry(t)
  const written = { endpoints: ['http://a', { url: 'http://b', weight: 2, zone: 'z' }] }
  const pool = pools.acquire(key(written))
  t.same(pool.members.map(({ endpoint, weight, zone }) => [endpoint.origin, weight, zone]), [['http://a', 1, null], ['http://b', 2, 'z']])
  t.equal(pools.acquire(key(written)), pool)
  for (const other of [key({ ...written, balance: 'random' }), key(written, { connectMs: 1 }), key(written, { zone: 'z' }), key(written, { name: 'other' })]) t.not(pools.acquire(other), pool)
  t.equal(pools.pools.length, 5)
  t.equal(endpoints.size, 4, 'connections are the same where nothing about them is other')
})

t.test('pools of another lane share nothing, and are another upstream to those who look after them', async t => {
  const { attend, lines } = diary()
  const { pools, endpoints } = registry(t, { attend: [attend] })
  const written = { endpoints: ['http://a', 'http://b'], health: {}, slowStart: '10s' }
  const live = pools.acquire(key(written))
  live.members[0]!.healthy = false
  live.changed()
  const apart = pools.acquire(key(written, { lane: 'orders/next' }))
  t.same(apart.members.map(({ endpoint, healthy }) => [endpoint.origin, healthy]), [['http://a', true], ['http://b', true]], 'what happens to one does not count for the other')
  t.equal(endpoints.size, 4)
  for (const [i, { endpoint }] of apart.members.entries()) t.not(endpoint, live.members[i]!.endpoint)
  t.equal(pools.acquire(key(written, { lane: 'orders/next' })), apart)
  t.same([lines[2], live.lane, apart.lane], ['made orders (orders/next) routes.yaml', null, 'orders/next'])
  t.same(pools.pools.map(pool => [poolView(pool).name, poolView(pool).lane]), [['orders', undefined], ['orders', 'orders/next']])
  apart.members[1]!.healthy = false
  apart.changed()
  const states = (more: Partial<PoolKey>) => pools.acquire(key({ ...written, balance: 'random' }, more)).members.map(({ healthy }) => healthy)
  t.same([states({ lane: 'orders/next' }), states({}), states({ lane: 'orders/other' })], [[true, false], [false, true], [true, true]], 'a new configuration of a lane goes on from that lane')
})

t.test('a pool is closed when the last has let go of it', async t => {
  const { attend, lines } = diary()
  const { pools, endpoints } = registry(t, { attend: [attend] })
  const one = key({ endpoints: 'http://a' })
  pools.acquire(one)
  pools.acquire(one)
  await pools.ready()
  t.same(lines, ['made orders routes.yaml', 'started', 'ready'])
  pools.release(one)
  t.equal(endpoints.size, 1)
  pools.release(one)
  t.same([endpoints.size, pools.pools.length, lines.at(-1)], [0, 0, 'closed'])
  pools.release(one)
})

t.test('an origin is an upstream of one that nobody looks after', async t => {
  const { attend, lines } = diary()
  const { pools } = registry(t, { attend: [attend, () => null] })
  t.same(pools.acquire(key(null, { name: 'http://a:1' })).members.map(({ endpoint }) => endpoint.origin), ['http://a:1'])
  t.same(lines, [])
})

t.test('where a configuration is only checked, nobody begins', async t => {
  const { attend, lines } = diary()
  const { pools } = registry(t, { attend: [attend], offline: true })
  pools.acquire(key({ endpoints: 'http://a' }))
  pools.close()
  t.same(lines, ['made orders routes.yaml', 'closed'])
})

t.test('what cannot be made keeps nothing', async t => {
  const { attend, lines } = diary()
  const { pools, endpoints } = registry(t, { attend: [attend, () => { throw new Error('no') }] })
  t.throws(() => pools.acquire(key({ endpoints: ['http://a', 'http://b'] })), /no/)
  t.same([endpoints.size, pools.pools.length, lines], [0, 0, ['made orders routes.yaml', 'closed']])
})

t.test('all are closed with the process', async t => {
  const { attend, lines } = diary()
  const { pools, endpoints } = registry(t, { attend: [attend] })
  pools.acquire(key({ endpoints: 'http://a' }))
  pools.close()
  t.same([endpoints.size, pools.pools.length, lines.at(-1)], [0, 0, 'closed'])
})

t.test('a new configuration knows what the one before has found, and how that is', async t => {
  const { pools } = registry(t)
  const written = { endpoints: 'http://static', discover: { dns: 'http://orders.svc' }, health: {}, slowStart: '10s' }
  const before = pools.acquire(key(written))
  before.setMembers([address('a'), address('b')], 'discover/0')
  before.members[1]!.healthy = false
  before.changed()
  const after = pools.acquire(key({ ...written, balance: 'random' }))
  t.same(after.members.map(({ endpoint, healthy, sinceMs }) => [endpoint.origin, healthy, sinceMs]), [['http://static', true, -Infinity], ['http://a', false, 5], ['http://b', true, 5]])
  t.not(after.pick(exchange()), after.members[1])
  const unchecked = pools.acquire(key({ ...written, health: undefined }))
  t.same(unchecked.members.map(({ healthy }) => healthy), [true, true, true])
  t.equal(pools.acquire(key({ ...written, discover: { dns: 'http://other.svc' } })).members.length, 1)
  t.equal(pools.acquire(key(written, { name: 'other' })).members.length, 1)
})

t.test('connections are limited as the upstream says', async t => {
  const { pools } = registry(t)
  for (const [written, most] of [[{ connections: 2 }, 4], [{ connections: 2, pending: 1 }, 3], [{ connections: 1, pending: 0 }, 1]] as const) {
    const { endpoint } = pools.acquire(key({ endpoints: 'http://a', ...written })).members[0]!
    for (let i = 0; i < most; i++) endpoint.enter()
    t.same([endpoint.inFlight, endpoint.full], [most, true])
    endpoint.leave()
    t.equal(endpoint.full, false)
  }
})
