import { constants, createHmac, createSecretKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { RefusalReason } from '../../../../../src/contract/identity.ts'
import { IssuerSchema, type IssuerConfig } from '../../../../../src/contract/issuers.ts'
import { validate } from '../../../../../src/contract/validate.ts'
import type { KeySource, VerificationKey } from '../../../../../src/identity/keys/verification-key.ts'

/** The time of every test, in seconds since the epoch. */
export const NOW = 1_800_000_000
export const ISSUER = 'https://issuer.test'
export const OTHER_ISSUER = 'https://other.test'
export const SECRET = 'a secret that is known to two, and long enough'

/** One row of the table: how a token is made that must not pass, and what the operator reads. */
export interface Attack {
  readonly name: string
  readonly token: () => string
  readonly reason: RefusalReason
  /** What is different in the configuration of the issuer. */
  readonly config?: IssuerOver
  readonly keys?: KeySource
}

export type IssuerOver = Readonly<Record<string, unknown>>

/** The configuration of an issuer as the route file has it, with the defaults. */
export function issuerConfig (over: IssuerOver = {}): IssuerConfig {
  const { value, faults } = validate(IssuerSchema, { issuer: ISSUER, audiences: ['api'], ...over })
  if (faults.length > 0) throw faults[0]
  return value as IssuerConfig
}

const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits })

/** Key pairs: those of the issuer, one of another issuer, and the attacker's own. */
export const PAIRS = {
  rsa: rsa(2048),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
  small: rsa(1024),
  k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  old: generateKeyPairSync('ed25519'),
  other: rsa(2048),
  attacker: rsa(2048),
  attackerEc: generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** A key as the issuer publishes it. */
export function verificationKey (kid: string | null, key: KeyObject, algorithms: readonly string[]): VerificationKey {
  return { kid, key, algorithms, pem: key.type === 'secret' ? null : key.export({ type: 'spki', format: 'pem' }) as string, revoked: false }
}

/** Keys in memory, looked up as the JWKS client does. */
export function keySource (keys: readonly VerificationKey[]): KeySource {
  return { keysFor: ({ alg, kid }) => keys.filter(key => kid === null ? key.algorithms.includes(alg) : key.kid === kid) }
}

export const KEYS = keySource([
  verificationKey('rsa', PAIRS.rsa.publicKey, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']),
  verificationKey('rsa-only-rs256', PAIRS.rsa.publicKey, ['RS256']),
  verificationKey('ec', PAIRS.ec.publicKey, ['ES256']),
  verificationKey('ed', PAIRS.ed.publicKey, ['EdDSA']),
  verificationKey('small', PAIRS.small.publicKey, ['RS256', 'PS256']),
  verificationKey('k1', PAIRS.k1.publicKey, ['ES256']),
  verificationKey('mislabelled', createSecretKey(Buffer.from(SECRET)), ['RS256', 'HS256']),
  { ...verificationKey('old', PAIRS.old.publicKey, ['EdDSA']), revoked: true }
])
/** Has keys of the same names, which are others. */
export const OTHER_KEYS = keySource([verificationKey('rsa', PAIRS.other.publicKey, ['RS256']), verificationKey('other', PAIRS.other.publicKey, ['RS256'])])
/** An operator who allowed both kinds for one issuer. */
export const BOTH = { algorithms: ['RS256', 'HS256'], secret: SECRET }
export const BOTH_KEYS = keySource([verificationKey('rsa', PAIRS.rsa.publicKey, ['RS256']), verificationKey(null, createSecretKey(Buffer.from(SECRET)), ['HS256']), verificationKey('shared', createSecretKey(Buffer.from(SECRET)), ['HS256'])])

export const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'alice', client_id: 'app', scope: 'orders.read', iat: NOW - 60, exp: NOW + 600 }

type Text = object | string | Buffer
export interface Made {
  /** Instead of `{ alg, kid, typ }`; text and bytes as they are. */
  readonly header?: Text
  readonly claims?: Text
  /** What is really done to sign; `RS256`. */
  readonly as?: string
  readonly key?: KeyObject | string | Buffer
  readonly signature?: (signature: Buffer) => Buffer
}

const bytes = (text: Text): Buffer => Buffer.isBuffer(text) ? text : Buffer.from(typeof text === 'string' ? text : JSON.stringify(text))
export const base64url = (text: Text): string => bytes(text).toString('base64url')

/** A token, good but for what the test says. */
export function token ({ as = 'RS256', key = PAIRS.rsa.privateKey, header = { alg: as, kid: KIDS[as], typ: 'at+jwt' }, claims = CLAIMS, signature = same => same }: Made = {}): string {
  const input = `${base64url(header)}.${base64url(claims)}`
  return `${input}.${signature(signed(as, key, input)).toString('base64url')}`
}

/** A token with a header like the good one's and these members. */
export const withHeader = (over: object, made: Omit<Made, 'header'> = {}): string => token({ ...made, header: { alg: 'RS256', kid: 'rsa', typ: 'at+jwt', ...over } })
/** A token with claims like the good one's and these; undefined takes one out. */
export const withClaims = (over: object, header: object = {}): string => withHeader(header, { claims: { ...CLAIMS, ...over } })
/** With claims like the good one's, some of them as JSON text. */
export const withText = (text: string): string => token({ claims: `${JSON.stringify(CLAIMS).slice(0, -1)},${text}}` })

const KIDS: Readonly<Record<string, string>> = { RS256: 'rsa', PS256: 'rsa', ES256: 'ec', EdDSA: 'ed' }

/** Signs by the rules of one algorithm, whatever the header says. */
export function signed (alg: string, key: KeyObject | string | Buffer, input: string): Buffer {
  const digest = `sha${alg.slice(2)}`
  const data = Buffer.from(input)
  switch (alg.slice(0, 2)) {
    case 'HS': return createHmac(digest, key).update(data).digest()
    case 'ES': return sign(digest, data, { key: key as KeyObject, dsaEncoding: 'ieee-p1363' })
    case 'DE': return sign('sha256', data, { key: key as KeyObject, dsaEncoding: 'der' })
    case 'PS': return sign(digest, data, { key: key as KeyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
    case 'Ed': return sign(null, data, key as KeyObject)
    default: return sign(digest, data, key as KeyObject)
  }
}

export const toInt = (buffer: Buffer): bigint => BigInt(`0x${buffer.toString('hex')}`)
export const toBytes = (value: bigint, length: number): Buffer => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
