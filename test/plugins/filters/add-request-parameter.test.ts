import t from 'tap'
import addRequestParameter from '../../../plugins/filters/add-request-parameter/index.ts'
import { parseQuery } from '../../../src/contract/index.ts'
import { mount } from '../../../src/testing/index.ts'

/** The query behind the filter, where `v` was captured. */
async function query (config: { name: string, value: string }, target: string, v = ''): Promise<string> {
  const { x, status } = await mount(addRequestParameter, config).call({ target, params: { v } })
  t.equal(status, 200)
  return x.query
}

for (const [target, expected] of [
  ['/', 'a=1'],
  ['/?', 'a=1'],
  ['/?b=2', 'b=2&a=1'],
  ['/?b=%7e&&c&', 'b=%7e&&c&a=1'],
  ['/?a=0', 'a=0&a=1']
] as const) {
  t.test(`appends to ${target} and leaves what is there byte for byte`, async t => {
    t.equal(await query({ name: 'a', value: '1' }, target), expected)
  })
}

for (const [value, expected] of [
  ['a b', 'a%20b'],
  ['a%20b', 'a%20b'],
  ['100%', '100%25'],
  ['%zz%4', '%25zz%254'],
  ['a&b=c', 'a%26b%3Dc'],
  ['a+b;c#d', 'a%2Bb%3Bc%23d'],
  ['ü€😀', '%C3%BC%E2%82%AC%F0%9F%98%80'],
  ['{{x}}', '%7Bx%7D'],
  ['', '']
] as const) {
  t.test(`writes the text ${JSON.stringify(value)} as one value`, async t => {
    t.equal(await query({ name: 'q', value }, '/'), `q=${expected}`)
  })
}

t.test('gives the same value to every request where it is constant, and to each its own where it is not', async t => {
  const constant = mount(addRequestParameter, { name: 'a', value: 'b c' })
  t.equal((await constant.call({ target: '/?x=1' })).x.query, 'x=1&a=b%20c')
  t.equal((await constant.call({ target: '/?x=2' })).x.query, 'x=2&a=b%20c')
  const { call } = mount(addRequestParameter, { name: 'a', value: '{v}' })
  for (const v of ['1', '2']) t.equal((await call({ params: { v } })).x.query, `a=${v}`)
})

t.test('escapes the name', async t => {
  t.equal(await query({ name: 'a&b=c', value: '1' }, '/'), 'a%26b%3Dc=1')
})

t.test('does not escape a captured variable twice', async t => {
  t.equal(await query({ name: 'id', value: 'n-{v}' }, '/', 'a%20b%2Fc'), 'id=n-a%20b%2Fc')
})

t.test('a captured variable cannot add a second parameter', async t => {
  for (const v of ['1&admin=true', '1;admin=true', 'a=b', 'a+b', "a'b(c)*!", '%26x%3D1']) {
    const parameters = parseQuery(await query({ name: 'id', value: '{v}' }, '/?k=v', v))
    t.same(parameters.map(({ name, value }) => [name, value]), [['k', 'v'], ['id', decodeURIComponent(v)]])
  }
})

t.test('adds an empty value where nothing was captured', async t => {
  t.equal((await mount(addRequestParameter, { name: 'a', value: '{none}' }).call()).x.query, 'a=')
})

t.test('loads what Spring writes, where a plus is a space on the wire', async t => {
  t.same(addRequestParameter.spring!.toConfig!({ name: 'q', value: 'a+{v}' }), { name: 'q', value: 'a%20{v}' })
  t.throws(() => mount(addRequestParameter, addRequestParameter.spring!.toConfig!({ name: 'q' })), { errors: [{ pointer: '/add-request-parameter', code: 'GW_CONFIG_INVALID' }] })
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(addRequestParameter, { name: '', value: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/add-request-parameter/name' }] })
  t.throws(() => mount(addRequestParameter, { name: 'a', value: '{v' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/add-request-parameter/value' }] })
  t.throws(() => mount(addRequestParameter, { name: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/add-request-parameter' }] })
})
