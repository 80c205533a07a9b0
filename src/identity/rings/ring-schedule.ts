import type { RingKey } from './ring-key.ts'

/** What a key is good for at a moment. `next`: published, so that verifiers know it before it signs. `previous`: another signs now, this one still verifies. */
export type KeyState = 'next' | 'signing' | 'previous' | 'ended'

/** Newest first, by when they begin to sign, then by when they were made. */
export function newestFirst (keys: readonly RingKey[]): RingKey[] {
  return [...keys].sort((a, b) => b.nbf - a.nbf || b.iat - a.iat)
}

/** Whether what the key has signed still counts. `now` in seconds. */
export const isLiving = ({ exp = Infinity }: Pick<RingKey, 'exp'>, now: number): boolean => exp > now

/**
 * Of keys in newest-first order the one that signs: the newest whose time has come. Where that is none yet, the first to come, since the clock
 * that made it may be ahead of ours. Undefined where all have ended.
 */
export function signingKey<K extends Pick<RingKey, 'nbf' | 'exp'>> (keys: readonly K[], now: number): K | undefined {
  let first: K | undefined
  for (const key of keys) {
    if (!isLiving(key, now)) continue
    if (key.nbf <= now) return key
    first = key
  }
  return first
}

/** The state of each key among those of its algorithm. */
export function stateOf (key: RingKey, keys: readonly RingKey[], now: number): KeyState {
  if (!isLiving(key, now)) return 'ended'
  if (key === signingKey(newestFirst(keys.filter(({ alg }) => alg === key.alg)), now)) return 'signing'
  return key.nbf > now ? 'next' : 'previous'
}
