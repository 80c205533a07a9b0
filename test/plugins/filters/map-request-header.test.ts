import t from 'tap'
import mapRequestHeader from '../../../plugins/filters/map-request-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('copies every value and keeps the source', async t => {
  const { call } = mount(mapRequestHeader, { from: 'X-Client', to: 'X-Caller' })
  const { x } = await call({ headers: { 'x-client': ['a', 'b'] } })
  t.same([...x.headers], [['x-client', 'a'], ['x-client', 'b'], ['x-caller', 'a'], ['x-caller', 'b']])
})

t.test('adds to a target that the client sent', async t => {
  const { call } = mount(mapRequestHeader, { from: 'X-Client', to: 'X-Caller' })
  t.same((await call({ headers: { 'x-caller': 'z', 'x-client': 'a' } })).x.headers.all('x-caller'), ['z', 'a'])
})

t.test('does nothing where the source is absent', async t => {
  const { call } = mount(mapRequestHeader, { from: 'X-Client', to: 'X-Caller' })
  t.same([...(await call({ headers: { 'x-caller': 'z' } })).x.headers], [['x-caller', 'z']])
})

t.test('copies Host as the client sent it, and nothing where it sent none', async t => {
  const { call } = mount(mapRequestHeader, { from: 'HOST', to: 'X-Original-Host' })
  t.same((await call({ host: 'Shop.example:8080' })).x.headers.all('x-original-host'), ['Shop.example:8080'])
  t.notOk((await call({ host: '' })).x.headers.has('x-original-host'))
})

t.test('names the key that is wrong', async t => {
  const at = (key: string, code = 'GW_CONFIG_INVALID') => ({ errors: [{ code, pointer: `/map-request-header/${key}` }] })
  t.throws(() => mount(mapRequestHeader, { from: 'X-A', to: 'Host' }), at('to'))
  t.throws(() => mount(mapRequestHeader, { from: 'Connection', to: 'X-A' }), at('from'))
  t.throws(() => mount(mapRequestHeader, { from: 'X A', to: 'X-A' }), at('from'))
  t.throws(() => mount(mapRequestHeader, { from: 'X-A', to: 'x-a' }), at('to', 'GW_CONFIG_NO_EFFECT'))
})

t.test('reads Spring\'s arguments', async t => {
  const { call } = mount(mapRequestHeader, mapRequestHeader.spring!.toConfig!({ fromHeader: 'Blue', toHeader: 'X-Red' }))
  t.equal((await call({ headers: { blue: '1' } })).x.headers.get('x-red'), '1')
})
