import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { createServer as createPlain, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { defineFilter, Type } from '../../src/contract/index.ts'
import { Authority } from './harness/certificates.ts'
import { startGateway } from './harness/gateway.ts'
import { rawClient } from './harness/raw-client.ts'
import { okWith, rawUpstream } from './harness/raw-upstream.ts'

const authority = new Authority('test authority')
const stranger = new Authority('strange authority')
t.teardown(() => {
  authority.remove()
  stranger.remove()
})
const GET = 'GET /x HTTP/1.1\r\nHost: evil.test\r\n\r\n'
const here = authority.issue('IP:127.0.0.1,DNS:localhost')

/** A TLS upstream that answers with the name it was asked for and who asks. */
async function tlsUpstream (t: Test, options: TlsOptions = here) {
  const create = (listener: (socket: Socket) => void): Server => createServer(options, listener)
  return await rawUpstream(t, ({ socket }) => {
    const { servername, authorized } = socket as TLSSocket & { servername: string | false }
    socket.write(okWith(JSON.stringify([servername, authorized])))
  }, { createServer: create })
}

/** What a client gets where the upstream has such a `tls` section. */
async function ask (t: Test, url: string, tls: Record<string, unknown> = {}, request = GET) {
  const { port } = await startGateway(t, { upstreams: { safe: { endpoints: [url], tls } }, upstream: 'safe', filters: [keepHost], route: { filters: ['keep-host'] } })
  const { status, code, text } = await (await rawClient(t, port)).ask(request)
  return code === undefined ? [status, ...JSON.parse(text) as unknown[]] : [status, code]
}

/** The Host that a client chose goes upstream: TLS must not care. */
const keepHost = defineFilter({ name: 'keep-host', config: Type.Object({}), create: () => ({ request: x => { x.upstreamHost = x.authority } }) })

t.test('an authority of one\'s own is trusted, as text or as a file', async t => {
  const { port } = await tlsUpstream(t)
  t.same(await ask(t, `https://localhost:${port}`, { ca: authority.cert }), [200, 'localhost', false])
  t.same(await ask(t, `https://localhost:${port}`, { ca: authority.file }), [200, 'localhost', false])
})

t.test('an address has no name to ask for, and its certificate must have it', async t => {
  const { port } = await tlsUpstream(t)
  const named = await tlsUpstream(t, authority.issue('DNS:localhost'))
  t.same(await ask(t, `https://127.0.0.1:${port}`, { ca: authority.cert }), [200, false, false])
  t.same(await ask(t, `https://127.0.0.1:${named.port}`, { ca: authority.cert }), [502, 'GW_UPSTREAM_TLS'])
})

t.test('the name is that of the endpoint or `serverName`, never the Host of a client', async t => {
  const evil = await tlsUpstream(t, authority.issue('DNS:evil.test'))
  t.same(await ask(t, `https://localhost:${evil.port}`, { ca: authority.cert }), [502, 'GW_UPSTREAM_TLS'])
  t.same(await ask(t, `https://127.0.0.1:${evil.port}`, { ca: authority.cert }), [502, 'GW_UPSTREAM_TLS'])
  t.same(await ask(t, `https://127.0.0.1:${evil.port}`, { ca: authority.cert, serverName: 'evil.test' }), [200, 'evil.test', false])
  t.same(await ask(t, `https://localhost:${evil.port}`, { ca: authority.cert, serverName: 'other.test' }), [502, 'GW_UPSTREAM_TLS'])
})

t.test('requests with different Hosts share a connection', async t => {
  const upstream = await tlsUpstream(t)
  const { port } = await startGateway(t, { upstreams: { safe: { endpoints: [upstream.url.replace('http:', 'https:')], tls: { ca: authority.cert } } }, upstream: 'safe', filters: [keepHost], route: { filters: ['keep-host'] } })
  const client = await rawClient(t, port)
  for (const host of ['a.test', 'b.test', 'c.test']) t.equal((await client.ask(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 200)
  t.same([upstream.connections, upstream.requests.map(({ header }) => header('host'))], [1, ['a.test', 'b.test', 'c.test']])
})

t.test('a client certificate is shown to an upstream that wants one', async t => {
  const { port } = await tlsUpstream(t, { ...here, ca: authority.cert, requestCert: true, rejectUnauthorized: true })
  const { cert, key } = authority.issue('DNS:gateway.test')
  t.same(await ask(t, `https://localhost:${port}`, { ca: authority.cert, cert, key }), [200, 'localhost', true])
  const [status, code] = await ask(t, `https://localhost:${port}`, { ca: authority.cert })
  t.equal(status, 502)
  t.match(code, /GW_UPSTREAM_(TLS|RESET)/)
})

t.test('a certificate of nobody known is refused, unless anything goes', async t => {
  const { port } = await tlsUpstream(t, stranger.issue('DNS:localhost'))
  t.same(await ask(t, `https://localhost:${port}`), [502, 'GW_UPSTREAM_TLS'])
  t.same(await ask(t, `https://localhost:${port}`, { ca: authority.cert }), [502, 'GW_UPSTREAM_TLS'])
  t.same(await ask(t, `https://localhost:${port}`, { insecure: true }), [200, 'localhost', false])
})

t.test('an upstream that speaks no TLS is refused', async t => {
  const create = (listener: (socket: Socket) => void): Server => createPlain(socket => { listener(socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')) })
  const plain = await rawUpstream(t, () => {}, { createServer: create })
  t.same(await ask(t, `https://localhost:${plain.port}`), [502, 'GW_UPSTREAM_TLS'])
})

t.test('trailer fields go over TLS by the same rules', async t => {
  const upstream = await tlsUpstream(t)
  const evil = await tlsUpstream(t, authority.issue('DNS:evil.test'))
  const request = 'POST /x HTTP/1.1\r\nHost: evil.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'
  t.same(await ask(t, `https://localhost:${upstream.port}`, { ca: authority.cert }, request), [200, 'localhost', false])
  t.same(await ask(t, `https://127.0.0.1:${upstream.port}`, { ca: authority.cert }, request), [200, false, false])
  t.same(upstream.requests.map(({ trailers }) => trailers), [[['x-sum', '1']], [['x-sum', '1']]])
  t.same(await ask(t, `https://localhost:${evil.port}`, { ca: authority.cert }, request), [502, 'GW_UPSTREAM_TLS'])
})

t.test('a tls section that cannot be used is found at start, at its own place', async t => {
  const { cert, key } = authority.issue('DNS:a.test')
  const other = stranger.issue('DNS:a.test')
  const start = (tls: Record<string, unknown>, url = 'https://localhost:1') => startGateway(t, { upstreams: { safe: { endpoints: [url], tls } }, upstream: 'safe' })
  const rejects = async (tls: Record<string, unknown>, code: string, pointer: string, url?: string) =>
    await t.rejects(start(tls, url), { errors: [{ code, pointer: `/upstreams/safe${pointer}` }] }, pointer)
  await rejects({ ca: '/no/such/file' }, 'GW_CONFIG_INVALID', '/tls/ca')
  await rejects({ cert }, 'GW_CONFIG_INVALID', '/tls/cert')
  await rejects({ key }, 'GW_CONFIG_INVALID', '/tls/key')
  await rejects({ cert, key: other.key }, 'GW_CONFIG_INVALID', '/tls/cert')
  await rejects({ ca: '-----BEGIN CERTIFICATE-----\nnonsense' }, 'GW_CONFIG_INVALID', '/tls/ca')
  await rejects({ insecure: true }, 'GW_CONFIG_NO_EFFECT', '/tls', 'http://localhost:1')
})
