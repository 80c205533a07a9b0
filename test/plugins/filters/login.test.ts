import t from 'tap'
import login from '../../../plugins/filters/login/index.ts'
import { IssuerError, principal, StoreUnavailable } from '../../../src/contract/index.ts'
import { mount, tokenSet, type TestRequest } from '../../../src/testing/index.ts'
import { cookiesOf, locationOf, SETTINGS, setUp } from './login/set-up.ts'

t.test('sends whoever wants a page to the issuer, and keeps the way back in a sealed cookie', async t => {
  const { call, asked, count } = setUp({ config: { scopes: ['openid', 'profile'], parameters: { prompt: 'login' } } })
  const called = await call({ target: '/orders?page=2' })
  t.equal(called.status, 302)
  t.equal(locationOf(called), `https://issuer.test/authorize?state=${asked[0]!.state}`)
  t.match(called.reply, { code: 'GW_UNAUTHENTICATED', body: null })
  t.equal(called.reply.headers.get('cache-control'), 'no-store')
  t.match(called.reply.headers.get('vary'), /Cookie/)
  t.match(cookiesOf(called), [/^__Host-gatehouse\.login\.[012]=[\w.-]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/])
  t.match(asked, [{ redirectUri: 'https://app.test/oauth2/callback', scopes: ['openid', 'profile'], parameters: { prompt: 'login' } }])
  const { state, nonce, codeVerifier } = asked[0]!
  t.equal(new Set([state.slice(1), nonce, codeVerifier]).size, 3)
  for (const secret of [state, nonce, codeVerifier]) {
    t.ok(secret.length >= 43)
    t.notMatch(cookiesOf(called).join(), secret)
  }
  t.equal(count('gatehouse_credentials_refused_total', { reason: 'missing' }), 1)
})

