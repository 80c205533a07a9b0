import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { principal, type ClientCertificate } from '../../../../../src/contract/index.ts'
import { fakeIssuers, mount } from '../../../../../src/testing/index.ts'

const HASH = 'ab'.repeat(32)
const WEB: ClientCertificate = { subject: 'CN=web,O=Ex', uris: ['spiffe://example.org/web', 'https://web.example.org'], dnsNames: ['web.example.org'], emails: ['web@example.org'], thumbprint: 'dGh1bWI' }
const certificate = (known: Partial<ClientCertificate>): ClientCertificate => ({ subject: '', uris: [], dnsNames: [], emails: [], thumbprint: 'dGh1bWI', ...known })

const room = (options: object = {}, clientCertificate?: object) => mount(authenticate, { ways: [{ certificate: options }], ...clientCertificate && { clientCertificate } })
const shows = (known: ClientCertificate) => ({ client: { certificate: known, tls: true } })
const forwards = (...lines: string[]) => ({ client: { trusted: true }, headers: { 'x-forwarded-client-cert': lines } })
const subjectOf = async ({ call }: ReturnType<typeof room>, request: object) => {
  const { x } = await call(request)
  return x.principal?.subject ?? x.reason
}

t.test('the caller is who the certificate of the socket names', async t => {
  const { x } = await room().call(shows(WEB))
  t.same(x.principal, principal({ subject: 'spiffe://example.org/web', source: 'certificate', level: 3 }))
})

t.test('the same name is the same principal', async t => {
  const { call } = room()
  const [first, second] = [await call(shows(WEB)), await call(shows({ ...WEB }))]
  t.equal(first.x.principal, second.x.principal)
})

t.test('remembers a bounded number of names', async t => {
  const { call } = room()
  const first = (await call(shows(certificate({ subject: 'CN=0' })))).x.principal
  for (let i = 1; i <= 1000; i++) await call(shows(certificate({ subject: `CN=${i}` })))
  const again = (await call(shows(certificate({ subject: 'CN=0' })))).x.principal
  t.same(again, first)
  t.not(again, first)
})

t.test('finds no credential where there is no certificate', async t => {
  t.match(await room().call(), { status: 401, x: { reason: 'missing', principal: null } })
})

t.test('goes by the kinds of names in the order given', async t => {
  const cases = [
    [['email', 'uri'], 'web@example.org'], ['dns', 'web.example.org'], ['subject', 'CN=web,O=Ex'], [['uri', 'dns'], 'spiffe://example.org/web']
  ] as const
  for (const [subject, name] of cases) t.equal(await subjectOf(room({ subject }), shows(WEB)), name)
})

t.test('passes over kinds that the certificate has no name of', async t => {
  t.equal(await subjectOf(room(), shows(certificate({ dnsNames: ['a.test'], subject: 'CN=a' }))), 'a.test')
  t.equal(await subjectOf(room(), shows(certificate({ subject: 'CN=a' }))), 'CN=a')
  t.equal(await subjectOf(room({ subject: 'uri' }), shows(certificate({ subject: 'CN=a' }))), 'unknown')
  t.equal(await subjectOf(room(), shows(certificate({}))), 'unknown')
})

t.test('passes over names that no header could carry', async t => {
  t.equal(await subjectOf(room(), shows(certificate({ uris: ['', 'spiffe://a\n/b', 'a'.repeat(513), 'spiffe://a/c'] }))), 'spiffe://a/c')
})

t.test('lets in only names that are listed', async t => {
  const { call } = room({ uris: ['spiffe://example.org/*', 'spiffe://example.org/ns/**', 'spiffe://*.example.net/web'] })
  const outcome = async (uri: string) => (await call(shows(certificate({ uris: [uri], dnsNames: ['a.test'], subject: 'CN=a' })))).x
  for (const uri of ['spiffe://example.org/web', 'spiffe://example.org/ns/a/sa/b', 'spiffe://a.example.net/web', 'spiffe://a.b.example.net/web']) t.equal((await outcome(uri)).principal?.subject, uri)
  for (const uri of ['spiffe://example.org/a/b', 'spiffe://example.org/', 'spiffe://example.org', 'spiffe://exampleXorg/web', 'xspiffe://example.org/web', 'spiffe://evil/a.example.net/web', 'spiffe://example.org/ns/']) {
    t.match(await outcome(uri), { principal: null, reason: 'unknown' }, uri)
  }
})

t.test('takes the name that is listed, not the first', async t => {
  t.equal(await subjectOf(room({ uris: 'https://*.example.org' }), shows(WEB)), 'https://web.example.org')
})

t.test('a star stays within its part of a name', async t => {
  const lists = [
    [{ dnsNames: '*.example.org' }, { dnsNames: ['a.example.org'] }, { dnsNames: ['a.b.example.org'] }],
    [{ emails: '*@example.org' }, { emails: ['a@example.org'] }, { emails: ['a@evil@example.org'] }],
    [{ subjects: 'CN=*,O=Ex' }, { subject: 'CN=a,O=Ex' }, { subject: 'CN=a,O=Evil,O=Ex' }],
    [{ subjects: 'CN=*,O=Ex' }, { subject: 'CN=a\\, b,O=Ex' }, { subject: 'CN=a\\,O=Ex' }]
  ] as const
  for (const [list, good, bad] of lists) {
    t.not(await subjectOf(room(list), shows(certificate(good))), 'unknown')
    t.equal(await subjectOf(room(list), shows(certificate(bad))), 'unknown')
  }
})

