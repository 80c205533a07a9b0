import { randomBytes } from 'node:crypto'
import { ConfigError } from '../../contract/config-error.ts'
import type { Exchange } from '../../contract/exchange.ts'
import { IssuerError, type OAuthClient, type Sessions, type TokenSet } from '../../contract/identity.ts'
import type { OpenSession } from '../../contract/session.ts'
import { labelledCounter } from '../../contract/labelled-counter.ts'
import type { Clock, Counter, Log, Metrics } from '../../contract/services.ts'
import type { SessionSettings } from '../../contract/settings.ts'
import type { Store } from '../../contract/store.ts'
import { sidOf, type KeptSession } from './kept-session.ts'
import { SessionMarks } from './session-marks.ts'
import { SessionPrincipals, type PrincipalOf } from './session-principals.ts'
import { TokenRefresh } from './token-refresh.ts'
import type { Seals } from './seals.ts'
import { SessionVault } from './session-vault.ts'

/** What sessions are made of. */
export interface BrowserSessionsOptions {
  readonly settings: SessionSettings
  readonly seals: Seals
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly clientOf: (issuerName: string) => OAuthClient
  readonly principalOf: PrincipalOf
}

type Event = 'started' | 'ended' | 'expired' | 'logged-out' | 'refreshed' | 'refresh-refused' | 'refresh-unavailable'

/** How far ahead of its end an access token is refreshed; a short-lived one when half of its time is over. */
const AHEAD_MS = 30_000

/** The sessions of browsers behind `gateway.session`. */
export class BrowserSessions implements Sessions {
  readonly cookie: string
  readonly #options: BrowserSessionsOptions
  readonly #vault: SessionVault
  readonly #marks: SessionMarks
  readonly #refresh: TokenRefresh
  readonly #principals: SessionPrincipals
  readonly #events: (event: Event) => Counter

  constructor (options: BrowserSessionsOptions) {
    const { settings, store, clock, metrics, principalOf } = options
    this.cookie = settings.cookie
    this.#options = options
    this.#vault = new SessionVault(options)
    this.#marks = new SessionMarks(store, clock, settings.lifetime)
    this.#refresh = new TokenRefresh(options)
    this.#principals = new SessionPrincipals(settings.lifetime, principalOf)
    this.#events = labelledCounter(metrics, 'gatehouse_sessions_total', 'event')
  }

  async open (x: Exchange): Promise<OpenSession | null> {
    // Who opened it first puts the cookies on the reply
    if (x.session !== null) return { ...x.session, cookies: [] }
    const found = await this.#vault.load(x)
    if (found === null || !this.#isOfIssuer(found) || this.#isExpired(found)) return null
    if (await this.#marks.isOver(found)) {
      this.#count('logged-out')
      return null
    }
    const session = await this.#renewed(found)
    if (session === null) return null
    x.session = await this.#opened(x, session, session !== found)
    return x.session
  }

  async start (x: Exchange, issuer: string, tokens: TokenSet): Promise<readonly string[]> {
    const { idClaims } = tokens
    if (idClaims === null || typeof idClaims['sub'] !== 'string') throw new IssuerError('refused', 'the issuer gave no ID token')
    const now = this.#options.clock.now()
    // A new id each time: nobody can have planted it (session fixation)
    const id = randomBytes(32).toString('base64url')
    const { sub: subject } = idClaims
    const known = { id, issuer, subject, sid: sidOf(idClaims), claims: idClaims, refreshToken: null, idToken: null, startedAt: now, usedAt: now }
    const cookies = await this.#vault.save(x, this.#with(known, tokens))
    if (cookies === null) throw new IssuerError('refused', 'the tokens are too large for a session in cookies')
    const before = await this.#vault.load(x)
    if (before !== null) await this.#forget(before)
    this.#count('started')
    return cookies
  }

  async end (x: Exchange): Promise<readonly string[]> {
    const session = await this.#vault.load(x)
    x.session = null
    if (session !== null) await this.#forget(session)
    return this.#vault.clear(x)
  }

  logOut (issuer: string, claims: Readonly<Record<string, unknown>>): Promise<boolean> {
    return this.#marks.logOut(issuer, claims)
  }

  seal (purpose: string, value: object, ttlMs: number): Promise<string> {
    return this.#options.seals.seal(JSON.stringify({ value, endsAt: this.#options.clock.now() + ttlMs }), `state ${purpose}`)
  }

  async unseal (purpose: string, sealed: string): Promise<Readonly<Record<string, unknown>> | null> {
    const text = await this.#options.seals.unseal(sealed, `state ${purpose}`)
    if (text === null) return null
    const { value, endsAt } = JSON.parse(text) as { value: Record<string, unknown>, endsAt: number }
    return endsAt > this.#options.clock.now() ? value : null
  }

  async #forget (session: KeptSession): Promise<void> {
    await this.#marks.end(session)
    await this.#vault.remove(session)
    this.#count('ended')
  }

