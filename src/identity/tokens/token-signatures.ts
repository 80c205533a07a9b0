import type { KeyObject } from 'node:crypto'
import { createVerifier, type Algorithm } from 'fast-jwt'
import type { VerificationKey } from '../keys/verification-key.ts'

type Verifier = (token: string) => unknown

/** RFC 7518 3.3, 3.5. */
const MIN_RSA_BITS = 2048

/** The one curve of each (RFC 7518 3.4). fast-jwt would take secp256k1 for ES256. */
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }

/** Signatures of one issuer, by fast-jwt. It is told the algorithms and the key, once a key; what it could guess by itself, or remember, it is not asked. */
export class TokenSignatures {
  readonly #algorithms: readonly string[]
  readonly #verifiers = new WeakMap<VerificationKey, Verifier>()

  /** `algorithms`: what the issuer's configuration allows. */
  constructor (algorithms: readonly string[]) {
    this.#algorithms = algorithms
  }

  /** Whether this key may check a signature of this algorithm. */
  fits (key: VerificationKey, alg: string): boolean {
    return !key.revoked && this.#algorithms.includes(alg) && key.algorithms.includes(alg) && isFor(key.key, alg)
  }

  /** Whether the token was signed by the holder of this key, by any algorithm that fits it. */
  isSigned (token: string, key: VerificationKey): boolean {
    try {
      this.#verifier(key)(token)
      return true
    } catch {
      return false
    }
  }

  #verifier (key: VerificationKey): Verifier {
    const known = this.#verifiers.get(key)
    if (known !== undefined) return known
    const algorithms = this.#algorithms.filter(alg => this.fits(key, alg)) as Algorithm[]
    // Without any, fast-jwt would find some by the looks of the key
    if (algorithms.length === 0) throw new TypeError('the key fits no algorithm')
    const verifier: Verifier = createVerifier({
      key: key.key.type === 'secret' ? key.key.export() : key.key.export({ type: 'spki', format: 'pem' }),
      algorithms,
      cache: false,
      // The claims are ours to judge, by our clock
      ignoreExpiration: true,
      ignoreNotBefore: true
    })
    this.#verifiers.set(key, verifier)
    return verifier
  }
}

/** Whether a key is of the type, the curve and the size that an algorithm takes (RFC 8725 3.1 and 3.5). */
function isFor (key: KeyObject, alg: string): boolean {
  const bits = Number(alg.slice(2))
  switch (alg.slice(0, 2)) {
    case 'HS': return key.type === 'secret' && key.symmetricKeySize! * 8 >= bits
    case 'RS': case 'PS': return key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails!.modulusLength! >= MIN_RSA_BITS
    case 'ES': return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails!.namedCurve === CURVES[alg]
    default: return key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448'
  }
}
