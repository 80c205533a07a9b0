import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { TSchema } from 'typebox'
import { Choice, Config, Duration, List, Size, Time, Type } from '../../../src/contract/index.ts'
import { validate } from '../../../src/contract/validate.ts'

/** The faults, in short: `pointer: detail`, with the code where it is not GW_CONFIG_INVALID. */
const faultsOf = (schema: TSchema, written: unknown): string[] => validate(schema, written).faults.map(({ code, pointer, detail }) =>
  `${pointer}: ${detail}${code === 'GW_CONFIG_INVALID' ? '' : ` [${code}]`}`)

function accepts (t: Test, schema: TSchema, written: unknown, value: unknown, name = JSON.stringify(written)): void {
  t.same(validate(schema, written), { value, faults: [] }, name)
}

const Stringy = Config({ text: Type.String() })

t.test('gives a value that fits, decoded', async t => {
  accepts(t, Config({ wait: Duration(), size: Size(), name: Type.String() }), { wait: '5s', size: '1KiB', name: 'a' }, { wait: 5000, size: 1024, name: 'a' })
})

t.test('leaves what was written as it was', async t => {
  const written = { list: 'a', inner: { wait: '5s' } }
  const schema = Config({ list: List(Type.String()), inner: Config({ wait: Duration(), more: Type.Integer({ default: 1 }) }) })
  const { value } = validate(schema, written)
  t.same(value, { list: ['a'], inner: { wait: 5000, more: 1 } })
  t.same(written, { list: 'a', inner: { wait: '5s' } })
  const deep = { any: { list: [1] } }
  const copy = validate(Config({ any: Type.Unknown() }), deep).value as typeof deep
  copy.any.list.push(2)
  t.same(deep, { any: { list: [1] } })
})

t.test('has no value where anything is wrong', async t => {
  t.match(validate(Stringy, { text: 5 }), { value: null, faults: [{ name: 'ConfigError', file: '', place: '' }] })
})

t.test('says for each kind of value what is allowed', async t => {
  for (const [schema, written, says] of [
    [Type.String(), 5, 'text'],
    [Type.String({ minLength: 1 }), '', 'text that is not empty'],
    [Type.String({ pattern: '^a+$' }), 'b', 'text that fits ^a+$'],
    [Type.String({ pattern: '^a+$', 'x-expects': 'some a' }), 'b', 'some a'],
    [Type.Boolean(), 'yes', 'true or false'],
    [Type.Null(), 0, 'null'],
    [Type.Integer(), 1.5, 'a whole number'],
    [Type.Integer({ minimum: 1 }), 0, 'a whole number of at least 1'],
    [Type.Integer({ maximum: 9 }), 10, 'a whole number of at most 9'],
    [Type.Integer({ minimum: 1, maximum: 9 }), '5', 'a whole number from 1 to 9'],
    [Type.Number({ minimum: 0 }), -1, 'a number of at least 0'],
    [Type.Number(), NaN, 'a number'],
    [Type.Literal(5), 6, '5'],
    [Type.Literal('a'), 'zebra', '"a"'],
    [Type.Array(Type.Integer()), 5, 'a list: a whole number'],
    [Type.Array(Type.Integer(), { maxItems: 1 }), [1, 2], 'a list: a whole number'],
    [List(Type.String()), [], 'a list of at least one: text'],
    [Choice(['a', 'b']), 5, 'one of a, b'],
    [Config({ a: Type.String(), b: Type.String() }), 'a', 'a map with a, b'],
    [Config({}), null, 'a map with names as keys'],
    [Type.Record(Type.String(), Type.String()), [], 'a map with names as keys'],
    [Type.Union([Type.Literal(false), Duration()]), true, 'false or a duration such as 250ms, 10s, 5m or 1h'],
    [Type.Union([Stringy, Type.String()]), 5, 'a map with text or text'],
    [Type.Never(), 5, 'another value']
  ] as const) t.same(faultsOf(schema, written), [`: expected ${says}`], says)
})

