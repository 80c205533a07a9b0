import type { KeyObject } from 'node:crypto'

/** One key that may verify signatures. */
export interface VerificationKey {
  /** `kid`; null where the key has none. */
  readonly kid: string | null
  /** Signature algorithms it may verify: those of its type, or the one that its `alg` names. Never both HS* and others. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
  /** PEM (SPKI) of a public key, for libraries that take no KeyObject; null for a secret. */
  readonly pem: string | null
  /** Set when the issuer has taken the key back: what it verified before is no longer worth anything. */
  revoked: boolean
}

/** Nobody can say which keys the issuer has. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/** The keys of one issuer. */
export interface KeySource {
  /**
   * The keys that may have signed a token with this header: those of its `kid`, or without one all that fit `alg`. Empty: there is none, and the
   * issuer was asked as often as it may be. At once where that is known; rejects with KeysUnavailable where nobody can say.
   */
  keysFor(header: { readonly alg: string, readonly kid: string | null }): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
}
