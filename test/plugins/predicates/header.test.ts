import t from 'tap'
import header from '../../../plugins/predicates/header/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, headers, expected] of [
  ['X-A', {}, false],
  ['X-A', { 'x-a': '' }, true],
  [{ name: 'X-A' }, { 'x-a': '1' }, true],
  [{ name: 'X-A', matches: '2' }, { 'x-a': '1' }, false],
  [{ name: 'X-A', matches: '2' }, { 'x-a': '12' }, false],
  [{ name: 'X-A', matches: '2' }, { 'x-a': ['1', '2'] }, true],
  [{ name: 'X-A', matches: '2' }, { 'x-a': '1, 2' }, true],
  [{ name: 'X-A', matches: '2' }, { 'x-a': '1,2 ,3' }, true],
  [{ name: 'X-A', matches: '1, 2' }, { 'x-a': '1, 2' }, true],
  [{ name: 'X-A', matches: '2' }, {}, false],
  [{ name: 'X-A', matches: '.*' }, { 'x-a': '' }, true],
  [{ name: 'X-A', matches: '.+' }, { 'x-a': '' }, false],
  [{ name: 'X-A', matches: 'b' }, { 'x-a': '"a, b, c"' }, false],
  [{ name: 'X-A', matches: 'b' }, { 'x-a': '"a, \\", b, c"' }, false],
  [{ name: 'X-A', matches: 'b' }, { 'x-a': '"a,", b' }, true],
  [{ name: 'X-A', matches: 'a,b' }, { 'x-a': 'c, "a,b"' }, true],
  [{ name: 'X-A', matches: '"a,b"' }, { 'x-a': 'c, "a,b"' }, true],
  [{ name: 'X-A', matches: 'a"b' }, { 'x-a': '"a\\"b"' }, true],
  [{ name: 'X-A', matches: 'a' }, { 'x-a': 'a, "b' }, true],
  [{ name: 'X-A', matches: 'a\\\\' }, { 'x-a': 'a\\, "b"' }, true],
  [{ name: 'X-A', matches: '(a+)+b' }, { 'x-a': 'a'.repeat(8000) }, false]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(headers).slice(0, 60)}`, async t => {
    t.equal(await mount(header, config).match({ headers }), expected)
  })
}

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(header, { name: 'X-A', matches: '(' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/header/matches' }] })
  t.throws(() => mount(header, { name: 'X-A', matches: '' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/header/matches' }] })
  t.throws(() => mount(header, 'X A'), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/header' }] })
  t.throws(() => mount(header, null), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/header' }] })
  t.throws(() => mount(header, { name: 'X-A', regexp: 'a' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/header/regexp' }] })
})

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = header.spring!
  t.strictSame([name, args], ['Header', ['header', 'regexp']])
  t.strictSame(toConfig!({ header: 'X-A', regexp: 'b.' }), { name: 'X-A', matches: 'b.' })
  t.equal(await mount(header, toConfig!({ header: 'X-A' })).match({ headers: { 'x-a': '1' } }), true)
  t.equal(await mount(header, toConfig!({ header: 'X-A', regexp: ' ' })).match({ headers: { 'x-a': '1' } }), true)
})