t.test('never tells the value that is wrong, which may be a secret', async t => {
  t.notMatch(JSON.stringify(validate(Config({ wait: Duration() }), { wait: 'hunter2' }).faults), /hunter2/)
})

t.test('tells every fault at once, each at its place', async t => {
  const schema = Config({ name: Type.String(), wait: Duration(), list: List(Type.Integer()), inner: Config({ size: Size() }), any: Type.Optional(Type.Boolean()) })
  t.same(faultsOf(schema, { wait: 5, list: [1, 'a', 2, 'b'], inner: { size: 'big', more: 1 }, any: 'yes', nmae: 'a' }), [
    ': "name" is missing: text',
    '/wait: expected a duration such as 250ms, 10s, 5m or 1h',
    '/list/1: expected a whole number',
    '/list/3: expected a whole number',
    '/inner/size: expected a size such as 512B, 64KiB or 5MB',
    '/inner/more: unknown key "more"; known: size [GW_CONFIG_UNKNOWN_KEY]',
    '/any: expected true or false',
    '/nmae: unknown key "nmae" - did you mean "name"? [GW_CONFIG_UNKNOWN_KEY]'
  ])
})

t.test('escapes the keys in a pointer', async t => {
  t.same(faultsOf(Config({ 'a/b': Type.Integer(), 'c~d': Type.Integer() }), { 'a/b': 'x', 'c~d': 'y', 'zz/~': 1 }), [
    '/a~1b: expected a whole number', '/c~0d: expected a whole number', '/zz~1~0: unknown key "zz/~"; known: a/b, c~d [GW_CONFIG_UNKNOWN_KEY]'
  ])
})

t.test('names what is missing where it should stand', async t => {
  t.same(faultsOf(Config({ inner: Stringy }), { inner: {} }), ['/inner: "text" is missing: text'])
  t.same(faultsOf(Config({ inner: Type.Optional(Stringy) }), {}), [])
  t.same(faultsOf(Config({ a: Type.String() }), { a: undefined }), [': "a" is missing: text'], 'undefined is absent')
})

t.test('does not take what every object has for a key', async t => {
  t.same(faultsOf(Config({ a: Type.Optional(Type.String()) }), { constructor: 1 }), ['/constructor: unknown key "constructor"; known: a [GW_CONFIG_UNKNOWN_KEY]'])
  t.same(faultsOf(Config({}), JSON.parse('{"__proto__":{"a":1}}')), ['/__proto__: unknown key "__proto__"; none is known [GW_CONFIG_UNKNOWN_KEY]'])
})

t.test('fills in defaults, decoded, also inside of defaults', async t => {
  const inner = Config({ wait: Duration({ default: '5s' }) }, { default: {} })
  const schema = Config({ inner, list: List(Type.String(), { default: ['a'] }), on: Type.Boolean({ default: true }) })
  accepts(t, schema, {}, { inner: { wait: 5000 }, list: ['a'], on: true })
  accepts(t, schema, { inner: { wait: '1s' }, list: 'b', on: false }, { inner: { wait: 1000 }, list: ['b'], on: false })
  accepts(t, Config({ inner: Type.Optional(Config({ wait: Duration({ default: '5s' }) })) }), {}, {}, 'an optional map that is absent stays so')
})

t.test('fills in defaults inside of lists, maps and alternatives', async t => {
  const one = Config({ wait: Duration({ default: '5s' }), waits: List(Duration(), { default: ['1s'] }) })
  const filled = { wait: 5000, waits: [2000] }
  accepts(t, List(one), { waits: '2s' }, [filled])
  accepts(t, Type.Record(Type.String(), one), { a: { waits: '2s' }, b: {} }, { a: filled, b: { wait: 5000, waits: [1000] } })
  accepts(t, Type.Record(Type.String(), Type.Record(Type.String(), one)), { a: { b: { waits: '2s' } } }, { a: { b: filled } })
  accepts(t, Type.Union([Type.String(), Type.Record(Type.String(), one)]), { a: { waits: '2s' } }, { a: filled })
  t.same(faultsOf(Type.Record(Type.String(), one), { a: { wait: 5 } }), ['/a/wait: expected a duration such as 250ms, 10s, 5m or 1h'])
})

