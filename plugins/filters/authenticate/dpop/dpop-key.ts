import { constants, createPublicKey, hash, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isRecord } from '../../../../src/contract/index.ts'

/** The key of a proof: public, of a kind that goes with its algorithm. */
export interface ProofKey {
  readonly jwk: JsonWebKey
  /** RFC 7638, SHA-256, base64url: `jkt` (RFC 9449 6.1). */
  readonly thumbprint: string
}

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
  readonly digest: string | null
  readonly padding?: number
}

const rsa = (digest: string): Algorithm => ({ kty: 'RSA', digest })
const pss = (digest: string): Algorithm => ({ kty: 'RSA', digest, padding: constants.RSA_PKCS1_PSS_PADDING })
const ec = (crv: string, digest: string): Algorithm => ({ kty: 'EC', crv, digest })

/** RFC 7518 3.1, RFC 8037 3.1: only those with a public key, each tied to one kind of key. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  ES256: ec('P-256', 'sha256'),
  ES384: ec('P-384', 'sha384'),
  ES512: ec('P-521', 'sha512'),
  EdDSA: { kty: 'OKP', crv: 'Ed25519', digest: null }
}

/** The members that make the thumbprint, in its order (RFC 7638 3.2, RFC 8037 2). */
const REQUIRED = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'] }
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const MEMBER = /^[A-Za-z0-9_-]{1,800}$/
/** Whoever sends a proof chooses its key: one that is slow to check with would be a weapon. In base64url: 2048 to 4096 bits, 32 bits. */
const MODULUS = { min: 342, max: 683 }
const MAX_EXPONENT = 6

/** The key in a proof's header; undefined where it is private, or none for this algorithm. */
export function proofKey (jwk: unknown, algorithm: string): ProofKey | undefined {
  const wanted = ALGORITHMS[algorithm]
  if (wanted === undefined || !isRecord(jwk) || PRIVATE.some(member => Object.hasOwn(jwk, member))) return undefined
  const members = REQUIRED[wanted.kty].map(member => [member, jwk[member]] as const)
  if (jwk['kty'] !== wanted.kty || jwk['crv'] !== wanted.crv || !members.every(([, value]) => isMember(value))) return undefined
  if (wanted.kty === 'RSA' && !isModest(jwk)) return undefined
  const bare = Object.fromEntries(members)
  return { jwk: bare, thumbprint: hash('sha256', JSON.stringify(bare), 'base64url') }
}

/** Text of which JSON writes every character as it is, so that the thumbprint is that of RFC 7638. */
const isMember = (value: unknown): boolean => typeof value === 'string' && MEMBER.test(value)

function isModest (jwk: Readonly<Record<string, unknown>>): boolean {
  const { n, e } = jwk as { n: string, e: string }
  return n.length >= MODULUS.min && n.length <= MODULUS.max && e.length <= MAX_EXPONENT
}

/** Ready to check signatures with; undefined where the members are no key, e.g. a point that is not on its curve. */
export function importKey (jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** Whether the signature is one of this key (RFC 7515 5.2). */
export function isSigned (algorithm: string, key: KeyObject, signed: string, signature: Uint8Array): boolean {
  const { digest, padding } = ALGORITHMS[algorithm]!
  const options = padding === undefined ? { key, dsaEncoding: 'ieee-p1363' as const } : { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify(digest, Buffer.from(signed), options, signature)
}
