import { newRingKey, RING_ALGORITHMS, type RingKey } from '../../identity/rings/ring-key.ts'
import { isLiving } from '../../identity/rings/ring-schedule.ts'

/** Seconds, and the time in seconds since the epoch. */
export interface Rotation { readonly now: number, readonly overlap: number, readonly keep: number }

/** What a rotation did: the ring from now on, the keys it has made, and those it has dropped. */
export interface Rotated { readonly keys: readonly RingKey[], readonly added: readonly RingKey[], readonly dropped: readonly RingKey[] }

/**
 * Adds a key for each algorithm that the ring has. It signs after the overlap, by when every gateway and every verifier knows it; from then on the
 * old ones only verify, for as long as they are kept. Those that have ended are dropped.
 */
export function rotateKeys (keys: readonly RingKey[], { now, overlap, keep }: Rotation): Rotated {
  const dropped = keys.filter(key => !isLiving(key, now))
  const signsFrom = now + overlap
  const living = keys.filter(key => isLiving(key, now)).map(key => ({ ...key, exp: Math.min(key.exp ?? Infinity, Math.max(signsFrom, key.nbf) + keep) }))
  const algorithms = RING_ALGORITHMS.filter(algorithm => keys.some(({ alg }) => alg === algorithm))
  const added = algorithms.map(algorithm => newRingKey(algorithm, now, signsFrom))
  return { keys: [...added, ...living], added, dropped }
}
