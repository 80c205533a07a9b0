import t from 'tap'
import authenticate from '../../../plugins/filters/authenticate/index.ts'
import { principal, Refusal, type ClientCertificate, type Verdict } from '../../../src/contract/index.ts'
import { exchange, fakeIssuers, fakeLog, fakeServices, mount, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'

const ANN = principal({ subject: 'ann', source: 'jwt', level: 2, issuer: 'https://issuer.test' })
const SECRET = 'ey.very-secret.token'
const CERTIFICATE: ClientCertificate = { subject: 'CN=web', uris: ['spiffe://example.org/web'], dnsNames: [], emails: [], thumbprint: 'dGh1bWI' }

const tokens: Record<string, Verdict | Promise<Verdict>> = {
  [SECRET]: ANN,
  late: Promise.resolve(ANN),
  down: new Refusal('unavailable', 'keys'),
  expired: new Refusal('expired', 'exp')
}
const services = (over: MountOptions['services'] = {}): MountOptions => ({ services: { issuers: fakeIssuers({ tokens }), ...over } })
const room = (config: unknown = null, options: MountOptions = services()) => mount(authenticate, config, {}, options)
const bearing = (token: string, headers: Record<string, string> = {}): TestRequest => ({ headers: { authorization: `Bearer ${token}`, ...headers } })

t.test('lets a proven caller in and says who it is', async t => {
  const { status, x } = await room().call(bearing(SECRET))
  t.equal(status, 200)
  t.equal(x.principal, ANN)
  t.equal(x.reason, null)
})

t.test('takes the credential out of the request', async t => {
  const { x } = await room().call(bearing(SECRET, { dpop: 'a-stray-proof', accept: '*/*' }))
  t.same(x.headers.flat, ['accept', '*/*'])
})

t.test('takes out credentials of the ways that were not asked too', async t => {
  const { call } = room({ ways: ['bearer', 'certificate'] })
  const { x } = await call({ ...bearing(SECRET, { 'x-forwarded-client-cert': 'Hash=00' }), client: { trusted: true } })
  t.same(x.headers.flat, [])
})

t.test('leaves the credential where upstream wants it', async t => {
  const { x } = await room({ forward: true }).call(bearing(SECRET))
  t.equal(x.headers.get('authorization'), `Bearer ${SECRET}`)
  t.equal(x.principal, ANN)
})

t.test('waits for a verifier that must ask', async t => {
  const { status, x } = await room().call(bearing('late'))
  t.equal(status, 200)
  t.equal(x.principal, ANN)
})

t.test('makes no promise where the verifier needs none', async t => {
  const phases = authenticate.create({ ways: ['bearer', 'dpop'], optional: false, forward: false }, { routeId: 'r', upstreams: [], services: fakeServices(services().services) })
  t.equal(phases.response, undefined)
  for (const request of [bearing(SECRET), bearing('expired'), {}]) t.equal(phases.request!(exchange(request)), undefined)
})

t.test('asks who shows nothing for a credential of every way', async t => {
  const { reply, x } = await room({ ways: ['bearer', { introspection: { issuer: 'main' } }, 'dpop', 'certificate'], realm: 'orders' }).call()
  t.match(reply, { status: 401, code: 'GW_UNAUTHENTICATED' })
  t.same(reply.headers.all('www-authenticate'), ['Bearer realm="orders", DPoP realm="orders", algs="ES256 EdDSA PS256 RS256"'])
  t.equal(x.reason, 'missing')
  t.equal(x.principal, null)
})

t.test('sends no challenge where no way has one', async t => {
  const { reply } = await room('certificate').call()
  t.equal(reply.status, 401)
  t.notOk(reply.headers.has('www-authenticate'))
})

t.test('tells whoever sends a bad credential nothing beyond the standard code', async t => {
  for (const token of ['expired', 'whatever']) {
    const { reply, text, x } = await room({ realm: 'orders' }).call(bearing(token))
    t.match(reply, { status: 401, code: 'GW_UNAUTHENTICATED' })
    t.equal(reply.headers.get('www-authenticate'), 'Bearer realm="orders", error="invalid_token"')
    t.notMatch(text, /expired|signature|detail/)
    t.equal(x.reason, token === 'expired' ? 'expired' : 'signature')
    t.equal(x.principal, null)
  }
})

t.test('answers 503 where nobody can say, without a challenge', async t => {
  const { reply, x } = await room().call(bearing('down'))
  t.match(reply, { status: 503, code: 'GW_IDENTITY_UNAVAILABLE' })
  t.equal(reply.headers.get('retry-after'), '5')
  t.notOk(reply.headers.has('www-authenticate'))
  t.equal(x.reason, 'unavailable')
  t.equal(x.principal, null)
})

t.test('an optional credential', async t => {
  const { call } = room({ optional: true })
  t.match(await call(), { status: 200, x: { principal: null, reason: null } }, 'may be missing')
  t.equal((await call({ headers: { authorization: 'Negotiate abc' } })).status, 200, 'may be of a scheme that is none of the ways')
  t.equal((await call(bearing('expired'))).status, 401, 'may not be bad')
  t.equal((await call(bearing('down'))).status, 503, 'may not be in doubt')
  t.equal((await call(bearing(SECRET))).x.principal, ANN, 'counts')
})

t.test('the first way that finds a credential decides', async t => {
  const both = { ...bearing('expired'), client: { certificate: CERTIFICATE, tls: true } }
  t.match(await room({ ways: ['bearer', 'certificate'] }).call(both), { status: 401, x: { reason: 'expired', principal: null } })
  t.match(await room({ ways: ['certificate', 'bearer'] }).call(both), { status: 200, x: { principal: { source: 'certificate' } } })
  t.match(await room({ ways: ['bearer', 'certificate'] }).call({ client: both.client }), { status: 200, x: { principal: { source: 'certificate' } } }, 'others are asked where it finds none')
})

t.test('asks the next way after one that had to wait', async t => {
  const sessions = { open: async () => null } as unknown as NonNullable<ReturnType<typeof fakeServices>['sessions']>
  const { call } = room({ ways: ['session', 'bearer'] }, services({ sessions }))
  t.equal((await call({ ...bearing(SECRET), ownCookies: { '__Host-gatehouse': 'x' } })).x.principal, ANN)
  t.match(await call({ ownCookies: { '__Host-gatehouse': 'x' } }), { status: 401, x: { reason: 'missing' } })
})

t.test('refuses credentials in more than one way', async t => {
  const { call } = room()
  const requests: TestRequest[] = [
    { headers: { authorization: [`Bearer ${SECRET}`, `Bearer ${SECRET}`] } },
    { headers: { authorization: [`Bearer ${SECRET}`, 'Basic YTpi'] } },
    { ...bearing(SECRET), target: '/?a=1&access_token=x' },
    { ...bearing(SECRET), target: '/?access%5Ftoken=x' }
  ]
  for (const request of requests) {
    const { reply, x } = await call(request)
    t.match(reply, { status: 400, code: 'GW_BAD_CREDENTIALS' })
    t.equal(reply.headers.get('www-authenticate'), 'Bearer error="invalid_request"')
    t.match(x, { reason: 'repeated', principal: null })
  }
  t.equal((await call({ ...bearing(SECRET), target: '/?token=x' })).status, 200)
})

t.test('takes no token from the query or the body', async t => {
  const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `access_token=${SECRET}` }
  for (const request of [{ target: `/?access_token=${SECRET}` }, form]) t.match(await room().call(request), { status: 401, x: { reason: 'missing' } })
})

