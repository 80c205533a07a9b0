import t, { type Test } from 'tap'
import { staticKeys } from '../../../../src/identity/keys/static-keys.ts'
import type { VerificationKey } from '../../../../src/identity/keys/verification-key.ts'
import { ecKey, issuerConfig, rsaKey } from './jwk-fixtures.ts'

const ec = ecKey({ kid: 'ec' })
const rsa = rsaKey({ kid: 'rsa' })
const SECRET = 's'.repeat(32)

function kids (written: object, alg: string, kid: string | null): (string | null)[] {
  const found = staticKeys(issuerConfig(written), '').keysFor({ alg, kid }) as readonly VerificationKey[]
  return found.map(key => key.kid)
}

t.test('gives the keys of a list by kid and algorithm, at once', async t => {
  const keys = [ec, rsa]
  t.same(kids({ keys }, 'ES256', 'ec'), ['ec'])
  t.same(kids({ keys }, 'RS256', 'rsa'), ['rsa'])
  t.same(kids({ keys }, 'RS256', 'ec'), [])
  t.same(kids({ keys }, 'RS256', 'other'), [])
  t.same(kids({ keys }, 'PS256', null), ['rsa'])
  t.same(kids({ keys }, 'RS512', 'rsa'), [], 'not what the route file leaves out')
  t.same(kids({ keys }, 'HS256', null), [])
})

t.test('takes the text of a JWK Set, and leaves out its keys for encryption', async t => {
  const keys = JSON.stringify({ keys: [{ ...rsaKey({ kid: 'enc' }), use: 'enc', alg: 'RSA-OAEP' }, rsa] })
  t.same(kids({ keys }, 'RS256', null), ['rsa'])
})

t.test('a key without kid is meant by any', async t => {
  t.same(kids({ keys: [ecKey(), ec] }, 'ES256', 'anything'), [null])
  t.same(kids({ keys: [ecKey(), ec] }, 'ES256', 'ec'), [null, 'ec'])
})

t.test('a secret verifies the HS* of the route file and nothing else', async t => {
  const source = staticKeys(issuerConfig({ secret: SECRET, algorithms: 'HS256' }), '')
  const [key] = source.keysFor({ alg: 'HS256', kid: 'any' }) as readonly VerificationKey[]
  t.match(key, { kid: null, algorithms: ['HS256'], pem: null })
  t.equal(key!.key.type, 'secret')
  t.equal(key!.key.export().toString(), SECRET)
  for (const alg of ['HS384', 'RS256', 'none']) t.same(source.keysFor({ alg, kid: null }), [])
})

const refuses = (t: Test, written: object, error: object) =>
  t.throws(() => staticKeys(issuerConfig(written), '/issuers/main'), { name: 'ConfigError', ...error })

t.test('names the key that cannot be used', async t => {
  refuses(t, { keys: [ec, { kty: 'oct', k: 'AA' }] }, { code: 'GW_CONFIG_INVALID', pointer: '/issuers/main/keys/1' })
  refuses(t, { keys: [{ ...rsa, use: 'enc' }] }, { code: 'GW_CONFIG_INVALID', pointer: '/issuers/main/keys/0' })
  refuses(t, { keys: [rsa], algorithms: 'ES256' }, { pointer: '/issuers/main/keys/0', detail: /none of the algorithms/ })
  refuses(t, { keys: JSON.stringify({ keys: [rsa, { ...ec, d: 'AA' }] }) }, { pointer: '/issuers/main/keys', detail: 'key 1 of the set: a private key, which belongs to the issuer alone' })
})

t.test('names a text that is no JWK Set, without quoting it', async t => {
  for (const keys of ['not json', '[]', '{}', '{"keys":{}}', '"keys"']) refuses(t, { keys }, { code: 'GW_CONFIG_INVALID', pointer: '/issuers/main/keys', detail: /not a JWK Set.*"\$\{file:/ })
  refuses(t, { keys: '{"keys":[]}' }, { pointer: '/issuers/main/keys', detail: /without a key/ })
  refuses(t, { keys: JSON.stringify({ keys: [{ ...rsa, use: 'enc' }] }) }, { pointer: '/issuers/main/keys', detail: /without a key/ })
})

t.test('a secret must be one that the algorithms can live with', async t => {
  refuses(t, { secret: SECRET }, { code: 'GW_CONFIG_NO_EFFECT', pointer: '/issuers/main/secret' })
  refuses(t, { secret: SECRET, algorithms: ['HS256', 'RS256'] }, { code: 'GW_CONFIG_NO_EFFECT', pointer: '/issuers/main/algorithms/1' })
  refuses(t, { secret: 's'.repeat(47), algorithms: ['HS256', 'HS384'] }, { code: 'GW_CONFIG_INVALID', pointer: '/issuers/main/secret', detail: /48 bytes/ })
  refuses(t, { secret: 's'.repeat(63), algorithms: 'HS512' }, { pointer: '/issuers/main/secret', detail: /64 bytes/ })
  t.doesNotThrow(() => staticKeys(issuerConfig({ secret: 'é'.repeat(32), algorithms: 'HS512' }), ''), 'bytes count, not characters')
  for (const secret of ['-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE', JSON.stringify(ec)]) {
    refuses(t, { secret, algorithms: 'HS256' }, { code: 'GW_CONFIG_INVALID', pointer: '/issuers/main/secret', detail: 'a key in PEM or as a JWK, and not a secret' })
  }
})