t.test('does not call missing what has a default, whatever else is wrong', async t => {
  t.same(faultsOf(Config({ wait: Duration({ default: '5s' }), text: Type.String() }), { text: 5 }), ['/text: expected text'])
})

t.test('does not put a default in the place of null', async t => {
  t.same(faultsOf(Config({ wait: Duration({ default: '5s' }) }), { wait: null }), ['/wait: expected a duration such as 250ms, 10s, 5m or 1h'])
})

t.test('shares no default between two configs', async t => {
  const schema = Config({ list: List(Type.String(), { default: ['a'] }), inner: Config({ map: Type.Record(Type.String(), Type.String()) }, { default: { map: {} } }) })
  const first = validate(schema, {}).value as { list: string[], inner: { map: Record<string, string> } }
  first.list.push('b')
  first.inner.map['a'] = 'b'
  accepts(t, schema, {}, { list: ['a'], inner: { map: {} } })
})

t.test('lifts a value that is no list to a list of it where the schema says so', async t => {
  accepts(t, Config({ list: List(Duration()) }), { list: '5s' }, { list: [5000] })
  accepts(t, Config({ list: List(Config({ wait: List(Duration()) })) }), { list: { wait: '5s' } }, { list: [{ wait: [5000] }] })
  accepts(t, List(Type.Boolean()), false, [false])
  accepts(t, List(List(Type.Integer())), 0, [[0]])
  t.same(faultsOf(Type.Array(Type.String()), 'a'), [': expected a list: text'], 'and only there')
  t.same(faultsOf(List(Type.Null()), null), [': expected a list of at least one: null'], 'null stands for nothing')
})

t.test('points into what was written where one value stands for a list', async t => {
  t.same(faultsOf(Config({ list: List(Duration()) }), { list: '5' }), ['/list: expected a duration such as 250ms, 10s, 5m or 1h'])
  t.same(faultsOf(Config({ list: List(Duration()) }), { list: ['5'] }), ['/list/0: expected a duration such as 250ms, 10s, 5m or 1h'])
  t.same(faultsOf(Config({ list: List(Stringy) }), { list: { text: 5 } }), ['/list/text: expected text'])
  t.same(faultsOf(Config({ list: List(List(Type.Integer())) }), { list: 'a' }), ['/list: expected a whole number'])
  t.same(faultsOf(Config({ 'a/b': List(Duration()), '~1': List(Duration()) }), { 'a/b': '5', '~1': '5' }), ['/a~1b', '/~01'].map(at => `${at}: expected a duration such as 250ms, 10s, 5m or 1h`))
  t.same(faultsOf(List(Duration()), '5'), [': expected a duration such as 250ms, 10s, 5m or 1h'])
  t.same(faultsOf(Config({ list: List(Type.Record(Type.String(), Type.Integer())) }), { list: { 0: 'a' } }), ['/list/0: expected a whole number'], 'a key that is named 0 is one')
})

t.test('takes whichever alternative fits', async t => {
  const schema = Config({ limit: Type.Union([Type.Literal('none'), Size()]) })
  accepts(t, schema, { limit: 'none' }, { limit: 'none' })
  accepts(t, schema, { limit: '1KiB' }, { limit: 1024 })
  const several = Type.Union([Type.Literal(false), List(Duration())])
  accepts(t, several, ['5s'], [5000])
  accepts(t, several, false, false)
  accepts(t, several, '5s', [5000], 'lifted inside of an alternative')
  t.same(faultsOf(several, ['5s', '5']), ['/1: expected a duration such as 250ms, 10s, 5m or 1h'])
  accepts(t, Type.Union([Type.String(), List(Duration())]), '5s', '5s', 'as it is rather than lifted')
})

