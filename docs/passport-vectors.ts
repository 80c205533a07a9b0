import { createHash, createHmac, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { requestDigest } from '../plugins/filters/passport/verifier/request-digest.ts'
import { derivedKey } from '../src/identity/rings/derived-key.ts'
import { newRingKey, type RingKey } from '../src/identity/rings/ring-key.ts'

// `node docs/passport-vectors.ts`: writes the test vectors of docs/passport.md. The same bytes every time: a test says when they are stale.

const NOW = 1_790_000_000
const ISSUER = 'gatehouse'
const AUDIENCE = 'orders'

interface Pair { readonly kid: string, readonly key: KeyObject, readonly x: string }

/** Keys for tests only: everybody knows them. */
const seed = (name: string): Buffer => createHash('sha256').update(`gatehouse passport vectors ${name}`).digest()

function pair (kid: string): Pair {
  // RFC 8410 7: the 16 bytes before the 32 of an Ed25519 private key
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed(kid)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { kid, key, x: createPublicKey(key).export({ format: 'jwk' }).x! }
}

const current = pair('20260921-00000001')
const previous = pair('20260820-00000002')
const stranger = pair('20260921-00000003')
const master: RingKey = { ...newRingKey('HS256', NOW), kid: '20260921-00000004', k: seed('master').toString('base64url') }
const derived = derivedKey(master, AUDIENCE)

const base64url = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const edDsa = ({ key }: Pair) => (input: string) => sign(null, Buffer.from(input), key).toString('base64url')
const hs256 = (secret: Buffer) => (input: string) => createHmac('sha256', secret).update(input).digest('base64url')

function jws (header: object, claims: unknown, signature: (input: string) => string): string {
  const input = `${base64url(header)}.${base64url(claims)}`
  return `${input}.${signature(input)}`
}

const EDDSA = { alg: 'EdDSA', kid: current.kid, typ: 'passport+jwt' }
const HS256 = { alg: 'HS256', kid: derived.kid, typ: 'passport+jwt' }
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, iat: NOW - 10, exp: NOW + 20, sub: 'ada', cid: 'web', scp: ['orders.read', 'orders.write'], ten: 'acme', lvl: 2, src: 'jwt' }

const passport = (claims: object = {}, header: object = {}): string => jws({ ...EDDSA, ...header }, { ...CLAIMS, ...claims }, edDsa(current))
const GET = { method: 'GET', path: '/orders/7' }
const POST = { method: 'POST', path: '/orders', body: '{"item":"tea","count":2}' }
const bound = ({ method, path, body }: { method: string, path: string, body?: string }): string =>
  passport({ txn: 'req-1', req: requestDigest({ method, path, body }) })

/** A text that decodes to the same bytes, by bits that base64url leaves over. */
function looser (compact: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return compact.slice(0, -1) + alphabet[alphabet.indexOf(compact.at(-1)!) + 1]!
}

function tampered (compact: string): string {
  const [header, , signature] = compact.split('.')
  return `${header}.${base64url({ ...CLAIMS, sub: 'eve' })}.${signature}`
}

interface Case { readonly name: string, readonly header: string, readonly request?: object, readonly outcome: 'accepted' | string, readonly strict?: true }
const accepted = (name: string, header: string, request?: object): Case => ({ name, header, ...request && { request }, outcome: 'accepted' })
const refused = (outcome: string, name: string, header: string, request?: object): Case => ({ name, header, ...request && { request }, outcome })

const GOOD: readonly Case[] = [
  accepted('EdDSA', passport()),
  accepted('EdDSA by the key before the last rotation', jws({ ...EDDSA, kid: previous.kid }, CLAIMS, edDsa(previous))),
  accepted('HS256 by the key derived for the audience', jws(HS256, CLAIMS, hs256(derived.secret))),
  accepted('for several audiences', passport({ aud: ['billing', AUDIENCE] })),
  accepted('a caller that nobody knows', jws(EDDSA, { iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 30, lvl: 0 }, edDsa(current))),
  accepted('every claim', passport({ dev: { id: 'd-1', type: 'phone' }, amr: ['pwd', 'otp'], acr: 'urn:example:mfa', lvl: 3, src: 'session', act: { sub: 'support' }, email: 'ada@example.com', ctx: { plan: 'pro' } })),
  accepted('over for less than the clock skew', passport({ exp: NOW - 4 })),
  accepted('made by a clock that is a little ahead', passport({ iat: NOW + 4, exp: NOW + 34 })),
  accepted('bound to a request without a body', bound(GET), GET),
  accepted('bound to a request, whose query does not count', bound(GET), { ...GET, path: '/orders/7?full=1' }),
  accepted('bound to a request with a body', bound(POST), POST),
  accepted('not bound, with a request', passport(), POST)
]