t.test('refuses an Authorization line that is none', async t => {
  for (const authorization of ['', 'Bearer', 'Be(arer x', '=', 'Bearer, x']) {
    t.match(await room().call({ headers: { authorization } }), { status: 401, x: { reason: 'malformed', principal: null } }, authorization)
    t.match(await room({ optional: true }).call({ headers: { authorization } }), { status: 401 }, `${authorization} is no anonymous request`)
  }
})

t.test('reads the scheme in any case and behind it one space or more', async t => {
  for (const authorization of [`bearer ${SECRET}`, `BEARER   ${SECRET}`]) t.equal((await room().call({ headers: { authorization } })).status, 200)
  t.equal((await room().call({ headers: { authorization: `Bearer\t${SECRET}` } })).status, 401)
})

t.test('counts refusals by reason', async t => {
  const { call, services: { registry }, decisions } = room()
  for (const token of ['expired', 'expired', 'bad', 'down']) await call(bearing(token))
  await call()
  const counted = registry.samples().filter(({ name }) => name === 'gatehouse_credentials_refused_total').map(({ labels, value }) => [labels['reason'], value])
  t.same(Object.fromEntries(counted), { expired: 2, signature: 1, unavailable: 1, missing: 1 })
  t.equal(decisions('refused'), 5)
})

