import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { fakeClock } from '../../../../src/testing/index.ts'
import { answer, inlineAside, mounted, named, names, refusing } from './diff/comparing.ts'
import { answerOf, document, draws, NOISE, noisy, planted, PLANTS } from './planted.ts'

const json = { 'content-type': 'application/json' }

t.test('each planted difference is found, and named by its path and kind', async t => {
  const compare = mounted()
  const noise = new Set(NOISE.map(({ path, kind }) => `${kind} ${path}`))
  for (const { name, plant, expected } of PLANTS) {
    for (let n = 0; n < 20; n++) {
      const [doc, draw] = [document(7, n), draws(n)]
      const [live, shadow] = [planted(noisy(doc, draw)), plant(planted(noisy(doc, draw)))]
      const found = names(await compare(answerOf(live), answerOf(shadow))).filter(one => !noise.has(one))
      t.strictSame(found, expected.map(({ path, kind }) => `${kind} ${path}`).sort(), `${name}, order ${n}`)
    }
  }
})

t.test('noise is found where it is and nowhere else', async t => {
  const compare = mounted()
  const noise = new Set(NOISE.map(({ path, kind }) => `${kind} ${path}`))
  const draw = draws(3)
  const found = new Set<string>()
  for (let n = 0; n < 500; n++) {
    const doc = document(11, n)
    for (const name of names(await compare(answerOf(planted(noisy(doc, draw))), answerOf(planted(noisy(doc, draw)))))) found.add(name)
  }
  t.strictSame([...found].sort(), [...noise].sort())
  const rules = { unordered: '/tags', ignore: ['/now', '/traceId', '/tookMs'] }
  const quiet = mounted(rules)
  for (let n = 0; n < 100; n++) t.equal((await quiet(answerOf(planted(noisy(document(1, n), draw))), answerOf(planted(noisy(document(1, n), draw))))).verdict, 'equal')
})

