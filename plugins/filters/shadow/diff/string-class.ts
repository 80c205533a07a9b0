import { instantOf } from './instant.ts'

/** What kind of text a string is, where it is no free text. */
export type StringClass = 'text' | 'uuid' | 'time' | 'url' | 'email' | 'ip' | 'jwt' | 'digits' | 'hex' | 'token'

const LONGEST = 2048
const TOKEN = /^[A-Za-z0-9+/_-]+={0,2}$/

const CLASSES: readonly (readonly [StringClass, RegExp])[] = [
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['url', /^[a-z][a-z0-9+.-]{1,15}:\/\/\S+$/i],
  ['email', /^[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+$/],
  ['ip', /^(?:\d{1,3}\.){3}\d{1,3}$|^(?=.*::|(?:[^:]*:){7})[0-9a-f:]{2,39}$/i],
  ['jwt', /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/],
  ['digits', /^[+-]?\d(?:[\d.,]*\d)?%?$/],
  ['hex', /^(?=.*[0-9])(?=.*[a-f])[0-9a-f]{16,}$/i],
  ['token', /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d.*\d.*\d)[A-Za-z0-9+/_-]{16,}={0,2}$/]
]

/** Classes that a random text of another cannot be in by chance. */
const CERTAIN: ReadonlySet<StringClass> = new Set(['uuid', 'time', 'url', 'email', 'ip', 'jwt'])

/** The first class that the text is in. */
export function stringClass (text: string): StringClass {
  if (text.length > LONGEST || text === '') return 'text'
  if (instantOf(text, '') !== null) return 'time'
  return CLASSES.find(([, form]) => form.test(text))?.[0] ?? 'text'
}

/**
 * Whether `other` is no longer what `live` is. Free text may become anything. A token may have no letter by chance, and another no digit: two of the same length, or with the
 * letters of the class, are still alike.
 */
export function formatDiffers (live: string, other: string): boolean {
  const was = stringClass(live)
  const is = stringClass(other)
  if (was === 'text' || was === is) return false
  if (CERTAIN.has(was) || CERTAIN.has(is)) return true
  if (live.length === other.length && TOKEN.test(other)) return false
  return was === 'digits' || other.length < 8 || !TOKEN.test(other)
}
