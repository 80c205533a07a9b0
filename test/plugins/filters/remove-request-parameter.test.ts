import t from 'tap'
import removeRequestParameter from '../../../plugins/filters/remove-request-parameter/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [names, before, after] of [
  ['a', '', ''],
  ['a', 'a=1', ''],
  ['a', 'a', ''],
  ['a', 'a=1&b=2&a=3', 'b=2'],
  ['a', 'b=%7e+x&&c&a=1&', 'b=%7e+x&&c&'],
  ['a', 'b=a&aa=1&A=2', 'b=a&aa=1&A=2'],
  [['a', 'b'], 'a=1&b=2&c=3', 'c=3'],
  ['name', '%6eame=1&n%61me=2&x=3', 'x=3'],
  ['a b', 'a+b=1&a%20b=2&ab=3', 'ab=3'],
  ['ü', '%C3%BC=1&x=2', 'x=2'],
  ['a[]', 'a[]=1&a%5B%5D=2&a=3', 'a=3'],
  ['%zz', '%zz=1&x=2', 'x=2'],
  ['constructor', 'a=1&constructor=2', 'a=1']
] as const) {
  t.test(`${JSON.stringify(names)} taken off "${before}" leaves "${after}"`, async t => {
    const { call } = mount(removeRequestParameter, names)
    t.equal((await call({ target: `/?${before}` })).x.query, after)
  })
}

t.test('loads what Spring writes', async t => {
  const { call } = mount(removeRequestParameter, removeRequestParameter.spring!.toConfig!({ name: 'debug' }))
  t.equal((await call({ target: '/?debug=1&x=2' })).x.query, 'x=2')
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(removeRequestParameter), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-request-parameter' }] })
  t.throws(() => mount(removeRequestParameter, []), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => mount(removeRequestParameter, ['a', '']), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-request-parameter/1' }] })
  t.throws(() => mount(removeRequestParameter, { name: 'a' }), { errors: [{}, { code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/remove-request-parameter/name' }] })
})
