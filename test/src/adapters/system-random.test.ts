import t from 'tap'
import { systemRandom } from '../../../src/adapters/system-random.ts'

t.test('draws from 0 to below 1, all over', async t => {
  const draws = Array.from({ length: 10_000 }, () => systemRandom.next())
  t.ok(draws.every(draw => draw >= 0 && draw < 1))
  const tenths = Map.groupBy(draws, draw => Math.floor(draw * 10))
  t.equal(tenths.size, 10)
})
