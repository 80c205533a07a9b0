import type { Clock } from '../contract/services.ts'
import type { Rings } from './rings/rings.ts'
import { sealsOf, type Seals } from './sessions/seals.ts'

/** Keys begin and end by the clock, not only with a new configuration. */
const LOOKED_AFTER_MS = 60_000

/** Seals by the keys that a ring has at the moment. ConfigError at `pointer` where it has none. */
export function sealsOfRing (rings: Rings, name: string, pointer: string, clock: Clock): Seals {
  let current = sealsOf(rings.secrets(name, pointer))
  let since = clock.monotonic()
  const ofNow = (): Seals => {
    if (clock.monotonic() - since < LOOKED_AFTER_MS) return current
    since = clock.monotonic()
    current = sealed(rings, name) ?? current
    return current
  }
  return { seal: (plaintext, purpose) => ofNow().seal(plaintext, purpose), unseal: (jwe, purpose) => ofNow().unseal(jwe, purpose) }
}

/** Null where every key has ended meanwhile: the last ones go on, since nobody is safer when all logins end. */
function sealed (rings: Rings, name: string): Seals | null {
  try {
    return sealsOf(rings.secrets(name))
  } catch {
    return null
  }
}
