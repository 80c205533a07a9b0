import t from 'tap'
import { OutboundError } from '../../../../src/contract/outbound.ts'
import { Discovery } from '../../../../src/identity/discovery/discovery.ts'
import { fakeClock, fakeOutbound, type TestAnswer } from '../../../../src/testing/fakes.ts'
import { issuerConfig } from '../keys/jwk-fixtures.ts'

const DOCUMENT = {
  issuer: 'https://issuer.test',
  jwks_uri: 'https://keys.test/jwks',
  authorization_endpoint: 'https://issuer.test/authorize',
  token_endpoint: 'https://issuer.test/token',
  scopes_supported: ['openid']
}

function discovery (written: object = {}, answer: () => TestAnswer | Promise<TestAnswer> = () => ({ body: DOCUMENT })) {
  const clock = fakeClock()
  const outbound = fakeOutbound(answer)
  return { clock, outbound, discovery: new Discovery({ name: 'main', config: issuerConfig(written), outbound, clock }) }
}

const UNAVAILABLE = { name: 'IssuerError', kind: 'unavailable' } as const

t.test('tells the endpoints of the issuer and keeps the document', async t => {
  const { discovery: found, outbound } = discovery({ ca: 'PEM', jwks: { timeout: '3s' } })
  t.match(await found.metadata(), {
    issuer: 'https://issuer.test',
    jwksUri: 'https://keys.test/jwks',
    authorizationEndpoint: 'https://issuer.test/authorize',
    tokenEndpoint: 'https://issuer.test/token',
    introspectionEndpoint: null,
    endSessionEndpoint: null,
    document: DOCUMENT
  })
  t.equal(await found.endpoint('jwks'), 'https://keys.test/jwks')
  t.equal(await found.endpoint('introspection'), null)
  t.match(outbound.calls, [{ url: 'https://issuer.test/.well-known/openid-configuration', timeoutMs: 3000, maxBytes: 256 * 1024, ca: 'PEM' }])
  t.equal(outbound.calls.length, 1)
})

t.test('the document is behind the issuer without its last slash, or where the route file says', async t => {
  const slash = discovery({ issuer: 'https://issuer.test/tenant/' }, () => ({ body: { ...DOCUMENT, issuer: 'https://issuer.test/tenant/' } }))
  await slash.discovery.metadata()
  t.equal(slash.outbound.calls[0]!.url, 'https://issuer.test/tenant/.well-known/openid-configuration')
  const elsewhere = discovery({ discovery: 'https://meta.test/.well-known/oauth-authorization-server/a' })
  await elsewhere.discovery.metadata()
  t.equal(elsewhere.outbound.calls[0]!.url, 'https://meta.test/.well-known/oauth-authorization-server/a')
})

t.test('what the route file says comes before what the document says, good or bad', async t => {
  const { discovery: found } = discovery({ jwksUri: 'https://other.test/jwks', endpoints: { token: 'https://other.test/token' } }, () => ({ body: { ...DOCUMENT, token_endpoint: 'http://bad.test/' } }))
  t.match(await found.metadata(), {
    jwksUri: 'https://other.test/jwks',
    tokenEndpoint: 'https://other.test/token',
    authorizationEndpoint: 'https://issuer.test/authorize',
    document: { jwks_uri: 'https://other.test/jwks', token_endpoint: 'https://other.test/token' }
  })
})

t.test('nobody is asked for what the route file says', async t => {
  const endpoints = { authorization: 'https://a.test/1', token: 'https://a.test/2', introspection: 'https://a.test/3', endSession: 'https://a.test/4' }
  const some = discovery({ jwksUri: 'https://a.test/5', endpoints: { token: 'https://a.test/2' } })
  t.equal(await some.discovery.endpoint('token'), 'https://a.test/2')
  t.equal(await some.discovery.endpoint('jwks'), 'https://a.test/5')
  t.equal(some.outbound.calls.length, 0)
  t.equal(await some.discovery.endpoint('endSession'), null)
  t.equal(some.outbound.calls.length, 1, 'but for the others')

  for (const keys of [{ jwksUri: 'https://a.test/5' }, { secret: 's'.repeat(32) }, { keys: '{}' }]) {
    const all = discovery({ ...keys, endpoints })
    t.match(await all.discovery.metadata(), { issuer: 'https://issuer.test', authorizationEndpoint: 'https://a.test/1', endSessionEndpoint: 'https://a.test/4' })
    t.equal(await all.discovery.metadata(), await all.discovery.metadata())
    t.equal(all.outbound.calls.length, 0)
  }
  const written = discovery({ jwksUri: 'https://a.test/5', endpoints, discovery: 'https://a.test/meta' })
  await written.discovery.metadata()
  t.equal(written.outbound.calls.length, 1, 'a document that is written down is wanted for its other members')
})

