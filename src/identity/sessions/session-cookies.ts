import { clearedCookie, ownCookie } from '../../contract/cookies.ts'
import type { Exchange } from '../../contract/exchange.ts'

/** Browsers take 4096 bytes of name and value (RFC 6265 6.1). */
const CHUNK_BYTES = 3891
/** 11.4 KiB: with the rest of a browser's headers still below the 16 KiB that `gateway.limits.headerBytes` lets in. */
const MAX_CHUNKS = 3

/** The cookies that carry a session: one, or `<name>.0`, `<name>.1`, ... where it is longer than a cookie may be. */
export class SessionCookies {
  readonly #name: string
  readonly #ours: RegExp

  constructor (name: string) {
    this.#name = name
    this.#ours = new RegExp(`^${name}(\\.\\d+)?$`)
  }

  /** The value the request brings; null where there is none, or a part of it is missing. */
  read ({ ownCookies }: Exchange): string | null {
    const whole = ownCookies?.get(this.#name)
    if (whole !== undefined) return whole
    // The first part says how many there are: one left over from a longer value must not become a part of this
    const [, count = '', first = ''] = /^(\d)~(.*)$/.exec(ownCookies?.get(`${this.#name}.0`) ?? '') ?? []
    const rest = Array.from({ length: Math.max(0, Number(count) - 1) }, (_, i) => ownCookies!.get(`${this.#name}.${i + 1}`))
    return first === '' || rest.includes(undefined) ? null : first + rest.join('')
  }

  /** Whether a value of this length fits. */
  fits (length: number, parts: 'one' | 'several'): boolean {
    return length <= (parts === 'one' ? CHUNK_BYTES : (CHUNK_BYTES - 2) * MAX_CHUNKS)
  }

  /** `Set-Cookie` values that leave the browser with this value and no part of an older one. */
  write (x: Exchange, value: string): string[] {
    const parts = this.#parts(value)
    // Without a Max-Age of their own: how long a session lasts is for the gateway to say
    return [...parts.map(([name, part]) => ownCookie(name, part)), ...this.clear(x, parts.map(([name]) => name))]
  }

  /** `Set-Cookie` values that take from the browser what the request has brought of them. */
  clear ({ ownCookies }: Exchange, except: readonly string[] = []): string[] {
    return [...ownCookies?.keys() ?? []].filter(name => this.#ours.test(name) && !except.includes(name)).map(clearedCookie)
  }

  #parts (value: string): [string, string][] {
    if (this.fits(value.length, 'one')) return [[this.#name, value]]
    const size = CHUNK_BYTES - 2
    const count = Math.ceil(value.length / size)
    return Array.from({ length: count }, (_, i) => [`${this.#name}.${i}`, `${i === 0 ? `${count}~` : ''}${value.slice(i * size, (i + 1) * size)}`])
  }
}
