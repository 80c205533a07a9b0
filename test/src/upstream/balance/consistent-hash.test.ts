import fc from 'fast-check'
import t from 'tap'
import { exchange, fakeRandom } from '../../../../src/testing/index.ts'
import { consistentHash } from '../../../../src/upstream/balance/consistent-hash.ts'
import { HashRing } from '../../../../src/upstream/balance/hash-ring.ts'
import { keyHash } from '../../../../src/upstream/balance/key-hash.ts'
import type { Member } from '../../../../src/upstream/member.ts'
import { endpointOf, member, seeded } from '../fake-pool.ts'

const KEYS = Array.from({ length: 3000 }, (_, i) => `user-${i}`)
const make = (bound = 1.25, random = seeded()) => consistentHash({ key: ({ query }) => query, bound, random })
const asking = (query: string) => Object.assign(exchange(), { query })
const owners = (members: readonly Member[]) => {
  const balancer = make()(members, null)
  return KEYS.map(key => balancer.pick(asking(key), null)!.endpoint.origin)
}
const share = (found: readonly string[], host: string) => found.filter(origin => origin === `http://${host}`).length / found.length

t.test('the same key goes to the same member, in every gateway and whatever the order', async t => {
  const hosts = ['a', 'b', 'c', 'd']
  t.same(owners(hosts.map(host => member(host))), owners(hosts.toReversed().map(host => member(host))))
})

t.test('shares are fair, by weight', async t => {
  const found = owners([member('10.0.0.1', 1), member('10.0.0.2', 1), member('10.0.0.3', 2)])
  for (const [host, wanted] of [['10.0.0.1', 0.25], ['10.0.0.2', 0.25], ['10.0.0.3', 0.5]] as const) {
    t.ok(Math.abs(share(found, host) / wanted - 1) < 0.15, `${host} ${share(found, host)}`)
  }
})

t.test('when a member goes, only its keys move', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 }), fc.nat(), (weights, at) => {
      const gone = at % weights.length
      const all = weights.map((weight, i) => member(`10.0.1.${i}`, weight))
      const before = owners(all)
      const after = owners(all.filter((_, i) => i !== gone))
      return before.every((owner, i) => owner === `http://10.0.1.${gone}` || owner === after[i])
    }), { numRuns: 30 })
  })
})

t.test('requests without a key go by chance', async t => {
  const balancer = make(1.25, fakeRandom(0.1, 0.9))([member('a'), member('b')], null)
  t.same([balancer.pick(asking(''), null)!.endpoint.origin, balancer.pick(asking(''), null)!.endpoint.origin], ['http://a', 'http://b'])
})

t.test('no member gets more than its bound of the requests in flight', async t => {
  const members = [member('a'), member('b'), member('c', 2)]
  const balancer = make(1.25)(members, null)
  for (let total = 1; total <= 400; total++) {
    const picked = balancer.pick(asking('one key for all'), null)!
    endpointOf(picked).inFlight++
    t.ok(endpointOf(picked).inFlight <= Math.ceil(1.25 * total * picked.weight / 4))
  }
  t.ok(members.every(one => endpointOf(one).inFlight > 0))
})

t.test('what is over the bound goes to the next on the ring, and the rest stays', async t => {
  const members = [member('a'), member('b'), member('c')]
  const balancer = make(1.5)(members, null)
  const owner = balancer.pick(asking('key'), null)!
  for (const one of members) endpointOf(one).inFlight = 10
  t.equal(balancer.pick(asking('key'), null), owner, '11 of 31 is within half more than a third')
  endpointOf(owner).inFlight = 40
  const next = balancer.pick(asking('key'), null)!
  t.not(next, owner)
  t.equal(balancer.pick(asking('key'), one => one !== owner), next)
})

t.test('members that are not acceptable are passed over, in the order of the ring', async t => {
  const members = [member('a'), member('b'), member('c')]
  const balancer = make()(members, null)
  const first = balancer.pick(asking('key'), null)!
  const second = balancer.pick(asking('key'), one => one !== first)!
  t.equal(make()(members.filter(one => one !== first), null).pick(asking('key'), null), second)
  t.equal(balancer.pick(asking('key'), () => false), null)
  for (const one of members) endpointOf(one).inFlight = one === first ? 100 : 0
  t.equal(balancer.pick(asking('key'), one => one === first), first, 'the bound is no reason to ask nobody')
})

t.test('a member that warms up gets its keys one after the other, and each stays', async t => {
  const members = [member('a'), member('b')]
  const cold = members[0]!
  const target = owners(members)
  let before = new Set<string>()
  for (const weight of [0.1, 0.4, 0.7, 1]) {
    const balancer = make()(members, one => one === cold ? weight : 1)
    const now = new Set(KEYS.filter(key => balancer.pick(asking(key), null) === cold))
    t.ok([...before].every(key => now.has(key)))
    const wanted = KEYS.filter((_, i) => target[i] === 'http://a').length * weight
    t.ok(Math.abs(now.size - wanted) < 120, `${now.size} of ${wanted}`)
    before = now
  }
})

t.test('a ring has no more points than are worth it, and each member some', async t => {
  const members = Array.from({ length: 900 }, (_, i) => member(`10.1.${i >> 8}.${i & 255}`, i === 0 ? 1000 : 1))
  const ring = new HashRing(members)
  t.ok(ring.size <= 65_536 + members.length, String(ring.size))
  t.equal(new Set(Array.from({ length: ring.size }, (_, i) => ring.ownerAt(i))).size, members.length)
  t.equal(ring.at(2 ** 32 - 1), 0, 'behind the last comes the first')
})

t.test('hashes are spread evenly, also those of texts that are almost the same', async t => {
  const buckets = new Array<number>(64).fill(0)
  for (let i = 0; i < 64_000; i++) buckets[keyHash(`10.0.0.1#${i}`) >>> 26]!++
  t.ok(Math.max(...buckets) < 1150 && Math.min(...buckets) > 850, `${Math.min(...buckets)} to ${Math.max(...buckets)}`)
  t.not(keyHash('a', 1), keyHash('a', 2))
})
