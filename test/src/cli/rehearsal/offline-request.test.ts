import t from 'tap'
import { requestBytes, type OfflineRequest } from '../../../../src/cli/rehearsal/offline-request.ts'

const REQUEST: OfflineRequest = { method: 'GET', target: '/a', scheme: 'http', headers: [['Host', 'a']], body: null, from: '192.0.2.1' }
const written = (over: Partial<OfflineRequest>) => requestBytes({ ...REQUEST, ...over }).toString()

t.test('writes a request as it goes over the wire', async t => {
  t.equal(written({}), 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(written({ headers: [['X', 'ä']], body: Buffer.from('hi') }), 'GET /a HTTP/1.1\r\nX: ä\r\nContent-Length: 2\r\n\r\nhi')
})

t.test('frames the body as the headers say', async t => {
  t.match(written({ headers: [['Transfer-Encoding', 'chunked']], body: Buffer.from('hello') }), /chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
  t.match(written({ headers: [['transfer-encoding', 'chunked']], body: Buffer.from('') }), /chunked\r\n\r\n0\r\n\r\n$/)
  t.match(written({ headers: [['Transfer-Encoding', 'chunked']] }), /chunked\r\n\r\n0\r\n\r\n$/)
  t.equal(written({ headers: [['content-length', '2']], body: Buffer.from('hi') }).match(/content-length/gi)?.length, 1)
  t.match(written({ headers: [['content-length', '0']] }), /content-length: 0\r\n\r\n$/)
  t.match(written({ headers: [['content-length', '+2']], body: Buffer.from('hi') }), /content-length: \+2\r\n\r\nhi$/)
})

t.test('refuses a body that is not as long as it is said to be: the gateway would wait for the rest', async t => {
  t.throws(() => written({ headers: [['Content-Length', '9']], body: Buffer.from('hi') }), { message: 'Content-Length is 9, but the body has 2 bytes' })
  t.throws(() => written({ headers: [['Content-Length', '1']] }), { name: 'UsageError' })
  t.throws(() => written({ headers: [['content-length', '1']], body: Buffer.from('hi') }), { name: 'UsageError' })
})

t.test('refuses what would be more than one request, or none', async t => {
  const wrong: Partial<OfflineRequest>[] = [
    { from: 'example.com' }, { method: 'G T' }, { method: '' }, { target: '/a b' }, { target: '/a\r\nX: 1' }, { target: '' },
    { headers: [['X', 'a\r\nY: b']] }, { headers: [['X Y', 'a']] }, { headers: [['', 'a']] }, { headers: [['X', 'a\0']] }
  ]
  for (const over of wrong) t.throws(() => written(over), { name: 'UsageError' }, JSON.stringify(over))
})
