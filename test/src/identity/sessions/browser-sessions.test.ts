import t from 'tap'
import { principal } from '../../../../src/contract/principal.ts'
import { StoreUnavailable } from '../../../../src/contract/store.ts'
import { sealsOf } from '../../../../src/identity/sessions/seals.ts'
import { fakeClock, fakeIssuers } from '../../../../src/testing/index.ts'
import { alice, CLAIMS, HOUR, loggedIn, LONG, SETTINGS, sharedStore, START, TestBrowser, testGateway, testSeals } from './session-browser.ts'

t.test('knows who has logged in', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway, {})
  t.same([...browser.jar.keys()], ['__Host-gatehouse'])
  const x = browser.request()
  const open = await gateway.sessions.open(x)
  t.equal(x.session, open)
  t.same(open?.cookies, [])
  t.match(open, {
    session: { issuer: 'main', subject: 'alice', sid: 'sid-1', accessToken: 'access-1', refreshToken: 'refresh-1', scopes: ['openid', 'read'], startedAt: START, usedAt: START },
    principal: {
      subject: 'alice', issuer: 'https://issuer.test', client: 'gateway', scopes: ['openid', 'read'], roles: ['clerk'], tenant: 'acme', level: 2, source: 'session', token: 'access-1', confirmation: null, expiresAt: START + SETTINGS.lifetime
    }
  })
  t.same(open?.principal.claims, { ...CLAIMS, roles: ['clerk'], tenant: 'acme' })
  t.equal(Buffer.from(open!.session.id, 'base64url').length, 32)
})

t.test('says nothing in the cookie that could be read', async t => {
  const gateway = testGateway()
  const [value = ''] = (await loggedIn(gateway, {})).jar.values()
  for (const part of value.split('.')) t.notMatch(Buffer.from(part, 'base64url').toString('latin1'), /alice|access|refresh|sid-1/)
})

t.test('gives the same principal for the same access token, also where the cookie changed', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  const first = await gateway.sessions.open(browser.request())
  gateway.clock.advance(SETTINGS.idle / 2)
  const second = await gateway.sessions.open(browser.request())
  t.equal(second?.cookies.length, 1)
  t.equal(first?.principal, second?.principal)
})

t.test('is opened once for a request: whoever opens it again has no cookies to set', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  gateway.clock.advance(SETTINGS.idle / 2)
  const x = browser.request()
  const first = await gateway.sessions.open(x)
  const second = await gateway.sessions.open(x)
  t.equal(first?.cookies.length, 1)
  t.same(second?.cookies, [])
  t.equal(second?.principal, first?.principal)
})

t.test('is nothing without a cookie, or with one that is not ours', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  const [value = ''] = browser.jar.values()
  const foreign = sealsOf([{ kid: 'k1', k: new Uint8Array(32).fill(9) }])
  t.equal(await gateway.sessions.open(new TestBrowser().request()), null)
  for (const cookie of ['', 'x', value.slice(0, -1), await foreign.seal('{}', 'session'), await testSeals().seal(JSON.stringify({ v: 2 }), 'session'), await gateway.sessions.seal('session', { v: 1 }, HOUR)]) {
    browser.jar.set('__Host-gatehouse', cookie)
    t.equal(await gateway.sessions.open(browser.request()), null)
  }
})

t.test('ends after its lifetime, however much it is used', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  for (let i = 0; i < 15; i++) {
    gateway.clock.advance(HOUR / 2)
    browser.take((await gateway.sessions.open(browser.request()))!.cookies)
  }
  gateway.clock.advance(HOUR / 2 - 1)
  t.ok(await gateway.sessions.open(browser.request()))
  gateway.clock.advance(1)
  t.equal(await gateway.sessions.open(browser.request()), null)
  t.equal(gateway.events('expired'), 1)
})

t.test('ends where it is not used for as long as `idle`', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  gateway.clock.advance(HOUR - 1)
  t.ok(await gateway.sessions.open(browser.request()))
  gateway.clock.advance(1)
  t.equal(await gateway.sessions.open(browser.request()), null)
})

t.test('writes the cookie anew at most once in a tenth of `idle`', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  gateway.clock.advance(HOUR / 10)
  t.same((await gateway.sessions.open(browser.request()))?.cookies, [])
  gateway.clock.advance(1)
  const { cookies, session } = (await gateway.sessions.open(browser.request()))!
  t.equal(session.usedAt, gateway.clock.now())
  browser.take(cookies)
  t.same((await gateway.sessions.open(browser.request()))?.cookies, [])
})

