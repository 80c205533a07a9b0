import { CLAIMS, ISSUER, NOW, PAIRS, SECRET, BOTH, BOTH_KEYS, toBytes, toInt, token, withClaims, withHeader, type Attack } from './lab.ts'
import { P256_ORDER } from './signatures.ts'

const THUMBPRINT = 'A'.repeat(43)
type Good = Omit<Attack, 'reason'>
const row = (name: string, make: () => string, config?: Attack['config']): Good => ({ name, token: make, ...(config && { config }) })

const mirrored = (signature: Buffer): Buffer => Buffer.concat([signature.subarray(0, 32), toBytes(P256_ORDER - toInt(signature.subarray(32)), 32)])

/** Within three characters of 8192: base64url grows in steps. */
function longest (): string {
  const made = withClaims({ pad: 'x'.repeat(Math.floor((8192 - withClaims({ pad: '' }).length) * 3 / 4)) })
  if (made.length < 8189) throw new Error('too short to tell')
  return made
}

/** Tokens that differ from an attack by a hair and are good: who refuses everything would pass the table too. */
export const GOOD: readonly Good[] = [
  row('RS256', () => token()),
  row('PS256', () => token({ as: 'PS256' })),
  row('ES256', () => token({ as: 'ES256', key: PAIRS.ec.privateKey })),
  row('EdDSA', () => token({ as: 'EdDSA', key: PAIRS.ed.privateKey })),
  { ...row('HS256 with the issuer\'s secret', () => token({ as: 'HS256', key: SECRET, header: { alg: 'HS256' } }), BOTH), keys: BOTH_KEYS },
  row('without kid', () => withHeader({ kid: undefined })),
  row('typ JWT', () => withHeader({ typ: 'JWT' })),
  row('without typ', () => withHeader({ typ: undefined })),
  row('typ application/AT+JWT', () => withHeader({ typ: 'application/AT+JWT' })),
  row('cty json', () => withHeader({ cty: 'application/json' })),
  row('b64 true', () => withHeader({ b64: true })),
  row('jku, x5u, x5c, x5t beside a good signature: never looked at', () => withHeader({ jku: 'https://attacker.test/jwks.json', x5u: 'https://attacker.test/cert.pem', x5c: ['AA=='], x5t: 'x' })),
  row('an unknown header member', () => withHeader({ 'x-tenant': 1 })),
  row('the audience in a list', () => withClaims({ aud: ['other', 'api'] })),
  row('expired, a moment within the skew', () => withClaims({ exp: NOW - 29.999 })),
  row('not yet valid, within the skew', () => withClaims({ nbf: NOW + 30 })),
  row('a date with a fraction', () => withClaims({ iat: NOW - 0.5 })),
  row('as old as may be', () => withClaims({ iat: NOW - 329 }), { maxAge: '5m' }),
  row('without audience where it is not required', () => withClaims({ aud: undefined }), { requiredClaims: ['exp'] }),
  row('without exp where it is not required', () => withClaims({ exp: undefined }), { requiredClaims: ['sub'] }),
  row('a client that is allowed', () => withClaims({}), { clients: ['web', 'app'] }),
  row('azp that is allowed', () => withClaims({ client_id: undefined, azp: 'web' }), { clients: 'web' }),
  row('bound to a DPoP key', () => withClaims({ cnf: { jkt: THUMBPRINT } })),
  row('bound to a certificate', () => withClaims({ cnf: { 'x5t#S256': THUMBPRINT } })),
  row('bound to both', () => withClaims({ cnf: { jkt: THUMBPRINT, 'x5t#S256': THUMBPRINT } })),
  row('a nonce beside scopes', () => withClaims({ nonce: 'n' }, { typ: 'JWT' })),
  row('a nonce beside scopes of another name', () => withClaims({ nonce: 'n', scope: undefined, client_id: undefined, permissions: ['p'] }, { typ: 'JWT' }), { claims: { scopes: 'permissions' } }),
  row('at_hash where typ says access token', () => withClaims({ at_hash: 'h' })),
  row('azp that is no audience, without scopes', () => withClaims({ azp: 'web', scope: undefined, client_id: undefined }, { typ: 'JWT' })),
  row('Cognito\'s access token', () => withClaims({ token_use: 'access' }, { typ: 'JWT' })),
  row('a name in another script, escaped', () => token({ claims: JSON.stringify({ ...CLAIMS, name: 'x' }).replace('"x"', '"\\u00e9\\ud83d\\ude00: \\"{[\\\\"') })),
  row('16 levels', () => withClaims({ a: JSON.parse(`${'['.repeat(15)}${']'.repeat(15)}`) as object })),
  row('the names of prototypes', () => withClaims({ constructor: 1, prototype: 2, toString: 3 })),
  row('as long as may be', longest),
  row('the other signature of the same key over the same text: ECDSA has (r, n - s) too, and no RFC forbids it', () => token({ as: 'ES256', key: PAIRS.ec.privateKey, signature: mirrored })),
  row('the subject elsewhere', () => withClaims({ iss: ISSUER, sub: undefined, user: { mail: 'a@b.test' } }), { requiredClaims: ['exp'], claims: { subject: 'user.mail' } }),
  row('a client and no subject where none is required', () => withClaims({ sub: undefined }), { requiredClaims: ['exp'] })
]
