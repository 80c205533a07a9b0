import t from 'tap'
import tokenRelay from '../../../../plugins/filters/token-relay/index.ts'
import { Refusal, type Principal } from '../../../../src/contract/index.ts'
import { mount } from '../../../../src/testing/index.ts'
import { startAuthorizationServer } from '../../../peers/authorization-server.ts'
import { realIssuers } from '../../../peers/real-issuers.ts'

t.test('relays the token of a caller whom a real issuer vouches for, and upstream may check it again', async t => {
  const server = await startAuthorizationServer()
  t.teardown(() => server.close())
  const issuers = realIssuers(t, server)
  const verifier = issuers.verifier(['main'], '')
  const token = await server.accessToken({ subject: 'alice', audience: 'orders', scopes: ['orders.read'] })
  const alice = await verifier.verify(token)
  t.match(alice, { subject: 'alice', issuer: server.issuer })
  const { call } = mount(tokenRelay, { issuer: 'main', required: true }, {}, { services: { issuers } })
  const { x } = await call({ principal: alice as Principal })
  const [scheme, relayed] = x.headers.get('authorization')!.split(' ')
  t.equal(scheme, 'Bearer')
  t.equal(await verifier.verify(relayed!), alice)
  t.notOk(alice instanceof Refusal)
})