t.test('ends here and now, also for a copy of its cookie', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  browser.jar.set('__Host-gatehouse.login.0', 'a login in flight')
  const copy = browser.request()
  const x = browser.request()
  await gateway.sessions.open(x)
  browser.take(await gateway.sessions.end(x))
  t.equal(x.session, null)
  t.same([...browser.jar.keys()], ['__Host-gatehouse.login.0'])
  t.equal(await gateway.sessions.open(copy), null)
  t.same([gateway.events('ended'), gateway.events('logged-out')], [1, 1])
})

t.test('clears what is no session, and has nothing to clear where nothing came', async t => {
  const gateway = testGateway()
  const browser = new TestBrowser()
  t.same(await gateway.sessions.end(browser.request()), [])
  browser.jar.set('__Host-gatehouse', 'x').set('__Host-gatehouse.1', 'y')
  browser.take(await gateway.sessions.end(browser.request()))
  t.equal(browser.jar.size, 0)
  const late = await loggedIn(gateway)
  gateway.clock.advance(9 * HOUR)
  late.take(await gateway.sessions.end(late.request()))
  t.equal(late.jar.size, 0)
})

t.test('begins anew with each login: the session before is over', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  const before = browser.request()
  const planted = (await gateway.sessions.open(browser.request()))!.session.id
  gateway.clock.advance(1)
  browser.take(await gateway.sessions.start(browser.request(), 'main', alice(START, LONG)))
  t.not((await gateway.sessions.open(browser.request()))!.session.id, planted)
  t.equal(await gateway.sessions.open(before), null)
})

t.test('does not begin without an ID token that says who it is', async t => {
  const { sessions } = testGateway()
  for (const idClaims of [null, {}, { sub: 7 }]) await t.rejects(sessions.start(new TestBrowser().request(), 'main', alice(START, { idClaims })), { name: 'IssuerError', kind: 'refused' })
})

t.test('cannot tell where the store is down, and lets nobody in for it', async t => {
  const clock = fakeClock(START)
  const gateway = testGateway({ clock, store: { ...sharedStore(clock), getAll: async () => { throw new StoreUnavailable('down') } } })
  const browser = await loggedIn(gateway)
  await t.rejects(gateway.sessions.open(browser.request()), { name: 'StoreUnavailable' })
})

t.test('is over where its issuer left the route file, or is another one now', async t => {
  const browser = await loggedIn(testGateway())
  const at = (issuers: Record<string, string>) => testGateway({ clientOf: name => fakeIssuers({ issuers }).client(name, '') }).sessions.open(browser.request())
  t.ok(await at({ main: 'https://issuer.test' }))
  t.equal(await at({ main: 'https://elsewhere.test' }), null)
  t.equal(await at({ second: 'https://issuer.test' }), null)
  const bug = testGateway({ clientOf: () => { throw new TypeError('a bug') } })
  await t.rejects(bug.sessions.open(browser.request()), TypeError)
})

t.test('takes names of claims from the issuer, never where the proof came from', async t => {
  const gateway = testGateway({
    principalOf: (name, claims, token) => principal({ subject: 'mallory', source: 'jwt', level: 3, issuer: name, client: 'app', roles: [`${token}-role`], tenant: String(claims['tenant']), confirmation: { jkt: 'x' }, scopes: ['admin'], expiresAt: 1 })
  })
  const open = await gateway.sessions.open((await loggedIn(gateway)).request())
  t.match(open?.principal, { subject: 'alice', source: 'session', level: 2, issuer: 'main', client: 'app', roles: ['access-1-role'], tenant: 'acme', confirmation: null, scopes: ['openid', 'read'], expiresAt: START + SETTINGS.lifetime })
})

t.test('has a higher level where the user proved more than one factor', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway, { ...LONG, idToken: null, idClaims: { sub: 'alice', amr: ['pwd', 'mfa'], roles: 'clerk' } })
  t.match((await gateway.sessions.open(browser.request()))?.principal, { level: 3, roles: [], tenant: null })
})

t.test('keeps an ID token that cannot be read, as one that is encrypted', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway, { ...LONG, idToken: 'a.b.c.d.e' })
  t.match((await gateway.sessions.open(browser.request()))?.session, { idToken: 'a.b.c.d.e', claims: CLAIMS })
})

t.test('a sealed state opens while its time lasts, for what it was sealed for', async t => {
  const { sessions, clock } = testGateway()
  const sealed = await sessions.seal('login main', { state: 'a' }, 1000)
  t.same(await sessions.unseal('login main', sealed), { state: 'a' })
  t.equal(await sessions.unseal('login other', sealed), null)
  t.equal(await sessions.unseal('login main', `${sealed}x`), null)
  clock.advance(1000)
  t.equal(await sessions.unseal('login main', sealed), null)
})
