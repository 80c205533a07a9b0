import Type, { type TCodec, type TSchema, type TSchemaOptions, type TString } from 'typebox'

/** A value written with its unit; a bare number is an error, so that no unit is ever guessed. Decoded to a number. */
export type Unit = TCodec<TString, number>

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3 }
const PER = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Digits enough for anything that is meant, and few enough that every value stays finite and exact. */
const NUMBER = '[0-9]{1,12}(\\.[0-9]{1,9})?'

/** `250ms`, `10s`, `5m`, `1h`, `1d` -> milliseconds, to the microsecond. */
export const Duration = (options: TSchemaOptions = {}): Unit =>
  unit(`^${NUMBER}(ms|s|m|h|d)$`, 'a duration such as 250ms, 10s, 5m or 1h', options, duration, ms => `${decimal(ms)}ms`)

/** Node takes a longer wait for one of a millisecond (timers: 2^31-1 ms). */
const LONGEST_WAIT = 24 * MS.d

/** A duration that something waits for: from 1ms to 24d. */
export const Timeout = (options: TSchemaOptions = {}) => Type.Codec(Type.Refine(
  Type.String({ pattern: `^${NUMBER}(ms|s|m|h|d)$`, 'x-expects': 'a duration from 1ms to 24d, such as 250ms, 10s or 5m', ...options }),
  text => duration(text) >= 1 && duration(text) <= LONGEST_WAIT
)).Decode(duration).Encode(ms => `${decimal(ms)}ms`)

/** `512B`, `64KiB`, `5MB` -> whole bytes. */
export const Size = (options: TSchemaOptions = {}): Unit =>
  unit(`^${NUMBER}(B|[KMG]i?B)$`, 'a size such as 512B, 64KiB or 5MB', options, size, bytes => `${bytes}B`)

/** `100/s`, `1000/h` -> events per second. */
export const Rate = (options: TSchemaOptions = {}): Unit =>
  unit(`^${NUMBER}/(s|m|h|d)$`, 'a rate such as 100/s or 1000/h', options, rate, perSecond => `${decimal(perSecond)}/s`)

/** `20%` -> 0.2 */
export const Percentage = (options: TSchemaOptions = {}): Unit =>
  unit('^(100(\\.0{1,9})?|[0-9]{1,2}(\\.[0-9]{1,9})?)%$', 'a percentage such as 20%', options, percentage, part => `${decimal(part * 100)}%`)

const HOUR = '([01][0-9]|2[0-3])'
const MINUTE = '[0-5][0-9]'
const DATE = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
/** Java writes no seconds where there are none. A leap second is the last of its minute: clocks do not count it. */
const CLOCK = `${HOUR}:${MINUTE}(:([0-5][0-9]|60)(\\.[0-9]{1,9})?)?`

/** RFC 3339 `2026-03-01T00:00:00Z`, also Java's with a zone in brackets after the offset -> milliseconds since the epoch. */
export const Time = (options: TSchemaOptions = {}) => Type.Codec(Type.Refine(
  Type.String({ pattern: `^${DATE}[Tt]${CLOCK}([Zz]|[+-]${HOUR}:${MINUTE})(\\[[A-Za-z0-9_+\\-/]{1,64}\\])?$`, 'x-expects': 'a time such as 2026-03-01T00:00:00Z (RFC 3339)', ...options }),
  text => !Number.isNaN(time(text))
)).Decode(time).Encode(value => new Date(value).toISOString())

/** A linear-time regular expression (RE2 syntax), kept as text; make it with `pattern`. */
export const Regex = (options: TSchemaOptions = {}): TString =>
  Type.String({ minLength: 1, 'x-expects': 'a regular expression (RE2 syntax)', ...options })

/** A CEL expression, kept as text; compile it with `services.expressions`. */
export const Cel = (options: TSchemaOptions = {}): TString =>
  Type.String({ minLength: 1, 'x-expects': 'a CEL expression', ...options })

/** An OAuth scope (RFC 6749 3.3). */
export const Scope = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', 'x-expects': 'a scope: no spaces, no quotes', ...options })

/** An absolute http or https URL without fragment. */
export const Url = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: '^https?://[^\\s#]+$', 'x-expects': 'an absolute URL', ...options })

/** An absolute URI of any scheme (RFC 3986 4.3). */
export const AbsoluteUri = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s#]+$', 'x-expects': 'an absolute URI without fragment', ...options })

/** A field name (RFC 9110 5.1). */
export const HeaderName = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$", 'x-expects': 'a header name', ...options })

/** A field value (RFC 9110 5.5): visible characters, spaces and tabs inside. */
export const HeaderValue = (options: TSchemaOptions = {}): TString =>
  Type.String({ pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$', 'x-expects': 'a header value: no control or wide characters', ...options })

/** One or several: a scalar in the file stands for a list of one. */
export const List = <T extends TSchema>(item: T, options: TSchemaOptions = {}) =>
  Type.Array(item, { minItems: 1, 'x-scalar': true, ...options })

/** An object that takes no other keys: an unknown one is an error. */
export const Config = <P extends Record<string, TSchema>>(properties: P, options: TSchemaOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

/** One of these words. */
export const Choice = <const W extends string[]>(words: readonly [...W], options: TSchemaOptions = {}) =>
  Type.Enum(words, options)

function unit (pattern: string, expects: string, options: TSchemaOptions, parse: (text: string) => number, print: (value: number) => string): Unit {
  return Type.Codec(Type.String({ pattern, 'x-expects': expects, ...options })).Decode(parse).Encode(print)
}

/** As NUMBER has it: no exponent, no more than nine places. */
const decimal = (value: number): string => value.toFixed(9).replace(/\.?0+$/, '')

function duration (text: string): number {
  const [, unit = ''] = /([a-z]+)$/.exec(text) ?? []
  return Math.round(parseFloat(text) * MS[unit as keyof typeof MS] * 1000) / 1000
}

function size (text: string): number {
  const [, unit = ''] = /([A-Za-z]+)$/.exec(text) ?? []
  return Math.round(parseFloat(text) * BYTES[unit as keyof typeof BYTES])
}

function rate (text: string): number {
  const [amount = '', per = ''] = text.split('/')
  return parseFloat(amount) / PER[per as keyof typeof PER]
}

/** Division by 100 alone would make 33.3 % a little less than 0.333. */
const percentage = (text: string): number => Number(`${text.slice(0, -1)}e-2`)

/** NaN for a day that its month does not have, which Date would move into the next. The calendar repeats every 400 years; below 100, Date.UTC means 19xx. */
function time (text: string): number {
  const plain = text.replace(/\[.*\]$/, '').toUpperCase()
  const [year = 0, month = 0, day = 0] = plain.slice(0, 10).split('-').map(Number)
  const lastDay = new Date(Date.UTC(year % 400 + 2000, month, 0)).getUTCDate()
  return day > lastDay ? NaN : Date.parse(plain.replace(/(T..:..):60/, '$1:59'))
}
