import t from 'tap'
import addRequestHeadersIfNotPresent from '../../../plugins/filters/add-request-headers-if-not-present/index.ts'
import { mount } from '../../../src/testing/index.ts'

const at = (pointer: string, code = 'GW_CONFIG_INVALID') => ({ errors: [{ code, pointer: `/add-request-headers-if-not-present${pointer}` }] })

t.test('adds what is missing, one line for each value', async t => {
  const { call } = mount(addRequestHeadersIfNotPresent, { headers: { 'X-A': '1', 'X-B': ['2', '3'] } })
  const { x } = await call()
  t.same([...x.headers], [['x-a', '1'], ['x-b', '2'], ['x-b', '3']])
})

t.test('leaves what the client sent', async t => {
  const { call } = mount(addRequestHeadersIfNotPresent, { headers: { 'X-A': '1', 'X-B': '2' } })
  const { x } = await call({ headers: { 'x-a': ['', 'mine'] } })
  t.same(x.headers.all('x-a'), ['', 'mine'])
  t.same(x.headers.all('x-b'), ['2'])
})

t.test('replaces a header that is blank on every line', async t => {
  const { call } = mount(addRequestHeadersIfNotPresent, { headers: { 'X-A': '1' } })
  t.same((await call({ headers: { 'x-a': ['', ' \t'] } })).x.headers.all('x-a'), ['1'])
})

t.test('puts captured variables in the values', async t => {
  const { x } = await mount(addRequestHeadersIfNotPresent, { headers: { 'X-A': ['{id}', 'b'] } }).call({ params: { id: '7' } })
  t.same(x.headers.all('x-a'), ['7', 'b'])
})

t.test('names the header that is wrong', async t => {
  const headers = (headers: unknown) => () => mount(addRequestHeadersIfNotPresent, { headers })
  t.throws(headers({ Host: 'a' }), at('/headers/Host'))
  t.throws(headers({ 'X A': 'a' }), at('/headers/X A'))
  t.throws(headers({ 'a/b~': 'a' }), at('/headers/a~1b~0'))
  t.throws(headers({ 'X-A': '1', 'x-a': '2' }), at('/headers/x-a', 'GW_CONFIG_DUPLICATE'))
  t.throws(headers({ 'X-A': ['1', '{'] }), at('/headers/X-A/1'))
  t.throws(headers({ 'X-A': ['1', 'a\nb'] }), at('/headers/X-A/1'))
  t.throws(headers({ 'X-A': [] }), at('/headers/X-A'))
  t.throws(headers({}), at('/headers', 'GW_CONFIG_NO_EFFECT'))
})

t.test('reads Spring\'s pairs: a repeated name has several values, and a value may have colons', async t => {
  const { toConfig } = addRequestHeadersIfNotPresent.spring!
  const config = toConfig!({ keyValues: ['X-A:1', 'x-a: 2', 'X-Url:https://a.example:1', 'X-Empty:'] })
  t.same(config, { headers: { 'X-A': ['1', '2'], 'X-Url': ['https://a.example:1'], 'X-Empty': [''] } })
  t.doesNotThrow(() => mount(addRequestHeadersIfNotPresent, config))
  t.same(toConfig!({ keyValues: 'X-A:1' }), { headers: { 'X-A': ['1'] } })
})

t.test('refuses Spring\'s pairs that are none', async t => {
  const { toConfig } = addRequestHeadersIfNotPresent.spring!
  t.throws(() => mount(addRequestHeadersIfNotPresent, toConfig!({ keyValues: ['X-A'] })), at('/headers/X-A'))
  t.throws(() => mount(addRequestHeadersIfNotPresent, toConfig!({ keyValues: [':1'] })), at('/headers/'))
  t.throws(() => mount(addRequestHeadersIfNotPresent, toConfig!({})), at('/headers', 'GW_CONFIG_NO_EFFECT'))
})
