import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { connectProbe } from '../../../../src/upstream/health/connect-probe.ts'
import { upstreamTls } from '../../../../src/upstream/upstream-tls.ts'
import { Authority } from '../../../wire/harness/certificates.ts'
import { listening, never } from './sockets.ts'

const at = (port: number) => ({ origin: `http://127.0.0.1:${port}`, authority: 'a', tls: null })

t.test('who accepts a connection is well, and it is closed', async t => {
  const server = createServer()
  const closed = new Promise(resolve => { server.on('connection', socket => { socket.resume().on('close', resolve) }) })
  const { port } = await listening(t, server)
  await connectProbe({})(at(port), never)
  await closed
  await connectProbe({ port })(at(1), never)
})

t.test('who does not is not', async t => {
  await t.rejects(connectProbe({})(at(1), never), { code: 'ECONNREFUSED' })
})

t.test('over TLS the handshake and the certificate count too', async t => {
  const authority = new Authority('connection checks')
  t.teardown(() => { authority.remove() })
  const { port } = await listening(t, createTlsServer(authority.issue('DNS:orders.svc')))
  const endpoint = (name: string) => ({ origin: `https://127.0.0.1:${port}`, authority: name, tls: upstreamTls(name, { ca: authority.cert, insecure: false }) })
  await t.resolves(connectProbe({})(endpoint('orders.svc'), never))
  await t.rejects(connectProbe({})(endpoint('other.svc'), never), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

t.test('a handshake that never ends does so when it is told, and one that breaks off is not well', async t => {
  const stop = new AbortController()
  const { port } = await listening(t, createServer(socket => { socket.once('data', () => { stop.abort(new Error('enough')) }) }))
  const tls = upstreamTls('orders.svc', null)
  await t.rejects(connectProbe({})({ ...at(port), tls }, stop.signal), { message: 'enough' })
  const rude = await listening(t, createServer(socket => { socket.end() }))
  await t.rejects(connectProbe({})({ ...at(rude.port), tls }, never))
})
