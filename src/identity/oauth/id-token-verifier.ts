import { hash } from 'node:crypto'
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from 'jose'
import { Refusal, type RefusalReason } from '../../contract/identity.ts'
import { isRecord } from '../../contract/is-record.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { Clock } from '../../contract/services.ts'
import { KeysUnavailable, type KeySource } from '../keys/verification-key.ts'
import { mediaType } from '../tokens/token-header.ts'

const MAX_LENGTH = 16 * 1024
/** Keys to try where a token names none: each costs whoever checks it a signature. */
const MAX_TRIED = 8
/** Back-Channel Logout 2.6: a logout is news, or it is a replay. */
const LOGOUT_AGE_S = 120
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** `typ` in lower case, without `application/`; '' for none. Other kinds of token are never taken for these (RFC 8725 3.11). */
const ID_TOKEN_TYPES = ['', 'jwt']
const LOGOUT_TOKEN_TYPES = ['', 'jwt', 'logout+jwt']

type Claims = Readonly<JWTPayload>

/** What an ID token must fit beside its issuer and its client. */
export interface IdTokenExpectations {
  /** The nonce that was sent; null where none was, e.g. for a refreshed one. */
  readonly nonce: string | null
  /** The access token that came with it. */
  readonly accessToken: string
}

/** Checks the tokens that an issuer makes for the gateway as its client. Neither method rejects. */
export interface ClientTokens {
  verifyIdToken(token: string, expected: IdTokenExpectations): Promise<Claims | Refusal>
  verifyLogoutToken(token: string): Promise<Claims | Refusal>
}

export interface IdTokenVerifierOptions {
  readonly config: Pick<IssuerConfig, 'issuer' | 'algorithms' | 'clockSkew'>
  readonly clientId: string
  readonly keys: KeySource
  readonly clock: Clock
}

/** ID tokens (OIDC Core 3.1.3.7) and logout tokens (OIDC Back-Channel Logout 2.6). */
export class IdTokenVerifier implements ClientTokens {
  readonly #options: IdTokenVerifierOptions

  constructor (options: IdTokenVerifierOptions) {
    this.#options = options
  }

  async verifyIdToken (token: string, { nonce, accessToken }: IdTokenExpectations): Promise<Claims | Refusal> {
    const verified = await this.#verify(token, ID_TOKEN_TYPES)
    if (verified instanceof Refusal) return verified
    const { claims, algorithm } = verified
    if (typeof claims.sub !== 'string' || claims.sub === '') return new Refusal('missing-claim', 'sub')
    if (nonce !== null && claims['nonce'] !== nonce) return new Refusal('invalid-claim', 'nonce')
    if (claims['at_hash'] !== undefined && claims['at_hash'] !== tokenHash(accessToken, algorithm)) return new Refusal('invalid-claim', 'at_hash')
    return claims
  }

  async verifyLogoutToken (token: string): Promise<Claims | Refusal> {
    const verified = await this.#verify(token, LOGOUT_TOKEN_TYPES)
    if (verified instanceof Refusal) return verified
    const { clock, config } = this.#options
    const fault = faultOfLogout(verified.claims)
    if (fault !== null) return fault
    return clock.now() / 1000 - verified.claims.iat! > LOGOUT_AGE_S + config.clockSkew / 1000 ? new Refusal('too-old') : verified.claims
  }

  /** What both have in common: signature, `typ`, `iss`, `aud`, `azp`, `exp`, `nbf`, `iat`. */
  async #verify (token: string, types: readonly string[]): Promise<Verified | Refusal> {
    if (token.length > MAX_LENGTH) return new Refusal('too-large')
    try {
      const header = decodeProtectedHeader(token)
      if (!this.#allows(header.alg)) return new Refusal('algorithm')
      if (!types.includes(typeOf(header))) return new Refusal('type')
      const claims = await this.#signed(token, header.alg, typeof header.kid === 'string' ? header.kid : null)
      return claims instanceof Refusal ? claims : this.#checked(claims, header.alg)
    } catch (error) {
      return refusal(error)
    }
  }

  #allows (algorithm: unknown): algorithm is string {
    return (this.#options.config.algorithms as readonly unknown[]).includes(algorithm)
  }

  async #signed (token: string, alg: string, kid: string | null): Promise<Claims | Refusal> {
    const { config, clientId, keys, clock } = this.#options
    const candidates = (await keys.keysFor({ alg, kid })).filter(({ algorithms, revoked }) => !revoked && algorithms.includes(alg)).slice(0, MAX_TRIED)
    if (candidates.length === 0) return new Refusal('unknown-key')
    for (const { key } of candidates) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [alg],
          issuer: config.issuer,
          audience: clientId,
          requiredClaims: ['exp', 'iat'],
          currentDate: new Date(clock.now()),
          clockTolerance: config.clockSkew / 1000
        })
        return payload
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      }
    }
    return new Refusal('signature')
  }

  #checked (claims: Claims, algorithm: string): Verified | Refusal {
    const { config, clientId, clock } = this.#options
    if (claims.iat! > (clock.now() + config.clockSkew) / 1000) return new Refusal('not-yet-valid')
    // OIDC Core 3.1.3.7, 4 and 5: who else is in `aud` must not have been the one to ask for it
    const isShared = Array.isArray(claims.aud) && claims.aud.length > 1
    if ((isShared || claims['azp'] !== undefined) && claims['azp'] !== clientId) return new Refusal('client')
    return { claims, algorithm }
  }
}

interface Verified { readonly claims: Claims, readonly algorithm: string }

const typeOf = ({ typ }: ProtectedHeaderParameters): string => typ === undefined ? '' : mediaType(String(typ)) || '?'

const isTextOrNone = (value: unknown): boolean => value === undefined || (typeof value === 'string' && value !== '')

/** Back-Channel Logout 2.6, 4 to 7. */
function faultOfLogout ({ sub, jti, events, nonce, sid }: Claims): Refusal | null {
  if (!isLogout(events)) return new Refusal('invalid-claim', 'events')
  if (nonce !== undefined) return new Refusal('invalid-claim', 'nonce')
  if (typeof jti !== 'string' || jti === '') return new Refusal('missing-claim', 'jti')
  if (!isTextOrNone(sub) || !isTextOrNone(sid)) return new Refusal('invalid-claim', 'sub, sid')
  return sub === undefined && sid === undefined ? new Refusal('missing-claim', 'sub, sid') : null
}

function isLogout (events: unknown): boolean {
  return isRecord(events) && Object.hasOwn(events, LOGOUT_EVENT) && isRecord(events[LOGOUT_EVENT])
}

/** OIDC Core 3.1.3.6: the left half of the hash that goes with the signature; Ed25519 signs over SHA-512. */
function tokenHash (token: string, algorithm: string): string {
  const digest = hash(algorithm === 'EdDSA' ? 'sha512' : `sha${algorithm.slice(-3)}`, token, 'buffer')
  return digest.subarray(0, digest.byteLength / 2).toString('base64url')
}

const CLAIMS: Readonly<Record<string, RefusalReason>> = { iss: 'unknown-issuer', aud: 'audience', nbf: 'not-yet-valid' }

function refusal (error: unknown): Refusal {
  if (error instanceof KeysUnavailable) return new Refusal('unavailable')
  if (error instanceof errors.JWTExpired) return new Refusal('expired')
  if (error instanceof errors.JWTClaimValidationFailed) return new Refusal(error.reason === 'missing' ? 'missing-claim' : CLAIMS[error.claim] ?? 'invalid-claim', error.claim)
  return new Refusal(error instanceof errors.JOSENotSupported ? 'critical' : 'malformed')
}