t.test('JSON', async t => {
  for (const [what, live, shadow, expected] of [
    ['a member that is not there, or is new', { a: 1, b: { c: 1 } }, { b: {}, d: 2 }, ['added body/d', 'missing body/a', 'missing body/b/c']],
    ['null is another type, and not absent', { a: null, b: 1 }, { a: 1, b: null }, ['type body/a', 'type body/b']],
    ['lists and objects are types', { a: [], b: {} }, { a: {}, b: 'x' }, ['type body/a', 'type body/b']],
    ['the whole document', 1, '"1"', ['type body']],
    ['true and false', { a: true }, { a: false }, ['value body/a']],
    ['an element that is gone is one difference', [1, 2, 3, 4], [1, 3, 4], ['length body', 'missing body/*']],
    ['an element that is new is one difference', [{ a: 1 }, { a: 2 }], [{ a: 9 }, { a: 1 }, { a: 2 }], ['added body/*', 'length body']],
    ['an order without ids', [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }], ['order body']],
    ['an order with ids, and a change in it', [{ id: 1, p: 5 }, { id: 2, p: 6 }], [{ id: 2, p: 6 }, { id: 1, p: 7 }], ['number body/*/p', 'order body']],
    ['an id that changes in its place', [{ id: 1, p: 5 }, { id: 2, p: 6 }], [{ id: 1, p: 5 }, { id: 3, p: 6 }], ['number body/*/id']],
    ['one thing replaced by another elsewhere', [{ id: 1 }, { id: 2 }, { id: 3 }], [{ id: 1 }, { id: 3 }, { id: 4 }], ['added body/*', 'missing body/*']],
    ['numbers are told apart by their place', [1, 2, 3], [2, 3, 4], ['number body/*']],
    ['numbers written in two ways are one', '{"a":1.0,"b":1e2,"c":-0}', '{"a":1,"b":100,"c":0}', []],
    ['integers larger than a double holds', '{"a":9007199254740993,"b":12345678901234567890}', '{"a":9007199254740992,"b":12345678901234567890}', ['number body/a']],
    ['numbers larger than any', '[1e999]', '[1e998]', ['number body/*']],
    ['a name twice', '{"a":1,"a":2}', '{"a":2}', ['missing body/a']],
    ['a name twice in both', '{"a":1,"a":2}', '{"a":3,"a":2}', ['number body/a']],
    ['a name of the prototype', '{"__proto__":{"x":1},"constructor":1}', '{"__proto__":{"x":2},"toString":1}', ['added body/toString', 'missing body/constructor', 'number body/__proto__/x']],
    ['half of a surrogate pair', '{"a":"\\ud800"}', '{"a":"\\udc00"}', ['value body/a']],
    ['what is no JSON', '{"a":1}', '{"a":NaN}', ['type body']],
    ['neither is JSON', '{"a":NaN}', '{"a":Infinity}', ['length body']],
    ['a body that is empty', '{"a":1}', '', ['missing body']],
    ['escapes in names', { 'a/b': 1, 'c~d': 1 }, { 'a/b': 2, 'c~d': 2 }, ['number body/a~1b', 'number body/c~0d']]
  ] as const) t.strictSame(await named(live, shadow), expected, what)
  t.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

t.test('strings and numbers by what they are', async t => {
  const uuid = ['3f2b8c6e-1f2a-4b3c-9d8e-7f6a5b4c3d2e', '00000000-1f2a-4b3c-9d8e-7f6a5b4c3d2e']
  for (const [live, shadow, kind, name = 'x'] of [
    [uuid[0], uuid[1], 'value'],
    [uuid[0], '12345', 'format'],
    ['12345', uuid[0], 'format'],
    [uuid[0], '', 'format'],
    ['12345', 'n/a', 'format'],
    ['12', '12.50', 'value'],
    ['482913', 'k3j9xq', 'value'],
    ['free text', uuid[0], 'value'],
    ['ann@example.com', 'ann', 'format'],
    ['https://a.example/x', '/x', 'format'],
    ['0123456789abcdef', 'gone', 'format'],
    ['0123456789abcdef', 'fedcba9876543210ff', 'value'],
    ['V1StGXR8Z5jdHi6BmyT', 'V1StGXR8Z5jdHi6Bmy', 'value'],
    ['V1StGXR8Z5jdHi6BmyT', 'not there', 'format'],
    ['10.0.0.1', 'host-a', 'format'],
    ['2026-03-01T08:00:00Z', '2026-03-01T08:00:59.5Z', 'value'],
    ['2026-03-01T08:00:00Z', '2026-03-01T09:00:00Z', 'time'],
    ['2026-03-01T08:00:00Z', '2026-03-01T09:00:00+01:00', 'format'],
    ['2026-03-01T08:00:00Z', 'Sun, 01 Mar 2026 08:00:00 GMT', 'format'],
    ['Sun, 01 Mar 2026 08:00:00 GMT', 'Sun, 01 Mar 2026 08:02:00 GMT', 'time'],
    ['2026-03-01T08:00:00+0100', '2026-03-01T08:00:10+01:00', 'value'],
    ['2026-03-01 08:00', '2026-03-01 08:01', 'value'],
    ['2026-03-01', '2026-03-02', 'value'],
    ['2026-03-01', '2026-03-04', 'time'],
    ['2026-99-01', '2026-98-01', 'value'],
    [1772352000, 1772352005, 'value', 'createdAt'],
    [1772352000, 1772359200, 'time', 'createdAt'],
    [1772352000, 1772352000000, 'format', 'exp'],
    [1772352000123, 1772352000999, 'value', 'updated_at_ms'],
    ['1772352000', '1772359200', 'time', 'ts'],
    [1772352000, 1772359200, 'number', 'views'],
    [1.5, 1.6, 'number']
  ] as const) t.strictSame(await named({ [name]: live }, { [name]: shadow }), [`${kind} body/${name}`], `${live} -> ${shadow}`)
  t.strictSame(await named({ startedAt: [1772352000] }, { startedAt: [1772359200] }), ['time body/startedAt/*'], 'an element is named by its list')
  t.strictSame(await named({ at: '2026-03-01T08:00:00Z' }, { at: '2026-03-01T09:00:00Z' }, { times: '2h' }), ['value body/at'])
})

t.test('rules for paths', async t => {
  const live = { ts: 1, a: { b: 1 }, items: [{ id: 1, price: 10, tags: ['a', 'b'] }, { id: 2, price: 20, tags: ['c'] }], token: { x: 'a', n: 1 } }
  const shadow = { ts: 2, a: { b: 2 }, items: [{ id: 8, price: 10.01, tags: ['b', 'a'] }, { id: 9, price: 20, tags: ['c'] }], token: { x: 'b', n: 2 } }
  t.strictSame(await named(live, shadow), ['number body/a/b', 'number body/items/*/id', 'number body/items/*/price', 'number body/token/n', 'number body/ts', 'order body/items/*/tags', 'value body/token/x'])
  const rules = { ignore: ['/ts', '/a', '/items/*/id'], unordered: '/items/*/tags', numeric: { paths: { '/items/*/price': { absolute: 0.02 } } }, typeOnly: '/token' }
  t.strictSame(await named(live, shadow, rules), [])
  t.strictSame(await named({ token: 1 }, { token: '1' }, { typeOnly: '/token' }), ['type body/token'])
  t.strictSame(await named({ a: 1 }, { b: 1 }, { ignore: '' }), [], 'the whole document')
  t.strictSame(await named({ a: { x: 1, y: 1 }, b: { x: 1 } }, { a: { x: 2, y: 2 }, b: { x: 2 } }, { ignore: ['/*/x', '/a/y'] }), [], 'names and wildcards at one level')
  t.strictSame(await named([1, 1, 1], [2, 2, 1], { ignore: ['/0'] }), ['number body/*'], 'one index')
  t.strictSame(await named({ 'a/b': 1, 'c~d': 1 }, {}, { ignore: ['/a~1b', '/c~0d'] }), [])
  t.strictSame(await named('{"a":1,"a":2}', '{"a":2}', { ignore: '/a' }), [])
  t.strictSame(await named([{ id: 1, a: 1 }], [{ id: 2, a: 1 }, { id: 3, a: 5 }], { ignore: '/*/id' }), ['added body/*', 'length body'])
})

t.test('numbers within their tolerance are equal', async t => {
  const numeric = { absolute: 0.5, relative: '1%', paths: { '/exact': {}, '/loose': { relative: '10%' } } }
  t.strictSame(await named({ a: 10, b: 1000, exact: 1, loose: 100 }, { a: 10.5, b: 1009, exact: 1, loose: 109 }, { numeric }), [])
  t.strictSame(await named({ a: 10, b: 1000, exact: 1, loose: 1 }, { a: 10.6, b: 1011, exact: 1.1, loose: 1.2 }, { numeric }), ['number body/a', 'number body/b', 'number body/exact', 'number body/loose'])
  t.strictSame(await named([1.01, 5], [5.01, 1], { unordered: '', numeric: { absolute: 0.1 } }), [], 'in a list without order')
})

t.test('a list without order', async t => {
  const items = Array.from({ length: 40 }, (_, i) => ({ on: i % 2 === 0, name: `thing ${i}`, price: i, parts: [i, i + 1] }))
  const other = structuredClone(items).reverse()
  t.strictSame(await named({ items }, { items: other }, { unordered: '/items' }), [])
  other[5]!.price = 999
  t.strictSame(await named({ items }, { items: other }, { unordered: '/items' }), ['number body/items/*/price'], 'one change is one difference')
  for (const one of other) Object.assign(one, { extra: true })
  t.strictSame(await named({ items }, { items: other }, { unordered: '/items' }), ['added body/items/*/extra', 'number body/items/*/price'], 'a change in each is one difference')
  other.pop()
  t.strictSame(await named({ items }, { items: other }, { unordered: '/items' }), ['added body/items/*/extra', 'length body/items', 'missing body/items/*', 'number body/items/*/price'])
  t.strictSame(await named(['a', 'b', 'b'], ['b', 'a', 'a'], { unordered: '' }), ['value body/*'], 'a multiset')
  t.strictSame(await named([['a', 1], [null, true]], [[true, null], ['a', 1]], { unordered: ['', '/*'] }), [])
})

t.test('paths have no part that tells who somebody is, or that is one of thousands', async t => {
  for (const key of ['ann@example.com', '3f2b8c6e-1f2a-4b3c-9d8e-7f6a5b4c3d2e', '42', 'user-1234567', '+49 171 1234567', '10.0.0.1', '2026-03-01', 'x'.repeat(65), '\u0000', '0123456789abcdef', 'k3f9x', 'u-12-345', '/users/ann', 'name=ann', 'who ate my pie', 'AKIAIOSFODNN7EXAMPLE']) {
    t.strictSame(await named({ m: { [key]: 1 } }, { m: { [key]: 2 } }), ['number body/m/*'], JSON.stringify(key))
  }
  const map = (n: number, value: (i: number) => unknown) => ({ m: Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, value(i)])) })
  t.strictSame(await named(map(21, i => i), map(21, i => i + 1)), ['number body/m/*'], 'a map')
  t.equal((await named(map(21, i => i % 2 ? i : `${i}a`), map(21, i => i % 2 ? i + 1 : `${i}a`))).length, 10, 'a large record')
  t.strictSame(await named(map(201, i => i % 2 ? i : `${i}a`), { m: {} }), ['missing body/m/*'])
  t.equal((await named(map(20, i => i), map(20, i => i + 1))).length, 20)
  const records = (...names: string[]) => Object.fromEntries(names.map((name, i) => [name, { points: i, at: name }]))
  t.strictSame(await named(records('ann', 'bob', 'cid', 'dee'), records('ann', 'bob', 'cid', 'eve')), ['added body/*', 'missing body/*'], 'records of the same form')
  t.strictSame(await named(records('billing', 'shipping', 'legal'), { ...records('billing', 'shipping', 'legal'), legal: { points: 5, at: 'legal' } }), ['number body/legal/points'], 'a few')
  t.strictSame(await named({ shippingAddressLine2: 1, ключ: 1, 'two words': 1 }, { shippingAddressLine2: 2, ключ: 2, 'two words': 2 }), ['number body/shippingAddressLine2', 'number body/two words', 'number body/ключ'])
})

