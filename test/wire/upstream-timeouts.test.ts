import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdReply, holdRequest, probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const HEAD_ONLY = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

t.test('an upstream that does not begin its answer is 504 GW_HEAD_TIMEOUT', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url, route: { timeouts: { head: '30ms' } } })
  const { status, code } = await (await rawClient(t, port)).ask(GET)
  t.same([status, code], [504, 'GW_HEAD_TIMEOUT'])
  t.ok(await upstream.requests[0]!.reader.ended, 'and its connection is closed')
  t.equal(upstream.requests.length, 1, 'a slow upstream is not asked twice')
})

t.test('the timeouts of an upstream hold where the route has none', async t => {
  const upstream = await rawUpstream(t, () => {})
  const upstreams = { slow: { endpoints: [upstream.url], timeouts: { head: '30ms' } } }
  const { port } = await startGateway(t, { upstreams, upstream: 'slow' })
  t.equal((await (await rawClient(t, port)).ask(GET)).code, 'GW_HEAD_TIMEOUT')
})

t.test('an upstream that stops in the middle of its answer resets the client', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(HEAD_ONLY) })
  const { port, line } = await startGateway(t, { upstream: upstream.url, route: { timeouts: { idle: '30ms' } } })
  const client = (await rawClient(t, port)).send(GET)
  t.equal(await client.ended, 'reset')
  t.match(await line(request), { 'error.code': 'GW_IDLE_TIMEOUT', 'gatehouse.outcome': 'upstream-broken' })
})

t.test('an upstream that stops while a filter holds its answer is 504 GW_IDLE_TIMEOUT', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(HEAD_ONLY) })
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [holdReply], route: { timeouts: { idle: '30ms' }, filters: ['hold-reply'] } })
  const { status, code } = await (await rawClient(t, port)).ask(GET)
  t.same([status, code], [504, 'GW_IDLE_TIMEOUT'])
})

t.test('a route that takes too long in all is 504 GW_TOTAL_TIMEOUT before the head', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url, route: { timeout: '30ms' } })
  const client = await rawClient(t, port)
  const { status, code } = await client.ask(GET)
  t.same([status, code], [504, 'GW_TOTAL_TIMEOUT'])
  t.ok(await upstream.requests[0]!.reader.ended)
  t.equal((await client.ask('OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 204, 'and the connection stays')
})

t.test('a route that takes too long in all resets the client behind the head', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(HEAD_ONLY) })
  const { port, line } = await startGateway(t, { upstream: upstream.url, route: { timeout: '50ms' } })
  const client = (await rawClient(t, port)).send(GET)
  t.equal(await client.ended, 'reset')
  t.match(await line(request), { 'error.code': 'GW_TOTAL_TIMEOUT' })
})

t.test('the total timeout also ends the wait for a request body', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [holdRequest], route: { timeout: '30ms', filters: ['hold-request'] } })
  const { code } = await (await rawClient(t, port)).ask('POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\nhe')
  t.equal(code, 'GW_TOTAL_TIMEOUT')
  t.equal(upstream.requests.length, 0)
})

t.test('the total timeout also counts what filters take', async t => {
  const waits = probe('waits', { request: async x => { await new Promise(resolve => { x.onAbort({ abort: resolve }) }) } })
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [waits], route: { timeout: '30ms', filters: ['waits'] } })
  t.equal((await (await rawClient(t, port)).ask(GET)).code, 'GW_TOTAL_TIMEOUT')
  t.equal(upstream.requests.length, 0)
})

t.test('an upstream that does not take the connection is 504 GW_CONNECT_TIMEOUT', async t => {
  // TLS that is never answered counts as a connection that is not open.
  const silent = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: `https://127.0.0.1:${silent.port}`, route: { timeouts: { connect: '50ms' } } })
  const { status, code } = await (await rawClient(t, port)).ask(GET)
  t.same([status, code], [504, 'GW_CONNECT_TIMEOUT'])
})

t.test('the total timeout does not wait for a connection', async t => {
  const silent = await rawUpstream(t, () => {})
  const { port, line } = await startGateway(t, { upstream: `https://127.0.0.1:${silent.port}`, route: { timeout: '50ms', timeouts: { connect: '1s' } } })
  const start = performance.now()
  t.equal((await (await rawClient(t, port)).ask(GET)).code, 'GW_TOTAL_TIMEOUT')
  t.ok(performance.now() - start < 800)
  await line(request)
})

t.test('a client that uploads slowly does not make upstream look slow', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, route: { timeouts: { head: '60ms' } } })
  const client = (await rawClient(t, port)).send('POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\n')
  for (const byte of 'hello') {
    client.send(byte)
    await new Promise(resolve => { setTimeout(resolve, 30) })
  }
  t.equal((await client.answer()).status, 200)
})
