import { Refusal } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { Principal } from '../../contract/principal.ts'
import type { Clock } from '../../contract/services.ts'
import { principalOf } from './claim-principal.ts'
import { claimRules } from './claim-rules.ts'
import { kindRule } from './kind-rule.ts'
import { TokenSignatures } from './token-signatures.ts'
import type { ParsedToken } from './parse-token.ts'
import type { KeySource, VerificationKey } from '../keys/verification-key.ts'

/** A token whose signature and claims were found good. */
export interface VerifiedToken {
  readonly by: IssuerTokens
  readonly principal: Principal
  readonly key: VerificationKey
}

/** What an issuer's tokens are checked with. */
export interface IssuerTokensOptions {
  readonly config: IssuerConfig
  readonly keys: KeySource
  readonly clock: Clock
}

/** Keys that are tried where a token names none, or several have its name: each costs a signature, to whoever sends what nobody signed. */
const MAX_TRIED = 8

/** The tokens of one issuer: which algorithm, key, kind and claims they must have (RFC 7519 7.2, RFC 8725 3). */
export class IssuerTokens {
  /** Exact `iss`. */
  readonly issuer: string
  readonly #config: IssuerConfig
  readonly #algorithms: readonly string[]
  readonly #keys: KeySource
  readonly #clock: Clock
  readonly #signatures: TokenSignatures
  readonly #kind: ReturnType<typeof kindRule>
  readonly #claims: ReturnType<typeof claimRules>

  constructor ({ config, keys, clock }: IssuerTokensOptions) {
    this.issuer = config.issuer
    this.#config = config
    this.#algorithms = config.secret === undefined ? config.algorithms.filter(alg => !alg.startsWith('HS')) : config.algorithms
    this.#keys = keys
    this.#clock = clock
    this.#signatures = new TokenSignatures(this.#algorithms)
    this.#kind = kindRule(config)
    this.#claims = claimRules(config)
  }

  /** Never throws or rejects; at once where the keys are known. */
  verify (token: ParsedToken): VerifiedToken | Refusal | Promise<VerifiedToken | Refusal> {
    if (!this.#algorithms.includes(token.header.alg)) return new Refusal('algorithm', 'not of this issuer')
    const kind = this.#kind(token)
    if (kind !== null) return kind
    try {
      const keys = this.#keys.keysFor(token.header)
      return keys instanceof Promise ? keys.then(found => this.#verifyWith(found, token)).catch(unavailable) : this.#verifyWith(keys, token)
    } catch (error) {
      return unavailable(error)
    }
  }

  #verifyWith (keys: readonly VerificationKey[], token: ParsedToken): VerifiedToken | Refusal {
    const fitting = keys.filter(key => this.#signatures.fits(key, token.header.alg))
    if (fitting.length === 0) return new Refusal(keys.length > 0 && keys.every(key => key.revoked) ? 'revoked' : 'unknown-key')
    const key = fitting.slice(0, MAX_TRIED).find(candidate => this.#signatures.isSigned(token.text, candidate))
    if (key === undefined) return new Refusal('signature')
    const refusal = this.#claims(token.claims, this.#clock.now())
    if (refusal !== null) return refusal
    const principal = principalOf(this.#config, this.issuer, token.claims, token.text)
    return principal instanceof Refusal ? principal : { by: this, principal, key }
  }
}

/** Whatever went wrong with the keys: that nobody can say is no fault of the token's. */
const unavailable = (error: unknown): Refusal => new Refusal('unavailable', error instanceof Error ? error.message : '')
