import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, createServer as createPlain, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls'
import t from 'tap'
import type { ClientCertificate } from '../../../src/contract/client-certificate.ts'
import { clientCertificate } from '../../../src/http/client-certificate.ts'

interface Identity { cert: string, key: string }

const NAMES = `
[req]
distinguished_name = none
x509_extensions = v3
[none]
[v3]
subjectAltName = @alt
[alt]
URI.1 = spiffe://example.org/web
DNS.1 = web.example.org
email.1 = ops@example.org
IP.1 = 10.0.0.1
URI.2 = https://example.org/?a=1, DNS:evil.example
dirName.1 = dir
[dir]
CN = x, DNS:dir.example
`
const SUBJECT = '/C=DE/O=Ex, "ample" \\+ Söhne/CN=web+UID=7'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-certificate-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })

/** Self-signed: each is its own authority. */
function identity (name: string, subject: string, config: string): Identity {
  const path = (ending: string) => join(folder, `${name}.${ending}`)
  writeFileSync(path('cnf'), config)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-utf8', '-multivalue-rdn', '-config', path('cnf'), '-subj', subject, '-keyout', path('key'), '-out', path('pem')], { stdio: ['ignore', 'ignore', 'pipe'] })
  return { cert: readFileSync(path('pem'), 'utf8'), key: readFileSync(path('key'), 'utf8') }
}

const PLAIN = '[req]\ndistinguished_name = none\n[none]\n'
const gateway = identity('gateway', '/CN=localhost', PLAIN)
const web = identity('web', SUBJECT, NAMES)
const bare = identity('bare', '/CN=bare', PLAIN)
const stranger = identity('stranger', '/CN=stranger', NAMES)

/** What the gateway's side reads of a client that shows this. */
async function seen (client: Identity | null, maxVersion: SecureVersion = 'TLSv1.3'): Promise<ClientCertificate | null> {
  const server = createServer({ ...gateway, ca: [web.cert, bare.cert], requestCert: true, rejectUnauthorized: false, maxVersion })
  return await readOn(server, 'secureConnection', port => connect({ port, host: '127.0.0.1', ca: gateway.cert, servername: 'localhost', ...client }))
}

async function readOn (server: Server, event: string, open: (port: number) => Socket): Promise<ClientCertificate | null> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = open((server.address() as AddressInfo).port)
  client.on('error', () => {})
  const [socket] = await once(server, event) as [Socket]
  socket.on('error', () => {})
  const certificate = clientCertificate(socket)
  socket.destroy()
  client.destroy()
  server.close()
  await once(server, 'close')
  return certificate
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`reads the names of a verified certificate over ${version}`, async t => {
    const certificate = await seen(web, version)
    t.same(certificate?.uris, ['spiffe://example.org/web', 'https://example.org/?a=1, DNS:evil.example'])
    t.same(certificate?.dnsNames, ['web.example.org'])
    t.same(certificate?.emails, ['ops@example.org'])
  })
}

t.test('writes the subject as RFC 4514 does', async t => {
  t.equal((await seen(web))?.subject, 'CN=web+UID=7,O=Ex\\, \\"ample\\" \\+ Söhne,C=DE')
})

t.test('gives the thumbprint that bound tokens name', async t => {
  const der = new X509Certificate(web.cert).raw
  t.equal((await seen(web))?.thumbprint, createHash('sha256').update(der).digest('base64url'))
})

t.test('reads a certificate without alternative names', async t => {
  t.match(await seen(bare), { subject: 'CN=bare', uris: [], dnsNames: [], emails: [] })
})

t.test('sees nothing of a certificate that nobody vouches for', async t => {
  t.equal(await seen(stranger), null)
})

t.test('says the same when the TLS session is resumed', async t => {
  const server = createServer({ ...gateway, ca: [web.cert], requestCert: true, rejectUnauthorized: false })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const [client, subject] of [[web, /^CN=web/], [stranger, null]] as const) {
    let session: Buffer | undefined
    for (const isResumed of [false, true]) {
      const socket = connect({ port, host: '127.0.0.1', ca: gateway.cert, servername: 'localhost', ...client, ...session && { session } })
      socket.on('error', () => {})
      // A client of TLS 1.3 gets its session behind the handshake
      const given = isResumed ? null : once(socket, 'session')
      const [accepted] = await once(server, 'secureConnection') as [TLSSocket]
      if (given) [session] = await given as [Buffer]
      t.equal(accepted.isSessionReused(), isResumed)
      t.match(clientCertificate(accepted)?.subject ?? null, subject)
      accepted.destroy()
      socket.destroy()
    }
  }
  server.close()
  await once(server, 'close')
})

t.test('sees nothing where the client shows no certificate', async t => {
  t.equal(await seen(null), null)
})

t.test('sees nothing on a socket without TLS', async t => {
  t.equal(await readOn(createPlain(), 'connection', port => connectPlain(port, '127.0.0.1')), null)
})
