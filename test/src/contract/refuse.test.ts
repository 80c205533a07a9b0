import t from 'tap'
import { problem, refuse } from '../../../src/contract/refuse.ts'
import { exchange } from '../../../src/testing/index.ts'

t.test('answers with a problem from the catalogue', async t => {
  const x = exchange()
  refuse(x, 'GW_FORBIDDEN')
  t.match(x.reply, { status: 403, code: 'GW_FORBIDDEN', trailers: null })
  t.same(JSON.parse(x.reply!.body as string), {
    type: 'urn:gatehouse:error:GW_FORBIDDEN', title: 'The request is not allowed', status: 403, code: 'GW_FORBIDDEN', instance: 'test-request'
  })
  t.same(x.reply!.headers.flat, ['content-type', 'application/problem+json', 'cache-control', 'no-store'])
})

t.test('takes a detail and further headers', async t => {
  const { headers, body } = problem('GW_OVERLOADED', 'id', 'try "later"', { 'Retry-After': '1' })
  t.equal(headers.get('retry-after'), '1')
  t.match(JSON.parse(body as string), { detail: 'try "later"', instance: 'id' })
})
