import t from 'tap'
import addResponseHeader from '../../../plugins/filters/add-response-header/index.ts'
import { mount } from '../../../src/testing/index.ts'
import { problem } from '../../../src/contract/index.ts'

const values = async (config: object, headers: Record<string, string | string[]> = {}) =>
  (await mount(addResponseHeader, { name: 'X-A', value: 'new', ...config }, { headers }).call()).reply.headers.all('x-a')

t.test('adds a line and keeps those of the upstream', async t => {
  t.same(await values({}, { 'x-a': ['1', '2'] }), ['1', '2', 'new'])
  t.same(await values({}), ['new'])
})

t.test('adds only where there is none, or a blank one, when told so', async t => {
  t.same(await values({ onlyIfAbsent: true }), ['new'])
  t.same(await values({ onlyIfAbsent: true }, { 'x-a': ['', ' '] }), ['new'])
  t.same(await values({ onlyIfAbsent: true }, { 'x-a': ['', '1'] }), ['', '1'])
})

t.test('marks replies of the gateway too', async t => {
  const { call } = mount(addResponseHeader, { name: 'X-A', value: 'new' }, async x => problem('GW_NO_ENDPOINT', x.id))
  t.equal((await call()).reply.headers.get('x-a'), 'new')
})

t.test('puts captured variables in the value', async t => {
  for (const onlyIfAbsent of [true, false]) {
    const { call } = mount(addResponseHeader, { name: 'X-A', value: '{id}', onlyIfAbsent })
    t.equal((await call({ params: { id: '7' } })).reply.headers.get('x-a'), '7')
  }
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(addResponseHeader, { name: 'Connection', value: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/add-response-header/name' }] })
  t.throws(() => mount(addResponseHeader, { name: 'X-A', value: '}' }), { errors: [{ pointer: '/add-response-header/value' }] })
  t.throws(() => mount(addResponseHeader, { name: 'X-A', value: 'a', onlyIfAbsent: 'yes' }), { errors: [{ pointer: '/add-response-header/onlyIfAbsent' }] })
})

t.test('reads Spring\'s override the other way round', async t => {
  const config = (override?: string) => addResponseHeader.spring!.toConfig!({ name: 'X-A', value: 'new', ...(override !== undefined && { override }) }) as object
  t.same(config(), { name: 'X-A', value: 'new', onlyIfAbsent: false })
  t.same(await values(config('true'), { 'x-a': '1' }), ['1', 'new'])
  t.same(await values(config('False'), { 'x-a': '1' }), ['1'])
  t.throws(() => mount(addResponseHeader, config('maybe')), { errors: [{ pointer: '/add-response-header/onlyIfAbsent' }] })
})
