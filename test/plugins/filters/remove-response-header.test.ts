import t from 'tap'
import removeResponseHeader from '../../../plugins/filters/remove-response-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

const sent = { headers: { server: 'x', 'set-cookie': ['a=1', 'b=2'], date: 'now' } }

t.test('removes every line of a header', async t => {
  const { call, decisions } = mount(removeResponseHeader, 'Set-Cookie', sent)
  t.same((await call()).reply.headers.names(), ['server', 'date'])
  t.equal(decisions('passed'), 1)
})

t.test('removes several headers', async t => {
  const { call } = mount(removeResponseHeader, ['SERVER', 'set-cookie', 'X-None'], sent)
  t.same((await call()).reply.headers.names(), ['date'])
})

t.test('names the header that cannot be removed', async t => {
  t.throws(() => mount(removeResponseHeader, ['Server', 'Transfer-Encoding']), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-response-header/1' }] })
  t.throws(() => mount(removeResponseHeader, { names: 'Content-Length' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-response-header/names' }] })
  t.throws(() => mount(removeResponseHeader), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remove-response-header' }] })
})

t.test('reads Spring\'s argument', async t => {
  const { call } = mount(removeResponseHeader, removeResponseHeader.spring!.toConfig!({ name: 'Server' }), sent)
  t.same((await call()).reply.headers.names(), ['set-cookie', 'date'])
})
