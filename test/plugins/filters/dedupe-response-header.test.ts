import t from 'tap'
import dedupeResponseHeader from '../../../plugins/filters/dedupe-response-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

const headers = { 'x-a': ['1', '2', '1'], 'x-b': ['3', '3'], 'x-c': ['4', '4'], 'x-d': '5' }
const left = async (config: unknown) => {
  const list = (await mount(dedupeResponseHeader, config, { headers }).call()).reply.headers
  return Object.fromEntries(list.names().map(name => [name, list.all(name)]))
}

t.test('keeps the first line of each header it is told of', async t => {
  t.same(await left(['X-A', 'X-B', 'X-None']), { 'x-a': ['1'], 'x-b': ['3'], 'x-c': ['4', '4'], 'x-d': ['5'] })
  t.same((await left({ names: 'X-A', strategy: 'retain-first' }))['x-a'], ['1'])
})

t.test('keeps the last line', async t => {
  t.same(await left({ names: ['X-A', 'X-D'], strategy: 'retain-last' }), { 'x-a': ['1'], 'x-b': ['3', '3'], 'x-c': ['4', '4'], 'x-d': ['5'] })
  const { call } = mount(dedupeResponseHeader, { names: 'X-A', strategy: 'retain-last' }, { headers: { 'x-a': ['1', '2'] } })
  t.same((await call()).reply.headers.all('x-a'), ['2'])
})

t.test('keeps each distinct line once, in order', async t => {
  t.same((await left({ names: 'X-A', strategy: 'retain-unique' }))['x-a'], ['1', '2'])
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(dedupeResponseHeader, 'Content-Length'), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => mount(dedupeResponseHeader, { names: 'X-A', strategy: 'RETAIN_FIRST' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/dedupe-response-header/strategy' }] })
  t.throws(() => mount(dedupeResponseHeader), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/dedupe-response-header' }] })
})

t.test('reads Spring\'s names in one text and its strategies', async t => {
  const { toConfig } = dedupeResponseHeader.spring!
  t.same(toConfig!({ name: ' X-A  X-B ', strategy: 'RETAIN_UNIQUE' }), { names: ['X-A', 'X-B'], strategy: 'retain-unique' })
  t.same((await left(toConfig!({ name: 'X-A X-B' })))['x-b'], ['3'])
  t.throws(() => mount(dedupeResponseHeader, toConfig!({})), { errors: [{ pointer: '/dedupe-response-header/names' }] })
  t.throws(() => mount(dedupeResponseHeader, toConfig!({ name: 'X-A', strategy: 'RETAIN_SOME' })), { errors: [{ pointer: '/dedupe-response-header/strategy' }] })
})