t.test('believes no header unless it is told to', async t => {
  t.equal(await subjectOf(room(), forwards(`Hash=${HASH};URI=spiffe://a/b`)), 'missing')
})

t.test('believes the header of trusted proxies alone', async t => {
  const both = room({}, { from: ['socket', 'header'] })
  const request = forwards(`Hash=${HASH};Subject="CN=a";URI=spiffe://a/b`)
  t.equal(await subjectOf(both, request), 'spiffe://a/b')
  t.equal(await subjectOf(both, { ...request, client: { trusted: false } }), 'missing')
  t.equal(await subjectOf(both, { ...request, client: { trusted: true, certificate: WEB } }), 'spiffe://example.org/web', 'the first place that has one')
  t.equal(await subjectOf(room({}, { from: 'header' }), { ...request, client: { trusted: true, certificate: WEB } }), 'spiffe://a/b')
  t.equal(await subjectOf(room({}, { from: 'header' }), { client: { trusted: true, certificate: WEB } }), 'missing')
})

t.test('takes the header out of the request', async t => {
  const { x } = await room({}, { from: 'header' }).call(forwards(`Hash=${HASH};URI=spiffe://a/b`))
  t.notOk(x.headers.has('x-forwarded-client-cert'))
})

t.test('counts hops from the end of the header', async t => {
  const element = (name: string) => `Hash=${HASH};URI=spiffe://${name}`
  const request = forwards(`${element('spoofed')},${element('client')}`, element('edge'))
  t.equal(await subjectOf(room({}, { from: 'header' }), request), 'spiffe://edge')
  t.equal(await subjectOf(room({}, { from: 'header', hops: 2 }), request), 'spiffe://client')
  t.equal(await subjectOf(room({}, { from: 'header', hops: 4 }), request), 'missing', 'nobody stands there')
})

t.test('refuses a header that is not as it should be', async t => {
  const { call } = room({}, { from: 'header' })
  for (const line of ['URI=spiffe://a/b', 'Hash=abc;URI=spiffe://a/b', `Hash=${HASH.replace('a', 'g')};URI=x`, 'nonsense', `Hash=${HASH};Cert="x";URI=spiffe://a/b`, `Hash=${HASH};Cert="%";URI=spiffe://a/b`]) {
    t.match(await call(forwards(line)), { status: 401, x: { reason: 'malformed', principal: null } }, line)
  }
})

t.test('binds tokens by the certificate in the header, which must be that of its hash', async t => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null']
  const pem = execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=web', '-days', '1'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  const hash = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
  const bound = principal({ subject: 'ann', source: 'jwt', level: 3, confirmation: { x5tS256: Buffer.from(hash, 'hex').toString('base64url') } })
  const { call } = mount(authenticate, { ways: 'bearer', clientCertificate: { from: 'header' } }, {}, { services: { issuers: fakeIssuers({ tokens: { token: bound } }) } })
  const reason = async (line: string) => (await call({ client: { trusted: true }, headers: { authorization: 'Bearer token', 'x-forwarded-client-cert': line } })).x.reason
  t.equal(await reason(`Cert="${encodeURIComponent(pem)}"`), null)
  t.equal(await reason(`Hash=${hash.toUpperCase()};Cert="${encodeURIComponent(pem)}"`), null)
  t.equal(await reason(`Hash=${hash}`), null)
  t.equal(await reason(`Hash=${HASH}`), 'binding')
  t.equal(await reason(`Hash=${HASH};Cert="${encodeURIComponent(pem)}"`), 'malformed')
  t.equal(await reason(`Cert="${encodeURIComponent(pem + pem)}"`), 'malformed')
})

t.test('refuses what a page of another origin may have made a browser send', async t => {
  const { call } = room({ origins: 'https://admin.test' })
  const post = (headers: Record<string, string>) => call({ ...shows(WEB), method: 'POST', headers })
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.test' }]) t.match(await post(headers), { reply: { code: 'GW_FORBIDDEN' }, x: { reason: 'cross-site', principal: null } })
  for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: 'https://admin.test' }, {}]) t.equal((await post(headers)).status, 200, 'clients that are no browser say nothing')
})

t.test('names what is wrong with its options', async t => {
  const fails = (options: object, code: string, pointer: string) => { t.throws(() => room(options), { errors: [{ code, pointer: `/authenticate/ways/0/certificate${pointer}` }] }) }
  fails({ subject: 'ip' }, 'GW_CONFIG_INVALID', '/subject')
  fails({ subject: 'uri', emails: '*@a.test' }, 'GW_CONFIG_NO_EFFECT', '/emails')
  fails({ uris: ['a\nb'] }, 'GW_CONFIG_INVALID', '/uris/0')
})
