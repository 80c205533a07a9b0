import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { probe } from './harness/filters.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, okWith, rawUpstream, type Received } from './harness/raw-upstream.ts'

const get = (path = '/x', fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: gw.test\r\n${fields}\r\n`
const send = (method: string, body = 'hello'): string => `${method} /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const OPTIONS = 'OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n\r\n'

t.test('one connection to upstream serves one request after the other', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  for (let i = 0; i < 5; i++) await client.ask(get())
  t.same([upstream.requests.length, upstream.connections], [5, 1])
})

t.test('a connection that upstream has closed is not used again', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.end(OK) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  for (const request of [get(), send('POST'), send('POST'), get()]) {
    t.equal((await client.ask(request)).status, 200)
    await upstream.requests.at(-1)!.reader.ended
  }
})

/** An upstream that keeps its connections, and drops each at its second request without a word. */
const drops = ({ socket, connection }: Received, seen: Set<number>): void => {
  if (seen.has(connection)) socket.resetAndDestroy()
  else {
    seen.add(connection)
    socket.write(OK)
  }
}

t.test('a connection that upstream closes at the moment it is used is no 502 for what can be sent again', async t => {
  for (const again of [get(), send('HEAD', ''), 'DELETE /x HTTP/1.1\r\nHost: gw.test\r\n\r\n', OPTIONS.replace('*', '/x')]) {
    const seen = new Set<number>()
    const upstream = await rawUpstream(t, received => { drops(received, seen) })
    const { port } = await startGateway(t, { upstream: upstream.url })
    const client = await rawClient(t, port)
    t.equal((await client.ask(get())).status, 200)
    t.equal((await client.ask(again, again.slice(0, again.indexOf(' ')))).status, 200, again.slice(0, 10))
    t.same([upstream.requests.length, upstream.connections], [3, 2])
  }
})

t.test('it is 502 for what could be done twice by that, or cannot be sent again', async t => {
  for (const once of [send('POST'), 'POST /x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 0\r\n\r\n', send('PUT'), 'PATCH /x HTTP/1.1\r\nHost: gw.test\r\n\r\n']) {
    const seen = new Set<number>()
    const upstream = await rawUpstream(t, received => { drops(received, seen) })
    const { port } = await startGateway(t, { upstream: upstream.url })
    const client = await rawClient(t, port)
    await client.ask(get())
    const { status, code } = await client.ask(once)
    t.same([status, code, upstream.requests.length], [502, 'GW_UPSTREAM_RESET', 2], once.slice(0, 10))
  }
})

t.test('an upstream that cannot be reached is 502, and the client\'s connection stays', async t => {
  const { port } = await startGateway(t, { upstream: 'http://127.0.0.1:1' })
  const client = await rawClient(t, port)
  for (const request of [get(), send('POST')]) {
    const { status, code } = await client.ask(request)
    t.same([status, code], [502, 'GW_UPSTREAM_UNREACHABLE'])
  }
  t.equal((await client.ask(OPTIONS)).status, 204)
})

t.test('a name that nobody has is 502', async t => {
  const { port } = await startGateway(t, { upstream: 'http://gatehouse.invalid' })
  t.equal((await (await rawClient(t, port)).ask(get())).code, 'GW_UPSTREAM_UNREACHABLE')
})

t.test('no more connections than the upstream has; as many calls wait, and beyond that it is 503', async t => {
  const upstream = await rawUpstream(t, () => {})
  let secondIsIn = (): void => {}
  const waiting = new Promise<void>(resolve => { secondIsIn = resolve })
  const tell = probe('tell', { request: x => { if (x.path === '/2') secondIsIn() } })
  const { port } = await startGateway(t, { upstreams: { small: { endpoints: [upstream.url], connections: 1 } }, upstream: 'small', filters: [tell], route: { filters: ['tell'] } })
  const clients = await Promise.all([1, 2, 3].map(async () => await rawClient(t, port)))
  clients[0]!.send(get('/1'))
  const first = await upstream.request(1)
  clients[1]!.send(get('/2'))
  await waiting
  const { status, code, header } = await clients[2]!.ask(get('/3'))
  t.same([status, code, header('retry-after')], [503, 'GW_OVERLOADED', '1'])
  upstream.answering = ({ socket }) => { socket.write(okWith('two')) }
  first.socket.write(okWith('one'))
  t.same([(await clients[0]!.answer()).text, (await clients[1]!.answer()).text], ['one', 'two'])
  t.equal(upstream.connections, 1)
})

t.test('weights of endpoints and of the upstreams of a route are kept to', async t => {
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(async name => await rawUpstream(t, ({ socket }) => { socket.write(okWith(name)) })))
  const upstreams = { many: { endpoints: [a!.url, { url: b!.url, weight: 2 }, { url: 'http://127.0.0.1:1', weight: 0 }] } }
  const { port } = await startGateway(t, { upstreams, upstream: [{ to: 'many', weight: 3 }, { to: c!.url, weight: 1 }] })
  const client = await rawClient(t, port)
  let answers = ''
  for (let i = 0; i < 200; i++) answers += (await client.ask(get())).text
  const [ofA, ofB, ofC] = ['a', 'b', 'c'].map(name => answers.split(name).length - 1) as [number, number, number]
  // One in a million is further off than five times the standard deviation
  t.ok(ofC > 18 && ofC < 82, `upstreams are drawn by weight: ${ofC} of 200`)
  t.ok(Math.abs(ofB - 2 * ofA) <= 2, `endpoints take turns: ${ofA} and ${ofB}`)
  t.notMatch(answers.replaceAll('c', ''), /aa|bbb/, 'spread, not in bursts')
})

t.test('a route whose upstreams have no weight has nowhere to go', async t => {
  const { port } = await startGateway(t, { upstreams: { none: { endpoints: [{ url: 'http://127.0.0.1:1', weight: 0 }] } }, upstream: 'none' })
  const { status, code } = await (await rawClient(t, port)).ask(get())
  t.same([status, code], [503, 'GW_NO_ENDPOINT'])
})

t.test('what an upstream announces in Keep-Alive is believed, less a second', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write(okWith('ok', 'Keep-Alive: timeout=1\r\n')) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = await rawClient(t, port)
  await client.ask(get())
  await client.ask(get())
  t.equal(upstream.connections, 2, 'a connection that has no second left is not kept')
})

t.test('the gateway closes a connection to upstream that is idle for too long', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstreams: { brief: { endpoints: [upstream.url], keepAlive: '20ms' } }, upstream: 'brief' })
  await (await rawClient(t, port)).ask(get())
  t.equal(await upstream.requests[0]!.reader.ended, 'fin')
})
