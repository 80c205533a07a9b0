import t from 'tap'
import { StoreUnavailable } from '../../../../src/contract/store.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { CLAIMS, loggedIn, LONG, sharedStore, START, testGateway } from './session-browser.ts'

t.test('a logout at the issuer ends the session that it names, and no other of the user', async t => {
  const gateway = testGateway()
  const [here, elsewhere] = [await loggedIn(gateway), await loggedIn(gateway, { ...LONG, idToken: null, idClaims: { ...CLAIMS, sid: 'sid-2' } })]
  t.equal(await gateway.sessions.logOut('main', { jti: '1', sub: 'alice', sid: 'sid-1' }), true)
  t.equal(await gateway.sessions.open(here.request()), null)
  t.ok(await gateway.sessions.open(elsewhere.request()))
  gateway.clock.advance(1)
  t.ok(await gateway.sessions.open((await loggedIn(gateway)).request()), 'who logs in again is in')
})

t.test('a logout of a user ends all their sessions of that issuer', async t => {
  const gateway = testGateway()
  const [one, two, bob] = [await loggedIn(gateway), await loggedIn(gateway, { ...LONG, idToken: null, idClaims: { sub: 'alice' } }), await loggedIn(gateway, { ...LONG, idToken: null, idClaims: { sub: 'bob' } })]
  await gateway.sessions.logOut('other', { jti: '1', sub: 'alice' })
  t.ok(await gateway.sessions.open(one.request()))
  await gateway.sessions.logOut('main', { jti: '1', sub: 'alice' })
  t.same(await Promise.all([one, two].map(browser => gateway.sessions.open(browser.request()))), [null, null])
  t.ok(await gateway.sessions.open(bob.request()))
})

t.test('a logout of one session ends those of the user that cannot be told apart', async t => {
  const gateway = testGateway()
  const nameless = await loggedIn(gateway, { ...LONG, idToken: null, idClaims: { sub: 'alice' } })
  await gateway.sessions.logOut('main', { jti: '1', sub: 'alice', sid: 'sid-9' })
  t.equal(await gateway.sessions.open(nameless.request()), null)
})

t.test('a logout token counts once', async t => {
  const gateway = testGateway()
  t.equal(await gateway.sessions.logOut('main', { jti: '1', sid: 'sid-1' }), true)
  gateway.clock.advance(1)
  const browser = await loggedIn(gateway)
  t.equal(await gateway.sessions.logOut('main', { jti: '1', sid: 'sid-1' }), false)
  t.ok(await gateway.sessions.open(browser.request()), 'and ends nothing that began since')
})

t.test('a logout that could not be noted can be told again', async t => {
  const clock = fakeClock(START)
  const store = sharedStore(clock)
  let down = true
  const gateway = testGateway({ clock, store: { ...store, set: async (...args) => { if (down) throw new StoreUnavailable('down'); await store.set(...args) } } })
  await t.rejects(gateway.sessions.logOut('main', { jti: '1', sid: 'sid-1' }), { name: 'StoreUnavailable' })
  down = false
  t.equal(await gateway.sessions.logOut('main', { jti: '1', sid: 'sid-1' }), true)
})

t.test('a session that was ended is over, whatever the clock of who ended it shows', async t => {
  const gateway = testGateway()
  const browser = await loggedIn(gateway)
  const copy = browser.request()
  gateway.clock.set(START - 2_000)
  await gateway.sessions.end(browser.request())
  t.equal(await gateway.sessions.open(copy), null)
})
