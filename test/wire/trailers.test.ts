import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdReply, holdRequest, probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const chunked = (fields: string, trailers: string): string =>
  `POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n${fields}\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`
const CHUNKED_ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n'

t.test('trailer fields that the client announces reach upstream, behind the same body', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  const { status, text } = await client.ask(chunked('Trailer: X-Sum, X-Other\r\nX-A: b\r\n', 'X-Sum: 1\r\nX-Other: 2\r\n'))
  t.same([status, text], [200, 'ok'])
  const { start, body, trailers, header } = upstream.requests[0]!
  t.same([start, body.toString(), header('trailer'), header('x-a'), header('transfer-encoding'), header('content-length')], ['POST /x HTTP/1.1', 'hello', 'x-sum, x-other', 'b', 'chunked', undefined])
  t.same([header('x-forwarded-for'), header('via'), header('host')], ['127.0.0.1', '1.1 gatehouse', `127.0.0.1:${upstream.port}`])
  t.same(trailers, [['x-sum', '1'], ['x-other', '2']])
  t.equal((await client.ask(GET)).status, 200, 'and the connection stays')
})

t.test('no trailer field can say what belongs before the body (RFC 9110 6.5.1)', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const forbidden = ['Host', 'Authorization', 'Cookie', 'X-Forwarded-For', 'X-Gatehouse-User', 'X-Passport', 'X_Sum', 'X.Gatehouse', 'Connection', 'Trailer', 'Proxy-X', 'Content-Type', 'X-Request-Id']
  await (await rawClient(t, port)).ask(chunked(`Trailer: ${forbidden.join(', ')}, X-Sum\r\n`, [...forbidden, 'X-Sum'].map(name => `${name}: 1\r\n`).join('')))
  const { header, trailers } = upstream.requests[0]!
  t.same([header('trailer'), trailers], ['x-sum', [['x-sum', '1']]])
})

t.test('no trailer field can say what only trusted proxies may say', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { trustedProxies: ['127.0.0.1'] } })
  const forbidden = ['X-Client-Ip', 'X-Cluster-Client-Ip', 'True-Client-Ip', 'Cf-Connecting-Ip', 'X-Original-Url', 'X-Original-Host', 'X-Original-Uri', 'X-Rewrite-Url', 'X-Envoy-Original-Path', 'X-Forwarded-Client-Cert']
  await (await rawClient(t, port)).ask(chunked(`Trailer: ${forbidden.join(', ')}, X-Sum\r\n`, [...forbidden, 'X-Sum'].map(name => `${name}: 1\r\n`).join('')))
  const { header, trailers } = upstream.requests[0]!
  t.same([header('trailer'), trailers], ['x-sum', [['x-sum', '1']]])
})

t.test('framing behind the body is no message', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  for (const field of ['Content-Length: 1', 'Transfer-Encoding: chunked']) {
    t.equal((await (await rawClient(t, port)).ask(chunked('', `${field}\r\n`))).status, 400)
  }
  t.equal(upstream.requests.length, 0)
})

t.test('trailer fields that may not pass need no other way of sending', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  await (await rawClient(t, port)).ask(chunked('Trailer: Host\r\n', 'Host: evil.test\r\n'))
  const { header, trailers } = upstream.requests[0]!
  t.same([header('trailer'), header('connection'), trailers], [undefined, 'keep-alive', []])
})

t.test('a body that was held still has its trailer fields; one that stands in for it has not', async t => {
  const replace = probe('replace', { request: x => { x.body.replace(Buffer.from('other')) } })
  const upstream = await rawUpstream(t)
  const filters = [holdRequest, replace]
  const held = await startGateway(t, { upstream: upstream.url, filters, route: { filters: ['hold-request'] } })
  await (await rawClient(t, held.port)).ask(chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))
  const replaced = await startGateway(t, { upstream: upstream.url, filters, route: { filters: ['hold-request', 'replace'] } })
  await (await rawClient(t, replaced.port)).ask(chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))
  t.same(upstream.requests.map(({ body, trailers, header }) => [body.toString(), trailers, header('content-length')]), [['hello', [['x-sum', '1']], undefined], ['other', [], '5']])
})

