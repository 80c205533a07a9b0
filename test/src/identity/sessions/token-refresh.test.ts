import t from 'tap'
import { IssuerError, type TokenSet } from '../../../../src/contract/identity.ts'
import { StoreUnavailable } from '../../../../src/contract/store.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { alice, HOUR, idToken, SETTINGS, sharedStore, START, TestBrowser, testGateway, type TestGateway } from './session-browser.ts'

/** A browser that is logged in, its access token 20 s from its end. */
async function lateIn (gateway: TestGateway, tokens?: Partial<TokenSet>): Promise<TestBrowser> {
  const browser = new TestBrowser()
  browser.take(await gateway.sessions.start(browser.request(), 'main', alice(gateway.clock.now(), tokens)))
  gateway.clock.advance(280_000)
  return browser
}

t.test('refreshes an access token that ends within 30 seconds, and keeps the new refresh token', async t => {
  const gateway = testGateway()
  const browser = new TestBrowser()
  browser.take(await gateway.sessions.start(browser.request(), 'main', alice(START)))
  gateway.clock.advance(269_999)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-1')
  gateway.clock.advance(1)
  const open = await gateway.sessions.open(browser.request())
  t.match(open, { session: { accessToken: 'access-2', refreshToken: 'refresh-2', scopes: ['openid', 'read'], accessExpiresAt: START + 570_000 }, principal: { subject: 'alice', token: 'access-2' } })
  browser.take(open!.cookies)
  const again = await gateway.sessions.open(browser.request())
  t.same([again?.session.accessToken, again?.cookies], ['access-2', []])
  gateway.clock.advance(280_000)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-3')
  t.same(gateway.refreshes, ['refresh-1', 'refresh-2'])
})

t.test('knows of the user what the refreshed ID token says, and how they were proved from the first', async t => {
  const login = { sid: 'sid-1', auth_time: 7, amr: ['pwd', 'otp'] }
  const claims = { sub: 'alice', iss: 'https://issuer.test', tenant: 'acme' }
  const gateway = testGateway({ refresh: async () => alice(gateway.clock.now(), { accessToken: 'access-2', idToken: idToken(claims), idClaims: claims }) })
  const said = { ...claims, ...login, roles: ['admin'] }
  const browser = await lateIn(gateway, { idToken: idToken(said), idClaims: said })
  const open = await gateway.sessions.open(browser.request())
  t.same(open?.session.claims, { ...claims, ...login }, 'roles that are gone at the issuer are gone here')
  browser.take(open!.cookies)
  t.same((await gateway.sessions.open(browser.request()))?.session.claims, { ...claims, ...login })
})

t.test('refreshes a short-lived token when half of its time is over, not with each request, also where the refresh token stays the same', async t => {
  const gateway = testGateway({ refresh: async () => alice(gateway.clock.now(), { accessToken: 'access-2', expiresAt: gateway.clock.now() + 20_000 }) })
  const browser = await lateIn(gateway)
  browser.take((await gateway.sessions.open(browser.request()))!.cookies)
  gateway.clock.advance(9_999)
  await gateway.sessions.open(browser.request())
  t.equal(gateway.refreshes.length, 1)
  gateway.clock.advance(1)
  await gateway.sessions.open(browser.request())
  t.equal(gateway.refreshes.length, 2)
})

t.test('asks once for all requests that come with one refresh token', async t => {
  const answer = Promise.withResolvers<TokenSet>()
  const gateway = testGateway({ refresh: () => answer.promise })
  const browser = await lateIn(gateway)
  const opening = Array.from({ length: 20 }, () => gateway.sessions.open(browser.request()))
  answer.resolve(alice(gateway.clock.now(), { accessToken: 'access-2', refreshToken: 'refresh-2' }))
  const opened = await Promise.all(opening)
  t.same(new Set(opened.map(open => open?.session.accessToken)), new Set(['access-2']))
  t.equal(new Set(opened.map(open => open?.principal)).size, 1, 'and all are the same principal')
  t.same(gateway.refreshes, ['refresh-1'])
})

t.test('gives whoever comes late with the old cookie the same new tokens for 30 seconds', async t => {
  const gateway = testGateway()
  const browser = await lateIn(gateway)
  await gateway.sessions.open(browser.request())
  gateway.clock.advance(19_000)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-2')
  t.same(gateway.refreshes, ['refresh-1'])
  gateway.clock.advance(11_001)
  await gateway.sessions.open(browser.request())
  t.same(gateway.refreshes, ['refresh-1', 'refresh-1'])
})

t.test('asks once across processes: the others wait for what the first has got', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const answer = Promise.withResolvers<TokenSet>()
  const first = testGateway({ clock, store, refresh: () => answer.promise })
  const browser = await lateIn(first)
  const opening = first.sessions.open(browser.request())
  const second = testGateway({
    store,
    clock: {
      ...clock,
      sleep: async () => {
        answer.resolve(alice(START, { accessToken: 'access-2' }))
        await opening
      }
    }
  })
  while (first.refreshes.length === 0) await new Promise(setImmediate)
  t.equal((await second.sessions.open(browser.request()))?.session.accessToken, 'access-2')
  t.equal((await opening)?.session.accessToken, 'access-2')
  t.same([first.refreshes, second.refreshes], [['refresh-1'], []])
  t.notMatch([...store.written.values()].join(), /access-2|refresh-/, 'and nothing of it can be read in the store')
})