t.test('statuses and what is no answer', async t => {
  const compare = mounted()
  t.strictSame((await compare(answer('{}'), answer('{"a":1}', { status: 503 }))).differences, [{ path: 'status', kind: 'status', live: '200', shadow: '503' }], 'an error differs in everything')
  t.strictSame(names(await compare(answer('{}'), answer('{"a":1}', { status: 201 }))), ['added body/a', 'status status'])
  t.strictSame(names(await mounted({ status: 'class' })(answer('{}'), answer('{}', { status: 204 }))), [])
  t.strictSame(names(await mounted({ status: 'class' })(answer('{}'), answer('{}', { status: 304 }))), ['status status'])
  const none = answer(null, { status: 0, code: 'GW_HEAD_TIMEOUT' })
  t.strictSame((await compare(answer('{}'), none)).differences, [{ path: 'status', kind: 'error', live: '200', shadow: 'GW_HEAD_TIMEOUT' }])
  t.strictSame((await compare(answer(null, { status: 0 }), answer('{}'))).differences, [{ path: 'status', kind: 'error', live: 'no answer', shadow: '200' }])
  t.strictSame(await compare(none, none), { verdict: 'skipped', reason: 'no-answer', differences: [] })
  const broken = answer('{"a":', { extent: 'broken', code: 'GW_UPSTREAM_RESET' })
  t.strictSame((await compare(answer('{}'), broken)).differences, [{ path: 'body', kind: 'truncated', live: 'bytes(2)', shadow: 'broken off after 5 bytes' }])
  t.strictSame(await compare(broken, broken), { verdict: 'skipped', reason: 'no-answer', differences: [] })
})

