import type { Principal } from './principal.ts'

/** A browser's login. Secrets. */
export interface Session {
  readonly id: string
  /** Name of the issuer in the route file. */
  readonly issuer: string
  readonly subject: string
  /** `sid` of the ID token, for back-channel logout. */
  readonly sid: string | null
  readonly claims: Readonly<Record<string, unknown>>
  readonly scopes: readonly string[]
  readonly accessToken: string
  readonly accessExpiresAt: number | null
  readonly refreshToken: string | null
  readonly idToken: string | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly usedAt: number
}

/** A session as the request at hand has it. */
export interface OpenSession {
  readonly session: Session
  readonly principal: Principal
  /** `Set-Cookie` values that bring the browser up to date; whoever opened the session puts them on the reply. */
  readonly cookies: readonly string[]
}