t.test('looks into the alternative that was meant', async t => {
  const endpoint = Type.Union([Type.String(), Config({ url: Type.String(), weight: Type.Integer({ default: 1 }) })])
  accepts(t, endpoint, { url: 'a' }, { url: 'a', weight: 1 })
  t.same(faultsOf(endpoint, { url: 'a', weight: 'b' }), ['/weight: expected a whole number'])
  t.same(faultsOf(endpoint, { ulr: 'a' }), [': "url" is missing: text', '/ulr: unknown key "ulr" - did you mean "url"? [GW_CONFIG_UNKNOWN_KEY]'])
  t.same(faultsOf(endpoint, 5), [': expected text or a map with url, weight'])
  t.same(faultsOf(endpoint, []), [': expected text or a map with url, weight'])
})

t.test('of several maps, means the one with which least is wrong', async t => {
  const schema = Type.Union([Config({ path: Type.String(), name: Type.String() }), Config({ host: List(Type.String()), port: Type.Optional(Type.Integer()) }), Type.Array(Type.String())])
  accepts(t, schema, { host: 'a' }, { host: ['a'] })
  t.same(faultsOf(schema, { host: 'a', port: 'b' }), ['/port: expected a whole number'])
  t.same(faultsOf(schema, { path: 'a' }), [': "name" is missing: text'])
  t.same(faultsOf(schema, ['a', 5]), ['/1: expected text'])
})

t.test('decodes inside of the alternative that fits', async t => {
  const schema = Type.Union([Config({ wait: Duration() }), Config({ size: Size(), waits: Type.Optional(List(Duration())) })])
  accepts(t, schema, { wait: '1s' }, { wait: 1000 })
  accepts(t, schema, { size: '1B', waits: '1s' }, { size: 1, waits: [1000] })
})

t.test('names the word that was meant', async t => {
  t.same(faultsOf(Choice(['x-forwarded', 'forwarded']), 'forwardd'), [': expected one of x-forwarded, forwarded (did you mean forwarded?)'])
  t.same(faultsOf(List(Choice(['alpha', 'beta'])), ['alpha', 'bata']), ['/1: expected one of alpha, beta (did you mean beta?)'])
  t.same(faultsOf(Config({ by: Choice(['alpha']) }), { by: 'ALPHA' }), ['/by: expected one of alpha (did you mean alpha?)'])
  t.same(faultsOf(Choice(['alpha', 'beta']), 'zebra-crossing'), [': expected one of alpha, beta'])
  t.same(faultsOf(Type.Union([Type.Literal('none'), Type.Literal(5), Size()]), 'nnoe'), [': expected "none" or 5 or a size such as 512B, 64KiB or 5MB (did you mean none?)'])
})

t.test('takes any key in a map of names, and looks at its value', async t => {
  const schema = Type.Record(Type.String(), Duration())
  accepts(t, schema, { a: '1s', '': '2s', 'b/c': '3s' }, { a: 1000, '': 2000, 'b/c': 3000 })
  t.same(faultsOf(schema, { a: '1s', 'b/c': 1 }), ['/b~1c: expected a duration such as 250ms, 10s, 5m or 1h'])
  const own = validate(Type.Record(Type.String(), Type.String()), JSON.parse('{"__proto__":"a","constructor":"b"}')).value as object
  t.same(Object.entries(own), [['__proto__', 'a'], ['constructor', 'b']])
})

t.test('refuses keys that do not fit the pattern of a map, and drops none', async t => {
  const schema = Config({ map: Type.Record(Type.String({ pattern: '^[a-z]+$' }), Type.Integer()) })
  accepts(t, schema, { map: { a: 1, b: 2 } }, { map: { a: 1, b: 2 } })
  t.same(faultsOf(schema, { map: { a: 1, B: 2, 'c/d': 'x', e: 'y' } }), [
    '/map/B: the key "B" is not allowed: keys fit ^[a-z]+$',
    '/map/c~1d: the key "c/d" is not allowed: keys fit ^[a-z]+$',
    '/map/e: expected a whole number'
  ])
  t.match(faultsOf(Type.Record(Type.Integer(), Type.String()), { 1: 'a', x: 'b' }), [/^\/x: the key "x" is not allowed/])
})