t.test('headers', async t => {
  const compare = mounted()
  const of = (headers: Record<string, string>, body: unknown = '{}') => answer(body, { headers: { ...json, ...headers } })
  t.strictSame((await compare(of({ 'cache-control': 'no-store', location: '/a?mail=x' }), of({ location: '/b' }))).differences, [
    { path: 'header/location', kind: 'header', live: 'string(9)', shadow: 'string(2)' },
    { path: 'header/cache-control', kind: 'header', live: 'no-store', shadow: 'absent' }
  ])
  t.equal((await compare(of({ etag: '1', date: 'a' }), of({ etag: '2', date: 'b' }))).verdict, 'equal', 'others are not compared')
  t.strictSame(names(await mounted({ headers: 'X-Total' })(of({ 'x-total': '1', vary: 'a' }), of({ 'x-total': '2' }))), ['header header/x-total'])
  t.equal((await mounted({ headers: [] })(of({ vary: 'a' }), of({}))).verdict, 'equal')
  t.equal((await compare(of({ 'content-type': 'application/json;charset="UTF-8"' }), of({ 'content-type': 'application/json; charset=utf-8' }))).verdict, 'equal')
  t.strictSame(names(await compare(of({ 'content-type': 'text/plain; charset=utf-8' }), of({ 'content-type': 'text/plain' }))), ['header header/content-type'])
  t.strictSame((await compare(of({}), of({ 'content-type': 'text/html' }, '<p>'))).differences, [{ path: 'header/content-type', kind: 'media-type', live: 'application/json', shadow: 'text/html' }])
  t.strictSame(names(await compare(of({}), of({ 'content-type': 'application/problem+json' }, '{"a":1}'))), ['added body/a', 'media-type header/content-type'], 'both are JSON')
  t.strictSame((await mounted({ headers: [] })(of({}), of({ 'content-type': 'image/png' }, 'x'))).differences, [{ path: 'body', kind: 'media-type', live: 'application/json', shadow: 'image/png' }])
  t.strictSame(names(await compare(of({}), answer('', { headers: {} }))), ['missing body'], 'an empty body has no type')
  t.strictSame(names(await compare(answer(null, { headers: {} }), answer(null))), ['media-type header/content-type'])
})

