import t from 'tap'
import cookie from '../../../plugins/predicates/cookie/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, sent, expected] of [
  ['a', [], false],
  ['a', ['a=1'], true],
  ['a', ['a='], true],
  ['a', ['a'], false],
  ['a', ['A=1'], false],
  ['a', ['aa=1; b=a'], false],
  ['a', ['b=1; a=2'], true],
  ['a', ['b=1;a=2'], true],
  ['a', ['b=1', 'a=2'], true],
  ['a[b]', ['a[b]=1'], true],
  [{ name: 'a', matches: '1' }, ['a=1'], true],
  [{ name: 'a', matches: '1' }, ['a=12'], false],
  [{ name: 'a', matches: '1' }, ['b=1'], false],
  [{ name: 'a', matches: '1' }, ['a=2; a=1'], true],
  [{ name: 'a', matches: '1' }, ['a=2', 'a=1'], true],
  [{ name: 'a', matches: '1' }, ['a="1"'], true],
  [{ name: 'a', matches: 'x=y' }, ['a=x=y'], true],
  [{ name: 'a', matches: '%41' }, ['a=%41'], true],
  [{ name: 'a', matches: 'A' }, ['a=%41'], false]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(sent)}`, async t => {
    t.equal(await mount(cookie, config).match({ headers: { cookie: sent } }), expected)
  })
}

t.test('answers for hostile values in linear time', async t => {
  t.equal(await mount(cookie, { name: 'a', matches: '(a+)+b' }).match({ headers: { cookie: `a=${'a'.repeat(8000)}` } }), false)
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(cookie, null), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/cookie' }] })
  for (const name of ['', 'a=b', 'a;b', 'a b', '\u00e9']) t.throws(() => mount(cookie, name), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/cookie' }] })
  t.throws(() => mount(cookie, { name: 'a', matches: '(' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/cookie/matches' }] })
  t.throws(() => mount(cookie, { name: 'a', regexp: '1' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/cookie/regexp' }] })
})

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = cookie.spring!
  t.strictSame([name, args], ['Cookie', ['name', 'regexp']])
  t.strictSame(toConfig!({ name: 'a', regexp: 'b.' }), { name: 'a', matches: 'b.' })
  t.throws(() => mount(cookie, toConfig!({ name: 'a', regexp: '' })), { errors: [{ pointer: '/cookie/matches' }] })
})
