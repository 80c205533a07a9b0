import t from 'tap'
import { IssuerError, StoreUnavailable } from '../../../../src/contract/index.ts'
import { tokenSet } from '../../../../src/testing/index.ts'
import { locationOf, setUp } from './set-up.ts'

t.test('goes back to a path of its own origin only', async t => {
  const { call, asked } = setUp()
  for (const target of ['//evil.test/', '/\\evil.test', '/a\\b', `/${'a'.repeat(2048)}`, '/a?b=c d']) {
    await call({ target })
    t.equal(locationOf(await call({ target: `/oauth2/callback?code=c&state=${asked.at(-1)!.state}` })), '/', target.slice(0, 20))
    await call({ method: 'POST', target: '/logout', headers: { 'sec-fetch-site': 'same-origin' } })
  }
  const setIn = setUp()
  t.equal(locationOf(await setIn.logIn('/a?return=https://evil.test')), '/a?return=https://evil.test')
})

t.test('keeps three logins in flight, one for each tab', async t => {
  const { call, asked, jar, clock } = setUp()
  for (const target of ['/a', '/b', '/c']) {
    clock.advance(1)
    await call({ target })
  }
  t.equal(jar.size, 3)
  await call({ target: '/d' })
  t.equal(jar.size, 3)
  const back = async (i: number) => await call({ target: `/oauth2/callback?code=c&state=${asked[i]!.state}` })
  t.equal((await back(0)).status, 400, 'the oldest gave way')
  t.equal(locationOf(await back(3)), '/d')
  t.equal(locationOf(await back(1)), '/b')
  t.equal(locationOf(await back(2)), '/c')
})

t.test('takes the place of a login that nobody finished', async t => {
  const { call, jar, clock, asked } = setUp()
  for (const target of ['/a', '/b', '/c']) await call({ target })
  clock.advance(600_000)
  await call({ target: '/d' })
  t.equal(jar.size, 3)
  t.equal((await call({ target: `/oauth2/callback?code=c&state=${asked[1]!.state}` })).status, 400)
})

t.test('refuses a callback that did not begin in this browser (login CSRF)', async t => {
  const { call, asked, redeemed, jar, count } = setUp()
  await call()
  const { state } = asked[0]!
  const [[name = '', value = ''] = []] = jar
  const refused = async (target: string, ownCookies: Record<string, string>) => {
    const called = await call({ target, ownCookies })
    t.match(called, { status: 400, reply: { code: 'GW_LOGIN_FAILED' }, x: { reason: 'no-flight' } })
  }
  await refused(`/oauth2/callback?code=c&state=${state}`, {})
  await refused('/oauth2/callback?code=c', { [name]: value })
  await refused(`/oauth2/callback?code=c&state=${state}&state=${state}`, { [name]: value })
  await refused(`/oauth2/callback?code=c&state=${state.slice(0, -1)}_`, { [name]: value })
  await refused(`/oauth2/callback?code=c&state=${state}x`, { [name]: value })
  await refused(`/oauth2/callback?code=c&state=${state}`, { [name]: 'forged' })
  t.same(redeemed, [])
  t.equal(count('gatehouse_logins_total', { outcome: 'no-flight' }), 6)
})

t.test('refuses a login in flight for another issuer, and one that took longer than ten minutes', async t => {
  const main = setUp()
  const other = setUp({ config: { issuer: 'other' } })
  await other.call()
  const ownCookies = Object.fromEntries(other.jar)
  t.equal((await main.call({ target: `/oauth2/callback?code=c&state=${other.asked[0]!.state}`, ownCookies })).status, 400)
  await main.call()
  main.clock.advance(600_000)
  t.equal((await main.call({ target: `/oauth2/callback?code=c&state=${main.asked[0]!.state}` })).status, 400)
})

t.test('takes a callback twice for what it is: the user is logged in already', async t => {
  const { call, logIn, asked, jar } = setUp()
  await logIn('/orders')
  const again = await call({ target: `/oauth2/callback?code=c1&state=${asked[0]!.state}` })
  t.match([again.status, locationOf(again)], [303, '/'])
  const elsewhere = await setUp({ config: { issuer: 'other' } }).call({ target: '/oauth2/callback?code=c1&state=0', ownCookies: Object.fromEntries(jar) })
  t.equal(elsewhere.status, 400, 'but not at another issuer')
})

t.test('says that a login was denied, in its own words', async t => {
  const { call, asked, jar, redeemed, count } = setUp()
  await call()
  const called = await call({ target: `/oauth2/callback?error=access_denied&error_description=<script>alert(1)</script>&state=${asked[0]!.state}` })
  t.match(called, { status: 400, reply: { code: 'GW_LOGIN_FAILED' }, x: { reason: 'denied' } })
  t.notMatch(called.text, /script|access_denied/)
  t.same([jar.size, redeemed], [0, []])
  t.equal(count('gatehouse_logins_total', { outcome: 'denied' }), 1)
})

