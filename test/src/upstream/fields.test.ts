import fc from 'fast-check'
import t from 'tap'
import { replyHeaders } from '../../../src/upstream/reply-headers.ts'
import { announced, mayTrail, trailerFields } from '../../../src/upstream/trailer-fields.ts'

t.test('fields of an answer pass in order, the length last', async t => {
  t.same(replyHeaders({ 'content-length': '5', etag: 'x', 'set-cookie': ['a', 'b'], server: undefined }).flat, ['etag', 'x', 'set-cookie', 'a', 'set-cookie', 'b', 'content-length', '5'])
})

t.test('fields of one connection end here, and what Connection names', async t => {
  const one = { 'keep-alive': 'timeout=5', 'proxy-connection': 'x', 'proxy-authenticate': 'Basic', te: 'x', trailer: 'x', 'transfer-encoding': 'chunked', upgrade: 'h2c', 'x-request-id': 'x' }
  t.same(replyHeaders({ ...one, connection: 'close', 'x-a': 'b' }).flat, ['x-a', 'b'])
  t.same(replyHeaders({ connection: ['X-A', 'x-b, close'], 'x-a': '1', 'x-b': '2', 'x-c': '3' }).flat, ['x-c', '3'])
})

t.test('neither length nor type of the body can be named away', async t => {
  t.same(replyHeaders({ connection: 'content-length, content-type', 'content-length': '5', 'content-type': 'text/plain' }).flat, ['content-type', 'text/plain', 'content-length', '5'])
})

t.test('two lengths are none', async t => {
  t.same(replyHeaders({ 'content-length': ['5', '6'] }).flat, [])
})

t.test('trailer fields are those that may come behind the body', async t => {
  t.same(trailerFields(['X-Sum', '1', 'Host', 'a', 'content-length', '5', 'Server-Timing', 'b', 'X_Sum', '2', 'X-Forwarded-For', 'c', 'X-Gatehouse-A', 'd', 'Proxy-A', 'e', 'Set-Cookie', 'f'])?.flat, ['x-sum', '1', 'server-timing', 'b'])
  t.equal(trailerFields(['Host', 'a']), null)
  t.equal(trailerFields([]), null)
  t.same([announced('X-Sum, Host,,Digest '), announced('Host'), announced('')], ['x-sum, digest', '', ''])
})

t.test('what a filter takes from the head of a request does not come behind its body', async t => {
  const family = { drops: (name: string) => name.startsWith('x-id-') }
  const one = { drops: (name: string) => name === 'x-sum' }
  const raw = ['X-Sum', '1', 'X-Id-User', 'eve', 'X-Identity', 'kept', 'Digest', '2']
  t.same(trailerFields(raw, [family])?.flat, ['x-sum', '1', 'x-identity', 'kept', 'digest', '2'])
  t.same(trailerFields(raw, [family, one])?.flat, ['x-identity', 'kept', 'digest', '2'], 'by any of them')
  t.same(trailerFields(raw, [])?.flat, trailerFields(raw)?.flat)
  t.equal(trailerFields(['X-Id-User', 'eve'], [family]), null)
  t.same([announced('X-Sum, X-ID-User,Digest', [family]), announced('X-Id-User', [family])], ['x-sum, digest', ''])
  t.same([mayTrail('x-sum', [family]), mayTrail('x-id-user', [family]), mayTrail('host', [{ drops: () => false }])], [true, false, false], 'and a sieve lets in nothing')
})

t.test('no spelling of a field that frames the message may trail', async t => {
  const spelled = fc.mixedCase(fc.constantFrom('content-length', 'transfer-encoding', 'host', 'authorization', 'x-forwarded-for', 'x-gatehouse-user', 'set-cookie', 'trailer'))
  t.doesNotThrow(() => { fc.assert(fc.property(spelled, name => trailerFields([name, 'x']) === null)) })
  t.doesNotThrow(() => { fc.assert(fc.property(spelled, fc.constantFrom('_', '.', '!', ' '), (name, other) => !mayTrail(name.toLowerCase().replace('-', other)))) })
})
