import t, { type Test } from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdReply } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream, type Answering } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const POST = 'POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\nhello'
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

/** The answer to one request where upstream behaves so. */
async function answered (t: Test, answering: Answering, bytes = GET, setup = {}) {
  const upstream = await rawUpstream(t, answering)
  const { port } = await startGateway(t, { upstream: upstream.url, ...setup })
  const client = await rawClient(t, port)
  const { status, code } = await client.ask(bytes)
  t.equal((await client.ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 204, 'the connection of the client stays')
  return { status, code, asked: upstream.requests.length }
}

t.test('an upstream that dies before its answer is 502, and is asked once', async t => {
  const dies: readonly Answering[] = [({ socket }) => { socket.end() }, ({ socket }) => { socket.resetAndDestroy() }, ({ socket }) => { socket.end('HTTP/1.1 200 OK\r\ncontent-le') }]
  for (const die of dies) {
    t.match(await answered(t, die), { status: 502, code: /GW_UPSTREAM_(RESET|PROTOCOL)/ })
    t.match(await answered(t, die, POST), { status: 502, code: /GW_UPSTREAM_(RESET|PROTOCOL)/, asked: 1 })
  }
  for (const die of dies.slice(0, 2)) t.match(await answered(t, die), { asked: 1 }, 'a new connection that is lost was not an idle one')
})

t.test('a connection that was kept and is lost as it is used again is asked for once more, where the request is idempotent', async t => {
  const answering: Answering = ({ socket, connection }) => {
    if (connection === 1 && used++ > 0) socket.resetAndDestroy()
    else socket.write(OK)
  }
  let used = 0
  const upstream = await rawUpstream(t, answering)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  t.equal((await client.ask(GET)).status, 200)
  t.equal((await client.ask(GET)).status, 200)
  t.same([upstream.requests.length, upstream.connections], [3, 2])
  used = 0
  const other = await rawUpstream(t, answering)
  const posting = await rawClient(t, (await startGateway(t, { upstream: other.url })).port)
  t.equal((await posting.ask(GET)).status, 200)
  t.match(await posting.ask(POST), { status: 502 })
  t.equal(other.requests.length, 2)
})

t.test('an upstream that speaks something else is 502', async t => {
  const answers = ['SSH-2.0-OpenSSH_9\r\n\r\n', 'HTTP/1.1 200 OK\r\nX A: b\r\n\r\n', 'HTTP/1.1 abc\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', `HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n']
  for (const answer of answers) t.match(await answered(t, ({ socket }) => { socket.end(answer) }), { status: 502, code: /GW_UPSTREAM_(PROTOCOL|RESET)|GW_REPLY_TOO_LARGE/ }, answer.slice(0, 60))
})

t.test('an upstream that switches protocols unasked is 502', async t => {
  t.match(await answered(t, ({ socket }) => { socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n') }), { status: 502 })
})

t.test('an upstream that dies in its body resets the client, so that no cut answer looks whole', async t => {
  const heads = ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n']
  for (const head of heads) {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      const upstream = await rawUpstream(t, ({ socket }) => { socket.write(head) })
      const { port, line } = await startGateway(t, { upstream: upstream.url })
      const client = (await rawClient(t, port)).send(GET)
      await client.reader.until('hello')
      upstream.requests[0]!.socket[how]()
      t.equal(await client.ended, 'reset')
      t.match(await line(request), { 'gatehouse.outcome': 'upstream-broken', 'error.code': /GW_UPSTREAM/, 'http.response.status_code': 200, 'http.response.body.bytes': 5 })
    }
  }
})

t.test('a chunked body that turns to nonsense resets the client', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') })
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  await client.reader.until('hello')
  upstream.requests[0]!.socket.write('nonsense\r\n')
  t.equal(await client.ended, 'reset')
  t.match(await line(request), { 'error.code': 'GW_UPSTREAM_PROTOCOL' })
})

t.test('an upstream that dies while a filter holds its answer is 502 still', async t => {
  const answering: Answering = ({ socket }) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') }
  t.match(await answered(t, answering, GET, { filters: [holdReply], route: { filters: ['hold-reply'] } }), { status: 502, code: /GW_UPSTREAM/ })
})

t.test('bytes behind an answer are never the answer to the next request', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  t.equal((await client.ask(GET)).text, 'ok')
  t.equal((await client.ask(GET)).text, 'ok')
  t.equal(upstream.connections, 2)
})

t.test('an upstream that closes before it has read the whole request is 502', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.resetAndDestroy() }, { early: true })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(`POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(1000)}`)
  const { status, code, header } = await client.answer()
  t.same([status, code, header('connection')], [502, 'GW_UPSTREAM_RESET', 'close'])
})
