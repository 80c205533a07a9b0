import { LRUCache } from 'lru-cache'
import { principal, type Principal } from '../../contract/principal.ts'
import type { KeptSession } from './kept-session.ts'
import { severalFactors } from '../../contract/several-factors.ts'

/** Makes a principal of an issuer's claims and access token, by the names that the issuer's `claims` section gives them. */
export type PrincipalOf = (issuerName: string, claims: Readonly<Record<string, unknown>>, token: string) => Principal

/** One object for each access token: what others remember by the principal stays theirs from request to request. */
const REMEMBERED = 2000

/** Who a session says is calling. */
export class SessionPrincipals {
  readonly #known = new LRUCache<string, Principal>({ max: REMEMBERED })
  readonly #lifetimeMs: number
  readonly #principalOf: PrincipalOf

  constructor (lifetimeMs: number, principalOf: PrincipalOf) {
    this.#lifetimeMs = lifetimeMs
    this.#principalOf = principalOf
  }

  of (session: KeptSession): Principal {
    const name = `${session.id} ${session.accessToken}`
    let known = this.#known.get(name)
    if (known === undefined) {
      known = this.#make(session)
      this.#known.set(name, known)
    }
    return known
  }

  #make (session: KeptSession): Principal {
    const { issuer, subject, claims, scopes, accessToken, startedAt } = session
    return principal({
      ...this.#principalOf(issuer, claims, accessToken),
      subject,
      scopes,
      claims,
      source: 'session',
      level: severalFactors(claims) ? 3 : 2,
      expiresAt: startedAt + this.#lifetimeMs,
      // The browser proves the cookie, never a key of its own
      confirmation: null,
      token: accessToken
    })
  }
}
