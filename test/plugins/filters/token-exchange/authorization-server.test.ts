import t, { type Test } from 'tap'
import tokenExchange from '../../../../plugins/filters/token-exchange/index.ts'
import type { Principal } from '../../../../src/contract/index.ts'
import { fakeClock, mount, type FakeClock } from '../../../../src/testing/index.ts'
import { startAuthorizationServer } from '../../../peers/authorization-server.ts'
import { REAL_TIME, realIssuers } from '../../../peers/real-issuers.ts'

const CONFIG = { issuer: 'main', audience: 'billing', scopes: ['orders.read', 'read'] }
const clock: FakeClock = { ...fakeClock(), ...REAL_TIME }

async function start (t: Test, config: object = CONFIG) {
  const server = await startAuthorizationServer()
  t.teardown(() => server.close())
  const issuers = realIssuers(t, server)
  const { call } = mount(tokenExchange, config, {}, { services: { issuers, clock } })
  const caller = async (subject: string, expiresInS = 300) => {
    const token = await server.accessToken({ subject, audience: 'orders', scopes: ['orders.read', 'orders.write'], expiresInS })
    return await issuers.verifier(['main'], '').verify(token) as Principal
  }
  return { server, call, caller }
}

const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

t.test('a real authorization server gives a token of the same caller for upstream, with less reach', async t => {
  const { server, call, caller } = await start(t)
  const [alice, bob] = [await caller('alice', 60), await caller('bob')]
  const sent = async (principal: Principal) => (await call({ principal, headers: { authorization: `Bearer ${principal.token}` } })).x.headers.get('authorization')!
  const [first, again, other] = [await sent(alice), await sent(alice), await sent(bob)]
  t.match(claims(first), { sub: 'alice', aud: 'billing', scope: 'orders.read', tenant: 'acme' })
  t.ok(Number(claims(first)['exp']) * 1000 <= alice.expiresAt)
  t.equal(again, first)
  t.match(claims(other), { sub: 'bob', aud: 'billing' })
  t.equal(server.requests.filter(request => request === 'POST /token').length, 4, 'two for the callers, two exchanges')
})

t.test('what the server refuses is forbidden', async t => {
  const { call, caller } = await start(t, { ...CONFIG, audience: 'nowhere' })
  t.match(await call({ principal: await caller('alice') }), { status: 403, reply: { code: 'GW_FORBIDDEN' } })
  const { call: billing, caller: known } = await start(t)
  const forged = { ...await known('alice'), token: 'nobody-issued-this' }
  t.match(await billing({ principal: forged }), { status: 403 })
})

t.test('a server that is gone is no answer about the caller', async t => {
  const server = await startAuthorizationServer()
  const issuers = realIssuers(t, server)
  const principal = await issuers.verifier(['main'], '').verify(await server.accessToken({ subject: 'alice', audience: 'orders' })) as Principal
  await server.close()
  t.match(await mount(tokenExchange, CONFIG, {}, { services: { issuers, clock } }).call({ principal }), { status: 503, reply: { code: 'GW_TOKEN_UNAVAILABLE' } })
})
