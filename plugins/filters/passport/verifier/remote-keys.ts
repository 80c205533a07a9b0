import { passportKeys, type PassportKey } from './passport-key.ts'
import { PassportError } from './passport-error.ts'

const TIMEOUT_MS = 2000
const MAX_BYTES = 256 * 1024
const MAX_KEYS = 100
/** Between two attempts to fetch, however the first ended: a passport with an unknown `kid` must not make us ask for each. */
const COOLDOWN_MS = 10_000
/** What the gateway's Cache-Control may say, and what holds where it says nothing. */
const FRESH_MS = { min: 60_000, max: 3_600_000, default: 300_000 }
/** How long keys stay in use while they cannot be fetched again. */
const MAX_STALE_MS = 86_400_000

/** What `fetch` is here; a test hands in another one. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface RemoteKeysOptions { readonly fetch: Fetch, /** Milliseconds that never go backwards. */ readonly monotonic: () => number }

/** The public keys at a URL: fetched once for all who wait, kept, renewed in the background, and kept on where the gateway does not answer. */
export class RemoteKeys {
  readonly #url: string
  readonly #options: RemoteKeysOptions
  #keys: ReadonlyMap<string, PassportKey> = new Map()
  #fetchedAt = -Infinity
  #freshForMs = 0
  #triedAt = -Infinity
  #failed = false
  #pending: Promise<void> | null = null

  constructor (url: string, options: RemoteKeysOptions) {
    this.#url = url
    this.#options = options
  }

  /** The key, or null where there is none of this name. At once where it is known; rejects with PassportError `unavailable` where nobody can say. */
  find (kid: string): PassportKey | null | Promise<PassportKey | null> {
    const now = this.#options.monotonic()
    const age = now - this.#fetchedAt
    const known = age < MAX_STALE_MS ? this.#keys.get(kid) : undefined
    const mayAsk = this.#pending !== null || now - this.#triedAt >= COOLDOWN_MS
    if (known !== undefined) {
      if (age >= this.#freshForMs && mayAsk) void this.#refresh(now).catch(() => {})
      return known
    }
    if (mayAsk) return this.#refreshed(kid, now)
    // Whether the key is a new one is known only where the last answer was one
    return this.#failed ? Promise.reject(unavailable()) : null
  }

  async #refreshed (kid: string, now: number): Promise<PassportKey | null> {
    try {
      await this.#refresh(now)
    } catch (error) {
      throw unavailable(error)
    }
    return this.#keys.get(kid) ?? null
  }

  #refresh (now: number): Promise<void> {
    if (this.#pending === null) {
      this.#triedAt = now
      this.#failed = true
      this.#pending = this.#fetch().then(() => { this.#failed = false }).finally(() => { this.#pending = null })
    }
    return this.#pending
  }

  async #fetch (): Promise<void> {
    const response = await this.#options.fetch(this.#url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/jwk-set+json, application/json' } })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`the keys were answered with status ${response.status}`)
    }
    const { keys } = JSON.parse(await boundedText(response)) as { keys?: unknown }
    // An empty set in the place of a good one is more likely a fault than what the gateway means
    if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('what was answered is no JWK Set')
    const usable = passportKeys(keys, { secrets: false })
    if (usable.length === 0) throw new Error('the JWK Set has no key for passports')
    this.#keys = new Map(usable.map(key => [key.kid, key]))
    this.#fetchedAt = this.#options.monotonic()
    this.#freshForMs = freshness(response.headers.get('cache-control'))
  }
}

const unavailable = (cause?: unknown): PassportError => new PassportError('unavailable', 'the keys of the gateway cannot be had', { cause })

async function boundedText ({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body ?? []) {
    size += piece.byteLength
    if (size > MAX_BYTES) throw new Error(`the JWK Set has more than ${MAX_BYTES} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** RFC 9111 5.2.2.1, within reason. */
function freshness (cacheControl: string | null): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(cacheControl ?? '') ?? []
  return seconds === undefined ? FRESH_MS.default : Math.min(FRESH_MS.max, Math.max(FRESH_MS.min, Number(seconds) * 1000))
}
