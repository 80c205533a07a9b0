import { randomBytes, timingSafeEqual } from 'node:crypto'
import { clearedCookie, ownCookie, type Exchange, type Sessions } from '../../../src/contract/index.ts'

/** A login that has left for the issuer. */
export interface Flight {
  /** Its first character says which cookie holds it. */
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly returnPath: string
}

interface Kept extends Flight { readonly at: number }

const TTL_MS = 600_000
/** As many tabs can log in at one time; the next takes the place of the oldest. */
const SLOTS = ['0', '1', '2']

/** Logins in flight, each sealed in a cookie of its own: whoever comes back with another state did not leave from this browser (login CSRF). */
export class Flights {
  readonly #sessions: Sessions
  readonly #cookie: string
  readonly #purpose: string
  readonly #now: () => number

  constructor (sessions: Sessions, issuer: string, now: () => number) {
    this.#sessions = sessions
    this.#cookie = `${sessions.cookie}.login`
    // Bound to the issuer: an answer of one never lands a login at another
    this.#purpose = `login ${issuer}`
    this.#now = now
  }

  /** Gives the `Set-Cookie` value to leave with. */
  async leave (x: Exchange, returnPath: string): Promise<{ flight: Flight, cookie: string }> {
    const slot = await this.#slot(x)
    const flight = { state: slot + secret(), nonce: secret(), codeVerifier: secret(), returnPath }
    const sealed = await this.#sessions.seal(this.#purpose, { ...flight, at: this.#now() } satisfies Kept, TTL_MS)
    return { flight, cookie: ownCookie(this.#name(slot), sealed, TTL_MS / 1000) }
  }

  /** The flight that left with this state; null where none did, or too long ago. */
  async find (x: Exchange, state: string): Promise<Flight | null> {
    const flight = await this.#kept(x, state.slice(0, 1))
    return flight !== null && isSame(flight.state, state) ? flight : null
  }

  /** `Set-Cookie` value that clears it. */
  landed ({ state }: Flight): string {
    return clearedCookie(this.#name(state.slice(0, 1)))
  }

  async #slot (x: Exchange): Promise<string> {
    const free = SLOTS.filter(slot => !x.ownCookies?.has(this.#name(slot)))
    // Not the first: tabs opened at one time do not know of each other yet
    if (free.length > 0) return free[randomBytes(1)[0]! % free.length]!
    const since = await Promise.all(SLOTS.map(async slot => (await this.#kept(x, slot))?.at ?? 0))
    return SLOTS[since.indexOf(Math.min(...since))]!
  }

  async #kept (x: Exchange, slot: string): Promise<Kept | null> {
    const sealed = x.ownCookies?.get(this.#name(slot))
    return sealed === undefined ? null : await this.#sessions.unseal(this.#purpose, sealed) as Kept | null
  }

  #name (slot: string): string { return `${this.#cookie}.${slot}` }
}

/** 256 bits. */
const secret = (): string => randomBytes(32).toString('base64url')

function isSame (a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
