import t from 'tap'
import { messageOf } from '../../../src/upstream/message-of.ts'

t.test('says what went wrong, also where the error has no message', async t => {
  t.equal(messageOf(new Error('no')), 'no')
  t.equal(messageOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })), 'ECONNREFUSED')
  t.equal(messageOf(new AggregateError([])), 'AggregateError')
  t.equal(messageOf('no'), 'no')
})
