import t from 'tap'
import setRequestHeader from '../../../plugins/filters/set-request-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('puts one value in place of all there were', async t => {
  const { call } = mount(setRequestHeader, { name: 'X-Tenant', value: 'acme' })
  const { x } = await call({ headers: { 'x-tenant': ['a', 'b'] } })
  t.same(x.headers.all('x-tenant'), ['acme'])
})

t.test('adds the header where the client sent none', async t => {
  const { call, decisions } = mount(setRequestHeader, { name: 'X-Tenant', value: 'acme' })
  t.equal((await call()).x.headers.get('x-tenant'), 'acme')
  t.equal(decisions('passed'), 1)
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(setRequestHeader, { name: 'X Tenant', value: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-request-header/name' }] })
  t.throws(() => mount(setRequestHeader, { name: 'X-Tenant', value: 'a\r\nb' }), { errors: [{ pointer: '/set-request-header/value' }] })
  t.throws(() => mount(setRequestHeader, { name: 'X-Tenant', value: '{id' }), { errors: [{ pointer: '/set-request-header/value' }] })
})
