import { createPublicKey, verify, createHmac, hkdfSync, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { Rings } from '../../../../src/identity/rings/rings.ts'
import { newRingKey, type RingKey } from '../../../../src/identity/rings/ring-key.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

const NOW = 1_790_000_000
const clock = fakeClock(NOW * 1000)
const text = (...keys: RingKey[]) => JSON.stringify({ keys })
const rings = (file: Record<string, string | { keys: string, publish?: string }>, at = clock) =>
  new Rings({ rings: new Map(Object.entries(file).map(([name, one]) => [name, typeof one === 'string' ? { keys: one } : one])), clock: at })
const EDDSA = { algorithm: 'EdDSA', type: 'passport+jwt', audience: 'orders', pointer: '/algorithm' } as const
const HS256 = { ...EDDSA, algorithm: 'HS256' } as const
const header = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[0]!, 'base64url').toString()) as { alg: string, kid: string, typ: string }

t.test('signs with EdDSA what the published key verifies', t => {
  const key = newRingKey('EdDSA', NOW)
  const all = rings({ passport: text(key) })
  const jws = all.ring('passport', '').signer(EDDSA).sign({ sub: 'ada', name: 'Ådå' })
  t.same(header(jws), { alg: 'EdDSA', kid: key.kid, typ: 'passport+jwt' })
  const [head, payload, signature] = jws.split('.') as [string, string, string]
  t.same(JSON.parse(Buffer.from(payload, 'base64url').toString()), { sub: 'ada', name: 'Ådå' })
  const [published] = all.publicJwks('passport').keys
  t.same(published, { kty: 'OKP', crv: 'Ed25519', x: key.x!, kid: key.kid, alg: 'EdDSA', use: 'sig' })
  t.ok(verify(null, Buffer.from(`${head}.${payload}`), createPublicKey({ key: published as unknown as JsonWebKey, format: 'jwk' }), Buffer.from(signature, 'base64url')))
  t.end()
})

t.test('signs with HS256 by a key that is derived for the audience', t => {
  const key = newRingKey('HS256', NOW)
  const jws = rings({ passport: text(key) }).ring('passport', '').signer(HS256).sign({ sub: 'ada' })
  t.same(header(jws), { alg: 'HS256', kid: `${key.kid}/orders`, typ: 'passport+jwt' })
  const [head, payload, signature] = jws.split('.') as [string, string, string]
  const derived = Buffer.from(hkdfSync('sha256', Buffer.from(key.k!, 'base64url'), '', 'gatehouse passport orders', 32))
  t.equal(createHmac('sha256', derived).update(`${head}.${payload}`).digest('base64url'), signature)
  const other = rings({ passport: text(key) }).ring('passport', '').signer({ ...HS256, audience: 'billing' }).sign({ sub: 'ada' })
  t.not(other.split('.')[2], signature)
  t.end()
})

t.test('publishes a new key before it signs, and the old one until it ends', t => {
  const at = fakeClock(NOW * 1000)
  const old = { ...newRingKey('EdDSA', NOW - 1000), exp: NOW + 1000 }
  const next = newRingKey('EdDSA', NOW, NOW + 600)
  const all = rings({ passport: text(old, next) }, at)
  const signer = all.ring('passport', '').signer(EDDSA)
  const kids = () => all.publicJwks('passport').keys.map(({ kid }) => kid)
  t.equal(header(signer.sign({})).kid, old.kid)
  t.same(kids(), [next.kid, old.kid])
  at.advance(600_000)
  t.equal(header(signer.sign({})).kid, next.kid, 'its time has come')
  t.same(kids(), [next.kid, old.kid])
  at.advance(400_000)
  t.same(kids(), [next.kid])
  t.end()
})

t.test('signs with a key that is not due yet where there is no other', t => {
  const soon = newRingKey('EdDSA', NOW, NOW + 5)
  const later = newRingKey('EdDSA', NOW, NOW + 50)
  t.equal(header(rings({ passport: text(later, soon) }).ring('passport', '').signer(EDDSA).sign({})).kid, soon.kid)
  t.end()
})