t.test('bodies that are encoded', async t => {
  const compare = mounted()
  const text = JSON.stringify({ a: 'x'.repeat(500) })
  const of = (coding: string, body: Uint8Array | string) => answer(body, { headers: { ...json, 'content-encoding': coding } })
  for (const [coding, body] of [['gzip', gzipSync(text)], ['X-Gzip', gzipSync(text)], ['br', brotliCompressSync(text)], ['zstd', zstdCompressSync(text)], ['deflate', deflateSync(text)], ['deflate', deflateRawSync(text)], ['gzip, br', brotliCompressSync(gzipSync(text))], ['identity', Buffer.from(text)]] as const) {
    t.strictSame(names(await compare(answer(text), of(coding, body))).filter(one => one.includes('body')), [], coding)
  }
  t.strictSame(names(await compare(answer(text), of('gzip', gzipSync(text)))), ['encoding header/content-encoding'])
  t.strictSame(names(await compare(of('gzip', gzipSync(text)), of('gzip', gzipSync(text, { level: 1 })))), [], 'by what is in it')
  t.strictSame(names(await compare(of('gzip', gzipSync('{"a":1}')), of('gzip', gzipSync('{"a":2}')))), ['number body/a'])
  t.strictSame((await compare(of('gzip', gzipSync(text)), of('gzip', text))).differences, [{ path: 'body', kind: 'encoding', live: 'gzip', shadow: 'no gzip' }])
  t.strictSame((await mounted({ headers: [] })(answer(text), of('gzip', text))).differences, [{ path: 'body', kind: 'encoding', live: 'not encoded', shadow: 'no gzip' }])
  t.strictSame(names(await compare(of('gzip', 'one'), of('gzip', 'two'))), ['hash body'], 'neither is what it says')
  t.strictSame(names(await compare(of('compress', 'one'), of('compress', 'two!'))), ['length body'], 'nobody knows the coding')
  t.strictSame(names(await compare(of('br,br,br,br', 'one'), of('br,br,br,br', 'two!'))), ['length body'], 'too many codings')
  const bomb = (letter: string) => of('gzip', gzipSync(JSON.stringify(letter.repeat(3_000_000))))
  const aside = inlineAside()
  t.strictSame(await mounted({}, aside)(bomb('a'), bomb('b')), { verdict: 'skipped', reason: 'too-large', differences: [] })
  t.equal(aside.jobs.length, 1, 'no more than 32 KiB is decoded at once')
  t.strictSame((await mounted({ maxBytes: '1KiB' }, aside)(bomb('a'), bomb('b'))).reason, 'too-large')
})

