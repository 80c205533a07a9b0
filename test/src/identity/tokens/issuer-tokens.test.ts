import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { Refusal } from '../../../../src/contract/identity.ts'
import { IssuerTokens, type VerifiedToken } from '../../../../src/identity/tokens/issuer-tokens.ts'
import { parseToken, type ParsedToken } from '../../../../src/identity/tokens/parse-token.ts'
import type { KeySource } from '../../../../src/identity/keys/verification-key.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { issuerConfig, ISSUER, KEYS, keySource, NOW, PAIRS, token, verificationKey, withClaims, withHeader, type IssuerOver } from './attacks/lab.ts'

const parsed = (text: string): ParsedToken => parseToken(text) as ParsedToken
const issuer = (keys: KeySource = KEYS, config: IssuerOver = {}) => new IssuerTokens({ config: issuerConfig(config), keys, clock: fakeClock(NOW * 1000) })
const PUBLIC = verificationKey('rsa', PAIRS.rsa.publicKey, ['RS256'])

t.test('a good token names its principal, its key and its issuer at once', async t => {
  const by = issuer(keySource([PUBLIC]))
  const verified = by.verify(parsed(token())) as VerifiedToken
  t.equal(verified.by, by)
  t.equal(verified.key, PUBLIC)
  t.equal(verified.principal.subject, 'alice')
  t.equal(by.issuer, ISSUER)
})

t.test('keys that come later are waited for', async t => {
  const verdict = issuer({ keysFor: async () => [PUBLIC] }).verify(parsed(token()))
  t.ok(verdict instanceof Promise)
  t.notOk(await verdict instanceof Refusal)
})

t.test('keys are asked for by algorithm and kid, and not for tokens that are refused anyway', async t => {
  const asked: unknown[] = []
  const by = issuer({ keysFor: ({ alg, kid }) => { asked.push([alg, kid]); return [PUBLIC] } })
  by.verify(parsed(token()))
  by.verify(parsed(withHeader({ kid: undefined })))
  by.verify(parsed(withHeader({ alg: 'RS512' })))
  by.verify(parsed(withHeader({ typ: 'logout+jwt' })))
  t.strictSame(asked, [['RS256', 'rsa'], ['RS256', null]])
})

t.test('a token without kid is checked with every key that fits, up to eight', async t => {
  const others = Array.from({ length: 8 }, () => verificationKey(null, generateKeyPairSync('ed25519').publicKey, ['EdDSA']))
  const real = verificationKey(null, PAIRS.ed.publicKey, ['EdDSA'])
  const text = parsed(token({ as: 'EdDSA', key: PAIRS.ed.privateKey, header: { alg: 'EdDSA' } }))
  t.notOk(issuer(keySource([PUBLIC, ...others.slice(1), real])).verify(text) instanceof Refusal)
  t.match(issuer(keySource([...others, real])).verify(text), { reason: 'signature' })
})

t.test('two keys of one kid and different algorithms do not meet', async t => {
  const keys = keySource([verificationKey('k', PAIRS.ec.publicKey, ['ES256']), verificationKey('k', PAIRS.rsa.publicKey, ['RS256'])])
  t.notOk(issuer(keys).verify(parsed(withHeader({ kid: 'k' }))) instanceof Refusal)
})

t.test('a key verifies nothing more from when it is taken back', async t => {
  const key = { ...PUBLIC }
  const by = issuer(keySource([key]))
  t.notOk(by.verify(parsed(token())) instanceof Refusal)
  key.revoked = true
  t.match(by.verify(parsed(token())), { reason: 'revoked' })
})

t.test('a token that says another issuer is refused, though the key is right', async t => {
  for (const iss of ['https://other.test', `${ISSUER}/`, undefined, [ISSUER]]) t.match(issuer().verify(parsed(withClaims({ iss }))), { reason: 'unknown-issuer' })
})

t.test('Ed448, P-384 and P-521 verify where they are allowed', async t => {
  for (const [alg, pair] of [['EdDSA', generateKeyPairSync('ed448')], ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })], ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })]] as const) {
    const by = issuer(keySource([verificationKey('k', pair.publicKey, [alg])]), { algorithms: alg })
    t.notOk(by.verify(parsed(token({ as: alg, key: pair.privateKey, header: { alg, kid: 'k' } }))) instanceof Refusal, alg)
  }
})

t.test('an algorithm is checked with a key of its curve alone', async t => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const by = issuer(keySource([verificationKey('k', pair.publicKey, ['ES256', 'ES384'])]), { algorithms: ['ES256', 'ES384'] })
  t.match(by.verify(parsed(token({ as: 'ES256', key: pair.privateKey, header: { alg: 'ES256', kid: 'k' } }))), { reason: 'unknown-key' })
})

t.test('what goes wrong with the keys is no fault of the token', async t => {
  for (const error of [new Error('no route to host'), 'no error']) {
    for (const keysFor of [async () => { throw error }, () => { throw error }]) t.match(await issuer({ keysFor }).verify(parsed(token())), { reason: 'unavailable' })
  }
})
