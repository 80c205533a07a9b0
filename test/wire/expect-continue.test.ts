import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { holdRequest } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, rawUpstream } from './harness/raw-upstream.ts'

const EXPECTS = 'POST /x HTTP/1.1\r\nHost: gw.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'

t.test('asks for the body when upstream is ready for it, and tells upstream nothing of the expectation', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  t.equal((await client.ask(EXPECTS)).head, 'HTTP/1.1 100 Continue\r\n\r\n')
  t.equal((await client.ask('hello')).status, 200)
  const { header, body } = upstream.requests[0]!
  t.same([header('expect'), header('content-length'), body.toString()], [undefined, '5', 'hello'])
  t.equal((await client.ask('GET /next HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 200, 'and the connection stays')
})

t.test('asks once, when a filter is the first to want the body', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, filters: [holdRequest], route: { filters: ['hold-request'] } })
  const client = await rawClient(t, port)
  t.equal((await client.ask(EXPECTS)).status, 100)
  t.equal((await client.ask('hello')).status, 200)
  t.equal(upstream.requests[0]!.body.toString(), 'hello')
})

t.test('does not ask for a body that is refused', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { bodyBytes: '4B' } } })
  const client = await rawClient(t, port)
  const { status, code, header } = await client.ask(EXPECTS)
  t.same([status, code, header('connection')], [413, 'GW_BODY_TOO_LARGE', 'close'])
  t.equal(await client.ended, 'fin')
  t.equal(upstream.requests.length, 0)
})

t.test('does not ask where no route takes the request', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { routes: [{ id: 'a', predicates: [{ path: '/a' }], upstream: upstream.url }] })
  const client = await rawClient(t, port)
  t.same([(await client.ask(EXPECTS)).code, await client.ended], ['GW_NO_ROUTE', 'fin'])
})

t.test('does not ask when upstream cannot be reached', async t => {
  const { port } = await startGateway(t, { upstream: 'http://127.0.0.1:1' })
  const client = await rawClient(t, port)
  const first = await client.ask(EXPECTS)
  // The body is wanted as soon as it has somewhere to go; that there is nothing is known only later.
  t.same([first.status, (await client.answer()).code], [100, 'GW_UPSTREAM_UNREACHABLE'])
})

t.test('ignores the expectation of HTTP/1.0, which does not know it', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  const { status } = await client.ask('POST /x HTTP/1.0\r\nHost: gw.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello')
  t.equal(status, 200)
  t.equal((await (await rawClient(t, port)).ask('GET /x HTTP/1.0\r\nHost: gw.test\r\nExpect: nothing\r\n\r\n')).status, 200)
})

t.test('takes a body that does not wait for the answer', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  t.same([(await client.ask(`${EXPECTS}hello`)).status, (await client.answer()).status], [100, 200])
})

t.test('refuses an upstream that says 100 unasked, for it cannot have been told to', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const answer = await (await rawClient(t, port)).ask('POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\nhello')
  t.equal(answer.code, 'GW_UPSTREAM_RESET')
})
