import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isRecord, type JsonObject } from '../../contract/is-record.ts'
import type { VerificationKey } from './verification-key.ts'

/** Why a JWK verifies nothing here. `purpose`: it is a good key, and not one for signatures. */
export class UnusableKey {
  readonly why: 'purpose' | 'unusable'
  /** For logs and configuration errors: never a part of the key. */
  readonly detail: string

  constructor (detail: string, why: UnusableKey['why'] = 'unusable') {
    this.detail = detail
    this.why = why
  }
}

/** Signature algorithms by `kty` and `crv` (RFC 7518 3.1, RFC 8037 3.1). What is not here, `oct` above all, is no public key for signatures. */
const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA']],
  ['OKP Ed448', ['EdDSA']]
])

/** The members that make a public key; nothing else of a JWK is looked at to make one. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'n', 'e', 'x', 'y'] as const

/** RFC 7518 3.3 asks for 2048; beyond the other, one verification costs more than a request may. */
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 8192
/** An exponent of 1 makes every signature right; a long one makes each verification slow. */
const MIN_EXPONENT = 3n
const MAX_EXPONENT = 2n ** 32n

/** A header's `kid` is compared with it and remembered. */
export const MAX_KID_LENGTH = 512

/** Far more than any issuer has at one time. */
const MAX_KEYS = 100

/** The members of a JWK Set (RFC 7517 5), or what keeps it from being one. */
export function keysOfSet (document: unknown): readonly unknown[] | string {
  const keys: unknown = isRecord(document) ? document['keys'] : undefined
  if (!Array.isArray(keys)) return 'not a JWK Set: it has no list "keys"'
  return keys.length > MAX_KEYS ? `a JWK Set of more than ${MAX_KEYS} keys` : keys
}

/** Everything of a JWK that decides what becomes of it: equal ones are the same key. */
export const keyIdentity = (jwk: unknown): string =>
  isRecord(jwk) ? JSON.stringify([...PUBLIC_MEMBERS, 'kid', 'alg', 'use', 'key_ops', 'd'].map(member => jwk[member])) : ''

/** A public JWK as a key that verifies those of the `allowed` algorithms that fit it, or why it verifies nothing. */
export function readKey (jwk: unknown, allowed: readonly string[]): VerificationKey | UnusableKey {
  const algorithms = keyAlgorithms(jwk, allowed)
  if (algorithms instanceof UnusableKey) return algorithms
  const key = publicKey(jwk as JsonObject)
  if (key === null) return new UnusableKey('its members do not make a key')
  const fault = key.asymmetricKeyType === 'rsa' ? rsaFault(key) : null
  if (fault !== null) return new UnusableKey(fault)
  return { kid: ((jwk as JsonObject)['kid'] as string | undefined) ?? null, algorithms, key, pem: key.export({ type: 'spki', format: 'pem' }).toString(), revoked: false }
}

/** The algorithms of `allowed` that a JWK (RFC 7517 4) may verify, or why it may verify none. */
function keyAlgorithms (jwk: unknown, allowed: readonly string[]): readonly string[] | UnusableKey {
  if (!isRecord(jwk)) return new UnusableKey('not a JWK: a map is needed')
  const { kty, crv, alg } = jwk
  if (!isKid(jwk['kid'])) return new UnusableKey(`a kid must be text of at most ${MAX_KID_LENGTH} characters`)
  if (!mayVerify(jwk)) return new UnusableKey('not a key for verifying signatures (use, key_ops)', 'purpose')
  const possible = ALGORITHMS.get(kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`)
  if (possible === undefined) return new UnusableKey('not an RSA, EC or OKP key of a known curve')
  if (Object.hasOwn(jwk, 'd')) return new UnusableKey('a private key, which belongs to the issuer alone')
  const named = alg === undefined ? possible : possible.filter(algorithm => algorithm === alg)
  if (named.length === 0) return new UnusableKey('its alg is not one of its kind of key')
  const usable = named.filter(algorithm => allowed.includes(algorithm))
  return usable.length > 0 ? usable : new UnusableKey(`fits none of the algorithms ${allowed.join(', ')}`)
}

const isKid = (kid: unknown): boolean => kid === undefined || (typeof kid === 'string' && kid.length <= MAX_KID_LENGTH)

/** RFC 7517 4.2, 4.3 */
const mayVerify = ({ use = 'sig', key_ops: operations = ['verify'] }: JsonObject): boolean => use === 'sig' && Array.isArray(operations) && operations.includes('verify')

function publicKey (jwk: JsonObject): KeyObject | null {
  const members = Object.fromEntries(PUBLIC_MEMBERS.map(member => [member, jwk[member]]))
  try {
    return createPublicKey({ key: members as JsonWebKey, format: 'jwk' })
  } catch {
    return null
  }
}

function rsaFault (key: KeyObject): string | null {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) return `an RSA key of ${modulusLength} bits, where ${MIN_RSA_BITS} to ${MAX_RSA_BITS} are taken`
  return publicExponent < MIN_EXPONENT || publicExponent > MAX_EXPONENT || publicExponent % 2n === 0n ? 'an RSA key with an unsafe exponent' : null
}
