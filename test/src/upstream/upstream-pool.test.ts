import t from 'tap'
import type { CallGate } from '../../../src/contract/index.ts'
import { exchange, fakeClock, fakeRandom } from '../../../src/testing/index.ts'
import { poolView } from '../../../src/upstream/pool-view.ts'
import { address, counts, endpointOf, fakePool, seeded } from './fake-pool.ts'

const x = exchange()
const ABC = [address('a'), address('b'), address('c')]

/** Keeps calls away from these. */
const gate = (...closed: string[]): CallGate => ({ admits: (_x, origin) => !closed.includes(origin.slice(7)), enter: () => null })
const asking = (more: { avoid?: string[], gates?: CallGate[] }) => Object.assign(exchange(), { ...more, avoid: more.avoid?.map(host => `http://${host}`) ?? null })

t.test('members are asked in turn', async t => {
  const { pool } = fakePool(ABC)
  t.same(counts(9, () => pool.pick(x)), { a: 3, b: 3, c: 3 })
})

t.test('a member that is down or ejected is not asked until it is back', async t => {
  const { pool, get } = fakePool(ABC)
  get('a').healthy = false
  pool.changed()
  t.same(counts(4, () => pool.pick(x)), { b: 2, c: 2 })
  get('a').healthy = true
  get('b').ejected = true
  pool.changed()
  t.same(counts(4, () => pool.pick(x)), { a: 2, c: 2 })
  get('b').ejected = false
  pool.changed()
  t.same(counts(9, () => pool.pick(x)), { a: 3, b: 3, c: 3 })
})

t.test('one member is asked every time, also where it is the only one left', async t => {
  t.same(counts(3, () => fakePool([address('a')]).pool.pick(x)), { a: 3 })
  const { pool, get } = fakePool([address('a'), address('b')])
  get('a').healthy = false
  pool.changed()
  t.same(counts(3, () => pool.pick(x)), { b: 3 })
  get('b').healthy = false
  pool.changed()
  t.same([pool.panic, counts(4, () => pool.pick(x))], [true, { a: 2, b: 2 }], 'nobody is up: all are asked')
})

t.test('members that have failed the request are asked only where no other is left', async t => {
  const { pool, get } = fakePool(ABC)
  t.same(counts(10, () => pool.pick(asking({ avoid: ['a'] }))), { b: 5, c: 5 })
  t.same(counts(4, () => pool.pick(asking({ avoid: ['a', 'b'] }))), { c: 4 })
  t.equal(pool.pick(asking({ avoid: ['a', 'b', 'c'] })) === null, false)
  endpointOf(get('b')).capacity = endpointOf(get('c')).capacity = 0
  t.equal(pool.pick(asking({ avoid: ['a'] })), get('a'))
})

t.test('members that a gate keeps calls from are never asked', async t => {
  const { pool } = fakePool(ABC)
  t.same(counts(10, () => pool.pick(asking({ gates: [gate('b'), gate('c')] }))), { a: 10 })
  t.same(counts(10, () => pool.pick(asking({ avoid: ['a'], gates: [gate('b', 'c')] }))), { a: 10 }, 'rather one that has failed')
  const closed = asking({ gates: [gate('a', 'b'), gate('c')] })
  t.equal(pool.pick(closed), null)
  t.equal(pool.refusal(closed).code, 'GW_CIRCUIT_OPEN')
})

t.test('a full member is passed over; when all are full, the request is refused and may come again', async t => {
  const { pool, get } = fakePool(ABC)
  endpointOf(get('a')).capacity = 0
  t.same(counts(10, () => pool.pick(x)), { b: 5, c: 5 })
  endpointOf(get('b')).capacity = endpointOf(get('c')).capacity = 0
  t.equal(pool.pick(x), null)
  const refused = pool.refusal(x)
  t.same([refused.code, refused.status, refused.headers.first('retry-after')], ['GW_OVERLOADED', 503, '1'])
  t.equal(pool.refusal(asking({ gates: [gate('a', 'b')] })).code, 'GW_OVERLOADED', 'some would be admitted')
})

