import t from 'tap'
import { Config, SettableHeaderName, settableHeader } from '../../../src/contract/index.ts'
import { validate } from '../../../src/contract/validate.ts'

const OWN = ['connection', 'Keep-Alive', 'PROXY-CONNECTION', 'Transfer-Encoding', 'tE', 'Trailer', 'upgrade', 'Content-Length', 'expect', 'Host']

t.test('takes names that filters may write, in any case', async t => {
  for (const name of ['X-A', 'hostname', 'x-host', 'te-x', 'CONTENT-TYPE', '!#$%&\'*+-.^_`|~9']) {
    t.same(validate(Config({ name: SettableHeaderName() }), { name }).faults, [], name)
    t.equal(settableHeader(name, '/name'), name.toLowerCase())
  }
})

t.test('refuses names of the connection, of the framing and Host, in any case', async t => {
  for (const name of OWN) {
    t.match(validate(Config({ name: SettableHeaderName() }), { name }).faults, [{ code: 'GW_CONFIG_INVALID', pointer: '/name', detail: /content-length.*set-request-host-header/ }], name)
    t.throws(() => settableHeader(name, '/headers/x'), { code: 'GW_CONFIG_INVALID', pointer: '/headers/x', detail: /content-length.*set-request-host-header/ }, name)
  }
})

t.test('refuses what is no name', async t => {
  for (const name of ['', 'X A', 'X-A:', 'X\r\nY', 'é', 'X-A\n']) {
    t.match(validate(Config({ name: SettableHeaderName() }), { name }).faults, [{ pointer: '/name' }])
    t.throws(() => settableHeader(name, '/name'), { code: 'GW_CONFIG_INVALID', pointer: '/name' })
  }
})
