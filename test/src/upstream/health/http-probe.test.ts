import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { HealthConfig } from '../../../../src/contract/route-file.ts'
import { httpProbe } from '../../../../src/upstream/health/http-probe.ts'
import { upstreamTls } from '../../../../src/upstream/upstream-tls.ts'
import { Authority } from '../../../wire/harness/certificates.ts'
import { listening, never } from './sockets.ts'

const CONFIG = { path: '/healthz?deep=1', statuses: ['200-299'], interval: 10_000, jitter: 0, timeout: 2000, unhealthy: 3, healthy: 2 } as const

/** A check of a server that answers so. */
async function check (t: Test, answer: (req: IncomingMessage, res: ServerResponse) => void, config: Partial<HealthConfig> = {}) {
  const server = createServer(answer)
  const { port, open } = await listening(t, server)
  const endpoint = { origin: `http://127.0.0.1:${port}`, authority: 'orders.svc:8080', tls: null }
  return { port, open, ask: async (signal = never) => { await httpProbe({ ...CONFIG, statuses: [...CONFIG.statuses], ...config })(endpoint, signal) } }
}

t.test('asks for the path on a connection of its own', async t => {
  const seen: object[] = []
  const { ask } = await check(t, (req, res) => {
    seen.push([req.method, req.url, req.headers, req.socket.remotePort])
    res.end('fine')
  })
  await ask()
  await ask()
  t.match(seen[0], ['GET', '/healthz?deep=1', { host: 'orders.svc:8080', 'user-agent': 'gatehouse-health', connection: 'close' }])
  t.equal(new Set(seen.map(one => (one as unknown[])[3])).size, 2)
})

t.test('another Host and another port', async t => {
  const hosts: unknown[] = []
  const { port } = await check(t, (req, res) => {
    hosts.push(req.headers.host)
    res.end()
  })
  await httpProbe({ ...CONFIG, statuses: ['200-299'], host: 'health.example', port })({ origin: 'http://127.0.0.1:1', authority: '127.0.0.1:1', tls: null }, never)
  t.same(hosts, ['health.example'])
})

t.test('the status must be one of those expected; a redirect is not followed', async t => {
  let status = 200
  const statuses = { statuses: [204, '301-302', '500-503'] }
  const { ask } = await check(t, (_req, res) => { res.writeHead(status, { location: '/elsewhere' }).end() }, statuses)
  for (const good of [204, 301, 302, 500, 503]) {
    status = good
    await t.resolves(ask())
  }
  for (const bad of [200, 300, 303, 404, 499, 504]) {
    status = bad
    await t.rejects(ask(), { message: `status ${bad}` })
  }
})

t.test('the pattern must be in the body, wherever it is cut', async t => {
  const { ask } = await check(t, (_req, res) => {
    res.write('{"state":"U')
    res.end('P"}')
  }, { body: '"state": ?"UP"' })
  await t.resolves(ask())
  const other = await check(t, (_req, res) => { res.end('{"state":"DOWN"}') }, { body: '"UP"' })
  await t.rejects(other.ask(), { message: 'the body is not as expected' })
})

t.test('of an endless body only the first 64 KiB are read', async t => {
  const endless = (at: number) => (_req: IncomingMessage, res: ServerResponse) => {
    res.write(' '.repeat(at - 2) + 'OK')
    const more = () => { while (res.write('x'.repeat(10_000))); }
    res.on('drain', more)
    more()
  }
  const found = await check(t, endless(65_536), { body: 'OK' })
  await t.resolves(found.ask())
  const beyond = await check(t, endless(65_537), { body: 'OK' })
  await t.rejects(beyond.ask(), { message: 'the body is not as expected' })
})

t.test('a body that breaks off is not well; where nobody looks at it, the head is enough', async t => {
  const broken = (_req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(200, { 'content-length': '100' })
    res.write('UP', () => { res.destroy() })
  }
  await t.rejects((await check(t, broken, { body: 'DOWN' })).ask())
  await t.resolves((await check(t, (_req, res) => { res.writeHead(200).write('and so on') })).ask())
})

t.test('what is no answer is not well', async t => {
  for (const answer of ['', 'nonsense\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`]) {
    const { port } = await listening(t, createTcpServer(socket => { socket.end(answer) }))
    await t.rejects(httpProbe({ ...CONFIG, statuses: ['100-599'] })({ origin: `http://127.0.0.1:${port}`, authority: 'a', tls: null }, never))
  }
  await t.rejects(httpProbe({ ...CONFIG, statuses: ['100-599'] })({ origin: 'http://127.0.0.1:1', authority: 'a', tls: null }, never), { code: 'ECONNREFUSED' })
})

t.test('ends at once when it is told, and leaves no connection', async t => {
  const stop = new AbortController()
  const { ask, open } = await check(t, () => { stop.abort(new Error('enough')) })
  await t.rejects(ask(stop.signal), { name: 'AbortError' })
  for (const socket of open) await new Promise(resolve => socket.once('close', resolve))
  await t.rejects(ask(stop.signal))
})

t.test('over TLS the name of the endpoint counts', async t => {
  const authority = new Authority('health checks')
  t.teardown(() => { authority.remove() })
  const asked: unknown[] = []
  const { port } = await listening(t, createTlsServer(authority.issue('DNS:orders.svc'), (req, res) => {
    asked.push((req.socket as TLSSocket & { servername: unknown }).servername)
    res.end()
  }))
  const ask = async (name: string) => {
    await httpProbe({ ...CONFIG, statuses: ['200-299'] })({ origin: `https://127.0.0.1:${port}`, authority: name, tls: upstreamTls(name, { ca: authority.cert, insecure: false }) }, never)
  }
  await t.resolves(ask('orders.svc'))
  await t.rejects(ask('other.svc'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  t.same(asked, ['orders.svc'])
})
