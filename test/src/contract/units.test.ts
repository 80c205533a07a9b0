import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { AbsoluteUri, Cel, Choice, Config, Duration, HeaderName, HeaderValue, List, Percentage, Rate, Regex, Scope, Size, Time, Timeout, Type, Url } from '../../../src/contract/index.ts'
import { validate } from '../../../src/contract/validate.ts'

const RUNS = { seed: 7, numRuns: 500 }

const decoded = (schema: TSchema, text: unknown): unknown => validate(schema, text).value
const isRefused = (schema: TSchema, text: unknown): boolean => validate(schema, text).faults.length === 1

/** Every text becomes its value. */
function reads (t: Test, schema: TSchema, values: Readonly<Record<string, unknown>>): void {
  for (const [text, value] of Object.entries(values)) t.same(decoded(schema, text), value, text)
}

/** Every value is an error that says what is allowed. */
function refuses (t: Test, schema: TSchema, expects: RegExp, values: readonly unknown[]): void {
  for (const value of values) t.match(validate(schema, value).faults, [{ code: 'GW_CONFIG_INVALID', pointer: '', detail: expects }], JSON.stringify(value))
}

/** A number as a file has it: `12`, `0.5`. */
const amount = fc.tuple(fc.nat(999_999), fc.nat(999)).map(([whole, part]) => part === 0 ? `${whole}` : `${whole}.${String(part).padStart(3, '0')}`)
const oneOf = <U extends object>(units: U) => fc.constantFrom(...Object.entries(units) as [string, number][])
const isNear = (value: unknown, expected: number, by: number) => typeof value === 'number' && Math.abs(value - expected) <= by
const roundTrips = (schema: TSchema, value: unknown) => decoded(schema, Value.Encode(schema, value)) === value

t.test('a duration is a number with its unit, in milliseconds', async t => {
  reads(t, Duration(), { '250ms': 250, '10s': 10_000, '5m': 300_000, '1h': 3_600_000, '1d': 86_400_000, '0s': 0, '1.5s': 1500, '0.001ms': 0.001, '007s': 7000, '0.1s': 100, '1.005s': 1005 })
  refuses(t, Duration(), /a duration such as 250ms/, [5, 0, '5', '', 's', '5 s', ' 5s', '5s ', '5s\n', '-5s', '+5s', '5S', '5sec', '5us', '1m30s', '.5s', '5.s', '1e3s', '0x5s', '５s', 'Infinity', `${'9'.repeat(13)}s`, `0.${'1'.repeat(10)}s`, null, true, ['5s'], {}])
})

t.test('every duration is its amount times its unit, to the microsecond', async () => {
  fc.assert(fc.property(amount, oneOf({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }), (number, [unit, ms]) => {
    const value = decoded(Duration(), `${number}${unit}`)
    return isNear(value, Number(number) * ms, 0.001) && (Number(value) >= 1e12 || roundTrips(Duration(), value))
  }), RUNS)
})

t.test('a size is a number with its unit, in whole bytes', async t => {
  reads(t, Size(), { '512B': 512, '64KiB': 65_536, '5MB': 5_000_000, '1MiB': 1_048_576, '1GiB': 2 ** 30, '2GB': 2e9, '1KB': 1000, '1.5KiB': 1536, '0B': 0, '0.0001KB': 0 })
  refuses(t, Size(), /a size such as 512B/, [512, '512', '', 'B', '64kB', '64Kb', '64K', '1Bi', '1iB', '1 KiB', '-1B', '1TB', '1e3B', '1KiB\n', `${'9'.repeat(13)}GiB`])
})

t.test('every size is its amount times its unit', async () => {
  fc.assert(fc.property(amount, oneOf({ B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, KB: 1e3, MB: 1e6, GB: 1e9 }), (number, [unit, bytes]) => {
    const value = decoded(Size(), `${number}${unit}`)
    return Number.isInteger(value) && isNear(value, Number(number) * bytes, 0.51) && (Number(value) >= 1e12 || roundTrips(Size(), value))
  }), RUNS)
})

t.test('a rate is a number for a unit of time, in events per second', async t => {
  reads(t, Rate(), { '100/s': 100, '3600/h': 1, '60/m': 1, '86400/d': 1, '0.5/s': 0.5, '0/s': 0 })
  refuses(t, Rate(), /a rate such as 100\/s/, [100, '100', '', '/s', '100/', '100/ms', '100 / s', '100/sec', '-1/s', '100/s\n', '100s', '1/1s'])
})

t.test('every rate is its amount over its unit', async () => {
  fc.assert(fc.property(amount, oneOf({ s: 1, m: 60, h: 3600, d: 86_400 }), (number, [unit, seconds]) => {
    const value = decoded(Rate(), `${number}/${unit}`)
    return isNear(value, Number(number) / seconds, 1e-9) && isNear(decoded(Rate(), Value.Encode(Rate(), value)), Number(value), 1e-9)
  }), RUNS)
})

