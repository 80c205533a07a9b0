import t from 'tap'
import addRequestHeader from '../../../plugins/filters/add-request-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('adds a line and keeps those the client sent', async t => {
  const { call, decisions } = mount(addRequestHeader, { name: 'X-Tenant', value: 'acme' })
  const { x } = await call({ headers: { 'x-tenant': ['a', 'b'] } })
  t.same(x.headers.all('x-tenant'), ['a', 'b', 'acme'])
  t.equal(decisions('passed'), 1)
})

t.test('adds the header where the client sent none', async t => {
  const { call } = mount(addRequestHeader, { name: 'X-Tenant', value: 'acme' })
  t.same((await call()).x.headers.all('x-tenant'), ['acme'])
})

t.test('puts captured variables in the value, nothing where none was captured', async t => {
  const { x } = await mount(addRequestHeader, { name: 'X-Order', value: 'o-{id}-{none}-{{}}' }).call({ params: { id: 'a%20b' } })
  t.same(x.headers.all('x-order'), ['o-a%20b--{}'])
})

t.test('names the key that is wrong', async t => {
  for (const name of ['X Tenant', 'Host', 'content-length', 'Transfer-Encoding']) {
    t.throws(() => mount(addRequestHeader, { name, value: 'a' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/add-request-header/name' }] }, name)
  }
  t.throws(() => mount(addRequestHeader, { name: 'X-A', value: 'a\r\nb' }), { errors: [{ pointer: '/add-request-header/value' }] })
  t.throws(() => mount(addRequestHeader, { name: 'X-A', value: '{id' }), { errors: [{ pointer: '/add-request-header/value' }] })
  t.throws(() => mount(addRequestHeader, { name: 'X-A' }), { errors: [{ pointer: '/add-request-header' }] })
})