t.test('where there is nobody, there is no endpoint', async t => {
  for (const { pool } of [fakePool([]), fakePool([address('a', { weight: 0 })])]) {
    t.equal(pool.pick(x), null)
    t.same([pool.refusal(x).code, pool.refusal(x).status], ['GW_NO_ENDPOINT', 503])
  }
})

t.test('addresses that stay keep their connections, those that go are let go of', async t => {
  const { pool, get, taken } = fakePool([address('static')])
  pool.setMembers([address('a'), address('b')])
  const before = get('a')
  const { generation } = pool
  pool.setMembers([address('b', { weight: 3 }), address('a'), address('c')])
  t.equal(get('a'), before)
  t.not(pool.generation, generation)
  t.same(pool.members.map(({ endpoint, weight }) => [endpoint.origin, weight]), [['http://static', 1], ['http://b', 3], ['http://a', 1], ['http://c', 1]])
  t.same(counts(6, () => pool.pick(x)), { static: 1, b: 3, a: 1, c: 1 })
  pool.setMembers([address('c')])
  t.same(taken.filter(({ released }) => released).map(({ origin }) => origin), ['http://a', 'http://b'])
  t.same(counts(4, () => pool.pick(x)), { static: 2, c: 2 })
  pool.close()
  t.ok(taken.every(({ released }) => released))
  t.equal(pool.pick(x), null)
})

t.test('the same said again changes nothing', async t => {
  const { pool } = fakePool([])
  pool.setMembers([address('a')], 'discover/0')
  const { generation } = pool
  pool.setMembers([address('a')], 'discover/0')
  t.equal(pool.generation, generation)
})

t.test('several sources say each its part; an address that two name stands where the first puts it', async t => {
  const { pool, taken } = fakePool([address('a', { weight: 5 })])
  pool.setMembers([address('a'), address('b')], 'discover/0')
  pool.setMembers([address('c')], 'discover/1')
  t.same(pool.members.map(({ endpoint, weight }) => [endpoint.origin, weight]), [['http://a', 5], ['http://b', 1], ['http://c', 1]])
  pool.setMembers([], 'discover/0')
  t.same(pool.members.map(({ endpoint }) => endpoint.origin), ['http://a', 'http://c'])
  t.equal(taken.length, 3)
})

t.test('an address found under two names is asked under both', async t => {
  const { pool } = fakePool([address('10.0.0.1', { name: 'a.svc' }), address('10.0.0.1', { name: 'b.svc' })])
  t.same(pool.members.map(({ endpoint }) => endpoint.authority), ['a.svc', 'b.svc'])
})

t.test('whoever listens hears of all members there are and of all that come and go', async t => {
  const { pool } = fakePool([address('a')])
  const heard: string[] = []
  const stop = pool.onMember({ added: ({ endpoint }) => { heard.push(`+${endpoint.origin.slice(7)}`) }, removed: ({ endpoint }) => { heard.push(`-${endpoint.origin.slice(7)}`) } })
  pool.setMembers([address('b'), address('c')])
  pool.setMembers([address('c')])
  stop()
  pool.setMembers([])
  t.same(heard, ['+a', '+b', '+c', '-b'])
})

t.test('calls are told to ejection and to the balancer, where they want to know', async t => {
  const { get } = fakePool(ABC)
  t.equal(get('a').heard, null)
  const ended: string[] = []
  get('a').watcher = { ended: () => { ended.push('ejection') } }
  get('a').meter = { ended: () => { ended.push('balancer') } }
  get('a').heard!.ended({ status: 200, code: null, headMs: 1 })
  t.same(ended, ['ejection', 'balancer'])
  t.ok(fakePool(ABC, { balance: 'ewma' }).get('a').heard)
})

t.test('requests that spill over are drawn by chance', async t => {
  const places = [address('a1', { zone: 'a' }), address('a2', { zone: 'a' }), address('b1', { zone: 'b' }), address('b2', { zone: 'b' })]
  const { pool, get } = fakePool(places, { zone: 'a' })
  t.same(counts(20, () => pool.pick(x)), { a1: 10, a2: 10 })
  get('a2').healthy = false
  pool.changed()
  const { a1, b1, b2 } = counts(2000, () => pool.pick(x))
  t.ok(Math.abs(a1! - 2000 * 5 / 7) < 60, String(a1))
  t.ok(Math.abs(b1! - b2!) <= 1)
})

