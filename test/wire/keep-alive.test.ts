import t from 'tap'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { OK, okWith, rawUpstream, type Received } from './harness/raw-upstream.ts'

const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: gw.test\r\n${fields}\r\n`
const request = ({ message }: Readonly<Record<string, unknown>>): boolean => message === 'request'

t.test('pipelined requests are handled one after the other, and answered in order', async t => {
  const held: Received[] = []
  const upstream = await rawUpstream(t, received => { held.push(received) })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(`${get('/1')}PUT /2 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\nhello${get('/3')}`)
  for (const path of ['/1', '/2', '/3']) {
    const received = await upstream.request(held.length + (held.some(({ start }) => start.includes(path)) ? 0 : 1))
    t.match(received.start, path)
    t.equal(upstream.requests.length, Number(path.slice(1)), 'the next waits for its turn')
    received.socket.write(okWith(path))
    t.equal((await client.answer()).text, path)
  }
})

t.test('a slow answer first does not lose the quick ones behind it', async t => {
  const upstream = await rawUpstream(t, ({ socket, start }) => { setTimeout(() => { socket.write(okWith(start.slice(4, 6))) }, start.includes('/1') ? 30 : 0) })
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { clientIdleTimeout: '20ms' } } })
  const client = (await rawClient(t, port)).send(get('/1') + get('/2') + get('/3'))
  t.same([(await client.answer()).text, (await client.answer()).text, (await client.answer()).text], ['/1', '/2', '/3'])
})

t.test('a client that sends a hundred requests ahead is cut off', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(get('/x').repeat(102))
  await client.ended
  t.ok(upstream.requests.length <= 1, 'of which upstream has seen one')
})

t.test('a hundred requests ahead are served', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(get('/x').repeat(101))
  for (let i = 0; i < 101; i++) t.equal((await client.answer()).status, 200)
})

t.test('behind a request that is cut off nothing is handled', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(get('/1') + get('/2'))
  await client.reader.until('hello')
  upstream.requests[0]!.socket.destroy()
  t.same([await client.ended, upstream.requests.length], ['reset', 1])
})

t.test('the last request of a connection says so, and no other is served', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { requestsPerConnection: 2 } } })
  const client = await rawClient(t, port)
  t.equal((await client.ask(get('/1'))).header('connection'), 'keep-alive')
  t.equal((await client.send(get('/2') + get('/3')).answer()).header('connection'), 'close')
  t.same([await client.ended, upstream.requests.length], ['fin', 2])
})

t.test('an idle connection is closed after its time', async t => {
  const upstream = await rawUpstream(t)
  const { port } = await startGateway(t, { upstream: upstream.url, gateway: { limits: { keepAliveTimeout: '1ms' } } })
  const client = await rawClient(t, port)
  t.equal((await client.ask(get('/x'))).status, 200)
  await client.ended
  t.pass('closed')
})

t.test('HTTP/1.0 gets its answer to the end of the connection', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send('GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  await client.reader.until('hello')
  upstream.requests[0]!.socket.write('5\r\nworld\r\n0\r\n\r\n')
  const { text, header } = await client.answer()
  t.same([text, header('transfer-encoding'), header('content-length'), header('connection'), await client.ended], ['helloworld', undefined, undefined, 'close', 'fin'])
})

t.test('HTTP/1.0 sees that an answer was cut, although only the end of the connection ends it', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send('GET /x HTTP/1.0\r\n\r\n')
  await client.reader.until('hello')
  upstream.requests[0]!.socket.destroy()
  t.equal(await client.ended, 'reset')
})

t.test('a client that closes its side before it has the answer has gone: upstream is told', async t => {
  const upstream = await rawUpstream(t, () => {})
  const { port, line } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(get('/x'))
  const { reader } = await upstream.request()
  client.socket.end()
  t.ok(await reader.ended)
  t.match(await line(request), { 'gatehouse.outcome': 'client-gone', 'error.code': 'GW_CLIENT_GONE', 'http.response.status_code': 499 })
})

t.test('an answer goes out in one piece with the head, and its length is known', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { header, text } = await (await rawClient(t, port)).ask(get('/x'))
  t.same([header('content-length'), header('transfer-encoding'), text], ['2', undefined, 'ok'])
})

t.test('a body that only the end of upstream\'s connection ends is chunked for the client', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => { socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nX-A: b\r\n\r\nhello') })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const client = (await rawClient(t, port)).send(get('/x'))
  await client.reader.until('hello')
  upstream.requests[0]!.socket.end('world')
  const { header, text } = await client.answer()
  t.same([header('transfer-encoding'), header('connection'), header('x-a'), text], ['chunked', 'keep-alive', 'b', 'helloworld'])
  upstream.answering = ({ socket }) => { socket.write(OK) }
  t.equal((await client.ask(get('/x'))).text, 'ok', 'and the client\'s connection stays')
})

t.test('what ends at this hop of an answer is not passed on, nor what it names', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => {
    socket.write(okWith('ok', ['Connection: x-a, keep-alive', 'X-A: b', 'Keep-Alive: timeout=99', 'Proxy-Authenticate: Basic', 'Proxy-Connection: x', 'Upgrade: h2c', 'X-Request-Id: theirs', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-B: c', ''].join('\r\n')))
  })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { fields, header } = await (await rawClient(t, port)).ask(get('/x'))
  t.same(fields.filter(([name]) => /^(x-a|x-b|proxy|upgrade|set-cookie|connection)/i.test(name)), [['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-b', 'c'], ['Connection', 'keep-alive']])
  t.match(header('x-request-id'), /^[0-9a-f-]{36}$/)
  t.equal(header('x-request-id'), upstream.requests[0]!.header('x-request-id'), 'the id that upstream was told')
})

t.test('bytes outside ASCII pass in both directions as they are', async t => {
  const upstream = await rawUpstream(t, ({ socket }) => {
    socket.write(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Disposition: attachment; filename="caf\xe9.txt"\r\nX-A: \xc3\xa9\xff\r\n\r\nok', 'latin1'))
  })
  const { port } = await startGateway(t, { upstream: upstream.url })
  const { header } = await (await rawClient(t, port)).ask(get('/x', 'X-B: \xe9\xff\r\n'))
  t.same([header('content-disposition'), header('x-a'), upstream.requests[0]!.header('x-b')], ['attachment; filename="caf\xe9.txt"', '\xc3\xa9\xff', '\xe9\xff'])
})