t.test('keeps the credential out of the log', async t => {
  const log = fakeLog()
  await room(null, services({ log, issuers: fakeIssuers({ tokens: { [SECRET]: new Refusal('audience', 'aud') } }) })).call(bearing(SECRET))
  t.match(log.lines, [{ level: 'debug', fields: { 'event.reason': 'audience', 'error.message': 'aud' } }])
  t.notMatch(JSON.stringify(log.lines), /secret/)
})

t.test('only reports where it is told so, and then nobody is proven', async t => {
  const { call, decisions } = room(null, { ...services(), report: true })
  for (const request of [bearing('expired'), {}, bearing('down')]) {
    const { status, x } = await call(request)
    t.equal(status, 200)
    t.equal(x.principal, null)
  }
  t.equal(decisions('would-refuse'), 3)
  t.equal((await call(bearing(SECRET))).x.principal, ANN)
})

t.test('takes the word of a route test, and of nobody else', async t => {
  const { call } = room()
  const as = principal({ subject: 'tester', source: 'test', level: 3 })
  t.match(await call({ principal: as }), { status: 200, x: { principal: as } })
  t.equal((await call({ principal: ANN })).status, 401)
})

t.test('asks the issuers that it names, or all', async t => {
  const asked: (readonly string[])[] = []
  const fake = fakeIssuers({ issuers: { main: 'https://a.test', partner: 'https://b.test' } })
  const issuers = { ...fake, verifier: (names: readonly string[], pointer: string) => { asked.push(names); return fake.verifier(names, pointer) } }
  room({ issuers: 'partner' }, { services: { issuers } })
  room(null, { services: { issuers } })
  t.same(asked, [['partner'], ['main', 'partner']], 'one verifier for all ways of a room')
})

t.test('names what is wrong with its config', async t => {
  const fails = (config: unknown, code: string, pointer: string, options = services()) => {
    t.throws(() => room(config, options), { errors: [{ code, pointer: `/authenticate${pointer}` }] }, JSON.stringify(config))
  }
  fails('bearr', 'GW_CONFIG_INVALID', '')
  fails({ ways: [] }, 'GW_CONFIG_INVALID', '/ways')
  fails({ ways: ['bearr'] }, 'GW_CONFIG_INVALID', '/ways/0')
  fails({ ways: [{ beare: {} }] }, 'GW_CONFIG_UNKNOWN_KEY', '/ways/0/beare')
  fails({ ways: [{ bearer: {}, dpop: {} }] }, 'GW_CONFIG_INVALID', '/ways/0')
  fails({ ways: [{ dpop: { maxAge: '0s' } }] }, 'GW_CONFIG_INVALID', '/ways/0/dpop/maxAge')
  fails({ ways: ['bearer', 'dpop', 'bearer'] }, 'GW_CONFIG_NO_EFFECT', '/ways/2')
  fails({ ways: ['bearer', 'api-key'] }, 'GW_CONFIG_INVALID', '/ways/1')
  fails({ issuers: ['main', 'nope'] }, 'GW_CONFIG_UNKNOWN_ISSUER', '/issuers/1')
  fails({ ways: 'certificate', issuers: 'main' }, 'GW_CONFIG_NO_EFFECT', '/issuers')
  fails({ ways: 'certificate', realm: 'x' }, 'GW_CONFIG_NO_EFFECT', '/realm')
  fails({ realm: 'ä' }, 'GW_CONFIG_INVALID', '/realm')
  fails({ ways: [{ basic: { users: 'a:$2b$04$abcdefghijklmnopqrstuu' } }], clientCertificate: { from: 'socket' } }, 'GW_CONFIG_NO_EFFECT', '/clientCertificate')
  fails({ clientCertificate: { from: 'socket', hops: 2 } }, 'GW_CONFIG_NO_EFFECT', '/clientCertificate/hops')
  fails(null, 'GW_CONFIG_INVALID', '/issuers', services({ issuers: fakeIssuers({ issuers: {} }) }))
  fails({ ways: [{ certificate: { subject: 'uri', dnsNames: 'a' } }] }, 'GW_CONFIG_NO_EFFECT', '/ways/0/certificate/dnsNames')
})

t.test('hands on what is no fault of the config', async t => {
  const issuers = { ...fakeIssuers(), verifier: () => { throw new Error('broken') } }
  t.throws(() => room(null, services({ issuers })), { errors: [{ code: 'GW_CONFIG_BAD_ROOM' }] })
})