const BAD: readonly Case[] = [
  refused('missing', 'no header', ''),
  refused('expired', 'expired', passport({ exp: NOW - 5 })),
  refused('not-yet-valid', 'from the future', passport({ iat: NOW + 6, exp: NOW + 36 })),
  refused('audience', 'for another audience', passport({ aud: 'billing' })),
  refused('audience', 'for an audience that begins alike', passport({ aud: 'orders-next' })),
  refused('issuer', 'from another gateway', passport({ iss: 'other' })),
  refused('type', 'an access token', passport({}, { typ: 'at+jwt' })),
  refused('type', 'no type', jws({ alg: 'EdDSA', kid: current.kid }, CLAIMS, edDsa(current))),
  refused('signature', 'tampered claims', tampered(passport())),
  refused('signature', 'signed by somebody else under a known kid', jws(EDDSA, CLAIMS, edDsa(stranger))),
  refused('signature', 'without its signature', passport().replace(/[^.]*$/, '')),
  refused('signature', 'HS256 by the key of another audience', jws(HS256, CLAIMS, hs256(derivedKey(master, 'billing').secret))),
  refused('unknown-key', 'an unknown kid', jws({ ...EDDSA, kid: stranger.kid }, CLAIMS, edDsa(stranger))),
  refused('algorithm', 'alg none', jws({ ...EDDSA, alg: 'none' }, CLAIMS, () => '')),
  refused('algorithm', 'HS256 by the public key', jws({ ...EDDSA, alg: 'HS256' }, CLAIMS, hs256(Buffer.from(current.x, 'base64url')))),
  refused('algorithm', 'EdDSA under the kid of a secret', jws({ ...EDDSA, kid: derived.kid }, CLAIMS, edDsa(stranger))),
  refused('malformed', 'a critical extension', passport({}, { crit: ['b64'], b64: true })),
  refused('malformed', 'a key of its own', jws({ ...EDDSA, jwk: { kty: 'OKP', crv: 'Ed25519', x: stranger.x } }, CLAIMS, edDsa(stranger))),
  refused('malformed', 'no kid', jws({ alg: 'EdDSA', typ: 'passport+jwt' }, CLAIMS, edDsa(current))),
  refused('malformed', 'a header that is no JSON', passport().replace(/^[^.]*/, base64url('{'))),
  refused('malformed', 'two parts', passport().split('.').slice(0, 2).join('.')),
  refused('malformed', 'claims that are a list', jws(EDDSA, [CLAIMS], edDsa(current))),
  { ...refused('malformed', 'base64url that is not canonical', looser(passport())), strict: true },
  refused('repeated', 'two passports in one header', `${passport()}, ${passport()}`),
  refused('invalid-claim', 'an end that is text', passport({ exp: String(NOW + 20) })),
  refused('invalid-claim', 'no end', jws(EDDSA, { ...CLAIMS, exp: undefined }, edDsa(current))),
  refused('invalid-claim', 'a level without a subject', jws(EDDSA, { ...CLAIMS, sub: undefined }, edDsa(current))),
  refused('binding', 'bound to another path', bound(GET), { ...GET, path: '/orders/8' }),
  refused('binding', 'bound to another method', bound(GET), { ...GET, method: 'DELETE' }),
  refused('binding', 'bound to another body', bound(POST), { ...POST, body: '{"item":"tea","count":3}' }),
  refused('binding', 'bound, and nobody says to what', bound(GET))
]

const publicJwk = ({ kid, x }: Pair) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })

/** The document, as it is in docs/passport-vectors.json. */
export function passportVectors (): string {
  const secret = { kty: 'oct', k: derived.secret.toString('base64url'), kid: derived.kid, alg: 'HS256', use: 'sig' }
  const about = 'Test vectors for verifiers of Gatehouse passports (docs/passport.md). Keys are for tests only. "header" is the value of X-Passport, "request" what the service received with it. "outcome" is "accepted" or the PassportError code; what matters is that it is refused. "strict": a verifier may accept it.'
  return `${JSON.stringify({ about, jwks: { keys: [publicJwk(current), publicJwk(previous), secret] }, issuer: ISSUER, audience: AUDIENCE, now: NOW, clockSkewSeconds: 5, cases: [...GOOD, ...BAD] }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(fileURLToPath(new URL('passport-vectors.json', import.meta.url)), passportVectors())
