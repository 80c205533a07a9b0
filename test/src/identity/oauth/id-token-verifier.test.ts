import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import { Refusal } from '../../../../src/contract/identity.ts'
import { IdTokenVerifier } from '../../../../src/identity/oauth/id-token-verifier.ts'
import { KeysUnavailable, type KeySource, type VerificationKey } from '../../../../src/identity/keys/verification-key.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

const NOW = 1_800_000_000
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')

const key = (kid: string, { publicKey }: { publicKey: KeyObject }, algorithms: readonly string[]): VerificationKey =>
  ({ kid, algorithms, key: publicKey, pem: null, revoked: false })
const KEYS: readonly VerificationKey[] = [key('other', other, ['RS256']), key('a', rsa, ['RS256', 'RS512']), key('ed', ed, ['EdDSA'])]

function verifier (keysFor: KeySource['keysFor'] = ({ kid }) => KEYS.filter(known => kid === null || known.kid === kid)) {
  return new IdTokenVerifier({
    config: { issuer: 'https://issuer.test', algorithms: ['RS256', 'EdDSA'], clockSkew: 10_000 },
    clientId: 'gateway',
    keys: { keysFor },
    clock: fakeClock(NOW * 1000)
  })
}

interface Signed { claims?: Record<string, unknown>, header?: Record<string, unknown>, by?: KeyObject }

async function sign (defaults: Record<string, unknown>, { claims, header, by = rsa.privateKey }: Signed): Promise<string> {
  const jws = new SignJWT({ ...defaults, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'a', ...header, ...header?.['crit'] === undefined ? {} : { crit: header['crit'] as string[] } })
  return await jws.sign(by, { crit: { x: true } })
}
const idToken = (signed: Signed = {}) => sign({ iss: 'https://issuer.test', aud: 'gateway', sub: 'alice', iat: NOW, exp: NOW + 60, nonce: 'n' }, signed)
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const logoutToken = (signed: Signed = {}) =>
  sign({ iss: 'https://issuer.test', aud: 'gateway', sub: 'alice', sid: 's', jti: 'j', iat: NOW, exp: NOW + 60, events: EVENTS }, { ...signed, header: { typ: 'logout+jwt', ...signed.header } })