t.test('knows a page by Sec-Fetch-Mode, or without it by Accept', async t => {
  const { call } = setUp()
  const status = async (request: TestRequest) => (await call(request)).status
  t.equal(await status({ headers: { 'sec-fetch-mode': 'navigate' } }), 302)
  t.equal(await status({ headers: { accept: 'text/html,application/xhtml+xml' } }), 302)
  for (const headers of [{}, { 'sec-fetch-mode': 'cors', accept: 'text/html' }, { 'sec-fetch-mode': 'no-cors' }, { accept: 'application/json' }, { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' }] as Record<string, string>[]) {
    t.equal(await status({ headers }), 401)
  }
  for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT']) t.equal(await status({ method }), 401)
})

t.test('answers what is no page with 401 and no redirect', async t => {
  const { call } = setUp()
  const called = await call({ headers: { 'sec-fetch-mode': 'cors' } })
  t.match(called, { status: 401, reply: { code: 'GW_UNAUTHENTICATED' }, x: { reason: 'missing', principal: null } })
  t.equal(locationOf(called), undefined)
  t.equal(called.reply.headers.get('www-authenticate'), 'Bearer')
  t.same(cookiesOf(called), [])
})

t.test('logs in: redeems the code, begins a session and goes back to the page', async t => {
  const { call, logIn, redeemed, asked, jar, count } = setUp({ upstream: { body: 'orders' } })
  const back = await logIn()
  t.equal(back.status, 303)
  t.equal(locationOf(back), '/orders?page=2')
  t.equal(back.reply.headers.get('cache-control'), 'no-store')
  t.match(redeemed, [{ callback: `https://app.test/oauth2/callback?code=c1&state=${asked[0]!.state}`, request: asked[0] }])
  t.same([...jar.keys()], ['__Host-gatehouse'], 'the flight has landed')
  const page = await call({ target: '/orders?page=2' })
  t.match(page, { status: 200, text: 'orders', x: { principal: { subject: 'alice', source: 'session', token: 'access-1' }, session: { session: { issuer: 'main' } } } })
  t.equal(page.reply.headers.get('vary'), 'Cookie')
  t.equal(count('gatehouse_logins_total', { outcome: 'ok' }), 1)
  t.equal((await call({ method: 'POST', headers: { 'sec-fetch-mode': 'cors' } })).status, 200, 'scripts of the page are let in as well')
})

t.test('lets in whom a filter before it has authenticated', async t => {
  const { call } = setUp()
  const { status, x } = await call({ principal: principal({ subject: 'robot', source: 'test', level: 2 }) })
  t.match([status, x.principal?.subject, x.session], [200, 'robot', null])
})

t.test('is 503 where the issuer cannot be found or the store is down, and lets nobody in', async t => {
  const down = async (): Promise<never> => { throw new StoreUnavailable('down') }
  const lost = setUp({ client: { authorizationUrl: async () => { throw new IssuerError('unavailable', 'down') } } })
  t.match(await lost.call(), { status: 503, reply: { code: 'GW_IDENTITY_UNAVAILABLE' }, x: { reason: 'unavailable' } })
  const { logIn, call, count } = setUp({ store: { getAll: down } })
  await logIn()
  t.match(await call(), { status: 503, x: { principal: null } })
  t.equal(count('gatehouse_credentials_refused_total', { reason: 'unavailable' }), 1)
})

t.test('tells a bug from an issuer that is down', async t => {
  const bug = async (): Promise<never> => { throw new TypeError('a bug') }
  t.match(await setUp({ client: { authorizationUrl: bug } }).call(), { status: 500, reply: { code: 'GW_FILTER_FAILED' } })
  t.match(await setUp({ client: { redeemCode: bug } }).logIn(), { status: 500 })
  t.match(await setUp({ store: { getAll: bug, get: bug }, client: { endSessionUrl: bug } }).call({ method: 'POST', target: '/logout' }), { status: 500 })
})

t.test('puts the cookies of a session that changed on the reply, for no cache to share', async t => {
  const { call, logIn, clock } = setUp({ upstream: { headers: { 'cache-control': 'public, max-age=60', vary: 'Accept' } } })
  await logIn()
  t.equal((await call()).reply.headers.get('cache-control'), 'public, max-age=60')
  clock.advance(SETTINGS.idle / 2)
  const { reply } = await call()
  t.match(reply.headers.all('set-cookie'), [/^__Host-gatehouse=/])
  t.equal(reply.headers.get('cache-control'), 'private, no-cache')
  t.equal(reply.headers.get('vary'), 'Accept, Cookie')
  for (const [name, value] of [['cache-control', 'no-store'], ['cache-control', 'max-age=1, private'], ['vary', 'accept, cookie'], ['vary', '*']] as const) {
    const kept = setUp({ upstream: { headers: { [name]: value } } })
    await kept.logIn()
    kept.clock.advance(SETTINGS.idle / 2)
    t.equal((await kept.call()).reply.headers.get(name), value)
  }
})

t.test('clears a session that is over on the way to the next', async t => {
  const { call, logIn, clock, jar } = setUp()
  await logIn()
  clock.advance(SETTINGS.idle)
  const script = await call({ headers: { 'sec-fetch-mode': 'cors' } })
  t.match([script.status, cookiesOf(script)], [401, [/^__Host-gatehouse=; Max-Age=0/]])
  jar.set('__Host-gatehouse', 'garbage')
  const page = await call()
  t.match([page.status, cookiesOf(page)], [302, [/^__Host-gatehouse=; Max-Age=0/, /^__Host-gatehouse\.login/]])
})

t.test('sends who is logged in at another issuer to its own, and leaves that session be', async t => {
  const { logIn, jar, sessions } = setUp()
  await logIn()
  const other = setUp({ config: { issuer: 'other' } })
  const called = await other.call({ ownCookies: Object.fromEntries(jar) })
  t.match(called, { status: 302, x: { principal: null, session: null } })
  t.notMatch(cookiesOf(called).join(), /__Host-gatehouse=/)
  t.ok(await sessions.open((await other.call({ ownCookies: Object.fromEntries(jar) })).x))
})

t.test('takes paths and origin from its config', async t => {
  const { call, asked } = setUp({ config: { callback: '/in', logout: '/out', backchannelLogout: '/gone', origin: 'https://www.example.com', afterLogout: '/bye' } })
  await call({ target: '/logout' })
  t.equal(asked[0]!.redirectUri, 'https://www.example.com/in')
  t.equal(locationOf(await call({ target: `/in?code=c&state=${asked[0]!.state}` })), '/logout')
  t.equal(locationOf(await call({ target: '/out', method: 'POST', headers: { origin: 'https://www.example.com' } })), 'https://issuer.test/end?hint=id-token&to=https://www.example.com/bye')
  t.equal((await call({ target: '/gone', method: 'POST' })).status, 415)
})

t.test('with report: true lets everybody pass, and still knows who is logged in', async t => {
  const { call, decisions, sessions, services, clock } = setUp({ options: { report: true } })
  t.match(await call(), { status: 200, x: { principal: null } })
  t.equal(decisions('would-refuse'), 1)
  const { x } = await call()
  const [cookie = ''] = await sessions.start(x, 'main', tokenSet({ accessToken: 'a', idClaims: { sub: 'alice' } }))
  clock.advance(1)
  t.match(await call({ ownCookies: { '__Host-gatehouse': cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';')) } }), { status: 200, x: { principal: { subject: 'alice' } } })
  t.match(services.log.lines, [{ message: 'would have refused' }, { message: 'would have refused' }])
})

t.test('names the key that is wrong', async t => {
  const sessions = setUp().sessions
  const wrong = (config: object, pointer: string, code = 'GW_CONFIG_INVALID') => {
    t.throws(() => mount(login, { issuer: 'main', ...config }, {}, { services: { sessions } }), { errors: [{ code, pointer: `/login${pointer}` }] }, JSON.stringify(config))
  }
  wrong({ issuer: 'unknown' }, '/issuer', 'GW_CONFIG_UNKNOWN_ISSUER')
  wrong({ scopes: ['profile'] }, '/scopes')
  wrong({ scopes: ['openid profile'] }, '/scopes/0')
  wrong({ logout: '/oauth2/callback' }, '/logout', 'GW_CONFIG_DUPLICATE')
  wrong({ backchannelLogout: '/logout' }, '/backchannelLogout', 'GW_CONFIG_DUPLICATE')
  wrong({ parameters: { state: 'x' } }, '/parameters/state', 'GW_CONFIG_NO_EFFECT')
  wrong({ parameters: { max_age: '1' } }, '/parameters/max_age', 'GW_CONFIG_NO_EFFECT')
  for (const callback of ['callback', '//evil', '/a?b', '/a b', '/%2e', '/']) wrong({ callback }, '/callback')
  for (const afterLogout of ['//evil.test', '/\\evil.test', 'javascript:alert(1)', 'goodbye']) wrong({ afterLogout }, '/afterLogout')
  for (const origin of ['https://a.test/', 'a.test', 'https://a.test/b']) wrong({ origin }, '/origin')
  t.throws(() => mount(login, { issuer: 'main' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/login' }] }, 'needs gateway.session')
})