t.test('text and bytes', async t => {
  const compare = mounted()
  const of = (type: string, body: string) => answer(body, { headers: { 'content-type': type } })
  for (const type of ['text/csv', 'application/xml', 'application/soap+xml', 'application/javascript', 'application/x-www-form-urlencoded']) {
    t.strictSame((await compare(of(type, 'a\nbb\nc'), of(type, 'a\nb\nc'))).differences, [{ path: 'body', kind: 'text', live: 'line 2 of 3, string(2)', shadow: 'line 2 of 3, string(1)' }], type)
  }
  t.strictSame((await compare(of('text/plain', 'a\nb'), of('text/plain', 'a'))).differences, [{ path: 'body', kind: 'text', live: 'line 2 of 2, string(1)', shadow: 'ends after 1 lines' }])
  t.strictSame((await compare(of('image/png', 'abc'), of('image/png', 'abd'))).differences, [{ path: 'body', kind: 'hash', live: 'bytes(3)', shadow: 'bytes(3), other from byte 3 on' }])
  t.strictSame(names(await compare(of('image/png', 'abc'), of('image/png', 'abcd'))), ['length body'])
  t.strictSame(names(await compare(answer('{"a":1}', { headers: {} }), answer('{"a":2}', { headers: {} }))), ['number body/a'], 'JSON that does not say so')
  t.strictSame(names(await compare(answer('a', { headers: {} }), answer('b', { headers: {} }))), ['hash body'])
  t.strictSame(names(await compare(answer('{"a":1}'), answer('{"a":2}', { headers: {} }))), ['media-type header/content-type', 'number body/a'])
  t.strictSame(names(await compare(answer(Buffer.from([0x22, 0xff, 0x22])), answer('"a"'))), ['type body'], 'JSON is UTF-8')
})

t.test('what is larger than may be compared', async t => {
  const compare = mounted({ maxBytes: '1KiB' })
  const [small, middle] = ['x'.repeat(100), 'x'.repeat(1000)]
  const over = answer('y'.repeat(1024), { extent: 'over' })
  t.strictSame((await compare(answer(small), over)).differences, [{ path: 'body', kind: 'length', live: 'bytes(100)', shadow: 'bytes(more than 1024)' }], 'and by far another')
  for (const [live, other] of [[answer(middle), over], [over, over], [answer('x'.repeat(1025)), answer(middle)]] as const) {
    t.strictSame(await compare(live, other), { verdict: 'skipped', reason: 'too-large', differences: [] })
  }
  t.strictSame(names(await compare(answer(middle, { headers: { vary: 'a', ...json } }), over)), ['header header/vary'], 'what was found before stands')
  t.strictSame((await mounted({ depth: 3 })(answer('[[[1]]]'), answer('[[[[1]]]]'))).reason, 'too-deep')
  t.strictSame((await mounted({ nodes: 5 })(answer([1, 2, 3, 4]), answer([1, 2, 3, 4, 5]))).reason, 'too-many-nodes')
  t.equal((await mounted({ nodes: 5 })(answer([1, 2, 3, 4]), answer([1, 2, 3, 5]))).reason, null)
  t.equal((await named(Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`k${i % 2 ? i : `x${i}`}`, i % 3 ? i : 'a'])), {})).length, 100, 'no more than a hundred differences')
})

