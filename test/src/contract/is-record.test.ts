import t from 'tap'
import { isRecord } from '../../../src/contract/index.ts'

t.test('an object is a record, a list and null are none', async t => {
  t.ok(isRecord({}))
  t.ok(isRecord(Object.create(null)))
  for (const value of [null, undefined, [], 'a', 1, true, () => {}]) t.notOk(isRecord(value))
})
