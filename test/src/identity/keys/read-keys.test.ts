import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { ASYMMETRIC } from '../../../../src/contract/issuers.ts'
import { keysOfSet, readKey, UnusableKey } from '../../../../src/identity/keys/read-keys.ts'
import { ecKey, rsaKey } from './jwk-fixtures.ts'

const rsa = rsaKey()
const read = (jwk: unknown, algorithms: readonly string[] = ASYMMETRIC) => readKey(jwk, algorithms)
const verifies = (jwk: unknown, algorithms?: readonly string[]) => {
  const key = read(jwk, algorithms)
  return key instanceof UnusableKey ? key : key.algorithms
}

t.test('each kind of key verifies the algorithms of its kind', async t => {
  const okp = (type: 'ed25519' | 'ed448') => generateKeyPairSync(type as 'ed25519').publicKey.export({ format: 'jwk' })
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
  t.same(verifies(rsa), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
  t.same(verifies(ec('P-256')), ['ES256'])
  t.same(verifies(ec('P-384')), ['ES384'])
  t.same(verifies(ec('P-521')), ['ES512'])
  t.same(verifies(okp('ed25519')), ['EdDSA'])
  t.same(verifies(okp('ed448')), ['EdDSA'])
})

t.test('a key has its kid, and its material as KeyObject and PEM', async t => {
  const jwk = ecKey({ kid: 'a' })
  const key = read(jwk)
  if (key instanceof UnusableKey) throw new Error(key.detail)
  t.match(key, { kid: 'a', revoked: false, pem: /^-----BEGIN PUBLIC KEY-----\n/ })
  const { crv, x, y } = jwk
  t.match(key.key.export({ format: 'jwk' }), { crv, x, y })
  t.match(read(ecKey()), { kid: null })
})

t.test('alg narrows a key to one algorithm, and the issuer\'s list to those of the route file', async t => {
  t.same(verifies({ ...rsa, alg: 'PS256' }), ['PS256'])
  t.same(verifies(rsa, ['RS256', 'ES256']), ['RS256'])
  t.match(verifies(rsa, ['ES256']), { why: 'unusable', detail: 'fits none of the algorithms ES256' })
  t.match(verifies({ ...rsa, alg: 'RS512' }, ['RS256']), { why: 'unusable' })
})

t.test('alg of another kind of key makes it worthless', async t => {
  for (const alg of ['ES256', 'HS256', 'none', 'RSA-OAEP', '', 'constructor', null, 256, ['RS256']]) t.match(verifies({ ...rsa, alg }), { why: 'unusable', detail: /alg/ }, String(alg))
})

t.test('only keys for signatures are taken', async t => {
  t.same(verifies({ ...ecKey(), use: 'sig', key_ops: ['verify'] }), ['ES256'])
  t.same(verifies({ ...ecKey(), key_ops: ['sign', 'verify'] }), ['ES256'])
  for (const over of [{ use: 'enc' }, { use: 'SIG' }, { use: null }, { key_ops: ['sign'] }, { key_ops: [] }, { key_ops: 'verify' }, { key_ops: null }, { use: 'sig', key_ops: ['encrypt'] }]) {
    t.match(verifies({ ...ecKey(), ...over }), { why: 'purpose' }, JSON.stringify(over))
  }
})

t.test('shared secrets, unknown kinds and curves are no keys', async t => {
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })
  const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })
  for (const jwk of [{ kty: 'oct', k: 'c2VjcmV0' }, { kty: 'oct', alg: 'HS256', k: 'c2VjcmV0' }, secp256k1, x25519, { kty: 'AKP', pub: 'AA' }, { kty: 'constructor' }, { kty: ['RSA'], n: rsa.n, e: rsa.e }, { kty: 'rsa', n: rsa.n, e: rsa.e }, {}]) {
    t.match(verifies(jwk, [...ASYMMETRIC, 'HS256']), { why: 'unusable', detail: /kind|curve/ }, JSON.stringify(jwk))
  }
})

t.test('what is no JWK is no key', async t => {
  for (const jwk of [null, undefined, 'key', 7, [], [rsa]]) t.match(verifies(jwk), { why: 'unusable', detail: /not a JWK/ })
  for (const kid of [7, null, {}, 'k'.repeat(513)]) t.match(verifies({ ...rsa, kid }), { why: 'unusable', detail: /kid/ })
})

t.test('a private key that an issuer has let out is not trusted', async t => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  t.match(verifies(jwk), { why: 'unusable', detail: /private/ })
})

t.test('RSA keys are neither weak nor so large that verifying becomes an attack', async t => {
  t.match(verifies(rsaKey({}, 1024)), { detail: /1024 bits/ })
  t.match(verifies({ kty: 'RSA', n: Buffer.alloc(1025, 0xff).toString('base64url'), e: 'AQAB' }), { detail: /8200 bits/ })
  t.same(verifies({ kty: 'RSA', n: Buffer.alloc(1024, 0xff).toString('base64url'), e: 'AQAB', alg: 'RS256' }), ['RS256'])
  for (const e of ['AQ', 'Ag', 'AQABAQAB', 'AAAAAA']) t.match(verifies({ ...rsa, e }), { detail: /exponent|members/ }, e)
  t.same(verifies({ ...rsa, e: 'Aw', alg: 'RS256' }), ['RS256'])
})

t.test('members that make no key are told without being repeated', async t => {
  for (const jwk of [{ ...rsa, n: undefined }, { ...rsa, n: 7 }, { ...rsa, e: '' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, { ...ecKey(), y: ecKey().y }, { kty: 'OKP', crv: 'Ed25519', x: 'AA' }]) {
    t.match(verifies(jwk), { why: 'unusable', detail: /^(its members do not make a key|an RSA key of .*|an RSA key with an unsafe exponent)$/ })
  }
})

t.test('embedded certificates and addresses of keys are not looked at', async t => {
  const plain = read({ ...rsa, kid: 'a' })
  const adorned = read({ ...rsa, kid: 'a', x5c: ['MIIB'], x5u: 'http://169.254.169.254/', jku: 'http://evil.test', x5t: 'AA' })
  t.equal((adorned as { pem: string }).pem, (plain as { pem: string }).pem)
})

t.test('a JWK Set has a list of at most a hundred keys', async t => {
  t.same(keysOfSet({ keys: [] }), [])
  t.same(keysOfSet({ keys: [rsa], other: 1 }), [rsa])
  t.equal((keysOfSet({ keys: Array(100).fill(rsa) }) as unknown[]).length, 100)
  t.match(keysOfSet({ keys: Array(101).fill(rsa) }), /more than 100/)
  for (const document of [null, [], 'keys', {}, { keys: {} }, { keys: 'a' }, { keys: null }]) t.match(keysOfSet(document), /not a JWK Set/)
})
