import { createHmac, hkdfSync } from 'node:crypto'
import type { Clock } from '../contract/services.ts'
import type { Rings } from './rings/rings.ts'

/** Authentication codes by the keys of a ring, for one purpose. */
export interface RingMacs {
  /** By the newest key. */
  current(text: string): string
  /** By each of the keys. */
  accepted(text: string): string[]
}

/** Enough that nobody guesses one (128 bits), and short in a cookie. */
const CODE_BYTES = 16
/** Keys begin and end by the clock, not only with a new configuration. */
const LOOKED_AFTER_MS = 60_000

/** HMAC-SHA256 by keys of their own that the ring's are the source of (RFC 2104, RFC 5869): base64url, 22 characters. ConfigError at `pointer` where the ring has none. */
export function macsOfRing (rings: Rings, name: string, pointer: string, purpose: string, clock: Clock): RingMacs {
  let keys = keysOf(rings, name, pointer, purpose)
  let since = clock.monotonic()
  const ofNow = (): readonly Buffer[] => {
    if (clock.monotonic() - since < LOOKED_AFTER_MS) return keys
    since = clock.monotonic()
    try {
      keys = keysOf(rings, name, pointer, purpose)
    } catch {
      // Every key has ended meanwhile: nobody is safer when all clients move
    }
    return keys
  }
  return {
    current: text => code(ofNow()[0]!, text),
    accepted: text => ofNow().map(key => code(key, text))
  }
}

const keysOf = (rings: Rings, name: string, pointer: string, purpose: string): Buffer[] =>
  rings.secrets(name, pointer).map(({ k }) => Buffer.from(hkdfSync('sha256', k, '', `gatehouse mac ${purpose}`, 32)))

const code = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest().subarray(0, CODE_BYTES).toString('base64url')
