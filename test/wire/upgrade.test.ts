import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { probe } from './harness/filters.ts'
import { startGateway } from './harness/gateway.ts'
import { HANDSHAKE, SWITCHED } from './harness/handshake.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

t.test('a refusal of upstream is an answer like any other', async t => {
  const server = createHttp((_req, res) => { res.writeHead(401, { 'content-length': 2, 'www-authenticate': 'Basic' }).end('no') }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port, line } = await startGateway(t, { upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const client = await rawClient(t, port)
  const { status, header, text } = await client.ask(HANDSHAKE)
  t.same([status, header('www-authenticate'), text, header('connection')], [401, 'Basic', 'no', 'close'])
  t.equal(await client.ended, 'fin')
  t.match(await line(request), { 'http.response.status_code': 401 })
})

t.test('bytes behind the handshake reach upstream when it has agreed, and never when it has not (CVE-2026-2833)', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url })
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n'
  const agreed = (await rawClient(t, port)).send(HANDSHAKE + SMUGGLED.slice(0, 10))
  const first = await upstream.request(1)
  agreed.send(SMUGGLED.slice(10))
  t.equal(first.reader.rest.length, 0, 'not before it has')
  first.socket.write(SWITCHED)
  t.equal((await agreed.answer()).status, 101)
  await upstream.request(2)
  t.equal(upstream.requests[1]!.start, 'GET /smuggled HTTP/1.1', 'then they are bytes of the other protocol')
  const refused = (await rawClient(t, port)).send(HANDSHAKE + SMUGGLED)
  const third = await upstream.request(3)
  third.socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
  t.same([(await refused.answer()).status, await refused.ended, upstream.requests.length], [403, 'fin', 3])
})

t.test('a switch to what nobody asked for is 502', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED.replace('Upgrade: websocket', 'Upgrade: h2c')) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { status, code } = await (await rawClient(t, port)).ask(HANDSHAKE)
  t.same([status, code], [502, 'GW_UPSTREAM_PROTOCOL'])
})

t.test('the gateway\'s own refusals end the connection', async t => {
  const refuses = probe('refuses', { request: x => { x.reply = { ...x.reply!, status: 403, headers: x.headers, body: null, code: null, trailers: null } } })
  const routes = [{ id: 'no', predicates: [{ path: '/chat' }], filters: ['refuses'] }]
  const { port } = await startGateway(t, { routes, filters: [refuses] })
  for (const [bytes, status] of [[HANDSHAKE, 403], [HANDSHAKE.replace('/chat', '/x'), 404], [HANDSHAKE.replace('/chat', '/../x'), 400], [HANDSHAKE.replace('Host', 'A_B'), 400]] as const) {
    const client = await rawClient(t, port)
    t.same([(await client.ask(bytes)).status, await client.ended], [status, 'fin'])
  }
})

t.test('an answer that a filter makes of a switch closes what upstream has opened', async t => {
  const fails = probe('fails', { response: () => { throw new Error('a bug') } })
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED) })
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [fails], route: { filters: ['fails'] } })
  t.equal((await (await rawClient(t, port)).ask(HANDSHAKE)).code, 'GW_FILTER_FAILED')
  t.ok(await upstream.requests[0]!.reader.ended)
})

t.test('a client that goes before upstream has agreed ends the call', async t => {
  for (const how of ['end', 'resetAndDestroy'] as const) {
    const upstream = await rawUpstream(t, () => {})
    const { port, line } = await startGateway(t, { upstream: upstream.url })
    const client = (await rawClient(t, port)).send(HANDSHAKE)
    const { reader } = await upstream.request()
    client.socket[how]()
    t.ok(await reader.ended)
    t.match(await line(request), { 'gatehouse.outcome': 'client-gone' })
  }
})

t.test('the handshake has the timeouts of the route; what is open has not', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url, route: { timeout: '40ms', timeouts: { head: '1s', idle: '10ms' } } })
  t.equal((await (await rawClient(t, port)).ask(HANDSHAKE)).code, 'GW_TOTAL_TIMEOUT')
  upstream.answering = ({ socket }) => { socket.write(SWITCHED) }
  const client = await rawClient(t, port)
  await client.ask(HANDSHAKE)
  await new Promise(resolve => { setTimeout(resolve, 80) })
  client.send('still here\r\n\r\n')
  t.equal((await upstream.request(3)).start, 'still here')
})

t.test('an upgrade behind an answer that is not out yet is a request like any other', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(`GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\n${HANDSHAKE}`)
  const first = await upstream.request(1)
  first.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow')
  t.equal((await client.answer()).text, 'slow')
  const second = await upstream.request(2)
  t.same([second.header('upgrade'), second.header('connection')], [undefined, 'keep-alive'])
  second.socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno')
  t.equal((await client.answer()).status, 426)
})

t.test('an upgrade or a CONNECT behind the last answer of a connection is nothing at all', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  for (const next of [HANDSHAKE, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 'GET /y HTTP/1.1\r\nHost: gw.test\r\n\r\n']) {
    for (const fields of ['Connection: close', 'A_B: c']) {
      upstream.requests.length = 0
      const client = (await rawClient(t, port)).send(`POST /x HTTP/1.1\r\nHost: gw.test\r\n${fields}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${next}`)
      // A CONNECT behind an answer that is not out yet ends that too: nothing can be said on the connection any more.
      const status = await client.answer().then(answer => answer.status, () => null)
      if (!next.startsWith('CONNECT')) t.equal(status, fields === 'A_B: c' ? 400 : 200)
      await client.ended
      t.ok(upstream.requests.every(({ start }) => start === 'POST /x HTTP/1.1'), next.slice(0, 10))
      t.equal(client.reader.rest.length, 0)
    }
  }
})

t.test('CONNECT behind an answer that is not out yet ends the connection', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send('GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
  await client.ended
  t.equal((await (await rawClient(t, port)).ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 204, 'and nothing else')
})

t.test('another protocol is spliced too, with half-closed sides, and is ended by the end of the stream', async t => {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Foo/2\r\n\r\nwelcome')
      socket.on('data', chunk => { socket.write(chunk) })
      socket.on('end', () => { socket.end('bye') })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port, gateway } = await startGateway(t, { upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, gateway: { drain: '5s' } })
  const open = async () => {
    const client = await rawClient(t, port)
    t.equal((await client.ask('GET /x HTTP/1.1\r\nHost: gw.test\r\nConnection: Upgrade\r\nUpgrade: foo/2\r\n\r\n')).status, 101)
    t.equal((await client.reader.bytes(7)).toString(), 'welcome')
    t.equal((await client.send('hello').reader.bytes(5)).toString(), 'hello')
    return client
  }
  const first = await open()
  first.socket.end()
  t.equal((await first.reader.bytes(3)).toString(), 'bye')
  const second = await open()
  const closed = gateway.close()
  t.equal(await second.ended, 'fin')
  second.socket.end()
  await closed
})