t.test('does not ask again where another process has just finished', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const first = testGateway({ clock, store })
  const browser = await lateIn(first)
  const second = testGateway({
    clock,
    store: {
      ...store,
      add: async (key, value, ttlMs) => {
        // All of the other's refresh falls between the look at what is kept and the lock
        await first.sessions.open(browser.request())
        return await store.add(key, value, ttlMs)
      }
    }
  })
  t.equal((await second.sessions.open(browser.request()))?.session.accessToken, 'access-2')
  t.same([first.refreshes, second.refreshes], [['refresh-1'], []])
})

t.test('takes over from a gateway that is gone with the lock', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const gone = testGateway({ clock, store, refresh: () => new Promise(() => {}) })
  const gateway = testGateway({ clock, store })
  const browser = await lateIn(gone)
  void gone.sessions.open(browser.request())
  while (gone.refreshes.length === 0) await new Promise(setImmediate)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-1', 'waits for a while, then goes on with what it has')
  t.equal(clock.slept.length, 60)
  clock.advance(6_001)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-2')
})

t.test('ends the session where the issuer refuses the refresh token', async t => {
  const gateway = testGateway({ refresh: async () => { throw new IssuerError('refused', 'no', 'invalid_grant') } })
  const browser = await lateIn(gateway)
  t.equal(await gateway.sessions.open(browser.request()), null)
  t.equal(await gateway.sessions.open(browser.request()), null)
  t.equal(gateway.refreshes.length, 1)
  t.equal(gateway.events('refresh-refused'), 2)
})

t.test('ends the session where the refreshed tokens are somebody else\'s', async t => {
  const gateway = testGateway({ refresh: async () => alice(START, { idClaims: { sub: 'mallory' } }) })
  const browser = await lateIn(gateway)
  t.equal(await gateway.sessions.open(browser.request()), null)
})

for (const [why, failure] of Object.entries({
  'cannot be reached': new IssuerError('unavailable', 'down'),
  'refuses the gateway itself': new IssuerError('refused', 'who are you', 'invalid_client')
})) {
  t.test(`goes on while the access token lives where the issuer ${why}, then cannot say`, async t => {
    const gateway = testGateway({ refresh: async () => { throw failure } })
    const browser = await lateIn(gateway)
    const open = await gateway.sessions.open(browser.request())
    t.same([open?.session.accessToken, open?.cookies], ['access-1', []])
    await gateway.sessions.open(browser.request())
    t.equal(gateway.refreshes.length, 1, 'asks no more often than every few seconds')
    gateway.clock.advance(19_999)
    t.ok(await gateway.sessions.open(browser.request()))
    gateway.clock.advance(1)
    await t.rejects(gateway.sessions.open(browser.request()), { name: 'IssuerError', kind: 'unavailable' })
    t.equal(gateway.refreshes.length, 2)
    t.notMatch(JSON.stringify(gateway.log.lines), /refresh-1|access-1/)
  })
}

t.test('keeps the tokens where the store fails after the issuer has given them', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const gateway = testGateway({ clock, store: { ...store, set: async () => { throw new StoreUnavailable('down') }, deleteIf: async () => { throw new StoreUnavailable('down') } } })
  const browser = await lateIn(gateway)
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'access-2')
  t.match(gateway.log.lines, [{ level: 'warn' }])
})

t.test('rejects where the store cannot be asked for the lock, or a bug throws', async t => {
  const clock = fakeClock(START)
  const down = testGateway({ clock, store: { ...sharedStore(clock), add: async () => { throw new StoreUnavailable('down') } } })
  await t.rejects(down.sessions.open((await lateIn(down)).request()), { name: 'StoreUnavailable' })
  const broken = testGateway({ refresh: async () => { throw new TypeError('a bug') } })
  await t.rejects(broken.sessions.open((await lateIn(broken)).request()), TypeError)
})

t.test('lasts as long as the access token where there is no refresh token', async t => {
  const gateway = testGateway()
  const browser = await lateIn(gateway, { refreshToken: null })
  t.ok(await gateway.sessions.open(browser.request()))
  gateway.clock.advance(20_000)
  t.equal(await gateway.sessions.open(browser.request()), null)
  t.equal(gateway.events('expired'), 1)
})

t.test('lasts until its own end where the issuer did not say when the token ends', async t => {
  const gateway = testGateway({ settings: { ...SETTINGS, idle: 10 * HOUR } })
  const browser = await lateIn(gateway, { expiresAt: null })
  gateway.clock.advance(SETTINGS.lifetime - 280_001)
  t.ok(await gateway.sessions.open(browser.request()))
  gateway.clock.advance(1)
  t.equal(await gateway.sessions.open(browser.request()), null)
})
