/** An argument as Spring's files have it: text, or a list of texts. */
export type SpringValue = string | string[] | undefined

/** What a duration of Spring Boot looks like, for whoever has written another thing. */
export const SPRING_DURATION = 'expected a duration such as 500, 500ms, 5s or PT5S'

const SIMPLE = /^\+?(\d{1,12})(ms|s|m|h|d)?$/i
const ISO = /^PT(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?$/i
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration of Spring Boot: `500` (which are milliseconds), `10ms`, `PT0.5S`; null where it is none. */
export function springDurationMs (written: string): number | null {
  const text = written.trim()
  const [, amount, unit = 'ms'] = SIMPLE.exec(text) ?? []
  if (amount !== undefined) return Number(amount) * UNIT_MS[unit.toLowerCase()]!
  const iso = ISO.exec(text)
  if (iso === null) return null
  const [hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map(part => Number(part ?? 0))
  return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000)
}

/** A list, or a text with commas, as Spring's binder has it; what is empty is nothing. */
export const springList = (value: SpringValue): string[] => [value ?? []].flat().flatMap(text => text.split(',')).map(text => text.trim()).filter(text => text !== '')

/** A number; NaN where it is none, which the reader of the file refuses. */
export const springNumber = (value: SpringValue): number | undefined => value === undefined ? undefined : Number(value)

/** True or false, in any case. What is neither stays as it is, for the schema to refuse; metadata may hold real ones. */
export function springFlag (value: unknown): unknown {
  const text = String(value).toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : value
}
