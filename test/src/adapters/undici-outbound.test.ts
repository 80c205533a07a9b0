import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { outboundFault } from '../../../src/adapters/outbound-fault.ts'
import { undiciOutbound, type OutboundOptions } from '../../../src/adapters/undici-outbound.ts'
import type { OutboundFault } from '../../../src/contract/outbound.ts'
import { Authority } from '../../wire/harness/certificates.ts'

const failed = (fault: OutboundFault) => ({ name: 'OutboundError', fault })
const BOUNDS = { timeoutMs: 5000, maxBytes: 1024 }

async function listening (t: Test, server: Server, scheme = 'http'): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serving = (t: Test, listener: RequestListener) => listening(t, createServer(listener))

function outbound (t: Test, options?: OutboundOptions) {
  const made = undiciOutbound(options)
  t.teardown(() => made.close())
  return made
}

t.test('gives status, headers and body as they came', async t => {
  const url = await serving(t, (_request, response) => {
    response.writeHead(404, [['X-One', 'a'], ['X-One', 'b'], ['Content-Type', 'text/plain']].flat())
    response.end('no such thing')
  })
  const { status, headers, body } = await outbound(t).ask({ url: `${url}/a`, ...BOUNDS })
  t.equal(status, 404)
  t.equal(headers['x-one'], 'a, b')
  t.equal(headers['content-type'], 'text/plain')
  t.equal(body.toString(), 'no such thing')
})

