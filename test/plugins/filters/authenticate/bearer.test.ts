import t from 'tap'
import authenticate from '../../../../plugins/filters/authenticate/index.ts'
import { principal, type Principal } from '../../../../src/contract/index.ts'
import { fakeIssuers, mount } from '../../../../src/testing/index.ts'

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln'
const OPAQUE = 'opaque-token-of-the-issuer'
const ann = (known: Partial<Principal> = {}) => principal({ subject: 'ann', source: 'jwt', level: 2, ...known })
const introspect = async () => ({ active: true, sub: 'bob', iss: 'https://issuer.test' })

const room = (config: unknown, known: Principal) =>
  mount(authenticate, config, {}, { services: { issuers: fakeIssuers({ tokens: { [JWT]: known, [OPAQUE]: known }, client: { introspect } }) } })
const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

t.test('hands every token to the verifier where no other way takes opaque ones', async t => {
  for (const token of [JWT, OPAQUE]) t.equal((await room('bearer', ann()).call(bearing(token))).x.principal?.subject, 'ann')
})

for (const ways of [['bearer', 'introspection'], ['introspection', 'bearer']]) {
  t.test(`leaves opaque tokens to introspection: ${ways.join(', ')}`, async t => {
    const { call } = room({ ways }, ann())
    t.equal((await call(bearing(JWT))).x.principal?.subject, 'ann')
    t.equal((await call(bearing(OPAQUE))).x.principal?.subject, 'bob')
    for (const token of ['ey', 'ey.', 'ey.a-token-of-one-dot', 'ey.a.b.c-of-three-dots', 'no.json.in-the-front']) t.not((await call(bearing(token))).x.principal?.subject, 'ann', token)
  })
}

t.test('refuses a key-bound token that came without its proof', async t => {
  t.match(await room('bearer', ann({ confirmation: { jkt: 'abc' } })).call(bearing(JWT)), { status: 401, x: { reason: 'binding', principal: null } })
})

t.test('refuses a certificate-bound token without its certificate', async t => {
  const { call } = room('bearer', ann({ confirmation: { x5tS256: 'abc' } }))
  const certificate = (thumbprint: string) => ({ client: { certificate: { subject: '', uris: [], dnsNames: [], emails: [], thumbprint } } })
  t.match(await call(bearing(JWT)), { status: 401, x: { reason: 'binding', principal: null } })
  t.match(await call({ ...bearing(JWT), ...certificate('abd') }), { status: 401, x: { reason: 'binding' } })
  t.match(await call({ ...bearing(JWT), ...certificate('abc') }), { status: 200, x: { principal: { subject: 'ann' } } })
})

t.test('checks the binding of a token that had to be waited for', async t => {
  const issuers = fakeIssuers({ tokens: { [JWT]: Promise.resolve(ann({ confirmation: { jkt: 'abc' } })) } })
  t.match(await mount(authenticate, 'bearer', {}, { services: { issuers } }).call(bearing(JWT)), { status: 401, x: { reason: 'binding', principal: null } })
})

t.test('takes the certificate from the header of a trusted proxy where the room says so', async t => {
  const hash = 'ab'.repeat(32)
  const x5tS256 = Buffer.from(hash, 'hex').toString('base64url')
  const request = { headers: { authorization: `Bearer ${JWT}`, 'x-forwarded-client-cert': `Hash=${hash}` } }
  const fromHeader = room({ ways: 'bearer', clientCertificate: { from: ['socket', 'header'] } }, ann({ confirmation: { x5tS256 } }))
  t.equal((await fromHeader.call({ ...request, client: { trusted: true } })).status, 200)
  t.equal((await fromHeader.call(request)).x.reason, 'binding', 'an untrusted peer')
  t.equal((await fromHeader.call({ headers: { ...request.headers, 'x-forwarded-client-cert': 'Hash=' }, client: { trusted: true } })).x.reason, 'malformed')
  t.equal((await room('bearer', ann({ confirmation: { x5tS256 } })).call({ ...request, client: { trusted: true } })).x.reason, 'binding', 'by default the socket alone')
})
