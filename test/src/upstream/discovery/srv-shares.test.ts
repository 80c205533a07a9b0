import t from 'tap'
import fc from 'fast-check'
import { srvShares } from '../../../../src/upstream/discovery/srv-shares.ts'

const target = (weight: number, { priority = 0, addresses = 1 } = {}) =>
  ({ host: 'a', port: 80, weight, priority, addresses: Array.from({ length: addresses }, (_, i) => `10.0.0.${i}`) })
const weights = (...targets: ReturnType<typeof target>[]) => srvShares(targets).map(({ weight }) => weight)

t.test('priorities become ranks, the last ones one', async t => {
  const ranks = srvShares([10, 20, 20, 40_000].map(priority => target(1, { priority }))).map(({ priority }) => priority)
  t.same(ranks, [0, 1, 1, 2])
  t.same(srvShares(Array.from({ length: 12 }, (_, i) => target(1, { priority: i * 7 }))).map(({ priority }) => priority), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9])
})

t.test('weights keep their relation within a priority', async t => {
  t.same(weights(target(1), target(2)), [1, 2])
  t.same(weights(target(100), target(300)), [1, 3])
  t.same(weights(target(65_535), target(1)), [100, 1])
  t.same(weights(target(700), target(333)), [100, 48])
  t.same(weights(target(30, { priority: 1 }), target(60, { priority: 1 }), target(7, { priority: 2 })), [1, 2, 1])
})

t.test('weight 0 has a very small chance beside others and the same among its like', async t => {
  t.same(weights(target(0), target(5)), [1, 100])
  t.same(weights(target(0), target(0)), [1, 1])
  t.same(weights(target(0, { addresses: 2 }), target(0)), [50, 50, 100])
})

t.test('a target\'s addresses share its weight', async t => {
  t.same(weights(target(1, { addresses: 2 }), target(1)), [50, 50, 100])
  t.same(weights(target(1, { addresses: 0 }), target(1)), [100])
})

t.test('whatever the records say, weights are whole, never 0, and in the order of theirs', async () => {
  const some = fc.array(fc.record({ weight: fc.nat(65_535), priority: fc.nat(3) }), { minLength: 1, maxLength: 12 })
  fc.assert(fc.property(some, all => {
    const shares = srvShares(all.map(({ weight, priority }) => target(weight, { priority })))
    return shares.every(({ weight }) => Number.isInteger(weight) && weight >= 1 && weight <= 100) &&
      shares.every(one => shares.every(other => one.priority !== other.priority || one.target.weight >= other.target.weight || one.weight <= other.weight))
  }))
})