t.test('a percentage is a part of one', async t => {
  reads(t, Percentage(), { '20%': 0.2, '0%': 0, '100%': 1, '100.0%': 1, '33.3%': 0.333, '0.1%': 0.001, '7%': 0.07, '99.999999999%': 0.99999999999 })
  refuses(t, Percentage(), /a percentage such as 20%/, [20, 0.2, '20', '', '%', '101%', '100.1%', '-1%', '20 %', '1e1%', '20%\n', '1000%'])
})

t.test('every percentage is exactly what the same number without % and with two places more is', async () => {
  fc.assert(fc.property(fc.nat(10_000_000), millionths => {
    const text = `${(millionths / 100_000).toFixed(5)}%`
    const value = decoded(Percentage(), text)
    return value === Number(`0.${String(millionths).padStart(7, '0')}`) || (millionths === 10_000_000 && value === 1)
  }), RUNS)
  fc.assert(fc.property(fc.nat(10_000), part => roundTrips(Percentage(), part / 10_000)), RUNS)
})

t.test('a time is RFC 3339', async t => {
  reads(t, Time(), {
    '2026-03-01T00:00:00Z': Date.UTC(2026, 2, 1),
    '2026-03-01t00:00:00z': Date.UTC(2026, 2, 1),
    '2026-03-01T00:00:00.5Z': Date.UTC(2026, 2, 1, 0, 0, 0, 500),
    '2026-03-01T00:00:00.123456789Z': Date.UTC(2026, 2, 1, 0, 0, 0, 123),
    '2026-03-01T02:30:00+02:30': Date.UTC(2026, 2, 1),
    '2026-02-28T18:00:00-06:00': Date.UTC(2026, 2, 1),
    '2026-03-01T00:00:00-00:00': Date.UTC(2026, 2, 1),
    '2026-03-01T23:59:00+23:59': Date.UTC(2026, 2, 1),
    '2024-02-29T00:00:00Z': Date.UTC(2024, 1, 29),
    '2000-02-29T00:00:00Z': Date.UTC(2000, 1, 29),
    '0000-02-29T00:00:00Z': Date.parse('0000-02-29T00:00:00Z'),
    '0099-12-31T00:00:00Z': Date.parse('0099-12-31T00:00:00Z')
  })
})

t.test('a time may be as Java writes it: without seconds, with the zone in brackets', async t => {
  reads(t, Time(), {
    '2017-01-20T17:42:47.789-07:00[America/Denver]': Date.UTC(2017, 0, 21, 0, 42, 47, 789),
    '2017-01-20T17:42-07:00[America/Argentina/Buenos_Aires]': Date.UTC(2017, 0, 21, 0, 42),
    '2026-03-01T00:00Z[UTC]': Date.UTC(2026, 2, 1),
    '2026-03-01T00:00Z': Date.UTC(2026, 2, 1),
    '2026-03-01T00:00+02:00[Etc/GMT-2]': Date.UTC(2026, 1, 28, 22)
  })
})

t.test('a leap second is the last of its minute', async t => {
  reads(t, Time(), { '2016-12-31T23:59:60Z': Date.UTC(2016, 11, 31, 23, 59, 59), '2016-12-31T23:59:60.5Z': Date.UTC(2016, 11, 31, 23, 59, 59, 500) })
})

t.test('a day that its month does not have is no time', async t => {
  refuses(t, Time(), /RFC 3339/, ['2026-02-29T00:00:00Z', '2024-02-30T00:00:00Z', '1900-02-29T00:00:00Z', '0100-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-06-31T12:00:00+01:00', '2026-00-01T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-32T00:00:00Z'])
})

t.test('anything else is no time', async t => {
  refuses(t, Time(), /RFC 3339/, ['', '2026-03-01', '2026-03-01T00:00:00', '2026-03-01 00:00:00Z', '2026-03-01T24:00:00Z', '2026-03-01T00:60:00Z', '2026-03-01T00:00:61Z', '2026-03-01T00:00:00+24:00', '2026-03-01T00:00:00+0200', '2026-03-01T00:00:00+02', '2026-03-01T00:00:00.Z', '26-03-01T00:00:00Z', '+002026-03-01T00:00:00Z', '2026-03-01T00:00:00Z[]', '2026-03-01T00:00:00Z[a', '2026-03-01T00:00:00Z[a]b', `2026-03-01T00:00:00Z[${'a'.repeat(65)}]`, '[UTC]2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z\n', 1_772_323_200_000, 'now', null])
})

