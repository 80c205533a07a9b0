import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, okWith, rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const LONG = { gateway: { drain: '5s' } }

t.test('what is in flight is finished, and its connection ends with it', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = (await rawClient(t, port)).send(GET)
  const { socket } = await upstream.request()
  const closed = gateway.close()
  socket.write(okWith('late'))
  const { text, header } = await client.answer()
  t.same([text, header('connection'), await client.ended], ['late', 'close', 'fin'])
  await closed
})

t.test('an upload in flight is finished', async t => {
  const upstream = await rawUpstream(t)
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = (await rawClient(t, port)).send('POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\nhello')
  await new Promise(resolve => { setTimeout(resolve, 20) })
  const closed = gateway.close()
  t.same([(await client.ask('world')).status, await client.ended], [200, 'fin'])
  t.equal(upstream.requests[0]!.body.toString(), 'helloworld')
  await closed
})

t.test('a head that has begun may come to its end', async t => {
  const upstream = await rawUpstream(t)
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = (await rawClient(t, port)).send(GET.slice(0, 10))
  await new Promise(resolve => { setTimeout(resolve, 20) })
  const closed = gateway.close()
  const { status, header } = await client.ask(GET.slice(10))
  t.same([status, header('connection')], [200, 'close'])
  await closed
})

t.test('idle connections are closed at once, those never used too', async t => {
  const upstream = await rawUpstream(t)
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const used = await rawClient(t, port)
  await used.ask(GET)
  const fresh = await rawClient(t, port)
  const start = performance.now()
  await gateway.close()
  t.same([await used.ended, await fresh.ended], ['fin', 'fin'])
  t.ok(performance.now() - start < 1000)
})

t.test('no new connection is taken', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = (await rawClient(t, port)).send(GET)
  const { socket } = await upstream.request()
  const closed = gateway.close()
  await t.rejects(rawClient(t, port), { code: 'ECONNREFUSED' })
  socket.write(OK)
  await client.answer()
  await closed
})

t.test('a stream that had promised to keep the connection ends, and then the connection does', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') })
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = (await rawClient(t, port)).send(GET)
  await client.reader.until('hello')
  const start = performance.now()
  const closed = gateway.close()
  upstream.requests[0]!.socket.write('0\r\n\r\n')
  t.same([(await client.answer()).text, await client.ended], ['hello', 'fin'])
  await closed
  t.ok(performance.now() - start < 1000)
})

t.test('an answer that a slow client has not taken yet still reaches it', async t => {
  const body = 'x'.repeat(20_000_000)
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith(body)) })
  const { port, gateway, line } = await startGateway(t, { upstream: upstream.url, ...LONG })
  const client = await rawClient(t, port)
  client.socket.pause()
  client.send(GET)
  await upstream.request()
  const closed = gateway.close()
  await new Promise(resolve => { setTimeout(resolve, 120) })
  client.socket.resume()
  t.equal((await client.answer()).body.length, body.length)
  await line(({ message }) => message === 'request')
  await closed
})

t.test('what is not done in time is cut, and the client can see that', async t => {
  const upstream = await rawUpstream(t, ({ socket, start }) => { if (start.includes('/half')) socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf') })
  const { port, gateway } = await startGateway(t, { upstream: upstream.url, gateway: { drain: '40ms' } })
  const waiting = (await rawClient(t, port)).send(GET)
  const half = (await rawClient(t, port)).send('GET /half HTTP/1.0\r\n\r\n')
  await half.reader.until('half')
  await upstream.request(2)
  await gateway.close()
  t.same([await waiting.ended, await half.ended], ['reset', 'reset'])
})

t.test('connections to upstream end with the gateway', async t => {
  const upstream = await rawUpstream(t)
  const { port, gateway } = await startGateway(t, { upstream: upstream.url })
  await (await rawClient(t, port)).ask(GET)
  await gateway.close()
  t.ok(await upstream.requests[0]!.reader.ended)
})
