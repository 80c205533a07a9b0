import { hash, randomUUID } from 'node:crypto'
import { IssuerError, type OAuthClient, type TokenSet } from '../../contract/identity.ts'
import type { Session } from '../../contract/session.ts'
import type { Clock, Log } from '../../contract/services.ts'
import type { Store } from '../../contract/store.ts'
import type { Seals } from './seals.ts'

/** What the refreshing of tokens works with. */
export interface RefreshOptions {
  readonly seals: Seals
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly clientOf: (issuerName: string) => OAuthClient
}

/** How asking ended. Kept in the store for those who come with the same refresh token. */
type Outcome = { readonly kind: 'refreshed', readonly tokens: TokenSet } | { readonly kind: 'refused' | 'unavailable' }

/** A refresh token that is used twice counts as stolen (RFC 9700 4.14.2), and a page asks for many things at once. */
const KEPT_MS = { refreshed: 30_000, refused: 30_000, unavailable: 5_000 }
/** Longer than the issuer can take: discovery and the token endpoint have 5 s each. */
const LOCK_MS = 12_000
const POLL_MS = 100
const POLLS = 60
const PURPOSE = 'refreshed tokens'
const FOREVER = new AbortController().signal

/** Exchanges a refresh token once, however many requests come with it, to whichever gateway. */
export class TokenRefresh {
  readonly #options: RefreshOptions
  readonly #underWay = new Map<string, Promise<Outcome>>()

  constructor (options: RefreshOptions) {
    this.#options = options
  }

  /** The new tokens; null where the issuer gives none for this refresh token any more. Rejects with StoreUnavailable or IssuerError(`unavailable`). */
  async refresh ({ issuer, accessToken }: Pick<Session, 'issuer' | 'accessToken'>, refreshToken: string): Promise<TokenSet | null> {
    // With the access token: an issuer that does not rotate gives the same refresh token time and again
    const key = hash('sha256', `${refreshToken}\n${accessToken}`, 'base64url')
    let asked = this.#underWay.get(key)
    if (asked === undefined) {
      asked = this.#once(key, issuer, refreshToken).finally(() => { this.#underWay.delete(key) })
      this.#underWay.set(key, asked)
    }
    const outcome = await asked
    if (outcome.kind === 'unavailable') throw new IssuerError('unavailable', 'the access token could not be refreshed')
    return outcome.kind === 'refreshed' ? outcome.tokens : null
  }

  /** Whoever holds the lock asks; the others look for what came of it, and take over where that gateway is gone. */
  async #once (key: string, issuer: string, refreshToken: string): Promise<Outcome> {
    const { store, clock } = this.#options
    const lock = `refreshing:${key}`
    const owner = randomUUID()
    for (let poll = 0; poll < POLLS; poll++) {
      const kept = await this.#kept(key)
      if (kept !== null) return kept
      if (await store.add(lock, owner, LOCK_MS)) {
        try {
          // It may have been kept between the look and the lock
          return await this.#kept(key) ?? await this.#ask(key, issuer, refreshToken)
        } finally {
          // Its end takes it away where this cannot
          await store.deleteIf(lock, owner).catch(() => {})
        }
      }
      await clock.sleep(POLL_MS, FOREVER)
    }
    return { kind: 'unavailable' }
  }

  async #ask (key: string, issuer: string, refreshToken: string): Promise<Outcome> {
    const outcome = await this.#askIssuer(issuer, refreshToken)
    const { seals, store, log } = this.#options
    try {
      await store.set(`refreshed:${key}`, await seals.seal(JSON.stringify(outcome), PURPOSE), KEPT_MS[outcome.kind])
    } catch (error) {
      // The old refresh token is worth nothing any more: these are all there is of the session
      log.warn({ error, 'gatehouse.issuer': issuer }, 'refreshed tokens could not be kept for parallel requests')
    }
    return outcome
  }

  async #askIssuer (issuer: string, refreshToken: string): Promise<Outcome> {
    const { clientOf, log } = this.#options
    try {
      return { kind: 'refreshed', tokens: await clientOf(issuer).refresh(refreshToken) }
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error
      // Only that one says something of the token (RFC 6749 5.2); invalid_client and the like are the operator's, and pass
      const kind = error.kind === 'refused' && error.error === 'invalid_grant' ? 'refused' : 'unavailable'
      log[kind === 'refused' ? 'info' : 'warn']({ 'gatehouse.issuer': issuer, 'error.code': error.error ?? error.kind }, 'access token not refreshed')
      return { kind }
    }
  }

  async #kept (key: string): Promise<Outcome | null> {
    const sealed = await this.#options.store.get(`refreshed:${key}`)
    const text = sealed === null ? null : await this.#options.seals.unseal(sealed, PURPOSE)
    return text === null ? null : JSON.parse(text) as Outcome
  }
}
