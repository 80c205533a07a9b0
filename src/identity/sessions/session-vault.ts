import { LRUCache } from 'lru-cache'
import type { Exchange } from '../../contract/exchange.ts'
import type { Clock, Log } from '../../contract/services.ts'
import type { SessionSettings } from '../../contract/settings.ts'
import type { Store } from '../../contract/store.ts'
import { SessionCookies } from './session-cookies.ts'
import { packSession, unpackSession, type KeptSession } from './kept-session.ts'
import type { Seals } from './seals.ts'

/** What the vault works with. */
export interface VaultOptions { readonly settings: SessionSettings, readonly seals: Seals, readonly store: Store, readonly clock: Clock, readonly log: Log }

/** Sessions opened of late, by the text they were sealed in: an application asks a hundred times with the same cookie. */
const REMEMBERED = 1000
const IN_COOKIE = 'session'
const IN_STORE = 'stored session'
const REFERENCE = 'session reference'

/** Sessions at rest: sealed in the browser's cookie, or where that would be too large and the store is shared, sealed there under the id that the cookie then holds. */
export class SessionVault {
  readonly #options: VaultOptions
  readonly #cookies: SessionCookies
  readonly #opened = new LRUCache<string, KeptSession>({ max: REMEMBERED })

  constructor (options: VaultOptions) {
    this.#options = options
    this.#cookies = new SessionCookies(options.settings.cookie)
  }

  /** The session the request's cookie stands for, over or not; null where there is none. Rejects with StoreUnavailable. */
  async load (x: Exchange): Promise<KeptSession | null> {
    const sealed = this.#cookies.read(x)
    if (sealed === null) return null
    const inCookie = await this.#open(sealed, IN_COOKIE)
    if (inCookie !== null || !this.#options.store.shared) return inCookie
    const id = await this.#options.seals.unseal(sealed, REFERENCE)
    const stored = id === null ? null : await this.#options.store.get(key(id))
    const session = stored === null ? null : await this.#open(stored, IN_STORE)
    return session?.id === id ? session : null
  }

  /** Keeps the session as it is now; gives the `Set-Cookie` values, null where even the least of it is too large for cookies. Rejects with StoreUnavailable. */
  async save (x: Exchange, session: KeptSession): Promise<string[] | null> {
    const { seals, store, log } = this.#options
    const whole = await seals.seal(packSession(session), IN_COOKIE)
    if (this.#cookies.fits(whole.length, 'one')) return this.#cookies.write(x, whole)
    if (store.shared) return await this.#store(x, session)
    if (this.#cookies.fits(whole.length, 'several')) return this.#cookies.write(x, whole)
    for (const less of lighter(session)) {
      const sealed = await seals.seal(packSession(less), IN_COOKIE)
      if (!this.#cookies.fits(sealed.length, 'several')) continue
      log.error({ 'gatehouse.issuer': session.issuer, 'gatehouse.session.bytes': whole.length }, 'session too large for cookies: tokens were dropped; gateway.redis would hold them')
      return this.#cookies.write(x, sealed)
    }
    log.error({ 'gatehouse.issuer': session.issuer, 'gatehouse.session.bytes': whole.length }, 'session too large for cookies: gateway.redis would hold it')
    return null
  }

  /** Nothing of it stays in the store. Rejects with StoreUnavailable. */
  async remove ({ id }: KeptSession): Promise<void> {
    if (this.#options.store.shared) await this.#options.store.delete(key(id))
  }

  /** `Set-Cookie` values that clear what the request brings. */
  clear (x: Exchange): string[] { return this.#cookies.clear(x) }

  async #store (x: Exchange, session: KeptSession): Promise<string[]> {
    const { seals, store, settings, clock } = this.#options
    const leftMs = Math.max(1, Math.min(session.startedAt + settings.lifetime, session.usedAt + settings.idle) - clock.now())
    await store.set(key(session.id), await seals.seal(packSession(session), IN_STORE), leftMs)
    return this.#cookies.write(x, await seals.seal(session.id, REFERENCE))
  }

  async #open (sealed: string, purpose: string): Promise<KeptSession | null> {
    const name = `${purpose} ${sealed}`
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const text = await this.#options.seals.unseal(sealed, purpose)
    const session = text === null ? null : unpackSession(text)
    if (session !== null) this.#opened.set(name, session)
    return session
  }
}

const key = (id: string): string => `session:${id}`

/** What can be done without, the least needed first: the hint of who logs out, then whatever is said of the user, then the means to go on without a new login. */
function * lighter (session: KeptSession): Generator<KeptSession> {
  yield { ...session, idToken: null }
  const claims = Object.fromEntries(ESSENTIAL.filter(name => name in session.claims).map(name => [name, session.claims[name]]))
  yield { ...session, idToken: null, claims }
  yield { ...session, idToken: null, claims, refreshToken: null }
}

const ESSENTIAL = ['iss', 'sub', 'aud', 'azp', 'sid', 'acr', 'amr', 'auth_time']
