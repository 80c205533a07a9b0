import t from 'tap'
import { redisStore } from '../../../../src/adapters/redis-store.ts'
import { systemClock } from '../../../../src/adapters/system-clock.ts'
import { fakeClock, fakeLog, type FakeClock } from '../../../../src/testing/index.ts'
import { startRedis, withoutRedis } from '../../../peers/redis-server.ts'
import { alice, LONG, TestBrowser, testGateway } from './session-browser.ts'

t.test('two gateways that share a Redis', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const clock: FakeClock = { ...fakeClock(), ...systemClock }
  const gateway = (refresh?: Parameters<typeof testGateway>[0] & object) => {
    const store = redisStore({ url: redis.url, timeout: 2000, prefix: 'gatehouse:' }, fakeLog())
    t.teardown(() => store.close())
    return testGateway({ clock, store, ...refresh })
  }
  const answer = async () => {
    await new Promise(setImmediate)
    return alice(Date.now(), { accessToken: 'access-2', refreshToken: 'refresh-2' })
  }
  const [one, two] = [gateway({ refresh: answer }), gateway({ refresh: answer })]

  t.test('refresh a token once, however many requests come to either', async t => {
    const browser = new TestBrowser()
    browser.take(await one.sessions.start(browser.request(), 'main', alice(Date.now(), { expiresAt: Date.now() })))
    const opened = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : two).sessions.open(browser.request())))
    t.same(new Set(opened.map(open => open?.session.accessToken)), new Set(['access-2']))
    t.equal(one.refreshes.length + two.refreshes.length, 1)
  })

  t.test('find each other\'s large sessions, and their end', async t => {
    const browser = new TestBrowser()
    browser.take(await one.sessions.start(browser.request(), 'main', alice(Date.now(), { ...LONG, accessToken: 'a'.repeat(20_000) })))
    t.equal((await two.sessions.open(browser.request()))?.session.accessToken.length, 20_000)
    t.equal(await one.sessions.logOut('main', { jti: 'j', sid: 'sid-1' }), true)
    t.equal(await two.sessions.logOut('main', { jti: 'j', sid: 'sid-1' }), false)
    t.equal(await two.sessions.open(browser.request()), null)
  })

  t.test('let nobody in while it is gone', async t => {
    const browser = new TestBrowser()
    browser.take(await one.sessions.start(browser.request(), 'main', alice(Date.now(), LONG)))
    await redis.stop()
    await t.rejects(two.sessions.open(browser.request()), { name: 'StoreUnavailable' })
  })
})
