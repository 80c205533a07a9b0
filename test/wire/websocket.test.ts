import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { startGateway, type GatewaySetup } from './harness/gateway.ts'
import { HANDSHAKE, SWITCHED } from './harness/handshake.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

/** What a raw socket sees of a Close frame with 1001. */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9])
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

/** A WebSocket upstream behind a gateway. */
async function webSockets (t: Test, options: ServerOptions = {}, setup: GatewaySetup = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  await once(server, 'listening')
  t.teardown(async () => {
    for (const client of server.clients) client.terminate()
    await new Promise(resolve => { server.close(resolve) })
  })
  const gateway = await startGateway(t, { upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...setup })
  return { server, ...gateway }
}

async function connect (t: Test, port: number, protocols: string[] = []): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, protocols)
  t.teardown(() => { client.terminate() })
  await once(client, 'open')
  return client
}

const echo = (server: WebSocketServer): void => {
  server.on('connection', socket => { socket.on('message', (data, isBinary) => { socket.send(data as Buffer, { binary: isBinary }) }) })
}

t.test('messages pass in both directions, small ones and large ones', async t => {
  const { server, port, line } = await webSockets(t)
  echo(server)
  const client = await connect(t, port)
  for (const message of ['hello', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(65_536), 'w'.repeat(5_000_000)]) {
    client.send(message)
    const [data] = await once(client, 'message') as [Buffer]
    t.equal(data.toString() === message, true, `${message.length} bytes`)
  }
  client.close(4001, 'done')
  const [code, reason] = await once(client, 'close') as [number, Buffer]
  t.same([code, reason.toString()], [4001, 'done'])
  const { 'http.request.body.bytes': inward, 'http.response.body.bytes': outward, ...rest } = await line(request)
  t.match(rest, { 'http.response.status_code': 101, 'gatehouse.outcome': undefined })
  t.ok((inward as number) > 5_000_000 && (outward as number) > 5_000_000)
})

t.test('pings, subprotocols and the reason of upstream\'s close pass', async t => {
  const { server, port } = await webSockets(t, { handleProtocols: protocols => [...protocols].at(-1)! })
  const client = await connect(t, port, ['one', 'two'])
  const [remote] = server.clients
  t.equal(client.protocol, 'two')
  client.ping('are you there')
  t.equal(String((await once(client, 'pong'))[0]), 'are you there')
  remote!.ping('and you')
  t.equal(String((await once(remote!, 'pong'))[0]), 'and you')
  remote!.close(4002, 'enough')
  const [code, reason] = await once(client, 'close') as [number, Buffer]
  t.same([code, reason.toString()], [4002, 'enough'])
})

t.test('upstream sees the handshake as the client sent it, and who the client is', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { status, header } = await (await rawClient(t, port)).ask(HANDSHAKE)
  t.same([status, header('upgrade'), header('connection'), header('sec-websocket-accept')], [101, 'websocket', 'Upgrade', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
  const received = upstream.requests[0]!
  t.same(['connection', 'upgrade', 'sec-websocket-key', 'sec-websocket-version', 'x-forwarded-for'].map(received.header), ['upgrade', 'websocket', 'dGhlIHNhbXBsZSBub25jZQ==', '13', '127.0.0.1'])
  t.equal(header('x-request-id'), received.header('x-request-id'))
})

t.test('a connection on which nothing moves is closed', async t => {
  const { server, port, line } = await webSockets(t, {}, { gateway: { limits: { upgradeIdleTimeout: '300ms' } } })
  const client = await connect(t, port)
  const [remote] = server.clients
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => { setTimeout(resolve, 120) })
    remote!.ping()
    await once(client, 'ping')
  }
  t.equal((await once(client, 'close'))[0], 1006)
  await line(request)
})

t.test('when the gateway stops, both sides of a WebSocket are told 1001', async t => {
  const { server, port, gateway } = await webSockets(t, {}, { gateway: { drain: '5s' } })
  const client = await connect(t, port)
  const [remote] = server.clients
  const codes = Promise.all([once(client, 'close'), once(remote!, 'close')])
  const start = performance.now()
  await gateway.close()
  t.same((await codes).map(([code]) => code as number), [1001, 1001])
  t.ok(performance.now() - start < 2000, 'as soon as they agree')
})

t.test('the Close frame waits for the end of the frame that is being sent', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED) })
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, gateway: { drain: '5s' } })
  const client = await rawClient(t, port)
  await client.ask(HANDSHAKE)
  const { socket, reader } = upstream.requests[0]!
  socket.write(Buffer.concat([Buffer.from([0x82, 126, 0x01, 0x00]), Buffer.alloc(100, 1)]))
  await client.reader.bytes(104)
  client.send(Buffer.concat([Buffer.from([0x82, 0x85, 1, 2, 3, 4]), Buffer.alloc(3)]))
  await reader.bytes(9)
  const closed = gateway.close()
  // The rest of both frames, and the beginning of another that must not follow.
  socket.write(Buffer.concat([Buffer.alloc(156, 1), Buffer.from([0x81, 5, 1])]))
  t.same(await client.reader.bytes(156), Buffer.alloc(156, 1))
  t.same(await client.reader.bytes(4), GOING_AWAY)
  client.send(Buffer.alloc(2))
  t.same(await reader.bytes(2), Buffer.alloc(2))
  const [first, second, ...rest] = await reader.bytes(8)
  const [a = 0, b = 0, , , x = 0, y = 0] = rest
  t.same([first, second, x ^ a, y ^ b], [0x88, 0x82, 0x03, 0xe9], 'masked, as a client\'s frames are')
  client.send(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
  socket.write(Buffer.concat([Buffer.from([2, 3, 4, 5]), Buffer.from([0x88, 0])]))
  t.same([await client.ended, await reader.ended], ['fin', 'fin'])
  t.equal(client.reader.rest.length, 0)
  await closed
})

t.test('a side that never agrees is cut off at the end of the drain', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED) })
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, gateway: { drain: '60ms' } })
  const client = await rawClient(t, port)
  await client.ask(HANDSHAKE)
  await gateway.close()
  t.ok(await client.ended)
})

t.test('a WebSocket that upstream resets is reset for the client, and what upstream sent before it closed arrives', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(SWITCHED) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const first = await rawClient(t, port)
  await first.ask(HANDSHAKE)
  upstream.requests[0]!.socket.resetAndDestroy()
  t.equal(await first.ended, 'reset')
  const second = await rawClient(t, port)
  await second.ask(HANDSHAKE)
  second.socket.pause()
  upstream.requests[1]!.socket.end(Buffer.alloc(3_000_000, 7))
  await once(upstream.requests[1]!.socket, 'finish')
  second.socket.resume()
  t.equal((await second.reader.bytes(3_000_000)).length, 3_000_000)
  t.equal(await second.ended, 'fin')
})