t.test('signs no more when every key has ended', t => {
  const at = fakeClock(NOW * 1000)
  const signer = rings({ passport: text({ ...newRingKey('EdDSA', NOW - 10), exp: NOW + 10 }) }, at).ring('passport', '').signer(EDDSA)
  t.ok(signer.sign({}))
  at.advance(10_000)
  t.throws(() => signer.sign({}), { name: 'GatewayError', code: 'GW_IDENTITY_UNAVAILABLE' })
  t.end()
})

t.test('gives the keys that seal sessions, the sealing one first', t => {
  const old = newRingKey('A256GCM', NOW - 1000)
  const now = newRingKey('A256GCM', NOW - 10)
  const next = newRingKey('A256GCM', NOW, NOW + 600)
  const ended = { ...newRingKey('A256GCM', NOW - 2000), exp: NOW }
  const secrets = rings({ session: text(old, next, ended, now) }).secrets('session', '/gateway/session/ring')
  t.same(secrets.map(({ kid }) => kid), [now.kid, next.kid, old.kid])
  t.equal(secrets[0]!.k.byteLength, 32)
  t.equal(Buffer.from(secrets[0]!.k).toString('base64url'), now.k)
  t.throws(() => rings({ passport: text(newRingKey('HS256', NOW)) }).secrets('passport', '/gateway/session/ring'), { code: 'GW_CONFIG_INVALID', pointer: '/gateway/session/ring', detail: /--for session/ })
  t.end()
})

t.test('makes ephemeral keys of every kind, that go on over a reload', t => {
  const first = new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }]]), clock })
  const ring = first.ring('passport', '')
  t.equal(ring.name, 'passport')
  t.equal(header(ring.signer(EDDSA).sign({})).alg, 'EdDSA')
  t.equal(header(ring.signer(HS256).sign({})).alg, 'HS256')
  t.equal(first.secrets('passport').length, 1)
  const second = new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }], ['session', { keys: 'ephemeral' }]]), clock, before: first })
  t.same(second.publicJwks('passport'), first.publicJwks('passport'))
  t.notSame(second.publicJwks('session'), first.publicJwks('passport'))
  t.notSame(new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }]]), clock }).publicJwks('passport'), first.publicJwks('passport'))
  t.end()
})

t.test('tells the admin listener what to serve where', t => {
  const all = rings({ passport: text(newRingKey('EdDSA', NOW)), other: { keys: text(newRingKey('EdDSA', NOW)), publish: '/jwks.json' }, session: text(newRingKey('A256GCM', NOW)) })
  t.same(all.published().map(({ path }) => path), ['/keys/passport', '/jwks.json'])
  t.same(all.published()[0]!.jwks(), all.publicJwks('passport'))
  t.notMatch(JSON.stringify(all.published().map(({ jwks }) => jwks())), /"[dk]":/, 'no secret is published')
  t.end()
})

t.test('publishes no two rings at one path, and no secrets', t => {
  const keys = text(newRingKey('EdDSA', NOW))
  t.throws(() => rings({ a: keys, b: { keys, publish: '/keys/a' } }), { code: 'GW_CONFIG_DUPLICATE', pointer: '/keyRings/b/publish' })
  t.throws(() => rings({ 's/1': { keys: text(newRingKey('HS256', NOW)), publish: '/keys/s' } }), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/keyRings/s~11/publish' })
  t.end()
})

t.test('says which ring or which key is missing', t => {
  const all = rings({ passport: text(newRingKey('EdDSA', NOW)) })
  t.throws(() => all.ring('pasport', '/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/ring', detail: /did you mean "passport"/ })
  t.throws(() => all.secrets('session', '/gateway/session/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/gateway/session/ring' })
  t.throws(() => rings({}).ring('passport', '/ring'), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', detail: /add it to "keyRings:" .*"ephemeral".*`gatehouse keys new`/ })
  t.throws(() => all.ring('passport', '').signer(HS256), { code: 'GW_CONFIG_INVALID', pointer: '/algorithm', detail: /--algorithm HS256/ })
  t.end()
})