t.test('a document of another issuer is none', async t => {
  for (const issuer of ['https://evil.test', 'https://issuer.test/', 'HTTPS://issuer.test', undefined, ['https://issuer.test']]) {
    await t.rejects(discovery({}, () => ({ body: { ...DOCUMENT, issuer } })).discovery.metadata(), { ...UNAVAILABLE, message: /^metadata of issuer main: the document is that of another issuer, and not of https:\/\/issuer\.test: / })
  }
  const named = async (issuer: unknown) => await discovery({}, () => ({ body: { ...DOCUMENT, issuer } })).discovery.metadata().then(() => '', (error: Error) => error.message.split(': ').at(-1))
  t.same([await named('https://issuer.test/'), await named(undefined)], ['"https://issuer.test/"', 'it does not say of which'])
  t.equal((await named('a'.repeat(10_000)))!.length, 200)
})

t.test('an endpoint that others could answer for makes the document worthless', async t => {
  const bad = [{ jwks_uri: 'http://keys.test/' }, { token_endpoint: 'http://issuer.test/token' }, { userinfo_endpoint: 'ftp://issuer.test/' }, { end_session_endpoint: 7 }, { introspection_endpoint: 'https://a:b@issuer.test/' }, { jwks_uri: 'http://127.0.0.1:9090/' }]
  for (const over of bad) await t.rejects(discovery({}, () => ({ body: { ...DOCUMENT, ...over } })).discovery.metadata(), UNAVAILABLE, JSON.stringify(over))
  t.equal(await discovery({}, () => ({ body: { ...DOCUMENT, end_session_endpoint: null } })).discovery.endpoint('endSession'), null)
})

t.test('plain http is taken from an issuer on this host, or where the route file says so', async t => {
  const local = { ...DOCUMENT, issuer: 'http://127.0.0.1:4000', jwks_uri: 'http://127.0.0.1:4000/jwks' }
  t.equal(await discovery({ issuer: 'http://127.0.0.1:4000' }, () => ({ body: local })).discovery.endpoint('jwks'), 'http://127.0.0.1:4000/jwks')
  const insecure = { ...DOCUMENT, jwks_uri: 'http://keys.internal/' }
  t.equal(await discovery({ insecureHttp: true }, () => ({ body: insecure })).discovery.endpoint('jwks'), 'http://keys.internal/')
})

t.test('what is no document is unavailable, and is not quoted', async t => {
  const answers: TestAnswer[] = [{ status: 500 }, { status: 302, headers: { location: 'https://evil.test/' } }, { status: 204 }, { body: 'secret<html>' }, { body: '[1]' }, { body: 'null' }, { body: '' }]
  for (const answer of answers) await t.rejects(discovery({}, () => answer).discovery.metadata(), { ...UNAVAILABLE, message: /^metadata of issuer main: (?!.*secret)/ })
  await t.rejects(discovery({}, () => { throw new OutboundError('tls', 'no trust') }).discovery.metadata(), { ...UNAVAILABLE, cause: { outcome: 'tls' } })
  await t.rejects(discovery({}, () => { throw new Error('bug') }).discovery.metadata(), UNAVAILABLE)
})

t.test('asks once for all who wait, an hour long, ahead of its end in the background', async t => {
  const { discovery: found, outbound, clock } = discovery()
  await Promise.all(Array.from({ length: 50 }, () => found.metadata()))
  t.equal(outbound.calls.length, 1)
  clock.advance(47 * 60_000)
  await found.metadata()
  t.equal(outbound.calls.length, 1)
  clock.advance(60_000)
  await found.metadata()
  t.equal(outbound.calls.length, 2)
})

t.test('asks again only after the cooldown, and lives on the old document for a day', async t => {
  let up = false
  const { discovery: found, outbound, clock } = discovery({ jwks: { cooldown: '10s' } }, () => up ? { body: DOCUMENT } : { status: 503 })
  for (let i = 0; i < 5; i++) await t.rejects(found.metadata(), UNAVAILABLE)
  t.equal(outbound.calls.length, 1)
  up = true
  clock.advance(10_000)
  t.equal(await found.endpoint('token'), 'https://issuer.test/token')
  up = false
  clock.advance(24 * 3_600_000)
  t.equal(await found.endpoint('token'), 'https://issuer.test/token')
  t.equal(outbound.calls.length, 3)
  clock.advance(3_600_000)
  await t.rejects(found.metadata(), UNAVAILABLE)
})
