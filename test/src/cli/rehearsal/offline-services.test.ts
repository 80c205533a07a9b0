import { createHmac, createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { OfflineClock } from '../../../../src/cli/rehearsal/offline-clock.ts'
import { offlineServices } from '../../../../src/cli/rehearsal/offline-services.ts'
import { Config, definePredicate, Type } from '../../../../src/contract/index.ts'
import { newRingKey, publicPart } from '../../../../src/identity/rings/ring-key.ts'
import { exchange } from '../../../../src/testing/index.ts'
import { loadNative } from '../../config/load.ts'

const clock = new OfflineClock()
const offline = async (text: string) => offlineServices((await loadNative(text)).config, clock)

t.test('signs nothing that anybody would accept', async t => {
  const keys = [newRingKey('EdDSA', 1), newRingKey('HS256', 1)] as const
  const { services, faults } = await offline(`keyRings: { passport: ${JSON.stringify(JSON.stringify({ keys }))} }`)
  t.same(faults, [])
  for (const algorithm of ['EdDSA', 'HS256'] as const) {
    const signer = services.keys.ring('passport', '/ring').signer({ algorithm, type: 'passport+jwt', audience: 'orders', pointer: '/algorithm' })
    const [head = '', payload = '', signature = '', ...more] = signer.sign({ sub: 'alice' }).split('.')
    t.same(more, [])
    t.match(JSON.parse(Buffer.from(head, 'base64url').toString()), { alg: algorithm, typ: 'passport+jwt' })
    t.same(JSON.parse(Buffer.from(payload, 'base64url').toString()), { sub: 'alice' }, 'what it would say can be read')
    t.equal(Buffer.from(signature, 'base64url').toString(), 'not signed in a rehearsal')
    const key = createPublicKey({ key: publicPart(keys[0]) as unknown as JsonWebKey, format: 'jwk' })
    t.equal(verify(null, Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')), false)
    t.not(signature, createHmac('sha256', Buffer.from(keys[1].k!, 'base64url')).update(`${head}.${payload}`).digest('base64url'))
  }
  t.equal(services.keys.ring('passport', '/ring').name, 'passport')
})

t.test('says of rings and algorithms that are not there what the gateway would say', async t => {
  const { services } = await offline(`keyRings: { passport: ${JSON.stringify(JSON.stringify({ keys: [newRingKey('EdDSA', 1)] }))} }`)
  t.throws(() => services.keys.ring('pasport', '/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/ring' })
  t.throws(() => services.keys.ring('passport', '/ring').signer({ algorithm: 'HS256', type: 'a', audience: 'b', pointer: '/algorithm' }), { code: 'GW_CONFIG_INVALID', pointer: '/algorithm' })
})

t.test('knows the keys of issuers that stand in the file, and asks nobody', async t => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...await exportJWK(publicKey), kid: 'k' }
  const { services } = await offline(`issuers:\n  known: { issuer: https://a.test, audiences: api, keys: [${JSON.stringify(jwk)}] }\n  asked: { issuer: https://b.test, audiences: api, client: { id: gateway } }`)
  const token = async (issuer: string) => await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setIssuer(issuer).setAudience('api').setIssuedAt().setExpirationTime('1m').sign(privateKey)
  const verifier = services.issuers.verifier(services.issuers.names, '')
  t.match(await verifier.verify(await token('https://a.test')), { subject: 'ada', source: 'jwt' })
  t.match(await verifier.verify(await token('https://b.test')), { reason: 'unavailable' })
  const client = services.issuers.client('asked', '')
  t.match(client, { clientId: 'gateway', issuer: 'https://b.test', audiences: ['api'], clients: null })
  t.match(await client.clientCredentials({ scopes: ['a'] }), { accessToken: 'token-of-a-rehearsal', scopes: ['a'] }, 'but tokens for upstreams have stand-ins')
  t.match(await client.exchange({ subjectToken: 'x', scopes: [] }), { accessToken: 'token-of-a-rehearsal' })
  const request = { redirectUri: 'https://gw.test/back', scopes: [], state: 's', nonce: 'n', codeVerifier: 'v', parameters: {} }
  for (const call of [client.authorizationUrl(request), client.redeemCode('/back?code=c', request), client.refresh('r'), client.introspect('t'), client.endSessionUrl({ idToken: null, returnTo: '/' })] as Promise<string>[]) {
    await t.rejects(call, { name: 'IssuerError', kind: 'unavailable' })
  }
  t.match(await client.verifyLogoutToken('no token'), { reason: /./ })
  await t.rejects(services.outbound.ask({ url: 'http://127.0.0.1:1', timeoutMs: 1, maxBytes: 1 }), { name: 'OutboundError', fault: 'offline' })
})

t.test('keeps what is stored to itself, also where the file names a Redis', async t => {
  const { services: { store } } = await offline('gateway: { redis: { url: "redis://127.0.0.1:1" } }')
  t.equal(await store.add('a', 'b', 1000), true)
  t.equal(await store.add('a', 'c', 1000), false)
  t.equal(store.shared, true, 'as rooms would be told by the gateway')
  for (const where of ['cluster: "127.0.0.1:1"', 'sentinel: { master: gate, nodes: "127.0.0.1:1" }']) t.equal((await offline(`gateway: { redis: { ${where} } }`)).services.store.shared, true)
  for (const none of ['{}', '{ redis: { url: "" } }']) t.equal((await offline(`gateway: ${none}`)).services.store.shared, false)
})

t.test('knows predicates in the config of a filter, and lets no other thread work', async t => {
  const path = definePredicate({ name: 'path', config: Config({ is: Type.String() }), shorthand: 'is', create: ({ is }) => ({ match: x => x.path === is }) })
  const { services: { predicates, aside, reports } } = offlineServices((await loadNative('gateway: {}')).config, clock, new Map([['path', path]]))
  const holds = predicates.all([{ path: '/a' }], '/match')
  t.same(['/a', '/b'].map(target => holds(exchange({ target }))), [true, false])
  t.throws(() => predicates.all([{ paht: '/a' }], '/match'), { code: 'GW_CONFIG_UNKNOWN_PREDICATE', pointer: '/match/0' })
  await t.rejects(aside.run(import.meta.url, null, { timeoutMs: 1000 }), { name: 'AsideError', fault: 'failed' })
  reports.publish('a', { summary: () => ({}), view: () => ({}), actions: {} })
})

t.test('tells what is wrong in the sections, and goes on as if it were not', async t => {
  const { services, faults } = await offline(`gateway: { session: { ring: none } }
issuers: { main: { issuer: https://a.test, audiences: a, keys: none, client: { id: gateway } }, other: { issuer: https://b.test, audiences: b } }
keyRings: { passport: wrong }`)
  t.match(faults.map(({ pointer }) => pointer), ['/issuers/main/keys', '/keyRings/passport'])
  const { issuers, keys, sessions } = services
  t.same(issuers.names, ['main', 'other'])
  t.equal(issuers.client('main', '').clientId, 'gateway')
  t.throws(() => issuers.client('other', '/issuer'), { code: 'GW_CONFIG_INVALID', pointer: '/issuer' }, 'it has none in the file either')
  t.throws(() => issuers.client('mian', '/issuer'), { code: 'GW_CONFIG_UNKNOWN_ISSUER' })
  t.equal(keys.ring('passport', '/ring').name, 'passport')
  t.throws(() => keys.ring('pasport', '/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', detail: /did you mean "passport"/ })
  t.not(sessions, null)
  const session = await offline('gateway: { session: { ring: none } }\nkeyRings: { passport: ephemeral }')
  t.match(session.faults, [{ code: 'GW_CONFIG_UNKNOWN_KEY_RING', file: 'routes.yaml', pointer: '/gateway/session/ring' }])
  t.equal((await offline('keyRings: { passport: wrong }')).services.sessions, null)
  t.not((await offline('gateway: { session: {} }\nkeyRings: { session: ephemeral }')).services.sessions, null)
})

t.test('finds an address of Redis that leads nowhere, without going there', async t => {
  const faults = async (url: string) => (await offline(`gateway: { redis: { url: "${url}" } }`)).faults.map(({ code, pointer }) => [code, pointer])
  t.same(await faults('redis://127.0.0.1:1/0'), [])
  t.same(await faults(''), [])
  t.same(await faults('redis://h/a/b'), [['GW_CONFIG_INVALID', '/gateway/redis/url']])
  t.match((await offline('gateway: { redis: { cluster: "127.0.0.1:1", database: 1 } }')).faults, [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/gateway/redis/database' }])
})