t.test('an upstream that goes away, is slow or cannot be reached is told apart with trailer fields too', async t => {
  const ask = async (upstream: string, route = {}) => {
    const { port } = await startGateway(t, { upstream, route })
    return (await (await rawClient(t, port)).ask(chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))).code
  }
  const gone = await rawUpstream(t, ({ socket }) => { socket.resetAndDestroy() })
  const silent = await rawUpstream(t, () => {})
  const wrong = await rawUpstream(t, ({ socket }) => { socket.end('nonsense\r\n\r\n') })
  t.equal(await ask(gone.url), 'GW_UPSTREAM_RESET')
  t.equal(await ask(silent.url, { timeouts: { head: '50ms' } }), 'GW_HEAD_TIMEOUT')
  t.equal(await ask(silent.url, { timeout: '50ms' }), 'GW_TOTAL_TIMEOUT')
  t.equal(await ask(wrong.url), 'GW_UPSTREAM_PROTOCOL')
  t.equal(await ask('http://127.0.0.1:1'), 'GW_UPSTREAM_UNREACHABLE')
})

t.test('an upstream that breaks off its answer resets the client with trailer fields too', async t => {
  for (const answer of ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n']) {
    const upstream = await rawUpstream(t, ({ socket }) => { socket.write(answer) })
    const { port } = await startGateway(t, { upstream: upstream.url })
    const client = (await rawClient(t, port)).send(chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))
    await client.reader.until('hello')
    upstream.requests[0]!.socket.destroy()
    t.equal(await client.ended, 'reset')
  }
})

t.test('a large answer to a request with trailer fields is not held in memory', async t => {
  const total = 20_000_000
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`); socket.write(Buffer.alloc(total, 'x')) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  client.socket.pause()
  client.send(chunked('Trailer: X-Sum\r\n', 'X-Sum: 1\r\n'))
  const { socket } = await upstream.request()
  await new Promise(resolve => { setTimeout(resolve, 50) })
  t.ok(socket.writableLength > 0, 'upstream has to wait')
  client.socket.resume()
  t.equal((await client.answer()).body.length, total)
})

t.test('trailer fields of upstream reach the client', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`${CHUNKED_ANSWER}5\r\nhello\r\n0\r\nX-Sum: 1\r\nServer-Timing: a\r\n\r\n`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  const { text, trailers, header } = await client.ask(GET)
  t.same([text, trailers, header('content-length')], ['hello', [['x-sum', '1'], ['server-timing', 'a']], undefined])
  t.equal((await client.ask(GET)).status, 200, 'and the connection stays')
})

t.test('trailer fields of upstream come behind a body that streams', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`${CHUNKED_ANSWER}5\r\nhello\r\n`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  await client.reader.until('hello')
  upstream.requests[0]!.socket.write('0\r\nX-Sum: 1\r\nHost: a\r\nSet-Cookie: a\r\n\r\n')
  t.same((await client.answer()).trailers, [['x-sum', '1']])
})

t.test('an answer that was held keeps its trailer fields', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`${CHUNKED_ANSWER}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`) })
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [holdReply], route: { filters: ['hold-reply'] } })
  t.same((await (await rawClient(t, port)).ask(GET)).trailers, [['x-sum', '1']])
})

t.test('HTTP/1.0 gets the body and a length, for it knows no trailer fields', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`${CHUNKED_ANSWER}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { text, header } = await (await rawClient(t, port)).ask('GET /x HTTP/1.0\r\n\r\n')
  t.same([text, header('content-length'), header('transfer-encoding')], ['hello', '5', undefined])
})

t.test('a Trailer field where none can follow harms nobody', async t => {
  const answers = ['HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nok', `${CHUNKED_ANSWER}2\r\nok\r\n0\r\n\r\n`, OK]
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(answers.shift()!) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  while (answers.length > 0) t.equal((await client.ask(GET)).text, 'ok')
})