t.test('refuses where the issuer refuses the code, or gives nothing to know the user by', async t => {
  for (const setting of [{ client: { redeemCode: async () => { throw new IssuerError('refused', 'secret words', 'invalid_grant') } } }, { tokens: { idClaims: null } }]) {
    const { logIn, jar } = setUp(setting)
    const called = await logIn()
    t.match(called, { status: 400, reply: { code: 'GW_LOGIN_FAILED' }, x: { reason: 'refused' } })
    t.notMatch(called.text, 'secret words')
    t.equal(jar.size, 0)
  }
})

t.test('tells operators what the issuer has said, once a minute', async t => {
  const told = (services: ReturnType<typeof setUp>['services']) => services.log.lines.filter(({ level }) => level === 'warn')
  const wrongSecret = setUp({ client: { redeemCode: async () => { throw new IssuerError('refused', 'code at https://issuer.test: invalid_client (401)', 'invalid_client') } } })
  for (let i = 0; i < 3; i++) await wrongSecret.logIn()
  t.match(told(wrongSecret.services), [{ fields: { 'gatehouse.issuer': 'main', 'error.message': 'code at https://issuer.test: invalid_client (401)' } }])
  t.equal(told(wrongSecret.services).length, 1)
  wrongSecret.clock.advance(60_000)
  await wrongSecret.logIn()
  t.equal(told(wrongSecret.services).length, 2)
  const down = setUp({ client: { authorizationUrl: async () => { throw new IssuerError('unavailable', 'no metadata') } } })
  t.equal((await down.call()).status, 503)
  t.match(told(down.services), [{ fields: { 'error.message': 'no metadata' } }])
})

t.test('cannot say where the issuer is down, and takes the same callback later', async t => {
  let down = true
  const { logIn, call, asked } = setUp({
    client: {
      redeemCode: async () => {
        if (down) throw new IssuerError('unavailable', 'down')
        return tokenSet({ accessToken: 'a', idClaims: { sub: 'alice' } })
      }
    }
  })
  t.match(await logIn(), { status: 503, reply: { code: 'GW_IDENTITY_UNAVAILABLE' } })
  down = false
  t.equal((await call({ target: `/oauth2/callback?code=c1&state=${asked[0]!.state}` })).status, 303)
})

t.test('redeems a few codes at one time: a flood of callbacks does not keep other calls from the issuer', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  const { call, asked: left } = setUp({
    client: {
      redeemCode: async () => {
        asked++
        await promise
        throw new IssuerError('refused', 'no such code', 'invalid_grant')
      }
    }
  })
  await call()
  const back = () => call({ target: `/oauth2/callback?code=made-up&state=${left[0]!.state}` })
  const turnedAway: number[] = []
  const cookies = Array.from({ length: 40 }, () => back().then(answer => {
    if (answer.status === 503) turnedAway.push(answer.status)
    return answer
  }))
  const late = await back()
  t.match(late, { status: 503, reply: { code: 'GW_IDENTITY_UNAVAILABLE' } })
  t.ok(late.reply.headers.all('set-cookie').length === 0, 'and can be tried again')
  // One that comes only now would find a place when the others have gone
  while (turnedAway.length < 32) await new Promise(resolve => { setImmediate(resolve) })
  t.equal(asked, 8)
  resolve()
  t.equal((await Promise.all(cookies)).filter(({ status }) => status === 400).length, 8)
})

t.test('takes only GET on the callback', async t => {
  const { call } = setUp()
  const called = await call({ method: 'POST', target: '/oauth2/callback' })
  t.match([called.status, called.reply.headers.get('allow')], [405, 'GET'])
})

t.test('asks for a new login where the last proof is too old', async t => {
  const at = 1_800_000_000
  const { call, logIn, asked, clock } = setUp({ config: { maxAge: '10m' }, tokens: { idClaims: { sub: 'alice', auth_time: at } } })
  t.equal((await logIn()).status, 303)
  t.same(asked[0]!.parameters, { max_age: '600' })
  clock.advance(660_000)
  t.equal((await call()).status, 200)
  clock.advance(1)
  t.match(await call(), { status: 302, x: { principal: null } })
  const silent = setUp({ config: { maxAge: '10m' } })
  t.match(await silent.logIn(), { status: 400, x: { reason: 'too-old' } }, 'an issuer that does not say when has not asked')
})

t.test('does not begin a session while the one before it cannot be ended', async t => {
  let down = false
  const { call, asked, jar } = setUp({
    store: {
      set: async () => { if (down) throw new StoreUnavailable('down') }
    }
  })
  await call({ target: '/a' })
  await call({ target: '/b' })
  t.equal((await call({ target: `/oauth2/callback?code=c&state=${asked[0]!.state}` })).status, 303)
  const before = jar.get('__Host-gatehouse')
  down = true
  t.match(await call({ target: `/oauth2/callback?code=c&state=${asked[1]!.state}` }), { status: 503, reply: { code: 'GW_IDENTITY_UNAVAILABLE' } })
  t.equal(jar.get('__Host-gatehouse'), before)
})
