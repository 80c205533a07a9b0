import t from 'tap'
import { challenge, refuseCaller } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'

t.test('writes a challenge with its parameters as quoted strings', async t => {
  t.equal(challenge('Bearer', {}), 'Bearer')
  t.equal(challenge('Bearer', { realm: 'a "b" \\', error: undefined, scope: 'x y' }), 'Bearer realm="a \\"b\\" \\\\", scope="x y"')
  t.equal(challenge('Bearer', { realm: 'a\r\nb\u00e9' }), 'Bearer realm="a??b?"')
})

t.test('refuses with the challenge, and tells the reason to nobody but the log', async t => {
  const x = exchange()
  refuseCaller(x, 'GW_UNAUTHENTICATED', 'expired', 'Bearer error="invalid_token"')
  t.match(x.reply, { status: 401, code: 'GW_UNAUTHENTICATED' })
  t.equal(x.reply!.headers.first('www-authenticate'), 'Bearer error="invalid_token"')
  t.equal(x.reason, 'expired')
  t.notMatch(String(x.reply!.body), /expired/)
})

t.test('writes no header where there is no challenge', async t => {
  const x = exchange()
  refuseCaller(x, 'GW_FORBIDDEN', 'role')
  t.notOk(x.reply!.headers.has('www-authenticate'))
})

t.test('takes further headers along', async t => {
  const x = exchange()
  refuseCaller(x, 'GW_IDENTITY_UNAVAILABLE', 'unavailable', '', { 'retry-after': '5' })
  t.equal(x.reply!.headers.first('retry-after'), '5')
  t.notOk(x.reply!.headers.has('www-authenticate'))
  refuseCaller(x, 'GW_UNAUTHENTICATED', 'expired', 'Bearer', { 'retry-after': '1' })
  t.match([x.reply!.headers.first('retry-after'), x.reply!.headers.first('www-authenticate')], ['1', 'Bearer'])
})
