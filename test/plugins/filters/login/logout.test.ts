import t from 'tap'
import { IssuerError, Refusal } from '../../../../src/contract/index.ts'
import { type TestRequest } from '../../../../src/testing/index.ts'
import { locationOf, FORM, setUp } from './set-up.ts'

t.test('logs out here, then at the issuer', async t => {
  for (const request of [{ method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } }, { method: 'POST', headers: { origin: 'https://app.test' } }, { method: 'POST', headers: {} }, { headers: { 'sec-fetch-site': 'same-origin' } }, { headers: { 'sec-fetch-site': 'none' } }] as TestRequest[]) {
    const { call, logIn, jar } = setUp()
    await logIn()
    const copy = Object.fromEntries(jar)
    const called = await call({ target: '/logout', ...request })
    t.match([called.status, locationOf(called)], [303, 'https://issuer.test/end?hint=id-token&to=https://app.test/'])
    t.equal(jar.size, 0)
    t.equal((await call({ ownCookies: copy })).status, 302, 'a copy of the cookie is worth nothing')
  }
})

t.test('does not log out because somebody else\'s page says so', async t => {
  const { call, logIn, jar } = setUp()
  await logIn()
  for (const request of [
    { headers: {} }, { headers: { 'sec-fetch-site': 'cross-site' } }, { headers: { 'sec-fetch-site': 'same-site' } }, { headers: { 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' } },
    { headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' } }, { headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' } },
    { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }, { method: 'POST', headers: { origin: 'https://evil.test' } }, { method: 'POST', headers: { origin: 'null' } }
  ] as TestRequest[]) {
    t.match(await call({ target: '/logout', ...request }), { status: 403, reply: { code: 'GW_FORBIDDEN' }, x: { reason: 'cross-site' } })
  }
  t.equal(jar.size, 1)
  t.equal((await call({ target: '/logout', method: 'DELETE' })).status, 405)
})

t.test('logs out where the issuer has no logout, is down, or is not that of the session', async t => {
  const out = { target: '/logout', method: 'POST', headers: {} } as const
  for (const endSessionUrl of [async () => null, async () => { throw new IssuerError('unavailable', 'down') }]) {
    const { call, logIn, jar } = setUp({ config: { afterLogout: '/goodbye' }, client: { endSessionUrl } })
    await logIn()
    t.equal(locationOf(await call(out)), '/goodbye')
    t.equal(jar.size, 0)
  }
  const { logIn, jar } = setUp()
  await logIn()
  t.equal(locationOf(await setUp({ config: { issuer: 'other', afterLogout: 'https://www.test/bye' } }).call({ ...out, ownCookies: Object.fromEntries(jar) })), 'https://www.test/bye')
})

t.test('logs out while the access token cannot be refreshed', async t => {
  const { call, logIn, clock, jar } = setUp({ tokens: { expiresAt: 1_800_000_060_000, refreshToken: 'r' }, config: { afterLogout: 'https://www.test/bye' } })
  await logIn()
  clock.advance(60_000)
  t.equal((await call()).status, 503)
  t.equal(locationOf(await call({ target: '/logout', method: 'POST', headers: {} })), 'https://issuer.test/end?hint=null&to=https://www.test/bye')
  t.equal(jar.size, 0)
})

t.test('hears from the issuer of a logout elsewhere', async t => {
  const { call, logIn } = setUp({ client: { verifyLogoutToken: async token => ({ jti: token, sid: 's1' }) } })
  await logIn()
  const told = { target: '/oauth2/backchannel-logout', method: 'POST', headers: FORM, body: 'logout_token=t1', ownCookies: {} } as const
  const called = await call(told)
  t.match([called.status, called.text, called.reply.headers.get('cache-control')], [200, '', 'no-store'])
  t.equal((await call()).status, 302)
  t.match(await call(told), { status: 400, x: { reason: 'replayed' } })
})

t.test('refuses a back-channel logout that is none', async t => {
  const verdicts: Record<string, Refusal> = { bad: new Refusal('signature'), lost: new Refusal('unavailable') }
  const { call, count } = setUp({ client: { verifyLogoutToken: async token => verdicts[token] ?? {} } })
  const tell = async (request: TestRequest) => await call({ target: '/oauth2/backchannel-logout', method: 'POST', headers: FORM, ...request })
  t.match(await tell({ body: 'logout_token=bad' }), { status: 400, reply: { code: 'GW_BAD_REQUEST' }, x: { reason: 'signature' } })
  t.match(await tell({ body: 'logout_token=lost' }), { status: 503, reply: { code: 'GW_IDENTITY_UNAVAILABLE' } })
  t.match(await tell({ body: 'token=x' }), { status: 400, x: { reason: 'malformed' } })
  t.match(await tell({ body: 'logout_token=a&logout_token=a' }), { status: 400, x: { reason: 'malformed' } })
  t.equal((await tell({})).status, 400)
  t.equal((await tell({ body: 'logout_token=a', headers: { 'content-type': 'application/json' } })).status, 415)
  t.equal((await tell({ body: 'logout_token=a', headers: {} })).status, 415)
  t.equal((await tell({ body: [`logout_token=${'a'.repeat(9000)}`, 'a'.repeat(9000)] })).status, 413)
  t.match([await tell({ method: 'GET' })].map(({ status, reply }) => [status, reply.headers.get('allow')]), [[405, 'POST']])
  t.equal(count('gatehouse_credentials_refused_total', { reason: 'signature' }), 1)
})
