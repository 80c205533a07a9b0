import type { Exchange } from './exchange.ts'
import type { Principal } from './principal.ts'
import type { OpenSession } from './session.ts'

/** Why a credential was refused: the `reason` of metrics and logs. Clients learn only the standard codes (RFC 6750 3.1). */
export const REFUSALS = [
  'missing', 'malformed', 'too-large', 'repeated', 'scheme', 'algorithm', 'type', 'critical', 'unknown-key', 'signature', 'unknown-issuer', 'audience',
  'expired', 'not-yet-valid', 'too-old', 'missing-claim', 'invalid-claim', 'client', 'inactive', 'unknown', 'revoked', 'binding', 'proof', 'replayed', 'cross-site', 'unavailable'
] as const
export type RefusalReason = typeof REFUSALS[number]

/**
 * A credential that proves nothing. `unavailable`: nobody can say, since who knows could not be asked; that is 503 and never 401. `cross-site`: it is good, and its owner did not mean to
 * send it; that is 403.
 */
export class Refusal {
  readonly reason: RefusalReason
  /** For logs: never a part of the credential. */
  readonly detail: string

  constructor (reason: RefusalReason, detail = '') {
    this.reason = reason
    this.detail = detail
  }
}

export type Verdict = Principal | Refusal

/** Checks signed tokens (RFC 7519, RFC 8725, RFC 9068) of some issuers. */
export interface TokenVerifier {
  /** The exact `iss` of each. */
  readonly issuers: readonly string[]
  /** Never throws or rejects. At once where the token is remembered or its key is known. */
  verify(token: string): Verdict | Promise<Verdict>
}

/** The answer of a token endpoint (RFC 6749 5.1). Secrets. */
export interface TokenSet {
  readonly accessToken: string
  /** `Bearer`, `DPoP`. */
  readonly tokenType: string
  /** Milliseconds since the epoch; null where the answer did not say. */
  readonly expiresAt: number | null
  readonly refreshToken: string | null
  readonly idToken: string | null
  /** Verified claims of the ID token; null where there was none. */
  readonly idClaims: Readonly<Record<string, unknown>> | null
  readonly scopes: readonly string[]
}

/** A call to an issuer's endpoint failed. `refused`: it answered with an error (RFC 6749 5.2), in `error`. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError'
  readonly kind: 'unavailable' | 'refused'
  readonly error: string | null

  constructor (kind: 'unavailable' | 'refused', message: string, error: string | null = null, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.error = error
  }
}

/** What a browser is sent to the issuer with, and what must come back (RFC 6749 4.1, RFC 7636, OIDC Core 3.1.2.1). */
export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** Further parameters, e.g. `prompt`, `acr_values`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** The gateway as a client of one issuer. Every call rejects with IssuerError; none is cached. */
export interface OAuthClient {
  readonly clientId: string
  /** Exact `iss`. */
  readonly issuer: string
  /** Whom its tokens must be for and whose they may be, as the issuer's entry has it; null: anybody's. What checks tokens in another way than by their signature asks for the same. */
  readonly audiences: readonly string[] | null
  readonly clients: readonly string[] | null
  authorizationUrl(request: AuthorizationRequest): Promise<string>
  /** `callback`: the URL the browser came back with. Checks state, nonce, `iss` (RFC 9207) and the ID token. */
  redeemCode(callback: string, request: AuthorizationRequest): Promise<TokenSet>
  refresh(refreshToken: string): Promise<TokenSet>
  /** RFC 6749 4.4. */
  clientCredentials(parameters: { scopes: readonly string[], audience?: string, resource?: string }): Promise<TokenSet>
  /** RFC 8693. */
  exchange(parameters: { subjectToken: string, scopes: readonly string[], audience?: string, resource?: string, actorToken?: string }): Promise<TokenSet>
  /** RFC 7662; the members as they came, `active` among them. */
  introspect(token: string): Promise<Readonly<Record<string, unknown>>>
  /** RP-initiated logout; null where the issuer knows none. */
  endSessionUrl(parameters: { idToken: string | null, returnTo: string }): Promise<string | null>
  /** Claims of a logout token (OIDC Back-Channel Logout 2.6), or why it is none. */
  verifyLogoutToken(token: string): Promise<Readonly<Record<string, unknown>> | Refusal>
}

/** Verifiers and clients of the issuers in the route file. Throw ConfigError with `pointer` where the name is none of theirs, or has no `client`. */
export interface Issuers {
  readonly names: readonly string[]
  /** Of these, by name. */
  verifier(names: readonly string[], pointer: string): TokenVerifier
  client(name: string, pointer: string): OAuthClient
}

/** Sessions of browsers, sealed in a cookie or kept in the store. */
export interface Sessions {
  /** Name of the session cookie; the gateway's other cookies begin with it and a dot. */
  readonly cookie: string
  /**
   * The session that the request's cookie stands for, its access token refreshed where that is due; remembered in `x.session`. Null where there is none, or it is over, was logged out, or is
   * not ours. Rejects with StoreUnavailable or IssuerError(`unavailable`).
   */
  open(x: Exchange): Promise<OpenSession | null>
  /** Begins one; gives the `Set-Cookie` values. */
  start(x: Exchange, issuer: string, tokens: TokenSet): Promise<readonly string[]>
  /** Ends that of the request here and in the store; gives the `Set-Cookie` values that clear it. */
  end(x: Exchange): Promise<readonly string[]>
  /** Ends every session that a verified logout token means, wherever its browser is. False where the token was used before. */
  logOut(issuer: string, claims: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Seals a short-lived state for the browser to carry (login in flight); opens it again while `ttlMs` lasts. */
  seal(purpose: string, value: object, ttlMs: number): Promise<string>
  unseal(purpose: string, sealed: string): Promise<Readonly<Record<string, unknown>> | null>
}

/** Signs JWTs (RFC 7515) with the key of the moment. */
export interface JwtSigner {
  /** Compact JWS over these claims; header `{ alg, kid, typ }`. Synchronous. */
  sign(claims: Readonly<Record<string, unknown>>): string
}

/** Keys by purpose, several at a time so that they can be replaced without a break. */
export interface KeyRing {
  readonly name: string
  /** `EdDSA`, or `HS256` by a key derived for each audience (RFC 5869). ConfigError at `pointer` where the ring has no such key. */
  signer(options: { algorithm: 'EdDSA' | 'HS256', type: string, audience: string, pointer: string }): JwtSigner
}

/** The key rings of the route file. Throws ConfigError with `pointer` where the name is none of them. */
export interface KeyRings { ring(name: string, pointer: string): KeyRing }
