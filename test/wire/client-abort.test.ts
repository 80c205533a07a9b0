import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdReply, holdRequest, probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const POST = 'POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\nhello'
const GONE = { 'gatehouse.outcome': 'client-gone', 'error.code': 'GW_CLIENT_GONE' }
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

t.test('a client that goes while upstream thinks ends the call', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, line, gateway } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  const { reader } = await upstream.request()
  client.socket.resetAndDestroy()
  t.ok(await reader.ended)
  t.match(await line(request), GONE)
  t.ok(gateway)
})

t.test('a client that goes in the middle of its body ends the call', async t => {
  const upstream = await rawUpstream(t, () => {}, { early: true })
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(POST)
  const { reader } = await upstream.request()
  await reader.bytes(5)
  client.socket.resetAndDestroy()
  t.ok(await reader.ended)
  t.match(await line(request), { ...GONE, 'http.request.body.bytes': 5 })
})

t.test('a client that goes in the middle of a chunked body never looks finished to upstream', async t => {
  const upstream = await rawUpstream(t, () => {}, { early: true })
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send('POST /x HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  const { reader } = await upstream.request()
  await reader.until('hello')
  client.socket.destroy()
  await reader.ended
  t.notMatch(reader.rest.toString(), '0\r\n\r\n')
  await line(request)
})

t.test('a client that goes in the middle of the answer ends the call', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello') })
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET)
  await client.reader.until('hello')
  client.socket.resetAndDestroy()
  t.ok(await upstream.requests[0]!.reader.ended)
  t.match(await line(request), { ...GONE, 'http.response.status_code': 200, 'http.response.body.bytes': 5 })
})

t.test('a client that goes while a filter holds its body ends the exchange, and upstream is never asked', async t => {
  const upstream = await rawUpstream(t)
  const { port, line } = await startGateway(t, { upstream: upstream.url, filters: [holdRequest], route: { filters: ['hold-request'] } })
  const client = (await rawClient(t, port)).send(POST)
  client.socket.end()
  t.match((await line(request))['error.code'], /GW_CLIENT_GONE|GW_BAD_BODY/)
  t.equal(upstream.requests.length, 0)
})

t.test('a client that has gone before a filter holds its body does not make it wait', async t => {
  let tell = (): void => {}
  const told = new Promise<void>(resolve => { tell = resolve })
  const late = probe('late', { request: async x => { await new Promise(resolve => { x.onAbort({ abort: resolve }) }); tell(); await x.body.hold(100) } })
  const upstream = await rawUpstream(t)
  const { port, line } = await startGateway(t, { upstream: upstream.url, filters: [late], route: { filters: ['late'] } })
  const client = (await rawClient(t, port)).send(POST)
  client.socket.destroy()
  await told
  t.match((await line(request))['error.code'], /GW_CLIENT_GONE|GW_BAD_BODY/)
  t.equal(upstream.requests.length, 0)
})

t.test('a client that goes while a filter holds the answer ends the call', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello') })
  const { port, line } = await startGateway(t, { upstream: upstream.url, filters: [holdReply], route: { filters: ['hold-reply'] } })
  const client = (await rawClient(t, port)).send(GET)
  const { reader } = await upstream.request()
  client.socket.destroy()
  t.ok(await reader.ended)
  t.match(await line(request), GONE)
})

t.test('a client that goes before a filter is done keeps upstream from being asked', async t => {
  const waits = probe('waits', { request: async x => { await new Promise(resolve => { x.onAbort({ abort: resolve }) }) } })
  const upstream = await rawUpstream(t)
  const { port, line } = await startGateway(t, { upstream: upstream.url, filters: [waits], route: { filters: ['waits'] } })
  const client = (await rawClient(t, port)).send(GET)
  client.socket.destroy()
  t.match(await line(request), GONE)
  t.equal(upstream.requests.length, 0)
})

t.test('a pipelined request of a client that has gone is never begun', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(GET + GET)
  await upstream.request()
  client.socket.resetAndDestroy()
  await line(request)
  t.equal(upstream.requests.length, 1)
})
