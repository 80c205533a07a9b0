import fc from 'fast-check'
import t from 'tap'
import { exchange } from '../../../../src/testing/index.ts'
import { roundRobin } from '../../../../src/upstream/balance/round-robin.ts'
import type { Acceptable } from '../../../../src/upstream/member.ts'
import { counts, member } from '../fake-pool.ts'

const x = exchange()
const hosts = (balancer: ReturnType<typeof roundRobin>, times: number, acceptable: Acceptable | null = null) =>
  Array.from({ length: times }, () => balancer.pick(x, acceptable)?.endpoint.origin.slice(7) ?? '-').join('')

t.test('members of one weight take turns', async t => {
  t.equal(hosts(roundRobin([member('a', 2), member('b', 2), member('c', 2)], null), 7), 'abcabca')
})

t.test('heavy members do not come in bursts', async t => {
  t.equal(hosts(roundRobin([member('a', 5), member('b'), member('c')], null), 7), 'aabacaa')
})

t.test('each round gives every member its weight', async t => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), weights => {
      const members = weights.map((weight, i) => member(`m${i}`, weight))
      const balancer = roundRobin(members, null)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (let round = 0; round < 2; round++) {
        const found = counts(total, () => balancer.pick(x, null))
        if (weights.some((weight, i) => found[`m${i}`] !== weight)) return false
      }
      return true
    }))
  })
})

t.test('members that are not acceptable this time are passed over, and the others keep their shares', async t => {
  for (const weight of [1, 2]) {
    const members = [member('a', weight), member('b', weight), member('c', 4)]
    const balancer = roundRobin(members, null)
    const found = counts((weight + 4) * 10, () => balancer.pick(x, one => one !== members[0]))
    t.same(found, { b: weight * 10, c: 40 })
    t.equal(balancer.pick(x, () => false), null)
  }
  t.equal(hosts(roundRobin([member('a'), member('b'), member('c')], null), 5, one => one.endpoint.origin !== 'http://b'), 'acaca')
})

t.test('weights of the moment count while members warm up', async t => {
  const members = [member('a'), member('b')]
  const balancer = roundRobin(members, one => one === members[0] ? 0.25 : 1)
  t.same(counts(100, () => balancer.pick(x, null)), { a: 20, b: 80 })
})
