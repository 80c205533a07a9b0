import type { RingKey } from '../../identity/rings/ring-key.ts'
import { stateOf } from '../../identity/rings/ring-schedule.ts'

const HEAD = ['KEY', 'ALGORITHM', 'STATE', 'MADE', 'SIGNS FROM', 'VERIFIES UNTIL']

/** The keys of a ring, newest first, without what is secret of them. `now` in seconds. */
export function ringTable (keys: readonly RingKey[], now: number): string {
  const rows = [HEAD, ...keys.map(key => [key.kid, key.alg, stateOf(key, keys, now), shown(key.iat), shown(key.nbf), key.exp === undefined ? 'replaced' : shown(key.exp)])]
  const widths = HEAD.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}

/** RFC 3339, to the second. */
const shown = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '')
