import t, { type Test } from 'tap'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const HEAD = 'HEAD /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'

/** Asks an upstream that answers so; then, on the same connection, an upstream that is well. */
async function answered (t: Test, answer: string, request = GET, method = 'GET') {
  const upstream = await rawUpstream(t, ({ socket, start }) => { socket.write(start.includes('/next') ? 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext' : answer) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  const first = await client.ask(request, method)
  const next = await client.ask('GET /next HTTP/1.1\r\nHost: gw.test\r\n\r\n')
  t.equal(next.text, 'next', 'the next answer begins where it must')
  return first
}

t.test('HEAD says how long the body would be', async t => {
  const { header, status } = await answered(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n', HEAD, 'HEAD')
  t.same([status, header('content-length'), header('etag'), header('transfer-encoding')], [200, '1234', '"x"', undefined])
})

t.test('HEAD of what has no length says none', async t => {
  const { header } = await answered(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', HEAD, 'HEAD')
  t.same([header('content-length'), header('transfer-encoding')], [undefined, undefined])
})

t.test('HEAD of an error of the gateway says how long it would be', async t => {
  const { port } = await startGateway(t, { upstream: 'http://127.0.0.1:1' })
  const client = await rawClient(t, port)
  const { status, header } = await client.ask(HEAD, 'HEAD')
  t.equal(status, 502)
  t.ok(Number(header('content-length')) > 100)
  t.equal((await client.ask(GET)).status, 502)
})

t.test('a body behind HEAD is not taken for an answer', async t => {
  const { status } = await answered(t, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil', HEAD, 'HEAD')
  t.equal(status, 200)
})

t.test('204 has neither body nor length', async t => {
  for (const fields of ['', 'Content-Length: 0\r\n', 'Content-Length: 4\r\n']) {
    const { status, header } = await answered(t, `HTTP/1.1 204 No Content\r\nX-A: b\r\n${fields}\r\n`)
    t.same([status, header('x-a'), header('content-length'), header('transfer-encoding')], [204, 'b', undefined, undefined])
  }
})

t.test('304 keeps the length of what it does not send', async t => {
  const { status, header } = await answered(t, 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n')
  t.same([status, header('etag'), header('content-length'), header('transfer-encoding')], [304, '"x"', '1234', undefined])
})

t.test('a body behind 204 or 304 is not taken for the next answer', async t => {
  for (const status of ['204 No Content', '304 Not Modified']) {
    const answer = await answered(t, `HTTP/1.1 ${status}\r\nContent-Length: 40\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)
    t.equal(answer.start.slice(9), status)
  }
})

t.test('205 has a length of none, whatever upstream sent', async t => {
  const { status, header, text } = await answered(t, 'HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\nevil')
  t.same([status, header('content-length'), text], [205, '0', ''])
})

t.test('OPTIONS * is answered by the gateway itself', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { status, header } = await (await rawClient(t, port)).ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')
  t.same([status, header('allow'), upstream.requests.length], [204, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS', 0])
})

t.test('an answer of nothing has a length of none', async t => {
  const { header, text } = await answered(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
  t.same([header('content-length'), header('transfer-encoding'), text], ['0', undefined, ''])
})
