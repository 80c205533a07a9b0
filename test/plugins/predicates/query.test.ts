import t from 'tap'
import query from '../../../plugins/predicates/query/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, target, expected] of [
  ['a', '/', false],
  ['a', '/?', false],
  ['a', '/?a', true],
  ['a', '/?a=', true],
  ['a', '/?b&a=1', true],
  ['a', '/?aa=1&b=a', false],
  ['a', '/?A=1', false],
  ['a b', '/?a%20b=1', true],
  ['a b', '/?a+b=1', true],
  ['\u00e9', '/?%C3%A9', true],
  [{ name: 'a', matches: '1' }, '/?a=1', true],
  [{ name: 'a', matches: '1' }, '/?a=12', false],
  [{ name: 'a', matches: '1' }, '/?b=1', false],
  [{ name: 'a', matches: '1' }, '/?a=2&b=1&a=1', true],
  [{ name: 'a', matches: '.+' }, '/?a', false],
  [{ name: 'a', matches: '.*' }, '/?a', true],
  [{ name: 'a', matches: 'x y&=' }, '/?a=x%20y%26=', true],
  [{ name: 'a', matches: '%zz' }, '/?a=%zz', true]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${target}`, async t => {
    t.equal(await mount(query, config).match({ target }), expected)
  })
}

t.test('answers for hostile values in linear time', async t => {
  t.equal(await mount(query, { name: 'a', matches: '(a+)+b' }).match({ target: `/?a=${'a'.repeat(8000)}` }), false)
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(query, null), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/query' }] })
  t.throws(() => mount(query, ''), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/query' }] })
  t.throws(() => mount(query, { name: 'a', matches: '(' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/query/matches' }] })
  t.throws(() => mount(query, { name: 'a', value: '1' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/query/value' }] })
})

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = query.spring!
  t.strictSame([name, args], ['Query', ['param', 'regexp']])
  t.strictSame(toConfig!({ param: 'a', regexp: 'b.' }), { name: 'a', matches: 'b.' })
  t.equal(await mount(query, toConfig!({ param: 'a' })).match({ target: '/?a' }), true)
  t.equal(await mount(query, toConfig!({ param: 'a', regexp: '' })).match({ target: '/?a=1' }), true)
})
