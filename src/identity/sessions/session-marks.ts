import { hash } from 'node:crypto'
import type { Clock } from '../../contract/services.ts'
import type { Store } from '../../contract/store.ts'
import { sidOf, type KeptSession } from './kept-session.ts'

type Claims = Readonly<Record<string, unknown>>

/** Which sessions are over although their cookies live on: ended here, or logged out at the issuer (OpenID Connect Back-Channel Logout 2.7). */
export class SessionMarks {
  readonly #store: Store
  readonly #clock: Clock
  /** No session is older: no mark need last longer. */
  readonly #lifetimeMs: number

  constructor (store: Store, clock: Clock, lifetimeMs: number) {
    this.#store = store
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
  }

  async isOver ({ id, issuer, sid, subject, startedAt }: KeptSession): Promise<boolean> {
    const [own = null, ...marks] = await this.#store.getAll([ended(id), logout(issuer, sid === null ? 'nameless' : 'sid', sid ?? subject), logout(issuer, 'sub', subject)])
    // Nobody begins a session of that id again: by when, which clocks may disagree about, says nothing
    return own !== null || marks.some(at => at !== null && startedAt <= Number(at))
  }

  /** That one session. A sealed cookie that somebody has copied must not outlive the logout. */
  async end ({ id, startedAt }: KeptSession): Promise<void> {
    const now = this.#clock.now()
    const leftMs = startedAt + this.#lifetimeMs - now
    if (leftMs > 0) await this.#store.set(ended(id), String(now), leftMs)
  }

  /**
   * The session that `sid` names, or without one every session of the user. False where the token was used before. The marks are
   * set before that is noted: an issuer that tries again after a failure must not be told that all is done.
   */
  async logOut (issuer: string, claims: Claims): Promise<boolean> {
    const { jti, sub } = claims
    const used = logout(issuer, 'jti', String(jti))
    if (await this.#store.get(used) !== null) return false
    const sid = sidOf(claims)
    if (sid !== null) await this.#mark(logout(issuer, 'sid', sid))
    // A session whose ID token had no `sid` cannot be told from the others of its user
    if (typeof sub === 'string') await this.#mark(logout(issuer, sid === null ? 'sub' : 'nameless', sub))
    return await this.#store.add(used, '1', this.#lifetimeMs)
  }

  async #mark (key: string): Promise<void> {
    await this.#store.set(key, String(this.#clock.now()), this.#lifetimeMs)
  }
}

const ended = (id: string): string => `session-ended:${id}`

/** Hashed: what an issuer puts into a claim may be of any length. */
const logout = (issuer: string, what: 'sid' | 'sub' | 'nameless' | 'jti', value: string): string =>
  `logout:${issuer}:${what}:${hash('sha256', value, 'base64url')}`
