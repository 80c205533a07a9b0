import t from 'tap'
import setResponseHeader from '../../../plugins/filters/set-response-header/index.ts'
import { problem } from '../../../src/contract/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('puts one value in place of all there were', async t => {
  const { call } = mount(setResponseHeader, { name: 'X-A', value: 'new' }, { headers: { 'x-a': ['1', '2'] } })
  t.same((await call()).reply.headers.all('x-a'), ['new'])
})

t.test('adds the header where the upstream sent none', async t => {
  const { call, decisions } = mount(setResponseHeader, { name: 'X-A', value: 'new' })
  t.same((await call()).reply.headers.all('x-a'), ['new'])
  t.equal(decisions('passed'), 1)
})

t.test('marks replies of the gateway too', async t => {
  const { call } = mount(setResponseHeader, { name: 'X-A', value: 'new' }, async x => problem('GW_NO_ENDPOINT', x.id))
  t.equal((await call()).reply.headers.get('x-a'), 'new')
})

t.test('puts captured variables in the value', async t => {
  const { call } = mount(setResponseHeader, { name: 'X-A', value: 'o-{id}' })
  t.equal((await call({ params: { id: '7' } })).reply.headers.get('x-a'), 'o-7')
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(setResponseHeader, { name: 'Content-Length', value: '0' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-response-header/name' }] })
  t.throws(() => mount(setResponseHeader, { name: 'X-A', value: '\u0000' }), { errors: [{ pointer: '/set-response-header/value' }] })
  t.throws(() => mount(setResponseHeader, { name: 'X-A', value: '{' }), { errors: [{ pointer: '/set-response-header/value' }] })
})
