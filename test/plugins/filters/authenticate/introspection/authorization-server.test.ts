import t, { type Test } from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import { fakeClock, fakeIssuers, mount } from '../../../../../src/testing/index.ts'
import { startAuthorizationServer } from '../../../../peers/authorization-server.ts'
import { issuerClient } from '../../../../peers/issuer-client.ts'

async function start (t: Test, options: object = {}) {
  const server = await startAuthorizationServer()
  const client = await issuerClient(t, server)
  const issuers = fakeIssuers({ issuers: { main: server.issuer }, client: { introspect: token => client.introspect(token) } })
  const clock = { ...fakeClock(), now: () => systemClock.now(), monotonic: () => systemClock.monotonic() }
  const { call } = mount(authenticate, { ways: [{ introspection: options }] }, {}, { services: { issuers, clock } })
  let isClosed = false
  const close = async () => {
    if (!isClosed) await server.close()
    isClosed = true
  }
  t.teardown(close)
  const questions = () => server.requests.filter(request => request.includes('introspection')).length
  return { server, close, questions, send: (token: string) => call({ headers: { authorization: `Bearer ${token}` } }) }
}

t.test('a real authorization server says who an opaque token stands for', async t => {
  const { server, send, questions } = await start(t, { audiences: 'legacy' })
  const token = await server.accessToken({ subject: 'alice', audience: 'legacy', scopes: ['orders.read'] })
  t.notOk(token.includes('.'), 'the token is opaque')
  const { status, x } = await send(token)
  t.strictSame([status, x.reason], [200, null])
  t.match(x.principal, { subject: 'alice', issuer: server.issuer, client: 'gateway', scopes: ['orders.read'], roles: ['admin', 'clerk'], tenant: 'acme', source: 'opaque', level: 2, token })
  await Promise.all(Array.from({ length: 20 }, () => send(token)))
  t.equal(questions(), 1)
})

t.test('a client on its own account is its own subject', async t => {
  const { server, send } = await start(t)
  const { x } = await send(await server.accessToken({ audience: 'legacy', scopes: ['read'] }))
  t.match(x.principal, { subject: 'gateway', client: 'gateway', scopes: ['read'] })
})

t.test('tokens nobody issued are refused, and those bound to a key', async t => {
  const { server, send } = await start(t)
  t.strictSame((await send('nobody-has-ever-issued-this-one')).x.reason, 'inactive')
  const bound = await server.accessToken({ subject: 'alice', audience: 'legacy', jkt: 'a'.repeat(43) })
  t.equal((await send(bound)).x.reason, 'binding')
})

t.test('an authorization server that is gone lets nobody in', async t => {
  const { server, send, close } = await start(t)
  const token = await server.accessToken({ subject: 'alice', audience: 'legacy' })
  await close()
  const { status, x } = await send(token)
  t.strictSame([status, x.reason], [503, 'unavailable'])
})
