import { generateKeyPairSync } from 'node:crypto'
import { BOTH, BOTH_KEYS, PAIRS, SECRET, token, withHeader, type Attack } from './lab.ts'

const { rsa, ec, ed } = PAIRS
const PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
const PKCS1 = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string
const DER = rsa.publicKey.export({ type: 'spki', format: 'der' })
const JWK = JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))
const EC_PEM = ec.publicKey.export({ type: 'spki', format: 'pem' }) as string

const hmac = (name: string, key: string | Buffer, as = 'HS256', kid = 'rsa'): Attack =>
  ({ name: `${as} with ${name} as the secret`, token: () => token({ as, key, header: { alg: as, kid } }), reason: 'algorithm' })
/** The same where the issuer is allowed both kinds: only the real secret is one. */
const both = (name: string, key: string | Buffer, kid?: string, reason: Attack['reason'] = 'signature'): Attack =>
  ({ name: `HS256 with ${name} as the secret, kid ${kid ?? 'left out'}, where HS256 and RS256 are allowed`, token: () => token({ as: 'HS256', key, header: { alg: 'HS256', kid } }), reason, config: BOTH, keys: BOTH_KEYS })
const alg = (name: string, value: unknown): Attack => ({ name: `alg ${name}`, token: () => withHeader({ alg: value }), reason: 'algorithm' })
const unsigned = (value: string): Attack => ({ name: `alg ${value} without a signature`, token: () => withHeader({ alg: value }, { signature: () => Buffer.alloc(0) }), reason: 'algorithm' })
const confused = (name: string, kid: string, header: string, as: string, key: typeof rsa.privateKey, reason: Attack['reason']): Attack =>
  ({ name, token: () => token({ as, key, header: { alg: header, kid, typ: 'at+jwt' } }), reason })

/** Tokens that say or use another algorithm than their key is for (RFC 8725 2.1, 3.1). */
export const ALGORITHMS: readonly Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none '].map(unsigned),
  { name: 'alg none with a good signature left on', token: () => withHeader({ alg: 'none' }), reason: 'algorithm' },
  alg('left out', undefined),
  alg('empty', ''),
  alg('null', null),
  alg('0', 0),
  alg('true', true),
  alg('a list', ['RS256']),
  alg('an object', { toString: 'RS256' }),
  alg('in lower case', 'rs256'),
  alg('with a space', ' RS256'),
  alg('with NUL', 'RS256\0'),
  alg('__proto__', '__proto__'),
  alg('of key wrapping', 'RSA-OAEP'),
  alg('dir', 'dir'),
  alg('with a password', 'PBES2-HS256+A128KW'),
  alg('ES256K', 'ES256K'),
  alg('Ed25519, which is not configured', 'Ed25519'),
  alg('RS384, which is not configured', 'RS384'),
  hmac('the public key (PEM)', PEM),
  hmac('the public key (PEM, PKCS #1)', PKCS1),
  hmac('the public key (DER)', DER),
  hmac('the public key (JWK)', JWK),
  hmac('the public key (PEM after white space)', `\n  ${PEM}`),
  hmac('the public key (PEM without its last line end)', PEM.trimEnd()),
  hmac('the public key (PEM, CRLF)', PEM.replaceAll('\n', '\r\n')),
  hmac('the public EC key (PEM)', EC_PEM, 'HS256', 'ec'),
  hmac('the modulus', Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url')),
  hmac('the kid', 'rsa'),
  hmac('nothing', ''),
  hmac('one NUL', '\0'),
  hmac('the public key (PEM)', PEM, 'HS384'),
  hmac('the public key (PEM)', PEM, 'HS512'),
  hmac('the public key (PEM, kid unknown)', PEM, 'HS256', 'nobody'),
  { name: 'HS256 that the configuration lists without a secret', token: () => token({ as: 'HS256', key: SECRET, header: { alg: 'HS256', kid: 'mislabelled' } }), reason: 'algorithm', config: { algorithms: ['RS256', 'HS256'] } },
  both('the public key (PEM)', PEM),
  both('the public key (PEM)', PEM, 'shared'),
  both('the public key (PEM)', PEM, 'rsa', 'unknown-key'),
  both('the public key (DER)', DER, 'rsa', 'unknown-key'),
  both('the public key (JWK)', JWK, 'shared'),
  both('the public key (PEM after white space)', ` ${PEM}`),
  both('nothing', ''),
  both('the secret less a character', SECRET.slice(1)),
  both('the secret and the kid of the public key', SECRET, 'rsa', 'unknown-key'),
  { name: 'RS256 that names the secret by its kid', token: () => token({ header: { alg: 'RS256', kid: 'shared' } }), reason: 'unknown-key', config: BOTH, keys: BOTH_KEYS },
  confused('RS256 that names the EC key, signed as ES256', 'ec', 'RS256', 'ES256', ec.privateKey, 'unknown-key'),
  confused('ES256 that names the RSA key, signed as RS256', 'rsa', 'ES256', 'RS256', rsa.privateKey, 'unknown-key'),
  confused('ES256 that names the EC key, signed as RS256', 'ec', 'ES256', 'RS256', rsa.privateKey, 'signature'),
  confused('RS256 in the header, signed as PS256', 'rsa', 'RS256', 'PS256', rsa.privateKey, 'signature'),
  confused('PS256 in the header, signed as RS256', 'rsa', 'PS256', 'RS256', rsa.privateKey, 'signature'),
  confused('PS256 with a key that is for RS256 alone', 'rsa-only-rs256', 'PS256', 'PS256', rsa.privateKey, 'unknown-key'),
  confused('EdDSA that names the EC key, signed as ES256', 'ec', 'EdDSA', 'ES256', ec.privateKey, 'unknown-key'),
  confused('ES256 that names the Ed25519 key, signed as EdDSA', 'ed', 'ES256', 'EdDSA', ed.privateKey, 'unknown-key'),
  confused('EdDSA that names the RSA key', 'rsa', 'EdDSA', 'RS256', rsa.privateKey, 'unknown-key'),
  confused('RS256 in the header, signed with SHA-1', 'rsa', 'RS256', 'RS1', rsa.privateKey, 'signature'),
  confused('RS256 in the header, signed with SHA-512', 'rsa', 'RS256', 'RS512', rsa.privateKey, 'signature'),
  confused('ES256 in the header, signed by a P-384 key', 'ec', 'ES256', 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'signature'),
  confused('ES384 with the P-256 key', 'ec', 'ES384', 'ES384', ec.privateKey, 'algorithm')
]
