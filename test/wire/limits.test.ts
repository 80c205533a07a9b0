import { once } from 'node:events'
import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdRequest, holdReply } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { okWith, rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const post = (length: number): string => `POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${length}\r\n\r\n`
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'
const wait = (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })

t.test('the limits of a request head can be set', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { headerBytes: '1KiB', headers: 3, targetBytes: '10B' } } })
  const ask = async (bytes: string) => (await (await rawClient(t, port)).ask(bytes)).code
  t.equal(await ask('GET /123456789 HTTP/1.1\r\nHost: gw.test\r\nA: b\r\nC: d\r\n\r\n'), undefined)
  t.equal(await ask('GET /1234567890 HTTP/1.1\r\nHost: gw.test\r\n\r\n'), 'GW_TARGET_TOO_LONG')
  t.equal(await ask(`GET /${'1'.repeat(2000)} HTTP/1.1\r\nHost: gw.test\r\n\r\n`), 'GW_TARGET_TOO_LONG')
  t.equal(await ask('GET /x HTTP/1.1\r\nHost: gw.test\r\nA: b\r\nC: d\r\nE: f\r\n\r\n'), 'GW_HEADERS_TOO_LARGE')
  t.equal(await ask(`GET /x HTTP/1.1\r\nHost: gw.test\r\nA: ${'b'.repeat(1024)}\r\n\r\n`), 'GW_HEADERS_TOO_LARGE')
})

t.test('a head in many pieces counts as one', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send('GET /x HTTP/1.1\r\nHost: gw.test\r\nX-A: ')
  for (let i = 0; i < 18 && client.reader.ending === null; i++) {
    client.send('b'.repeat(1024))
    await wait(1)
  }
  t.equal((await client.answer()).code, 'GW_HEADERS_TOO_LARGE')
})

t.test('a connection too many is not served', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { connections: 2 } } })
  const first = await rawClient(t, port)
  const second = await rawClient(t, port)
  t.same([(await first.ask(GET)).status, (await second.ask(GET)).status], [200, 200])
  const third = (await rawClient(t, port)).send(GET)
  t.ok(await third.ended)
  first.socket.destroy()
  await once(first.socket, 'close')
  await wait(5)
  t.equal((await (await rawClient(t, port)).ask(GET)).status, 200)
})

t.test('a head that does not come to its end in time is 408', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { headersTimeout: '50ms' } } })
  const slow = (await rawClient(t, port)).send('GET /x HTTP/1.1\r\nHost: gw.test\r\nX-A: ')
  const drip = setInterval(() => { if (slow.socket.writable) slow.send('b') }, 10)
  t.teardown(() => { clearInterval(drip) })
  const silent = await rawClient(t, port)
  t.same([(await slow.answer()).code, (await silent.answer()).code], ['GW_REQUEST_TIMEOUT', 'GW_REQUEST_TIMEOUT'])
  t.same([await slow.ended, await silent.ended], ['fin', 'fin'])
  t.equal(upstream.requests.length, 0)
})

t.test('a second head is timed like the first', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { headersTimeout: '50ms' } } })
  const client = await rawClient(t, port)
  await client.ask(GET)
  t.equal((await client.ask('GET /x HT')).code, 'GW_REQUEST_TIMEOUT')
})

t.test('a body that stops is 408, whoever waits for it', async t => {
  const limits = { bodyIdleTimeout: '40ms' }
  for (const filters of [[], ['hold-request']]) {
    const upstream = await rawUpstream(t)
    const { port, line } = await startGateway(t, { upstream: upstream.url, gateway: { limits }, filters: [holdRequest], route: { filters } })
    const client = (await rawClient(t, port)).send(`${post(5)}he`)
    const { status, code, header } = await client.answer()
    t.same([status, code, header('connection'), await client.ended], [408, 'GW_REQUEST_TIMEOUT', 'close', 'fin'])
    t.match(await line(request), { 'error.code': 'GW_REQUEST_TIMEOUT' })
    t.equal(upstream.requests.length, 0)
  }
})