t.test('reads the pattern of a key as the schema does: in Unicode', async t => {
  const schema = Type.Record(Type.String({ pattern: '^\\p{L}+$' }), Type.Integer())
  accepts(t, schema, { ä: 1 }, { ä: 1 })
  t.match(faultsOf(schema, { 'p{L}': 1 }), [/^\/p{L}: the key "p{L}" is not allowed/])
})

t.test('tells which keys and which of several patterns are allowed', async t => {
  const map = Type.Object({ known: Type.Integer() }, { patternProperties: { '^x-': Type.String(), '^y-': Type.Boolean() } })
  accepts(t, map, { known: 1, 'x-a': 'b', 'y-a': true }, { known: 1, 'x-a': 'b', 'y-a': true })
  t.same(faultsOf(map, { known: 1, 'y-a': 'b', z: 1 }), ['/y-a: expected true or false', '/z: the key "z" is not allowed: keys fit ^x- or ^y-'])
})

t.test('refuses a key however often the schema was used before', async t => {
  const map = Config({ map: Type.Record(Type.String({ pattern: '^a+$' }), Type.Number()) })
  for (let i = 0; i < 40; i++) t.match(validate(map, { map: { b: 1 } }).faults, [{ pointer: '/map/b' }])
})

t.test('takes other keys where the schema does', async t => {
  accepts(t, Type.Object({ a: Type.Integer() }), { a: 1, b: 2 }, { a: 1, b: 2 })
  accepts(t, Type.Object({}, { additionalProperties: true, patternProperties: { '^x-': Type.String() } }), { b: 2 }, { b: 2 })
  const others = Type.Object({ a: Type.Integer() }, { additionalProperties: Type.Boolean() })
  accepts(t, others, { a: 1, b: true }, { a: 1, b: true })
  t.same(faultsOf(others, { a: 1, b: 2 }), ['/b: expected true or false'])
})

t.test('refuses a day that its month does not have', async t => {
  accepts(t, Config({ at: Time() }), { at: '2024-02-29T00:00:00Z' }, { at: Date.UTC(2024, 1, 29) })
  t.same(faultsOf(Config({ at: List(Time()) }), { at: ['2024-02-29T00:00:00Z', '2026-02-29T00:00:00Z'] }), ['/at/1: expected a time such as 2026-03-01T00:00:00Z (RFC 3339)'])
})

t.test('finds a fault in exactly what the schema does not allow, and every pointer leads into what was written', async () => {
  const schema = Config({
    name: Type.Optional(Type.String()),
    list: Type.Optional(List(Type.Union([Type.Integer(), Config({ wait: List(Duration()) })]))),
    map: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z]' }), Choice(['a', 'b']))),
    limit: Type.Union([Type.Literal(false), Size()], { default: false })
  })
  const key = fc.constantFrom('name', 'list', 'map', 'limit', 'wait', 'a', 'B', '0', 'x/~', '__proto__', 'constructor')
  const { value } = fc.letrec(tie => ({
    value: fc.oneof({ maxDepth: 4 }, fc.constantFrom('a', 'b', '5s', '1KiB', '', 5, 0.5, true, false, null), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 3 }))
  }))
  fc.assert(fc.property(value, written => {
    const before = JSON.stringify(written)
    const result = validate(schema, written)
    const isWhole = (result.value === null) === (result.faults.length > 0)
    return isWhole && JSON.stringify(written) === before && result.faults.every(({ pointer }) => isInside(pointer, written))
  }), { seed: 7, numRuns: 1000 })
})

/** Whether the pointer (RFC 6901 4) leads to something. */
function isInside (pointer: string, value: unknown): boolean {
  const tokens = pointer.split('/').slice(1).map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  return tokens.reduce((at: unknown, token) => typeof at === 'object' && at !== null && Object.hasOwn(at, token) ? (at as Record<string, unknown>)[token] : undefined, value) !== undefined
}
