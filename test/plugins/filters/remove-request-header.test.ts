import t from 'tap'
import removeRequestHeader from '../../../plugins/filters/remove-request-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

const sent = { cookie: ['a=1', 'b=2'], 'x-debug': '1', accept: '*/*' }

t.test('removes every line of a header', async t => {
  const { call, decisions } = mount(removeRequestHeader, 'Cookie')
  const { x } = await call({ headers: sent })
  t.same(x.headers.names(), ['x-debug', 'accept'])
  t.equal(decisions('passed'), 1)
})

t.test('removes several headers', async t => {
  const { call } = mount(removeRequestHeader, ['COOKIE', 'X-Debug', 'X-None'])
  t.same((await call({ headers: sent })).x.headers.names(), ['accept'])
})

t.test('names the header that cannot be removed', async t => {
  t.throws(() => mount(removeRequestHeader, ['Cookie', 'Host']), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-request-header/1' }] })
  t.throws(() => mount(removeRequestHeader, { names: 'Content-Length' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-request-header/names' }] })
  t.throws(() => mount(removeRequestHeader, []), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => mount(removeRequestHeader), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-request-header' }] })
})

t.test('reads Spring\'s argument', async t => {
  const { call } = mount(removeRequestHeader, removeRequestHeader.spring!.toConfig!({ name: 'X-Debug' }))
  t.same((await call({ headers: sent })).x.headers.names(), ['cookie', 'accept'])
})