t.test('a body that drips is 408, whoever waits for it', async t => {
  const limits = { bodyIdleTimeout: '40ms' }
  for (const filters of [[], ['hold-request']]) {
    const upstream = await rawUpstream(t)
    const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits }, filters: [holdRequest], route: { filters } })
    const client = (await rawClient(t, port)).send(post(1000))
    const drip = setInterval(() => { if (client.socket.writable) client.send('b') }, 5)
    t.equal((await client.answer()).code, 'GW_REQUEST_TIMEOUT')
    clearInterval(drip)
  }
})

t.test('a body that is slow because upstream is does not count as late', async t => {
  const upstream = await rawUpstream(t, () => {}, { early: true })
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyIdleTimeout: '40ms' } } })
  const length = 8_000_000
  const client = (await rawClient(t, port)).send(post(length)).send(Buffer.alloc(length, 'x'))
  const { socket, reader } = await upstream.request()
  socket.pause()
  await wait(120)
  socket.resume()
  await reader.bytes(length)
  socket.write(okWith('all'))
  t.equal((await client.answer()).text, 'all')
})

t.test('a request that takes too long in all is 408', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { requestTimeout: '60ms' } } })
  const client = (await rawClient(t, port)).send(post(1_000_000))
  const drip = setInterval(() => { if (client.socket.writable) client.send('b'.repeat(100)) }, 10)
  t.teardown(() => { clearInterval(drip) })
  t.same([(await client.answer()).code, await client.ended], ['GW_REQUEST_TIMEOUT', 'fin'])
})

t.test('a client that does not take its answer is cut off', async t => {
  const body = 'x'.repeat(30_000_000)
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith(body)) })
  for (const filters of [[], [{ 'hold-reply': { maxBytes: 40_000_000 } }]]) {
    const { port, line } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { clientIdleTimeout: '60ms' } }, filters: [holdReply], route: { filters } })
    const client = await rawClient(t, port)
    client.socket.pause()
    client.send(GET)
    t.match(await line(request), { 'gatehouse.outcome': 'client-gone', 'error.code': 'GW_CLIENT_GONE' })
  }
})

t.test('whole answers that nobody takes are cut off too', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith('x'.repeat(200_000))) })
  const { port, line, lines } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { clientIdleTimeout: '60ms' } }, filters: [holdReply], route: { filters: ['hold-reply'] } })
  const client = await rawClient(t, port)
  client.socket.pause()
  client.send(GET.repeat(90))
  t.match(await line(line => request(line) && line['error.code'] !== undefined), { 'error.code': 'GW_CLIENT_GONE' })
  t.ok(lines.filter(line => line['http.response.status_code'] === 200).length > 5, 'after some that the kernel took')
})

t.test('a client that takes its answer slowly but steadily gets all of it', async t => {
  const body = 'x'.repeat(3_000_000)
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith(body)) })
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { clientIdleTimeout: '150ms' } }, filters: [holdReply], route: { filters: [{ 'hold-reply': { maxBytes: 40_000_000 } }] } })
  const client = (await rawClient(t, port)).send(GET)
  const stop = setInterval(() => {
    if (client.socket.isPaused()) client.socket.resume()
    else client.socket.pause()
  }, 10)
  t.teardown(() => { clearInterval(stop) })
  t.equal((await client.answer()).body.length, body.length)
})

t.test('bodies that filters hold share what memory there is for them', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { heldBytes: '1000B' } }, filters: [holdRequest], route: { filters: [{ 'hold-request': { maxBytes: 800 } }] } })
  const first = (await rawClient(t, port)).send(post(700)).send('x'.repeat(600))
  await wait(10)
  t.equal((await (await rawClient(t, port)).ask(`${post(700)}${'x'.repeat(700)}`)).status, 413)
  t.equal((await first.ask('x'.repeat(100))).status, 200)
  t.equal((await (await rawClient(t, port)).ask(`${post(700)}${'x'.repeat(700)}`)).status, 200, 'and give it back')
})

t.test('timeouts that are shorter than each other are no reason not to start', async t => {
  const { port } = await startGateway(t, { upstream: 'http://127.0.0.1:1', gateway: { limits: { requestTimeout: '2s', headersTimeout: '5s', keepAliveTimeout: '1.5s' } } })
  t.ok(port > 0)
})
