import t from 'tap'
import { fakeClock } from '../../../../src/testing/index.ts'
import { alice, CLAIMS, HOUR, idToken, loggedIn, LONG, sharedStore, START, testGateway } from './session-browser.ts'

t.test('is split over several cookies where it is too long for one, and put together again', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway, { ...LONG, accessToken: 'a'.repeat(5000) })
  t.same([...browser.jar.keys()], ['__Host-gatehouse.0', '__Host-gatehouse.1'])
  t.equal((await gateway.sessions.open(browser.request()))?.session.accessToken, 'a'.repeat(5000))
  t.test('a part that is missing, or left over from a longer one', async t => {
    browser.jar.set('__Host-gatehouse.2', 'left-over')
    t.ok(await gateway.sessions.open(browser.request()))
    browser.jar.delete('__Host-gatehouse.1')
    t.equal(await gateway.sessions.open(browser.request()), null)
    for (const first of ['2~', '0~', '9~x', '~x', 'x', '']) {
      browser.jar.set('__Host-gatehouse.0', first)
      t.equal(await gateway.sessions.open(browser.request()), null)
    }
  })
})

t.test('leaves no part of a longer session behind', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway, { ...LONG, accessToken: 'a'.repeat(5000) })
  browser.jar.set('__Host-gatehouse.login.0', 'a login in flight')
  browser.jar.set('other', 'x')
  browser.take(await gateway.sessions.start(browser.request(), 'main', alice(START, LONG)))
  t.same([...browser.jar.keys()].sort(), ['__Host-gatehouse', '__Host-gatehouse.login.0', 'other'])
})

t.test('drops what can be done without where it is too long for all cookies, and says so', async t => {
  const claims = (picture: number) => ({ ...CLAIMS, picture: 'p'.repeat(picture) })
  for (const [what, tokens, left] of [
    ['the ID token', { idToken: idToken(CLAIMS) + 's'.repeat(9000) }, { idToken: null, refreshToken: 'refresh-1', claims: CLAIMS }],
    ['claims beyond who it is', { idToken: idToken(claims(9000)), idClaims: claims(9000) }, { idToken: null, refreshToken: 'refresh-1', claims: { ...CLAIMS, picture: undefined } }],
    ['the refresh token', { refreshToken: 'r'.repeat(9000) }, { idToken: null, refreshToken: null, accessToken: 'access-1' }]
  ] as const) {
    const gateway = testGateway()
    const browser = await loggedIn(gateway, tokens)
    t.match((await gateway.sessions.open(browser.request()))?.session, left, what)
    t.match(gateway.log.lines, [{ level: 'error' }])
    t.notMatch(JSON.stringify(gateway.log.lines), /access-1|alice/)
  }
})

t.test('is not begun where even the access token is too long, and ends where it became so', async t => {
  const gateway = testGateway({ refresh: async () => alice(START, { accessToken: 'a'.repeat(9000) }) })
  await t.rejects(loggedIn(gateway, { accessToken: 'a'.repeat(9000) }), { name: 'IssuerError', kind: 'refused' })
  const browser = await loggedIn(gateway, {})
  gateway.clock.advance(290_000)
  t.equal(await gateway.sessions.open(browser.request()), null)
})

t.test('lies in the shared store where it is too long for one cookie', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const gateway = testGateway({ clock, store })
  const browser = await loggedIn(gateway, { accessToken: 'a'.repeat(20_000) })
  t.same([...browser.jar.keys()], ['__Host-gatehouse'])
  t.ok(browser.jar.get('__Host-gatehouse')!.length < 300)
  const open = await testGateway({ clock, store }).sessions.open(browser.request())
  t.equal(open?.session.accessToken, 'a'.repeat(20_000), 'another gateway finds it')
  t.notMatch([...store.written.values()].join(), /aaaa|alice/, 'and nobody can read it there')
  const [[key = '', value = ''] = []] = store.written
  t.test('as long as it may be used', async t => {
    await store.set(key.replace(/.$/, '_'), value, HOUR)
    clock.advance(HOUR - 1)
    t.ok(await store.get(key))
    clock.advance(1)
    t.equal(await gateway.sessions.open(browser.request()), null)
    t.equal(await store.get(key), null)
  })
})

t.test('is in the store under its own id only, and gone from there when it ends', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  const gateway = testGateway({ clock, store })
  const [mine, other] = [await loggedIn(gateway, { accessToken: 'a'.repeat(5000) }), await loggedIn(gateway, { accessToken: 'b'.repeat(5000) })]
  const [first = '', second = ''] = [...store.written.keys()]
  const kept = store.written.get(first)!
  await store.set(first, store.written.get(second)!, HOUR)
  t.equal(await gateway.sessions.open(mine.request()), null, 'somebody who writes to the store cannot exchange sessions')
  await store.set(first, kept, HOUR)
  t.ok(await gateway.sessions.open(mine.request()))
  mine.take(await gateway.sessions.end(mine.request()))
  t.same([await store.get(first), mine.jar.size], [null, 0])
  t.ok(await gateway.sessions.open(other.request()))
})
