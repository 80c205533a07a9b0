import fc from 'fast-check'
import t from 'tap'
import { WeightedDraw } from '../../../../src/upstream/balance/weighted-draw.ts'
import { member } from '../fake-pool.ts'

const EVENLY = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)

t.test('each member is drawn as often as it weighs', async t => {
  const draw = new WeightedDraw([member('a', 1), member('b', 3), member('c', 6)])
  const drawn = EVENLY.map(chance => draw.first(chance))
  t.same([0, 1, 2].map(i => drawn.filter(one => one === i).length), [100, 300, 600])
})

t.test('members of one weight need no search', async t => {
  const draw = new WeightedDraw([member('a', 7), member('b', 7)])
  t.same([draw.first(0), draw.first(0.49), draw.first(0.5), draw.first(0.999999)], [0, 0, 1, 1])
})

t.test('the second is another, as often as it weighs among the others', async t => {
  const draw = new WeightedDraw([member('a', 1), member('b', 3), member('c', 6)])
  const others = (than: number) => {
    const drawn = EVENLY.map(chance => draw.other(than, chance))
    return [0, 1, 2].map(i => drawn.filter(one => one === i).length)
  }
  t.same(others(0), [0, 333, 667])
  t.same(others(1), [143, 0, 857])
  t.same(others(2), [250, 750, 0])
})

t.test('whatever the weights and draws, the second is another one', async t => {
  const chance = fc.double({ min: 0, max: 1 - Number.EPSILON, noNaN: true })
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 6 }), chance, chance, fc.boolean(), (weights, one, two, warm) => {
      const draw = new WeightedDraw(weights.map((weight, i) => member(`m${i}`, weight)), warm ? ({ weight }) => weight * 0.1 : null)
      const first = draw.first(one)
      const other = draw.other(first, two)
      return first !== other && first >= 0 && other >= 0 && first < weights.length && other < weights.length
    }))
  })
})
