import { LRUCache } from 'lru-cache'
import { IssuerError } from '../../contract/identity.ts'
import type { Clock, Counter, Log, Metrics } from '../../contract/services.ts'
import { fetchKeys, type FetchedKeys, type JwkFetchOptions } from './fetch-keys.ts'
import type { JwkSet } from './jwk-set.ts'
import { DocumentFault } from '../discovery/fetch-document.ts'
import { MAX_KID_LENGTH } from './read-keys.ts'
import { KeysUnavailable, type KeySource, type VerificationKey } from './verification-key.ts'

/** What the keys of one issuer need of the outside. */
export interface JwksClientOptions extends JwkFetchOptions { readonly name: string, readonly clock: Clock, readonly log: Log, readonly metrics: Metrics }

type Header = Parameters<KeySource['keysFor']>[0]
type Keys = readonly VerificationKey[]

/** Share of max-age after which keys are fetched anew behind the caller's back. */
const RENEW_AT = 0.8
/** In max-ages: whoever comes later than this to keys that nobody has used meanwhile waits for new ones. */
const REVALIDATE_WITHIN = 2
const MAX_BACKOFF_MS = 300_000
const MAX_MISSING_KIDS = 1000
const MISSING_FOR_MS = 60_000

const NONE: Keys = Object.freeze([])

/**
 * The keys that an issuer publishes (RFC 7517 5), fetched when they are used and never by a timer: one fetch for all who wait, none before the
 * cooldown since the last is over, the old keys while new ones cannot be had. Made for issuers that are slow, down or hostile.
 */
export class JwksClient implements KeySource {
  readonly #options: JwksClientOptions
  readonly #clock: Clock
  readonly #staleUses: Counter
  /** `kid`s that a fetch did not bring. */
  readonly #missing: LRUCache<string, true>
  #set: JwkSet | null = null
  /** On the monotonic clock: when the set came, and from when on the issuer may be asked again. */
  #since = -Infinity
  #askFrom = -Infinity
  #maxAgeMs = 0
  /** In a row, since the last fetch that brought keys. */
  #failures = 0
  #failure = new KeysUnavailable('the keys were never fetched')
  #pending: Promise<void> | null = null

  constructor (options: JwksClientOptions) {
    const { clock, metrics } = options
    this.#options = options
    this.#clock = clock
    this.#staleUses = metrics.counter('gatehouse_jwks_stale_uses_total')
    // Without a resolution it asks the clock each time and sets no timer; a start of 0 would mean none to it
    this.#missing = new LRUCache({ max: MAX_MISSING_KIDS, ttl: MISSING_FOR_MS, ttlResolution: 0, perf: { now: () => clock.monotonic() + 1 } })
  }

  keysFor (header: Header): Keys | Promise<Keys> {
    const { alg, kid } = header
    if (!this.#mayBe(alg, kid)) return NONE
    const now = this.#clock.monotonic()
    const age = now - this.#since
    const set = this.#usable(now)
    if (set === null || (age >= REVALIDATE_WITHIN * this.#maxAgeMs && this.#failures === 0)) return this.#askedFirst(header, now)
    if (age >= RENEW_AT * this.#maxAgeMs) void this.#refresh(now)
    const found = set.find(header)
    if (found.length === 0 && !set.knows(kid)) return this.#missed(header, now)
    return this.#used(found, age)
  }

  /** Tries to have the keys before the first token comes. Never rejects. */
  async prefetch (): Promise<void> {
    if (this.#set === null) await this.#refresh(this.#clock.monotonic())
  }

  /** A key that nobody has heard of may be a new one: worth one question for all who ask. */
  #missed (header: Header, now: number): Keys | Promise<Keys> {
    if (header.kid !== null && this.#missing.has(header.kid)) return NONE
    if (this.#refresh(now) !== null) return this.#askedFirst(header, now)
    return this.#failures > 0 ? Promise.reject(this.#failure) : NONE
  }

  async #askedFirst (header: Header, before: number): Promise<Keys> {
    const asked = this.#refresh(before)
    await asked
    const now = this.#clock.monotonic()
    const set = this.#usable(now)
    if (set === null) throw this.#failure
    const found = set.find(header)
    if (found.length > 0 || set.knows(header.kid)) return this.#used(found, now - this.#since)
    if (this.#failures > 0) throw this.#failure
    if (asked !== null && header.kid !== null) this.#missing.set(header.kid, true)
    return NONE
  }

  /** Whether a key of this issuer could be meant at all. */
  #mayBe (alg: string, kid: string | null): boolean {
    return this.#options.config.algorithms.some(allowed => allowed === alg) && (kid === null || kid.length <= MAX_KID_LENGTH)
  }

  #used (found: Keys, age: number): Keys {
    if (age >= this.#maxAgeMs && found.length > 0) this.#staleUses.add()
    return found
  }

  #usable (now: number): JwkSet | null {
    return now - this.#since < this.#maxAgeMs + this.#options.config.jwks.staleIfError ? this.#set : null
  }

  /** The fetch under way, a new one where the issuer may be asked, null where it may not. */
  #refresh (now: number): Promise<void> | null {
    if (now >= this.#askFrom) this.#pending ??= this.#attempt()
    return this.#pending
  }

  async #attempt (): Promise<void> {
    try {
      this.#take(await fetchKeys(this.#options, this.#set))
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#pending = null
    }
  }

  #take ({ set, maxAgeMs }: FetchedKeys): void {
    const { name, log, config } = this.#options
    this.#set?.revokeAllBut(set)
    this.#set = set
    this.#maxAgeMs = maxAgeMs
    this.#since = this.#clock.monotonic()
    this.#askFrom = this.#since + config.jwks.cooldown
    this.#failures = 0
    this.#count('ok')
    log.debug({ 'gatehouse.issuer': name, 'gatehouse.keys': set.size, 'gatehouse.unusable': set.unusable }, 'keys of the issuer fetched')
  }

  #fail (error: unknown): void {
    const { name, log, config: { jwks } } = this.#options
    const now = this.#clock.monotonic()
    this.#askFrom = now + Math.max(jwks.cooldown, Math.min(jwks.cooldown * 2 ** this.#failures, MAX_BACKOFF_MS))
    this.#failures++
    this.#failure = new KeysUnavailable(`keys of issuer ${name} cannot be fetched`, { cause: error })
    this.#count(error instanceof DocumentFault ? error.outcome : error instanceof IssuerError ? 'discovery' : 'failed')
    log.warn({ error, 'gatehouse.issuer': name, 'gatehouse.failures': this.#failures },
      this.#usable(now) === null ? 'keys of the issuer cannot be fetched, and there are none' : 'keys of the issuer cannot be fetched: the old ones stay in use')
  }

  #count (outcome: string): void {
    this.#options.metrics.counter('gatehouse_jwks_fetches_total', { outcome }).add()
  }
}
