import t from 'tap'
import { exchange, fakeClock, fakeRandom } from '../../../../src/testing/index.ts'
import { ewma } from '../../../../src/upstream/balance/ewma.ts'
import { leastRequests } from '../../../../src/upstream/balance/least-requests.ts'
import { randomBalancers } from '../../../../src/upstream/balance/random.ts'
import { counts, endpointOf, member, seeded } from '../fake-pool.ts'

const x = exchange()
const WELL = { status: 200, code: null } as const

t.test('random draws by weight', async t => {
  const balancer = randomBalancers(fakeRandom(0.1, 0.3, 0.9))([member('a', 1), member('b', 3)], null)
  t.same(counts(3, () => balancer.pick(x, null)), { a: 1, b: 2 })
})

t.test('random draws among those that are acceptable, and goes by weights of the moment', async t => {
  const members = [member('a'), member('b'), member('c')]
  t.same(Object.keys(counts(50, () => randomBalancers(seeded())(members, null).pick(x, one => one !== members[1]))).includes('b'), false)
  const balancer = randomBalancers(seeded())(members, null)
  t.same([balancer.pick(x, () => false), balancer.pick(x, one => one === members[2])], [null, members[2]])
  const warming = randomBalancers(fakeRandom(0.04, 0.06))(members, one => one === members[0] ? 0.1 : 1)
  t.same([warming.pick(x, null), warming.pick(x, null)], [members[0], members[1]])
})

t.test('least-requests takes the one of two with fewer requests in flight for its weight', async t => {
  const [a, b] = [member('a', 1), member('b', 3)]
  const balancer = leastRequests(seeded())([a, b], null)
  endpointOf(a).inFlight = 2
  endpointOf(b).inFlight = 5
  t.same(counts(20, () => balancer.pick(x, null)), { b: 20 }, '5 for 3 is less than 2 for 1')
  endpointOf(b).inFlight = 7
  t.same(counts(20, () => balancer.pick(x, null)), { a: 20 })
})

t.test('where two have as much to do, weight decides', async t => {
  const balancer = leastRequests(seeded())([member('a', 1), member('b', 3)], null)
  const { b } = counts(1000, () => balancer.pick(x, null))
  t.ok(b! > 700 && b! < 800, String(b))
})

t.test('only two are compared, so that not all run to the one that has just become free', async t => {
  const members = ['a', 'b', 'c', 'd'].map(host => member(host))
  for (const one of members.slice(1)) endpointOf(one).inFlight = 10
  const balancer = leastRequests(seeded())(members, null)
  const { a } = counts(1000, () => balancer.pick(x, null))
  t.ok(a! > 450 && a! < 550, String(a))
})

t.test('ewma takes the one of two with less to wait for', async t => {
  const clock = fakeClock(0)
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), clock)([a, b], null)
  a.meter!.ended({ ...WELL, headMs: 10 })
  b.meter!.ended({ ...WELL, headMs: 100 })
  t.equal(balancer.pick(x, null), a)
  endpointOf(a).inFlight = 8
  t.equal(balancer.pick(x, null), a, '9 times 10 ms')
  endpointOf(a).inFlight = 10
  t.equal(balancer.pick(x, null), b, '11 times 10 ms')
})

t.test('ewma follows a rise at once and a fall in time', async t => {
  const clock = fakeClock(0)
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), clock)([a, b], null)
  for (const one of [a, b]) one.meter!.ended({ ...WELL, headMs: 20 })
  a.meter!.ended({ ...WELL, headMs: 500 })
  a.meter!.ended({ ...WELL, headMs: 1 })
  t.equal(balancer.pick(x, null), b, 'one quick answer does not make up for the slow one')
  for (let i = 0; i < 60; i++) {
    clock.advance(1000)
    for (const [one, headMs] of [[a, 1], [b, 20]] as const) one.meter!.ended({ ...WELL, headMs })
  }
  t.equal(balancer.pick(x, null), a)
})

t.test('ewma tries one again that nobody has asked for long', async t => {
  const clock = fakeClock(0)
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), clock)([a, b], null)
  a.meter!.ended({ ...WELL, headMs: 900 })
  for (let i = 0; i < 40; i++) {
    b.meter!.ended({ ...WELL, headMs: 30 })
    t.equal(balancer.pick(x, null), i * 1000 < 10_000 * Math.log(900 / 30) ? b : a, String(i))
    clock.advance(1000)
  }
})

t.test('ewma gives one request to a member of which nothing is known, and waits for the answer', async t => {
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), fakeClock(0))([a, b], null)
  b.meter!.ended({ ...WELL, headMs: 1 })
  t.equal(balancer.pick(x, null), a)
  endpointOf(a).inFlight = 1
  t.equal(balancer.pick(x, null), b)
})

t.test('ewma does not take a refused connection for a quick answer', async t => {
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), fakeClock(0))([a, b], null)
  a.meter!.ended({ status: 0, code: 'GW_UPSTREAM_UNREACHABLE', headMs: 0.2 })
  b.meter!.ended({ ...WELL, headMs: 300 })
  t.equal(balancer.pick(x, null), b)
})

t.test('ewma learns from a client that would not wait only that it took so long', async t => {
  const [a, b] = [member('a'), member('b')]
  const balancer = ewma(seeded(), fakeClock(0))([a, b], null)
  for (const one of [a, b]) one.meter!.ended({ ...WELL, headMs: 50 })
  a.meter!.ended({ status: 0, code: 'GW_CLIENT_GONE', headMs: 2 })
  t.equal(balancer.pick(x, one => one !== b), a)
  a.meter!.ended({ status: 0, code: 'GW_CLIENT_GONE', headMs: 2000 })
  t.equal(balancer.pick(x, null), b)
})

t.test('ewma remembers latencies when others come into rotation', async t => {
  const [a, b, c] = [member('a'), member('b'), member('c')]
  const make = ewma(seeded(), fakeClock(0))
  make([a, b], null)
  a.meter!.ended({ ...WELL, headMs: 500 })
  b.meter!.ended({ ...WELL, headMs: 10 })
  const balancer = make([a, b, c], null)
  t.equal(balancer.pick(x, one => one !== c), b)
})
