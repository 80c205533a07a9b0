import t from 'tap'
import { Config, List } from '../../../src/contract/units.ts'
import { StatusRange, statusesOf } from '../../../src/contract/status-ranges.ts'
import { validate } from '../../../src/contract/validate.ts'

t.test('statuses are written one by one, from to, and by the hundred', async t => {
  t.same([...statusesOf([500, '502-504', '599-599'], '')], [500, 502, 503, 504, 599])
  const all = statusesOf(['4xx'], '')
  t.same([all.size, all.has(400), all.has(499), all.has(500)], [100, true, true, false])
})

t.test('a range that begins above its end is named by its place', async t => {
  t.throws(() => statusesOf([502, '504-500'], '/statuses'), { code: 'GW_CONFIG_INVALID', pointer: '/statuses/1' })
})

t.test('takes none below the least', async t => {
  const schema = Config({ statuses: List(StatusRange(400)) })
  for (const statuses of [400, 599, '400-599', '4xx', ['5xx', 404]]) t.same(validate(schema, { statuses }).faults, [], JSON.stringify(statuses))
  for (const statuses of [399, 600, 502.5, '3xx', '6xx', '300-499', '500-600', '5XX', '500-', '500-5xx', '50x']) t.equal(validate(schema, { statuses }).faults.length, 1, JSON.stringify(statuses))
  t.same(validate(Config({ statuses: List(StatusRange(100)) }), { statuses: ['1xx', 100] }).faults, [])
})
