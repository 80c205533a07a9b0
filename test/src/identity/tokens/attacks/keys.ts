import { KeysUnavailable } from '../../../../../src/identity/keys/verification-key.ts'
import { ISSUER, OTHER_ISSUER, OTHER_KEYS, PAIRS, SECRET, token, withHeader, CLAIMS, type Attack } from './lab.ts'

const { attacker, attackerEc, other, small, k1, old, rsa } = PAIRS
const mine = { key: attacker.privateKey }
const JWK = attacker.publicKey.export({ format: 'jwk' })
/** A certificate is not even parsed: any text will do. */
const X5C = [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')]

const kid = (name: string, value: unknown, reason: Attack['reason'] = 'unknown-key'): Attack => ({ name: `kid: ${name}`, token: () => withHeader({ kid: value }), reason })
const brought = (name: string, header: object, reason: Attack['reason'] = 'signature'): Attack => ({ name, token: () => withHeader(header, mine), reason })

/** Tokens that would choose, bring or misname the key they are checked with (RFC 8725 3.10; RFC 7515 4.1.2 to 4.1.8). */
export const KEY_ATTACKS: readonly Attack[] = [
  kid('unknown', 'nobody'),
  kid('a path to an empty file', '../../../../../../dev/null'),
  kid('a path with NUL', '/dev/null\0.pem', 'malformed'),
  kid('SQL', "x' UNION SELECT 'AA==' -- "),
  kid('a command', '|touch /tmp/owned'),
  kid('a template', '{{constructor.constructor(1)()}}'),
  kid('LDAP', '*)(uid=*))(|(uid=*'),
  kid('an address', 'https://attacker.test/jwks.json'),
  kid('a line end', 'rsa\r\nx: y', 'malformed'),
  kid('DEL', 'rsa\x7f', 'malformed'),
  kid('C1 control', 'rsa\x85', 'malformed'),
  kid('empty', '', 'malformed'),
  kid('257 characters', 'k'.repeat(257), 'malformed'),
  kid('5000 characters', 'k'.repeat(5000), 'malformed'),
  kid('a number', 0, 'malformed'),
  kid('null', null, 'malformed'),
  kid('true', true, 'malformed'),
  kid('an object', { $ne: null }, 'malformed'),
  kid('a list', ['rsa'], 'malformed'),
  kid('__proto__', '__proto__'),
  kid('constructor', 'constructor'),
  kid('toString', 'toString'),
  kid('in upper case', 'RSA'),
  kid('with a space behind', 'rsa '),
  kid('of another issuer', 'other'),
  { name: 'no kid, signed by a key that is nobody\'s', token: () => withHeader({ kid: undefined }, mine), reason: 'signature' },
  { name: 'a known kid, signed by another key', token: () => withHeader({}, mine), reason: 'signature' },
  { name: 'a known kid, signed by another EC key', token: () => token({ as: 'ES256', key: attackerEc.privateKey }), reason: 'signature' },
  brought('jwk: its own key, self-signed', { jwk: JWK }, 'unknown-key'),
  brought('jwk: its own key, without kid', { jwk: JWK, kid: undefined }, 'unknown-key'),
  brought('jwk: its own key under the issuer\'s kid', { jwk: { ...JWK, kid: 'rsa', use: 'sig', alg: 'RS256' } }, 'unknown-key'),
  brought('jwk: null', { jwk: null }, 'unknown-key'),
  { name: 'jwk: a symmetric key, HS256', token: () => token({ as: 'HS256', key: 'k', header: { alg: 'HS256', jwk: { kty: 'oct', k: 'aw' } } }), reason: 'unknown-key' },
  { name: 'jwk: the issuer\'s key, signed by it', token: () => withHeader({ jwk: rsa.publicKey.export({ format: 'jwk' }) }), reason: 'unknown-key' },
  brought('jku: keys of the attacker', { jku: 'https://attacker.test/jwks.json' }),
  brought('jku: the issuer\'s host and the attacker\'s path', { jku: `${ISSUER}/files/attacker.json`, kid: undefined }),
  brought('jku: an address inside', { jku: 'http://169.254.169.254/latest/meta-data', kid: 'attacker' }, 'unknown-key'),
  brought('jku: a file', { jku: 'file:///etc/passwd' }),
  brought('x5u: a certificate of the attacker', { x5u: 'https://attacker.test/cert.pem' }),
  brought('x5c: a certificate of the attacker', { x5c: X5C }),
  brought('x5c: without kid', { x5c: X5C, kid: undefined }),
  brought('x5t: the thumbprint of a certificate as the kid', { x5t: 'rsa', kid: undefined }),
  { name: 'an RSA key of 1024 bits', token: () => withHeader({ kid: 'small' }, { key: small.privateKey }), reason: 'unknown-key' },
  { name: 'an RSA key of 1024 bits, PS256', token: () => withHeader({ kid: 'small', alg: 'PS256' }, { as: 'PS256', key: small.privateKey }), reason: 'unknown-key' },
  { name: 'a secp256k1 key as ES256', token: () => withHeader({ kid: 'k1', alg: 'ES256' }, { as: 'ES256', key: k1.privateKey }), reason: 'unknown-key' },
  { name: 'a shared secret that is listed for RS256', token: () => withHeader({ kid: 'mislabelled' }, { as: 'HS256', key: SECRET }), reason: 'unknown-key' },
  { name: 'a key that the issuer has taken back', token: () => withHeader({ kid: 'old', alg: 'EdDSA' }, { as: 'EdDSA', key: old.privateKey }), reason: 'revoked' },
  { name: 'signed by another issuer that is trusted too, under a kid both have', token: () => withHeader({}, { key: other.privateKey }), reason: 'signature' },
  { name: 'signed by this issuer in the name of another that is trusted too', token: () => token({ claims: { ...CLAIMS, iss: OTHER_ISSUER } }), reason: 'signature' },
  { name: 'signed by another issuer in its own name, for a kid of this one', token: () => withHeader({ kid: 'ec' }, { key: other.privateKey, claims: { ...CLAIMS, iss: OTHER_ISSUER } }), reason: 'unknown-key' },
  { name: 'a good token while nobody can say which keys there are', token: () => token(), reason: 'unavailable', keys: { keysFor: async () => { throw new KeysUnavailable('down') } } },
  { name: 'a good token while the keys fail at once', token: () => token(), reason: 'unavailable', keys: { keysFor: () => { throw new KeysUnavailable('down') } } },
  { name: 'a good token of an issuer with other keys', token: () => token(), reason: 'signature', keys: OTHER_KEYS }
]
