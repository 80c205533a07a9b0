import { CLAIMS, PAIRS, SECRET, BOTH, BOTH_KEYS, toBytes, toInt, token, withHeader, type Attack } from './lab.ts'

/** Orders of the groups: P-256 (FIPS 186-5), Ed25519 (RFC 8032 5.1). */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const MODULUS = toInt(Buffer.from(PAIRS.rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url'))

const rs = (name: string, change: (signature: Buffer) => Buffer, as = 'RS256'): Attack => ({ name: `${as}: ${name}`, token: () => token({ as, signature: change }), reason: 'signature' })
const es = (name: string, change: (signature: Buffer) => Buffer): Attack => ({ name: `ES256: ${name}`, token: () => token({ as: 'ES256', key: PAIRS.ec.privateKey, signature: change }), reason: 'signature' })
const ed = (name: string, change: (signature: Buffer) => Buffer): Attack => ({ name: `EdDSA: ${name}`, token: () => token({ as: 'EdDSA', key: PAIRS.ed.privateKey, signature: change }), reason: 'signature' })
const hs = (name: string, change: (signature: Buffer) => Buffer): Attack => ({ name: `HS256: ${name}`, token: () => token({ as: 'HS256', key: SECRET, header: { alg: 'HS256' }, signature: change }), reason: 'signature', config: BOTH, keys: BOTH_KEYS })
const pair = (r: bigint, s: bigint) => () => Buffer.concat([toBytes(r, 32), toBytes(s, 32)])
const flipped = (bytes: Buffer, index: number): Buffer => { const copy = Buffer.from(bytes); copy[index]! ^= 1; return copy }
const byte = Buffer.from([0])

/** The parts of two good tokens, exchanged. */
const mixed = (name: string, pick: (a: string[], b: string[]) => string[]): Attack => ({
  name,
  token: () => pick(token().split('.'), token({ header: { alg: 'RS256', kid: 'rsa', typ: 'JWT' }, claims: { ...CLAIMS, sub: 'bob' } }).split('.')).join('.'),
  reason: 'signature'
})

/** Good tokens whose signature was taken off, changed, or made without the key. */
export const SIGNATURES: readonly Attack[] = [
  rs('taken off', () => Buffer.alloc(0)),
  rs('a byte short', s => s.subarray(0, -1)),
  rs('a byte short at the front', s => s.subarray(1)),
  rs('a byte longer', s => Buffer.concat([s, byte])),
  rs('a zero byte in front', s => Buffer.concat([byte, s])),
  rs('one byte', () => byte),
  rs('all zero', s => Buffer.alloc(s.length)),
  rs('the number 1', s => toBytes(1n, s.length)),
  rs('the modulus', s => toBytes(MODULUS, s.length)),
  rs('the modulus less 1', s => toBytes(MODULUS - 1n, s.length)),
  rs('the modulus added to it', s => toBytes(toInt(s) + MODULUS, s.length + 1)),
  rs('the modulus less it', s => toBytes(MODULUS - toInt(s), s.length)),
  rs('the first bit changed', s => flipped(s, 0)),
  rs('the last bit changed', s => flipped(s, s.length - 1)),
  rs('twice', s => Buffer.concat([s, s])),
  rs('backwards', s => Buffer.from(s).reverse()),
  rs('its text instead of its bytes', s => Buffer.from(s.toString('hex'))),
  rs('all zero', s => Buffer.alloc(s.length), 'PS256'),
  rs('the last bit changed', s => flipped(s, s.length - 1), 'PS256'),
  mixed('the signature of another token', (a, b) => [a[0]!, a[1]!, b[2]!]),
  mixed('the claims of another token', (a, b) => [a[0]!, b[1]!, a[2]!]),
  mixed('the header of another token', (a, b) => [b[0]!, a[1]!, a[2]!]),
  es('r and s zero (CVE-2022-21449)', pair(0n, 0n)),
  es('r zero', s => Buffer.concat([Buffer.alloc(32), s.subarray(32)])),
  es('s zero', s => Buffer.concat([s.subarray(0, 32), Buffer.alloc(32)])),
  es('r and s one', pair(1n, 1n)),
  es('r and s the order', pair(P256_ORDER, P256_ORDER)),
  es('r the order, s one', pair(P256_ORDER, 1n)),
  es('r and s less one than the order', pair(P256_ORDER - 1n, P256_ORDER - 1n)),
  es('all ones', () => Buffer.alloc(64, 0xff)),
  es('r and s exchanged', s => Buffer.concat([s.subarray(32), s.subarray(0, 32)])),
  es('a byte short', s => s.subarray(0, -1)),
  es('a byte longer', s => Buffer.concat([s, byte])),
  es('of two zero bytes', () => Buffer.alloc(2)),
  { name: 'ES256: DER instead of r and s', token: () => withHeader({ alg: 'ES256', kid: 'ec' }, { as: 'DER', key: PAIRS.ec.privateKey }), reason: 'signature' },
  { name: 'ES256: the numbers with a zero byte each in front', token: () => token({ as: 'ES256', key: PAIRS.ec.privateKey, signature: s => Buffer.concat([byte, s.subarray(0, 32), byte, s.subarray(32)]) }), reason: 'signature' },
  ed('all zero', () => Buffer.alloc(64)),
  ed('S and the order of the group', s => Buffer.concat([s.subarray(0, 32), Buffer.from(toBytes(toInt(Buffer.from(s.subarray(32)).reverse()) + ED25519_ORDER, 32)).reverse()])),
  ed('the neutral element and S zero', () => { const s = Buffer.alloc(64); s[0] = 1; return s }),
  ed('a byte short', s => s.subarray(0, -1)),
  ed('a byte longer', s => Buffer.concat([s, byte])),
  ed('the last bit changed', s => flipped(s, 63)),
  hs('taken off', () => Buffer.alloc(0)),
  hs('the first half', s => s.subarray(0, 16)),
  hs('the first byte', s => s.subarray(0, 1)),
  hs('a byte longer', s => Buffer.concat([s, byte])),
  hs('all zero', () => Buffer.alloc(32)),
  hs('the last bit changed', s => flipped(s, 31))
]