  async #opened (x: Exchange, session: KeptSession, isNew: boolean): Promise<OpenSession | null> {
    const { clock, settings } = this.#options
    const now = clock.now()
    // Not with each request: a cookie that is always new makes every answer one that no cache may keep
    const due = isNew || now - session.usedAt > settings.idle / 10
    const current = due ? { ...session, usedAt: now } : session
    const cookies = due ? await this.#vault.save(x, current) : []
    return cookies && { session: current, principal: this.#principals.of(current), cookies }
  }

  /** The route file may have changed since: no such issuer any more, or another by its name. */
  #isOfIssuer ({ issuer, claims }: KeptSession): boolean {
    try {
      const { issuer: expected } = this.#options.clientOf(issuer)
      return (claims['iss'] ?? expected) === expected
    } catch (error) {
      if (error instanceof ConfigError) return false
      throw error
    }
  }

  #isExpired ({ startedAt, usedAt }: KeptSession): boolean {
    const { clock, settings } = this.#options
    const now = clock.now()
    const expired = now >= startedAt + settings.lifetime || now >= usedAt + settings.idle
    if (expired) this.#count('expired')
    return expired
  }

  /** The same session where nothing is due; null where it cannot go on. */
  async #renewed (session: KeptSession): Promise<KeptSession | null> {
    const { refreshAt, refreshToken, accessExpiresAt } = session
    const now = this.#options.clock.now()
    const lives = accessExpiresAt === null || now < accessExpiresAt
    if (refreshAt === null || now < refreshAt) return session
    if (refreshToken !== null) return await this.#refreshed(session, refreshToken, lives)
    // What the issuer has allowed has ended, and nobody can ask it for more: a new login can
    if (!lives) this.#count('expired')
    return lives ? session : null
  }

  async #refreshed (session: KeptSession, refreshToken: string, lives: boolean): Promise<KeptSession | null> {
    try {
      const tokens = await this.#refresh.refresh(session, refreshToken)
      // OpenID Connect Core 12.2: the same user, or it is another login
      const goesOn = tokens !== null && (tokens.idClaims === null || tokens.idClaims['sub'] === session.subject)
      this.#count(goesOn ? 'refreshed' : 'refresh-refused')
      return goesOn ? this.#with(session, tokens) : null
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error
      this.#count('refresh-unavailable')
      if (lives) return session
      throw error
    }
  }

  /** The session with what the token endpoint has answered; what it did not say stays (OpenID Connect Core 12.2). */
  #with (session: Omit<KeptSession, 'accessToken' | 'accessExpiresAt' | 'refreshAt' | 'scopes'> & { scopes?: readonly string[] }, tokens: TokenSet): KeptSession {
    const { accessToken, expiresAt, scopes } = tokens
    const now = this.#options.clock.now()
    return {
      ...session,
      claims: tokens.idClaims === null ? session.claims : { ...ofTheLogin(session.claims), ...tokens.idClaims },
      scopes: scopes.length > 0 ? scopes : session.scopes ?? [],
      accessToken,
      accessExpiresAt: expiresAt,
      refreshAt: expiresAt === null ? null : expiresAt - Math.max(0, Math.min(AHEAD_MS, (expiresAt - now) / 2)),
      refreshToken: tokens.refreshToken ?? session.refreshToken,
      idToken: tokens.idClaims === null ? session.idToken : tokens.idToken
    }
  }

  #count (event: Event): void {
    this.#events(event).add()
  }
}

/** How the user was proved, which a refreshed ID token need not say again (OpenID Connect Core 12.2). What it no longer says of the user, such as roles, is over. */
const ofTheLogin = (claims: KeptSession['claims']): KeptSession['claims'] =>
  Object.fromEntries(['sid', 'auth_time', 'acr', 'amr'].filter(name => Object.hasOwn(claims, name)).map(name => [name, claims[name]]))
