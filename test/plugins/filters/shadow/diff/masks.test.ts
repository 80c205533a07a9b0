import t from 'tap'
import { withoutPersonalData } from '../../../../../plugins/filters/shadow/diff/personal-data.ts'
import { answer, mounted, named, names } from './comparing.ts'

/** The samples of one difference between two members. */
async function shown (live: unknown, shadow: unknown, config: unknown = {}, name = 'x'): Promise<[string, string]> {
  const [difference] = (await mounted(config)(answer({ [name]: live }), answer({ [name]: shadow }))).differences
  return [difference!.live, difference!.shadow]
}

t.test('samples show the shape of values and how far apart they are', async t => {
  for (const [live, shadow, expected, name] of [
    ['hello world', 'bye', ['string(11)', 'string(3)']],
    ['3f2b8c6e-1f2a-4b3c-9d8e-7f6a5b4c3d2e', '12345', ['uuid', 'string(5, digits)']],
    ['https://a.example/?q=ann', 'ann@example.com', ['url', 'email']],
    ['0123456789abcdef', 'V1StGXR8Z5jdHi6BmyT', ['string(16, hex)', 'string(19, token)']],
    ['a'.repeat(3000), 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', ['string(3000)', 'jwt']],
    [100, 100.3, ['number(3 digits)', 'number(3 digits and a fraction), +0.3%']],
    [0, 5, ['number(1 digit)', 'number(1 digit)']],
    [-10, -30, ['number(2 digits)', 'number(2 digits), -200%']],
    [1e21, 2e21, ['number(16 digits or more)', 'number(16 digits or more), +100%']],
    [1, null, ['number(1 digit)', 'null']],
    [true, [1, 2], ['true', 'list(2)']],
    [{ a: 1 }, { a: 1, b: 1 }, ['absent', 'number(1 digit)']],
    [{ a: 1 }, [], ['object(1 key)', 'list(0)']],
    ['2026-03-01T08:00:00Z', '2026-03-01T06:30:00Z', ['time', 'time, -1.5h']],
    ['2026-03-01T08:00:00Z', '2026-03-01T08:00:00.250Z', ['time', 'time, +250ms']],
    ['2026-03-01', '2026-03-11', ['date', 'date, +10d']],
    [1772352000, 1772352120, ['epoch s', 'epoch s, +2m'], 'updatedAt']
  ] as const) t.strictSame(await shown(live, shadow, {}, name), expected, `${JSON.stringify(live).slice(0, 40)} -> ${JSON.stringify(shadow)}`)
  t.strictSame((await mounted()(answer('[12345678901234567890]'), answer('[12345678901234567891]'))).differences[0], { path: 'body/*', kind: 'number', live: 'number(16 digits or more)', shadow: 'number(16 digits or more), +0%' })
})

t.test('values are shown where they may be, and nothing of a person even there', async t => {
  const plain = { plain: ['/x'] }
  t.strictSame(await shown('EUR', 'USD', plain), ['"EUR"', '"USD"'])
  t.strictSame(await shown(10, 20, plain), ['10', '20, +100%'])
  t.strictSame(await shown(true, null, plain), ['true', 'null'])
  t.strictSame(await shown('from ann@example.com', 'a\ud800', plain), ['"from [email]"', '"a\ufffd"'])
  t.strictSame(await shown(4111111111111111, 491711234567, plain), ['[card]', '[phone], -100%'])
  t.strictSame(await shown('a'.repeat(257), '"', plain), ['string(257)', '"\\""'], 'what is too long to be looked through is not shown')
  t.strictSame(await shown({ b: { c: 'x' } }, { b: {} }, plain), ['"x"', 'absent'], 'below too')
  t.strictSame(await shown('key abc', 'key abd x', { ...plain, masks: 'key [a-z]+' }), ['"***"', '"*** x"'])
  t.strictSame((await mounted({ ...plain, headers: 'vary' })(answer({}, { headers: { vary: 'bearer abc' } }), answer({}, { headers: { vary: 'x'.repeat(300) } }))).differences[0], { path: 'header/vary', kind: 'header', live: 'string(10)', shadow: 'string(300)' })
  t.strictSame(await shown('a\u009b31m\u202e\u007fb', 'Ann\u200b@example.com \uff14\uff11\uff11\uff11 1111 1111 1111', plain), ['"a\ufffd31m\ufffdb"', '"[email] [card]"'], 'nor what drives a terminal, or hides from expressions')
})

t.test('personal data is known by its form', async t => {
  for (const [text, expected] of [
    ['mail ann@example.com, or bob%40example.org', 'mail [email], or [email]'],
    ['жанна@пример.рф', '[email]'],
    ['4111 1111 1111 1111', '[card]'],
    ['5500-0000-0000-0004 paid', '[card] paid'],
    ['order 4111111111111112', 'order 4111111111111112'],
    ['IBAN DE89 3704 0044 0532 0130 00', 'IBAN [iban]'],
    ['gb29nwbk60161331926819', '[iban]'],
    ['+49 171 1234567, (555) 123-4567, 555-123-4567, 0171/1234567, 0049171234568', '[phone], [phone], [phone], [phone], [phone]'],
    ['123-45-6789', '[phone]'],
    ['123456789', '[phone]'],
    ['Bearer abc.def-1', 'Bearer [credentials]'],
    ['Authorization: DPoP x', 'Authorization: DPoP [credentials]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '[jwt]'],
    ['10.1.2.3', '[ip]'],
    ['fe80::1 ::1 2001:db8:0:0:0:0:2:1 ::ffff:10.1.2.3', '[ip] [ip] [ip] [ip]'],
    ['sk_live_a1b2c3d4e5f6a7b8c9d0', '[secret]'],
    ['AKIAIOSFODNN7EXAMPLE', '[secret]'],
    ['/cb?code=1&access_token=abc&x=1, "password": "hunter2"', '/cb?code=1&access_token=[secret]&x=1, "password": [secret]'],
    ['xoxb-123-abc, sk-abc123', '[secret], [secret]'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '[secret]'],
    ['ann&#64;example.com ann(at)example.com', '[email] [email]'],
    ['4111_1111_1111_1111 4111  1111  1111  1111', '[card] [card]'],
    ['00:1a:2B:3c:4d:5e', '[mac]'],
    ['\ufdfa'.repeat(20), null],
    ['2026-03-01', '2026-03-01'],
    ['2026-03-01T08:00:00Z 12:30:45', '2026-03-01T08:00:00Z 12:30:45'],
    ['1234.56, 12345678, v1.2.3, std::vector', '1234.56, 12345678, v1.2.3, std::vector'],
    ['3f2b8c6e-1f2a-4b3c-9d8e-7f6a5b4c3d2e', '3f2b8c6e-1f2a-4b3c-9d8e-7f6a5b4c3d2e'],
    ['hello world', 'hello world'],
    ['x'.repeat(257), null]
  ] as const) t.equal(withoutPersonalData(text), expected, text)
})

t.test('headers are shown by their own words', async t => {
  for (const [name, value, expected] of [
    ['content-type', 'application/vnd.acme.v2+json; charset=utf-8', 'application/vnd.acme.v2+json; charset=utf-8'],
    ['content-type', 'multipart/mixed; boundary=ann', 'multipart/mixed; string(12)'],
    ['content-type', 'application/prs.ann', 'string(19)'],
    ['content-type', 'text/order-4711815', 'string(18)'],
    ['cache-control', 'private="X-Ann", max-age=60, ann', 'string(15); max-age=60; string(3)'.replaceAll(';', ',')],
    ['vary', 'Accept-Encoding, X-Ann', 'Accept-Encoding, string(5)'],
    ['content-language', 'de-CH, ann-of-green-gables', 'de-CH, string(19)'],
    ['content-encoding', 'gzip, ann', 'gzip, string(3)'],
    ['www-authenticate', 'Bearer realm="ann"', 'string(18)'],
    ['constructor', 'ann', 'string(3)']
  ] as const) {
    const found = (await mounted({ headers: [name] })(answer('{}', { headers: { [name]: value } }), answer('{}', { headers: {} }))).differences
    t.equal(found.find(({ path }) => path === `header/${name}`)?.live, expected, value)
  }
  const coded = (coding: string) => answer('x', { headers: { 'content-type': 'text/plain', 'content-encoding': coding } })
  t.match((await mounted({ headers: [] })(coded('ann@example.com'), answer('x', { headers: { 'content-type': 'text/plain' } }))).differences, [{ kind: 'encoding', live: 'no known coding', shadow: 'not encoded' }])
})

t.test('masks are struck out before anything is compared', async t => {
  const masks = ['req-[0-9]+', 'https?://[^/]+']
  t.strictSame(await named({ a: 'see req-1 of', b: 'req-1' }, { a: 'see req-22 of', b: 'req-2!' }, { masks }), ['value body/b'])
  t.strictSame(await named({ l: ['req-1', 'x'] }, { l: ['x', 'req-2'] }, { masks, unordered: '/l' }), [])
  t.strictSame(await named({ 'req-1': { a: 1 } }, { 'req-1': { a: 2 } }, { masks }), ['number body/*/a'], 'nor are they in a path')
  const of = (type: string, location: string, body: string) => answer(body, { headers: { 'content-type': type, location } })
  t.equal((await mounted({ masks })(of('text/plain', 'http://a:1/x', 'a\nreq-1'), of('text/plain', 'http://b/x', 'a\nreq-2'))).verdict, 'equal')
  t.strictSame(names(await mounted({ masks })(of('text/plain', '/', 'a\nreq-1'), of('text/plain', '/', 'a\nreq-2x'))), ['text body'])
  const often = (last: string) => 'req-1 '.repeat(2500) + last
  t.strictSame(await named({ a: often('req-1') }, { a: often('req-2') }, { masks }), ['value body/a'], 'not where that would take too long')
  t.strictSame(await named({ a: 'a'.repeat(9000) + 'c' }, { a: 'a'.repeat(9000) + 'd' }, { masks: '(a+)+b' }), ['value body/a'], 'in time that is linear')
})

t.test('a rule that is wrong or has no effect is refused', async t => {
  for (const [config, code, pointer] of [
    [{ ignore: 'ts' }, 'GW_CONFIG_INVALID', '/ignore'],
    [{ ignore: ['/a', '/a~2'] }, 'GW_CONFIG_INVALID', '/ignore/1'],
    [{ numeric: { relative: 0.1 } }, 'GW_CONFIG_INVALID', '/numeric/relative'],
    [{ depth: 0 }, 'GW_CONFIG_INVALID', '/depth'],
    [{ headers: ['a b'] }, 'GW_CONFIG_INVALID', '/headers/0'],
    [{ slices: '1ms' }, 'GW_CONFIG_UNKNOWN_KEY', '/slices'],
    [{ masks: ['a', '('] }, 'GW_CONFIG_INVALID', '/compare/masks/1'],
    [{ masks: ['a*'] }, 'GW_CONFIG_INVALID', '/compare/masks/0'],
    [{ maxBytes: '17MiB' }, 'GW_CONFIG_INVALID', '/compare/maxBytes'],
    [{ maxBytes: '0B' }, 'GW_CONFIG_INVALID', '/compare/maxBytes'],
    [{ slice: '60ms' }, 'GW_CONFIG_INVALID', '/compare/slice'],
    [{ headers: ['Vary', 'etag', 'vary'] }, 'GW_CONFIG_NO_EFFECT', '/compare/headers/2'],
    [{ ignore: ['/a', '/a'] }, 'GW_CONFIG_NO_EFFECT', '/compare/ignore/1'],
    [{ ignore: ['/a/b', '/a'] }, 'GW_CONFIG_NO_EFFECT', '/compare/ignore/0'],
    [{ ignore: ['/items/1/id', '/items/*/id'] }, 'GW_CONFIG_NO_EFFECT', '/compare/ignore/0'],
    [{ unordered: ['/a', '/a'] }, 'GW_CONFIG_NO_EFFECT', '/compare/unordered/1'],
    [{ ignore: '/items', unordered: '/items' }, 'GW_CONFIG_NO_EFFECT', '/compare/unordered/0'],
    [{ ignore: '/a', typeOnly: '/a/b' }, 'GW_CONFIG_NO_EFFECT', '/compare/typeOnly/0'],
    [{ ignore: '', plain: '/a' }, 'GW_CONFIG_NO_EFFECT', '/compare/plain/0'],
    [{ ignore: '/a', numeric: { paths: { '/a/b': { absolute: 1 } } } }, 'GW_CONFIG_NO_EFFECT', '/compare/numeric/paths/~1a~1b'],
    [{ typeOnly: '/a', numeric: { paths: { '/a': { absolute: 1 } } } }, 'GW_CONFIG_NO_EFFECT', '/compare/numeric/paths/~1a'],
    [{ numeric: {} }, 'GW_CONFIG_NO_EFFECT', '/compare/numeric'],
    [{ numeric: { paths: { '/a': {} } } }, 'GW_CONFIG_NO_EFFECT', '/compare/numeric/paths/~1a']
  ] as const) t.throws(() => mounted(config), { code, pointer }, JSON.stringify(config))
  t.throws(() => mounted({ numeric: { paths: { price: { absolute: 1 } } } }), { code: 'GW_CONFIG_INVALID', pointer: '/compare/numeric/paths/price' }, 'the schema lets any key pass')
  t.doesNotThrow(() => mounted({ unordered: ['/a', '/a/*'], ignore: ['/a/*/x', '/b'], plain: '/a', typeOnly: '/c', numeric: { absolute: 1, paths: { '/a': {} } } }))
})
