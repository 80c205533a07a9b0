import { keyIdentity, readKey, UnusableKey } from './read-keys.ts'
import type { VerificationKey } from './verification-key.ts'

const NONE: readonly VerificationKey[] = Object.freeze([])

/** Keys of one fetch, found by `kid` and algorithm. */
export class JwkSet {
  readonly #byIdentity = new Map<string, VerificationKey>()
  readonly #byKid = new Map<string, VerificationKey[]>()
  /** Why keys of the issuer were left out, for the log. */
  readonly unusable: readonly string[]

  /** Of JWKs as they came; a key that `before` had stays the same object. */
  constructor (jwks: readonly unknown[], algorithms: readonly string[], before: JwkSet | null) {
    const unusable: string[] = []
    const known = before === null ? new Map<string, VerificationKey>() : before.#byIdentity
    jwks.forEach((jwk, i) => {
      const identity = keyIdentity(jwk)
      const key = known.get(identity) ?? readKey(jwk, algorithms)
      if (key instanceof UnusableKey) unusable.push(`${i}: ${key.detail}`)
      else this.#byIdentity.set(identity, key)
    })
    this.unusable = unusable
    for (const key of this.#byIdentity.values()) if (key.kid !== null) this.#byKid.set(key.kid, [...this.#byKid.get(key.kid) ?? NONE, key])
  }

  get size (): number { return this.#byIdentity.size }

  /** Whether there is a key of that `kid`, whatever it may verify. */
  knows (kid: string | null): boolean { return kid !== null && this.#byKid.has(kid) }

  /** Those of the `kid`, or without one all, that verify `alg`. A `kid` may stand for several (RFC 7517 4.5). */
  find ({ alg, kid }: { readonly alg: string, readonly kid: string | null }): readonly VerificationKey[] {
    const keys = kid === null ? [...this.#byIdentity.values()] : this.#byKid.get(kid) ?? NONE
    return keys.filter(key => key.algorithms.includes(alg))
  }

  /** What `next` no longer has is worth nothing from now on. */
  revokeAllBut (next: JwkSet): void {
    const kept = new Set(next.#byIdentity.values())
    for (const key of this.#byIdentity.values()) if (!kept.has(key)) key.revoked = true
  }
}