t.test('every instant is read back from how it is written', async () => {
  const instant = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  fc.assert(fc.property(instant, date => decoded(Time(), date.toISOString()) === date.getTime() && roundTrips(Time(), date.getTime())), RUNS)
})

t.test('an offset moves the instant by as much', async () => {
  const instant = fc.date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  fc.assert(fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
    const clock = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map(part => String(part).padStart(2, '0')).join(':')
    const local = new Date(date.getTime() + offset * 60_000).toISOString().replace('Z', `${offset < 0 ? '-' : '+'}${clock}`)
    return decoded(Time(), local) === date.getTime() && decoded(Time(), `${local}[Some/Where]`) === date.getTime()
  }), RUNS)
})

t.test('a day is a time where the calendar has it, and only there', async () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }), (year, month, day) => {
    const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
    const last = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
    const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T12:00:00Z`
    return isRefused(Time(), text) === (day > last)
  }), RUNS)
})

t.test('no text at all makes a unit fail or gives no number', async () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', '0', '.', 's', 'm', '/', '%', 'K', 'i', 'B', '-', ':', 'T', 'Z', 'e') }))
  fc.assert(fc.property(text, fc.constantFrom(Duration(), Size(), Rate(), Percentage(), Time()), (written, schema) =>
    isRefused(schema, written) || Number.isFinite(decoded(schema, written))), RUNS)
})

t.test('a scope is one word, a URL is absolute and says nothing of a place inside', async t => {
  reads(t, Scope(), { 'orders.read': 'orders.read', 'https://api.test/a:b!#[]~': 'https://api.test/a:b!#[]~' })
  refuses(t, Scope(), /a scope/, ['', 'a b', 'a"', 'a\\', 'é', 'a\n', 5])
  reads(t, Url(), { 'https://api.test/a?b': 'https://api.test/a?b', 'http://[::1]:1': 'http://[::1]:1' })
  reads(t, AbsoluteUri(), { 'urn:orders': 'urn:orders', 'https://api.test/a?b': 'https://api.test/a?b' })
  refuses(t, AbsoluteUri(), /an absolute URI/, ['', '/a', 'orders', '1:a', 'https://api.test/#a', 'urn:a b', 5])
  refuses(t, Url(), /an absolute URL/, ['', '/a', 'api.test', 'ftp://api.test', 'https://', 'https://api.test/#a', 'https://api .test', 5])
})

t.test('a header name is a token, a header value holds no control character', async t => {
  reads(t, HeaderName(), { 'X-Tenant': 'X-Tenant', "!#$%&'*+-.^_`|~0aZ": "!#$%&'*+-.^_`|~0aZ" })
  refuses(t, HeaderName(), /a header name/, ['', 'a b', 'a:', 'é', 'a\n', 5])
  reads(t, HeaderValue(), { '': '', 'a b\tc': 'a b\tc', ÿ: 'ÿ' })
  refuses(t, HeaderValue(), /a header value/, ['a\nb', 'a\r', 'a\0', '\x7f', '€', 5, 'a\n'])
})

t.test('regular expressions and conditions stay text that is not empty', async t => {
  reads(t, Regex(), { '(a)+': '(a)+' })
  refuses(t, Regex(), /a regular expression/, ['', 5])
  reads(t, Cel(), { 'request.method == "GET"': 'request.method == "GET"' })
  refuses(t, Cel(), /a CEL expression/, ['', true])
})

t.test('a list may be one thing, and is never empty', async t => {
  t.same(decoded(List(Duration()), '5s'), [5000])
  t.same(decoded(List(Duration()), ['5s', '1m']), [5000, 60_000])
  refuses(t, List(Duration()), /a list of at least one: a duration/, [[], null])
})

t.test('a choice is one of its words; a config has no other keys', async t => {
  reads(t, Choice(['a', 'b']), { a: 'a' })
  refuses(t, Choice(['a', 'b']), /one of a, b/, ['c', 5])
  t.match(validate(Config({ a: Type.Integer() }), { a: 1, b: 2 }).faults, [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/b' }])
})

t.test('a unit keeps the description and the default it is given', async t => {
  for (const unit of [Duration, Size, Rate, Percentage, Time, Regex, Cel, HeaderName, HeaderValue, AbsoluteUri, Scope, Url]) t.match(unit({ description: 'What for.', default: 'x' }), { description: 'What for.', default: 'x' })
})

t.test('a wait is from a millisecond to 24 days, as long as a timer can be', async t => {
  for (const text of ['1ms', '24d', '1.5s']) t.same(validate(Timeout(), text).faults, [], text)
  for (const text of ['0s', '0.5ms', '25d', '5']) t.match(validate(Timeout(), text).faults, [{ detail: /from 1ms to 24d/ }], text)
})
