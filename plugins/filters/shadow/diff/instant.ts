import type { Json } from './json-tree.ts'

/** A point in time, how it was written, and what its writing cannot tell apart. */
export interface Instant { readonly ms: number, readonly form: 'time' | 'time with offset' | 'local time' | 'date' | 'http-date' | 'epoch s' | 'epoch ms', readonly grainMs: number }

const DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(:\d\d(?:[.,]\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)?)?$/
/** RFC 9110 5.6.7: the preferred form. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/
const DIGITS = /^\d{10}(?:\d{3})?$/

/** Names of members that hold a time: `ts`, `created_at`, `expiresAt`, `iat`, `lastModifiedMs`. */
const NAMED_TIME = /(?:^|[_-])(?:ts|at|on|time|date|datetime|timestamp|epoch|iat|exp|nbf|now|until|since|created|updated|modified|expires|expiry|issued)(?:[_-]?(?:ms|s|millis|seconds))?$|[a-z](?:At|On|Time|Date|Timestamp|Ts|Epoch|Until|Since|Modified|Expires)(?:Ms|Millis|S|Seconds)?$/
/** 2001 to 2096, told in seconds or in milliseconds; a number is not taken for a time by chance. */
const [EARLIEST_S, LATEST_S] = [1e9, 4e9]

const MINUTE = 60_000
const DAY = 86_400_000

/** The time that a value says, null where it says none. A number says one only under a name that is one of times. */
export function instantOf (value: Json, name: string): Instant | null {
  if (typeof value === 'number') return NAMED_TIME.test(name) ? epoch(value) : null
  if (typeof value !== 'string' || value.length < 10 || value.length > 40) return null
  if (DIGITS.test(value)) return instantOf(Number(value), name)
  return HTTP_DATE.test(value) ? valid(Date.parse(value), 'http-date', 1000) : iso(value)
}

function epoch (value: number): Instant | null {
  if (value >= EARLIEST_S && value < LATEST_S) return { ms: value * 1000, form: 'epoch s', grainMs: 1000 }
  return value >= EARLIEST_S * 1000 && value < LATEST_S * 1000 ? { ms: value, form: 'epoch ms', grainMs: 1 } : null
}

/** RFC 3339, and the forms of ISO 8601 that are written most. */
function iso (text: string): Instant | null {
  const found = DATE.exec(text)
  if (!found) return null
  const [, seconds, zone] = found
  if (text.length === 10) return valid(Date.parse(text), 'date', DAY)
  const plain = `${text.slice(0, 10)}T${text.slice(11).replace(',', '.').toUpperCase()}`
  const grainMs = seconds === undefined ? MINUTE : seconds.length === 3 ? 1000 : 1
  if (zone === undefined) return valid(Date.parse(`${plain}Z`), 'local time', grainMs)
  return valid(Date.parse(plain.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')), /z/i.test(zone) ? 'time' : 'time with offset', grainMs)
}

const valid = (ms: number, form: Instant['form'], grainMs: number): Instant | null => Number.isNaN(ms) ? null : { ms, form, grainMs }