const half = (name: string, text: string) => {
  const digest = createHash(name).update(text).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
const expected = { nonce: 'n', accessToken: 'at' }

t.test('an ID token as it should be gives its claims', async t => {
  t.match(await verifier().verifyIdToken(await idToken(), expected), { sub: 'alice', iss: 'https://issuer.test' })
  for (const signed of [
    { header: { typ: 'JWT' } },
    { header: { typ: 'application/jwt' } },
    { claims: { aud: ['gateway', 'x'], azp: 'gateway' } },
    { claims: { aud: ['gateway'] } },
    { claims: { azp: 'gateway' } },
    { claims: { exp: NOW - 9 } },
    { claims: { iat: NOW + 9 } },
    { claims: { at_hash: half('sha256', 'at') } },
    { header: { kid: undefined } },
    { header: { alg: 'EdDSA', kid: 'ed' }, by: ed.privateKey, claims: { at_hash: half('sha512', 'at') } }
  ] satisfies Signed[]) t.match(await verifier().verifyIdToken(await idToken(signed), expected), { sub: 'alice' }, JSON.stringify(signed.header ?? signed.claims))
  t.match(await verifier().verifyIdToken(await idToken({ claims: { nonce: undefined } }), { ...expected, nonce: null }), { sub: 'alice' })
})

for (const [name, signed, reason] of [
  ['of another issuer', { claims: { iss: 'https://issuer.test/' } }, 'unknown-issuer'],
  ['without issuer', { claims: { iss: undefined } }, 'missing-claim'],
  ['for another client', { claims: { aud: 'other' } }, 'audience'],
  ['for several without azp', { claims: { aud: ['gateway', 'x'] } }, 'client'],
  ['asked for by another', { claims: { azp: 'x' } }, 'client'],
  ['over', { claims: { exp: NOW - 11 } }, 'expired'],
  ['without end', { claims: { exp: undefined } }, 'missing-claim'],
  ['without beginning', { claims: { iat: undefined } }, 'missing-claim'],
  ['with an end that is no number', { claims: { exp: `${NOW + 60}` } }, 'invalid-claim'],
  ['not yet valid', { claims: { nbf: NOW + 11 } }, 'not-yet-valid'],
  ['made in the future', { claims: { iat: NOW + 11 } }, 'not-yet-valid'],
  ['of nobody', { claims: { sub: undefined } }, 'missing-claim'],
  ['of an empty subject', { claims: { sub: '' } }, 'missing-claim'],
  ['with another nonce', { claims: { nonce: 'm' } }, 'invalid-claim'],
  ['without the nonce', { claims: { nonce: undefined } }, 'invalid-claim'],
  ['of another access token', { claims: { at_hash: half('sha256', 'other') } }, 'invalid-claim'],
  ['with a hash that is none', { claims: { at_hash: 1 } }, 'invalid-claim'],
  ['by a key of another', { by: other.privateKey }, 'signature'],
  ['by no known key', { header: { kid: 'b' } }, 'unknown-key'],
  ['by an algorithm that is not allowed', { header: { alg: 'RS512' } }, 'algorithm'],
  ['by an algorithm the key is not for', { header: { kid: 'ed' } }, 'unknown-key'],
  ['that is an access token', { header: { typ: 'at+jwt' } }, 'type'],
  ['that is a logout token', { header: { typ: 'logout+jwt' } }, 'type'],
  ['with a type that is empty', { header: { typ: '' } }, 'type'],
  ['with a critical extension', { header: { crit: ['x'], x: 1 } }, 'critical']
] as const satisfies readonly (readonly [string, Signed, string])[]) {
  t.test(`an ID token ${name} is refused`, async t => {
    const verdict = await verifier().verifyIdToken(await idToken(signed), expected)
    t.ok(verdict instanceof Refusal)
    t.match(verdict, { reason })
  })
}

t.test('a key that was taken back signs nothing, and not every key is tried', async t => {
  const [, good] = KEYS
  t.match(await verifier(() => [{ ...good!, revoked: true }]).verifyIdToken(await idToken(), expected), { reason: 'unknown-key' })
  const many = (before: number) => verifier(() => [...Array.from({ length: before }, () => KEYS[0]!), good!])
  t.match(await many(7).verifyIdToken(await idToken(), expected), { sub: 'alice' })
  t.match(await many(8).verifyIdToken(await idToken(), expected), { reason: 'signature' })
})

t.test('what is no token is refused', async t => {
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`
  for (const [text, reason] of [['', 'malformed'], ['a.b', 'malformed'], ['e30.e30.e30', 'algorithm'], [none, 'algorithm'], ['a'.repeat(16_385), 'too-large'], [`${await idToken()}.`, 'malformed']] as const) {
    t.match(await verifier().verifyIdToken(text, expected), { reason }, text.slice(0, 20))
    t.match(await verifier().verifyLogoutToken(text), { reason })
  }
})

t.test('nobody is let in while the keys cannot be had', async t => {
  const down = verifier(() => Promise.reject(new KeysUnavailable('down')))
  t.match(await down.verifyIdToken(await idToken(), expected), { reason: 'unavailable' })
  t.match(await down.verifyLogoutToken(await logoutToken()), { reason: 'unavailable' })
})

t.test('a logout token as it should be gives its claims', async t => {
  for (const signed of [
    {}, { header: { typ: 'application/logout+jwt' } }, { header: { typ: undefined } }, { header: { typ: 'JWT' } },
    { claims: { sid: undefined } }, { claims: { sub: undefined } }, { claims: { iat: NOW - 130 } }, { claims: { events: { ...EVENTS, x: 1 } } }
  ] satisfies Signed[]) t.match(await verifier().verifyLogoutToken(await logoutToken(signed)), { jti: 'j' }, JSON.stringify(signed))
})

for (const [name, signed, reason] of [
  ['of another issuer', { claims: { iss: 'x' } }, 'unknown-issuer'],
  ['for another client', { claims: { aud: 'x' } }, 'audience'],
  ['that is an ID token', { claims: { events: undefined } }, 'invalid-claim'],
  ['of another event', { claims: { events: { x: {} } } }, 'invalid-claim'],
  ['of an event without members', { claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': true } } }, 'invalid-claim'],
  ['of a list as its event', { claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': [] } } }, 'invalid-claim'],
  ['with a nonce', { claims: { nonce: 'n' } }, 'invalid-claim'],
  ['that could be used again', { claims: { jti: undefined } }, 'missing-claim'],
  ['of nobody', { claims: { sub: undefined, sid: undefined } }, 'missing-claim'],
  ['of a subject that is no text', { claims: { sub: 1 } }, 'invalid-claim'],
  ['of an empty session', { claims: { sid: '' } }, 'invalid-claim'],
  ['that is old', { claims: { iat: NOW - 131 } }, 'too-old'],
  ['made in the future', { claims: { iat: NOW + 11 } }, 'not-yet-valid'],
  ['over', { claims: { exp: NOW - 11 } }, 'expired'],
  ['that is an access token', { header: { typ: 'at+jwt' } }, 'type'],
  ['by a key of another', { by: other.privateKey }, 'signature']
] as const satisfies readonly (readonly [string, Signed, string])[]) {
  t.test(`a logout token ${name} is refused`, async t => {
    const verdict = await verifier().verifyLogoutToken(await logoutToken(signed))
    t.ok(verdict instanceof Refusal)
    t.match(verdict, { reason })
  })
}
