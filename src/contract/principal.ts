/** How a caller was proved. `test`: a route test says so (`as:`); no request of a client ever gets it. */
export type PrincipalSource = 'jwt' | 'opaque' | 'api-key' | 'basic' | 'session' | 'certificate' | 'test'

/** What a token is bound to (RFC 7800 `cnf`): a DPoP key by its thumbprint (RFC 9449 6.1), a client certificate by its (RFC 8705 3.1). */
export interface Confirmation { readonly jkt?: string, readonly x5tS256?: string }

/** 0 would be nobody: 1 a shared secret (API key, password), 2 a token or a session, 3 a bound token, a certificate or several factors. */
export type AuthenticationLevel = 1 | 2 | 3

/**
 * Who is calling, however that was proved. Immutable, and the same object for every request with the same credential while that is
 * remembered: what is made of it can be kept in a WeakMap by it.
 */
export interface Principal {
  /** `sub` (RFC 7519 4.1.2), the owner of the API key, the user name, the subject of the certificate. */
  readonly subject: string
  /** `iss`; null where no issuer vouches (API key, Basic, certificate). */
  readonly issuer: string | null
  /** `client_id` (RFC 9068 2.2), `azp`; null where there is none. */
  readonly client: string | null
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly tenant: string | null
  readonly level: AuthenticationLevel
  readonly source: PrincipalSource
  /** Every verified claim as it came; {} for credentials without claims. */
  readonly claims: Readonly<Record<string, unknown>>
  /** When the proof ends, in milliseconds since the epoch; Infinity where it does not. */
  readonly expiresAt: number
  /** Null for a bearer credential. Whoever accepts the principal must have checked the binding. */
  readonly confirmation: Confirmation | null
  /** The access token as presented, or that of the session; null for other credentials. A secret. */
  readonly token: string | null
}

const NOBODY: Omit<Principal, 'subject' | 'source' | 'level'> = {
  issuer: null, client: null, scopes: [], roles: [], tenant: null, claims: {}, expiresAt: Infinity, confirmation: null, token: null
}

/** A principal with what is known of it; all objects of one shape. */
export function principal (known: Pick<Principal, 'subject' | 'source' | 'level'> & Partial<Principal>): Principal {
  return Object.freeze({ ...NOBODY, ...known })
}