t.test('a draw at the very end of the shares goes to the last that has one', async t => {
  const { pool, get } = fakePool([address('a1', { zone: 'a' }), address('a2', { zone: 'a' }), address('b', { zone: 'b' }), address('c', { zone: 'b' }), address('s', { priority: 1 })], { zone: 'a', random: fakeRandom(1 - Number.EPSILON / 2) })
  get('a2').healthy = false
  pool.changed()
  t.equal(pool.pick(x), get('b'))
})

t.test('members of other zones and priorities take the place of those that are not to be had', async t => {
  const { pool, get } = fakePool([address('a', { zone: 'a' }), address('b', { zone: 'b' }), address('s', { priority: 1 })], { zone: 'a' })
  t.same(counts(3, () => pool.pick(x)), { a: 3 })
  t.equal(pool.pick(asking({ avoid: ['a'] })), get('b'))
  t.equal(pool.pick(asking({ gates: [gate('a', 'b')] })), get('s'))
  endpointOf(get('a')).capacity = 0
  t.equal(pool.pick(x), get('b'))
})

t.test('one that is new, or well again, gets its full share only after a while', async t => {
  const { pool, get, clock } = fakePool([address('a')], { slowStartMs: 10_000 })
  t.same(counts(2, () => pool.pick(x)), { a: 2 })
  pool.setMembers([address('b')])
  t.same(counts(110, () => pool.pick(x)), { a: 100, b: 10 }, 'a tenth at first')
  clock.advance(5000)
  t.same(counts(155, () => pool.pick(x)), { a: 100, b: 55 })
  t.equal(poolView(pool).members[1]!.slowStart, 0.55)
  clock.advance(5000)
  t.same(counts(200, () => pool.pick(x)), { a: 100, b: 100 })
  clock.advance(60_000)
  get('a').healthy = false
  pool.changed()
  get('a').healthy = true
  pool.changed()
  const { a } = counts(110, () => pool.pick(x))
  t.equal(a, 10, 'well again')
})

t.test('every algorithm goes by the weight of the moment', async t => {
  for (const balance of ['round-robin', 'random', 'least-requests', 'ewma', { 'consistent-hash': { by: { query: 'q' }, bound: 10 } }] as const) {
    const { pool, clock } = fakePool([address('a')], { balance, slowStartMs: 10_000 })
    pool.setMembers([address('b')])
    const asked = () => counts(2000, () => {
      const picked = pool.pick(Object.assign(exchange(), { originalQuery: `q=${Math.floor(draws.next() * 1e9)}` }))
      // Equal, so that nothing but the weight decides
      picked?.meter?.ended({ status: 200, code: null, headMs: 5 })
      return picked
    })
    const draws = seeded(7)
    for (const { meter } of pool.members) meter?.ended({ status: 200, code: null, headMs: 5 })
    const cold = asked()['b']!
    clock.advance(10_000)
    const warm = asked()['b']!
    t.ok(cold > 70 && cold < 270, `${JSON.stringify(balance)} cold: ${cold}`)
    t.ok(warm > 850 && warm < 1150, `${JSON.stringify(balance)} warm: ${warm}`)
  }
})

t.test('the first members of all are not new to anybody', async t => {
  const { pool } = fakePool([], { slowStartMs: 10_000 })
  pool.setMembers([address('a'), address('b', { weight: 2 })])
  t.same(pool.members.map(({ sinceMs }) => sinceMs), [-Infinity, -Infinity])
})

t.test('operators see how each member is', async t => {
  const { pool, get } = fakePool([address('a', { zone: 'z' }), address('b', { weight: 2, priority: 1, name: 'b.svc' })], { clock: fakeClock(0) })
  get('a').ejected = true
  endpointOf(get('a')).inFlight = 3
  t.same(poolView(pool), {
    name: 'orders',
    panic: false,
    members: [
      { origin: 'http://a', host: 'a', zone: 'z', priority: 0, weight: 1, up: false, healthy: true, ejected: true, inFlight: 3, slowStart: 1 },
      { origin: 'http://b', host: 'b.svc', zone: null, priority: 1, weight: 2, up: true, healthy: true, ejected: false, inFlight: 0, slowStart: 1 }
    ]
  })
})