t.test('sends method, path, query, headers and body, and asks for no content coding whatever the caller says', async t => {
  let seen: IncomingMessage | undefined
  let text = ''
  const url = await serving(t, async (request, response) => {
    seen = request
    for await (const chunk of request) text += String(chunk)
    response.end()
  })
  await outbound(t).ask({ url: `${url}/token?a=1`, method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Accept-Encoding': 'gzip' }, body: 'grant=x', ...BOUNDS })
  t.equal(seen!.method, 'POST')
  t.equal(seen!.url, '/token?a=1')
  t.equal(seen!.headers['content-type'], 'application/x-www-form-urlencoded')
  t.equal(seen!.headers['accept-encoding'], 'identity')
  t.equal(seen!.headers['user-agent'], 'gatehouse')
  t.equal(text, 'grant=x')
})

t.test('gives a redirect as an answer and follows none', async t => {
  let asked = 0
  const url = await serving(t, (_request, response) => {
    asked++
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const { status, headers } = await outbound(t).ask({ url, ...BOUNDS })
  t.equal(status, 302)
  t.equal(headers['location'], '/elsewhere')
  t.equal(asked, 1)
})

t.test('passes over informational answers', async t => {
  const url = await serving(t, (_request, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('whole')
  })
  const { status, headers, body } = await outbound(t).ask({ url, ...BOUNDS })
  t.equal(status, 200)
  t.notOk('link' in headers)
  t.equal(body.toString(), 'whole')
})

t.test('stops reading and cuts the connection once an answer is larger than allowed', async t => {
  const declared = await serving(t, (_request, response) => { response.writeHead(200, { 'content-length': 50_000_000 }).write('a') })
  await t.rejects(outbound(t).ask({ url: declared, ...BOUNDS }), failed('too-large'), 'by what it declares')

  let closed: Promise<unknown> = Promise.resolve()
  const endless = await serving(t, (_request, response) => {
    closed = once(response, 'close')
    const more = () => { if (!response.destroyed) response.write('a'.repeat(1000), () => { setImmediate(more) }) }
    more()
  })
  await t.rejects(outbound(t).ask({ url: endless, ...BOUNDS }), failed('too-large'), 'by what it sends')
  await closed
  t.pass('the server saw its connection go')

  const exact = await serving(t, (_request, response) => { response.end('a'.repeat(1024)) })
  t.equal((await outbound(t).ask({ url: exact, ...BOUNDS })).body.length, 1024, 'exactly as much is not too much')
})

t.test('refuses an answer whose header fields are too large', async t => {
  const url = await listening(t, createTcpServer(socket => { socket.write(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`) }))
  await t.rejects(outbound(t).ask({ url, ...BOUNDS }), failed('too-large'))
})

t.test('takes no content coding, whatever its size', async t => {
  const url = await serving(t, (_request, response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a'.repeat(100))) })
  await t.rejects(outbound(t).ask({ url, ...BOUNDS }), { fault: 'unreachable', message: /content coding/ })
  const identity = await serving(t, (_request, response) => { response.writeHead(200, { 'content-encoding': 'Identity' }).end('a') })
  t.equal((await outbound(t).ask({ url: identity, ...BOUNDS })).body.toString(), 'a')
})

t.test('ends a call that takes too long: without an answer, and in the middle of one', async t => {
  const silent = await serving(t, () => {})
  await t.rejects(outbound(t).ask({ url: `${silent}/keys?secret=1`, timeoutMs: 20, maxBytes: 10 }), { fault: 'timeout', message: `GET ${silent}/keys: no answer within 20 ms` })
  const dripping = await serving(t, (_request, response) => { response.write('a') })
  await t.rejects(outbound(t).ask({ url: dripping, timeoutMs: 20, maxBytes: 10 }), failed('timeout'))
})

/** A server that answers `/held` when told to, anything else at once. */
async function holding (t: Test) {
  const seen: string[] = []
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>()
  const url = await serving(t, (request, response) => {
    seen.push(request.url!)
    if (request.url === '/held') arrive(() => { response.end() })
    else response.end()
  })
  return { url, seen, arrived }
}

t.test('a call whose time is over before it has a connection is never sent', async t => {
  const { url, seen, arrived } = await holding(t)
  const gateway = outbound(t, { connections: 1 })
  const first = gateway.ask({ url: `${url}/held`, ...BOUNDS })
  const answer = await arrived
  await t.rejects(gateway.ask({ url: `${url}/late`, timeoutMs: 10, maxBytes: 10 }), failed('timeout'))
  answer()
  await first
  await gateway.ask({ url: `${url}/last`, ...BOUNDS })
  t.same(seen, ['/held', '/last'])
})

t.test('opens no more connections to one origin than allowed', async t => {
  const waiting: (() => void)[] = []
  let most = 0
  const url = await serving(t, (_request, response) => {
    waiting.push(() => { response.end() })
    most = Math.max(most, waiting.length)
    if (waiting.length === 2) for (const end of waiting.splice(0)) end()
  })
  const gateway = outbound(t, { connections: 2 })
  await Promise.all(Array.from({ length: 6 }, () => gateway.ask({ url, ...BOUNDS })))
  t.equal(most, 2)
})

t.test('calls beyond the bound of all together fail at once, and make room when they have ended', async t => {
  const { url, arrived } = await holding(t)
  const gateway = outbound(t, { maxCalls: 1 })
  const first = gateway.ask({ url: `${url}/held`, ...BOUNDS })
  await t.rejects(gateway.ask({ url, ...BOUNDS }), { fault: 'unreachable', message: /too many calls/ })
  const answer = await arrived
  answer()
  await first
  t.equal((await gateway.ask({ url, ...BOUNDS })).status, 200)
})

t.test('nobody there is unreachable, as is what breaks off or speaks no HTTP', async t => {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gone = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise(resolve => server.close(resolve))
  const gateway = outbound(t)
  await t.rejects(gateway.ask({ url: gone, ...BOUNDS }), { fault: 'unreachable', message: /ECONNREFUSED/ })

  const broken = await serving(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('abc', () => { response.destroy() })
  })
  await t.rejects(gateway.ask({ url: broken, ...BOUNDS }), failed('unreachable'), 'half an answer is none')

  const odd = await listening(t, createTcpServer(socket => { socket.write('220 mail.test ESMTP\r\n') }))
  await t.rejects(gateway.ask({ url: odd, ...BOUNDS }), failed('unreachable'))
})

t.test('what cannot be a request is refused without a call, and takes no place', async t => {
  const gateway = outbound(t, { maxCalls: 1 })
  for (const url of ['ftp://127.0.0.1/', '/keys', 'data:application/json,{}']) {
    await t.rejects(gateway.ask({ url, ...BOUNDS }), { name: 'OutboundError', fault: 'unreachable', message: /not an http or https URL/ })
  }
  const url = await serving(t, (_request, response) => { response.end() })
  await t.rejects(gateway.ask({ url, headers: { 'x-a': 'a\r\nb: c' }, ...BOUNDS }), { name: 'OutboundError', fault: 'unreachable' })
  t.equal((await gateway.ask({ url, ...BOUNDS })).status, 200)
})

t.test('uses no proxy of the environment', async t => {
  let proxied = 0
  const proxy = await serving(t, (_request, response) => {
    proxied++
    response.end('proxy')
  })
  const before = { ...process.env }
  Object.assign(process.env, { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy, NODE_USE_ENV_PROXY: '1' })
  t.teardown(() => { process.env = before })
  const url = await serving(t, (_request, response) => { response.end('direct') })
  t.equal((await outbound(t).ask({ url, ...BOUNDS })).body.toString(), 'direct')
  t.equal(proxied, 0)
})

t.test('trusts the given authority and no other, with connections of its own', async t => {
  const good = new Authority('good')
  const other = new Authority('other')
  t.teardown(() => {
    good.remove()
    other.remove()
  })
  const url = await listening(t, createTlsServer(good.issue('IP:127.0.0.1'), (_request, response) => { response.end('safe') }), 'https')
  const wrongName = await listening(t, createTlsServer(good.issue('DNS:elsewhere.test'), (_request, response) => { response.end() }), 'https')
  const gateway = outbound(t, { maxAuthorities: 1 })
  t.equal((await gateway.ask({ url, ca: good.cert, ...BOUNDS })).body.toString(), 'safe')
  await t.rejects(gateway.ask({ url, ...BOUNDS }), failed('tls'), 'not by the system')
  await t.rejects(gateway.ask({ url, ca: other.cert, ...BOUNDS }), failed('tls'), 'not by another')
  await t.rejects(gateway.ask({ url: wrongName, ca: good.cert, ...BOUNDS }), failed('tls'), 'not under another name')
  t.equal((await gateway.ask({ url, ca: good.cert, ...BOUNDS })).body.toString(), 'safe', 'one that lost its place gets it back')
})

t.test('a stop ends calls and connections that are open, that wait and that are not open yet', async t => {
  const url = await serving(t, () => {})
  // Accepts and never shakes hands: the connection is not open for undici
  const mute = await listening(t, createTcpServer(() => {}), 'https')
  const gateway = undiciOutbound({ connections: 1 })
  const calls = [`${url}/1`, `${url}/2`, mute].map(url => gateway.ask({ url, ...BOUNDS }))
  const outcomes = Promise.allSettled(calls)
  await new Promise(resolve => { setImmediate(resolve) })
  await gateway.close()
  for (const outcome of await outcomes) t.match(outcome, { status: 'rejected', reason: { name: 'OutboundError', fault: 'unreachable' } })
  await t.rejects(gateway.ask({ url, ...BOUNDS }), { fault: 'unreachable', message: /stopping/ })
})

t.test('faults tell what they were, and say nothing twice', async t => {
  const fault = (error: object) => outboundFault(error, 'GET https://idp.test/keys')
  t.match(fault({ code: 'UND_ERR_CONNECT_TIMEOUT', message: 'Connect Timeout Error' }), failed('timeout'))
  t.match(fault({ code: 'ETIMEDOUT' }), { fault: 'timeout', message: 'GET https://idp.test/keys: ETIMEDOUT' })
  t.match(fault({ code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' }), failed('tls'))
  t.match(fault({}), { fault: 'unreachable', message: 'GET https://idp.test/keys: failed' })
  const own = fault({})
  t.equal(outboundFault(own, 'again'), own)
})
