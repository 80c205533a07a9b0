import t from 'tap'
import preserveHostHeader from '../../../plugins/filters/preserve-host-header/index.ts'
import { mount } from '../../../src/testing/index.ts'

t.test('sends the Host of the client, with its port and its case', async t => {
  const { call, decisions } = mount(preserveHostHeader)
  t.equal((await call({ host: 'Shop.example:8080' })).x.upstreamHost, 'Shop.example:8080')
  t.equal(decisions('passed'), 1)
})

t.test('leaves the endpoint\'s where the client sent none', async t => {
  t.equal((await mount(preserveHostHeader).call({ host: '' })).x.upstreamHost, null)
})

t.test('takes no options', async t => {
  t.throws(() => mount(preserveHostHeader, { host: 'a' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/preserve-host-header/host' }] })
})
