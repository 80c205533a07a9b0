import t from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import type { RouteConfig } from '../../../src/contract/route-file.ts'
import { exchange, fakeRandom } from '../../../src/testing/index.ts'
import { splitOf } from '../../../src/upstream/split.ts'
import { seeded } from './fake-pool.ts'

const origin = { file: 'test.yaml', pointer: '' }
type Weights = Record<string, number>
const split = (weights: Weights, splitBy: RouteConfig['splitBy'] = null, random = seeded()) =>
  splitOf({ targets: Object.entries(weights).map(([to, weight]) => ({ to, weight, origin })), splitBy }, { random, expressions: celExpressions })
const USERS = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)
const asking = (user: string) => Object.assign(exchange(), { originalQuery: `user=${user}` })
const by = { query: 'user' }
/** Who goes to `next`. */
const canaries = (weights: Weights) => {
  const choose = split(weights, by)
  const next = Object.keys(weights).indexOf('next')
  return new Set(USERS.filter(user => choose(asking(user)) === next))
}

t.test('by chance each target gets its share', async t => {
  const choose = split({ orders: 95, next: 5 })
  const next = USERS.filter(() => choose(exchange()) === 1).length
  t.ok(next > 430 && next < 570, String(next))
})

t.test('the same draw always gives the same target, and the first for 0', async t => {
  const weights = { a: 0, b: 1, c: 3 }
  t.same([0, 0.24, 0.26, 0.99, 1 - Number.EPSILON / 2].map(draw => split(weights, null, fakeRandom(draw))(exchange())), [1, 1, 2, 2, 2])
})

t.test('nothing is drawn where there is nothing to choose', async t => {
  const random = { next: () => { throw new Error('drawn') } }
  t.equal(split({ a: 0, b: 2 }, null, random)(exchange()), 1)
  t.equal(split({ a: 0, b: 0 }, null, random)(exchange()), -1)
  t.equal(split({}, null, random)(exchange()), -1)
  t.equal(split({ a: 1 }, by, random)(asking('x')), 0)
})

t.test('the same key always goes the same way, and each way gets its share', async t => {
  const five = canaries({ orders: 95, next: 5 })
  t.ok(five.size > 430 && five.size < 570, String(five.size))
  t.same(canaries({ orders: 95, next: 5 }), five)
  t.same(canaries({ next: 5, orders: 95 }), five, 'whatever the order')
  t.same(canaries({ orders: 950, next: 50 }), five, 'or the unit')
})

t.test('5 % is a part of 10 %, and 0 % nobody', async t => {
  let before = canaries({ orders: 100, next: 0 })
  t.equal(before.size, 0)
  for (const weight of [1, 5, 10, 50, 90, 100]) {
    const now = canaries({ orders: 100 - weight, next: weight })
    t.ok([...before].every(user => now.has(user)), `${weight} %`)
    t.ok(Math.abs(now.size - weight * 100) < 170, `${weight} %: ${now.size}`)
    before = now
  }
})

t.test('a third target takes from each of the others what is its part', async t => {
  const two = split({ a: 1, b: 1 }, by)
  const three = split({ a: 1, b: 1, c: 1 }, by)
  const moved = USERS.filter(user => three(asking(user)) !== two(asking(user)))
  t.ok(moved.every(user => three(asking(user)) === 2))
  t.ok(Math.abs(moved.length - 3333) < 200, String(moved.length))
})

t.test('requests without a key go by chance', async t => {
  const choose = split({ a: 1, b: 1 }, by, fakeRandom(0.2, 0.7))
  t.same([choose(exchange()), choose(exchange())], [0, 1])
})

t.test('a wrong expression is told at its place', async t => {
  t.throws(() => split({ a: 1, b: 1 }, { expression: '1 +' }), { code: 'GW_CONFIG_EXPRESSION', pointer: '/upstream/by/expression' })
})