t.test('hostile documents end in no time and harm nothing', async t => {
  const compare = mounted()
  const deep = '['.repeat(15_000)
  t.equal((await compare(answer(deep), answer(deep + ' '))).reason, 'too-deep')
  const nested = (leaf: number) => '[{"a":1},'.repeat(31) + leaf + ']'.repeat(31)
  t.strictSame(names(await compare(answer(nested(1)), answer(nested(2)))), ['number body' + '/*'.repeat(31)], 'each level is looked at once')
  const same = (n: number) => answer({ m: Array.from({ length: 3000 }, (_, i) => ({ a: i % 3, b: i % 2, n })) })
  t.equal((await mounted({ unordered: '/m', nodes: 100_000 })(same(1), same(2))).verdict, 'different')
  for (const text of ['{"a":', '{"a"}', '{a:1}', '[1,]', '[1 2]', '"\\x"', '"a', '"\n"', '01', 'tru', '1 2', '\ufeff1', '"a\\', '{"a":1,}', '-', '', ' ']) {
    t.throws(() => JSON.parse(text), text)
    t.strictSame(names(await compare(answer('[]'), answer(text))), [text === '' ? 'missing body' : 'type body'], text)
  }
})

t.test('large or slow comparisons are made aside', async t => {
  const aside = inlineAside()
  const compare = mounted({ ignore: '/n', masks: 'b+' }, aside)
  const large = (n: number, last: number) => answer(JSON.stringify({ n, list: Array.from({ length: 4000 }, (_, i) => i), last }))
  t.equal((await compare(large(1, 1), large(2, 1))).verdict, 'equal')
  t.strictSame(names(await compare(large(1, 1), large(2, 2))), ['number body/last'])
  t.equal(aside.jobs.length, 2)
  t.match(aside.jobs[0]!.module, /^file:.*diff-job\.ts$/)
  t.equal((await compare(large(1, 1), large(1, 1))).verdict, 'equal')
  t.equal(aside.jobs.length, 2, 'the same bytes are the same')

  const pool = Buffer.from(`${' '.repeat(100)}${JSON.stringify('a'.repeat(40_000))}`)
  await compare(answer(pool.subarray(100)), large(1, 1))
  t.equal(aside.jobs[2]!.input.bodies.live.bytes.buffer.byteLength, 40_002, 'no byte of others goes along')

  const clock = fakeClock()
  const slow = { ...clock, monotonic: () => { clock.advance(2); return clock.now() } }
  const small = (n: number) => answer({ list: Array.from({ length: 2000 }, (_, i) => i), n })
  t.strictSame(names(await mounted({}, aside, slow)(small(1), small(2))), ['number body/n'], 'what was begun is begun anew')
  t.equal(aside.jobs.length, 4)
  for (const fault of ['busy', 'timeout', 'failed'] as const) {
    t.strictSame(await mounted({}, refusing(fault))(large(1, 1), large(2, 2)), { verdict: 'skipped', reason: fault, differences: [] })
  }
  const odd = Object.assign(inlineAside(), { fault: new Error('a bug') })
  t.equal((await mounted({}, odd)(large(1, 1), large(2, 2))).reason, 'failed')
  t.equal((await mounted({ nodes: 10 }, aside)(large(1, 1), large(2, 2))).reason, 'too-many-nodes')
  for (let i = 0; i < 20; i++) t.equal((await mounted({ ignore: `/n${i}` }, aside)(large(1, 1), large(1, 2))).verdict, 'different', 'each config has its own rules')
  const cursed = { ...answer('{}'), get status (): number { throw new Error('a bug') } }
  t.strictSame(await compare(cursed, answer('{}')), { verdict: 'skipped', reason: 'failed', differences: [] })
})
