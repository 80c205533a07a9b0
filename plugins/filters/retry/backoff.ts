import type { Random } from '../../../src/contract/index.ts'

/** The `backoff:` section. `jitter` as a number: that share more or less. */
export interface BackoffConfig { readonly first: number, readonly factor: number, readonly max: number, readonly jitter: 'full' | 'none' | number }

/** Gives how long to wait, in ms, when so many tries have failed. With full jitter, those who failed together do not come back together. */
export function backoff ({ first, factor, max, jitter }: BackoffConfig, random: Random): (failed: number) => number {
  const plain = (failed: number) => Math.min(max, first * factor ** (failed - 1))
  if (jitter === 'none') return plain
  if (jitter === 'full') return failed => plain(failed) * random.next()
  return failed => Math.min(max, plain(failed) * (1 + jitter * (2 * random.next() - 1)))
}
