import t from 'tap'
import authenticate from '../../../../plugins/filters/authenticate/index.ts'
import { IssuerError, principal, StoreUnavailable, type OpenSession, type Sessions } from '../../../../src/contract/index.ts'
import { exchange, fakeIssuers, mount, type TestReply, type TestRequest } from '../../../../src/testing/index.ts'

const ANN = principal({ subject: 'ann', source: 'session', level: 2 })
const COOKIES = { '__Host-gatehouse': 'sealed' }
const open = (over: Partial<OpenSession> = {}, issuer = 'main'): OpenSession => ({
  session: { id: 's1', issuer, subject: 'ann', sid: null, claims: {}, scopes: [], accessToken: 'at', accessExpiresAt: null, refreshToken: null, idToken: null, startedAt: 0, usedAt: 0 },
  principal: ANN,
  cookies: [],
  ...over
})
const opens = (result: OpenSession | null | Error) => ({
  open: async x => {
    if (result instanceof Error) throw result
    x.session = result
    return result
  }
}) as Pick<Sessions, 'open'> as Sessions

const room = (result: OpenSession | null | Error = open(), config: unknown = 'session', upstream: TestReply = {}) =>
  mount(authenticate, config, upstream, { services: { sessions: opens(result), issuers: fakeIssuers({ issuers: { main: 'https://a.test', partner: 'https://b.test' } }) } })

t.test('the caller is whose session it is', async t => {
  const { x, reply } = await room().call({ ownCookies: COOKIES })
  t.equal(x.principal, ANN)
  t.notOk(reply.headers.has('set-cookie'))
})

t.test('asks for no session where there is no cookie of ours', async t => {
  t.match(await room(new Error('asked')).call(), { status: 401, x: { reason: 'missing' } })
})

t.test('a session that is over is none', async t => {
  t.match(await room(null).call({ ownCookies: COOKIES }), { status: 401, x: { reason: 'missing', principal: null } })
  t.match(await room(null, { ways: 'session', optional: true }).call({ ownCookies: COOKIES }), { status: 200, x: { principal: null } })
})

t.test('brings the browser up to date', async t => {
  const upstream = { headers: { 'set-cookie': 'theirs=1', 'cache-control': 'public, max-age=60' } }
  const { reply } = await room(open({ cookies: ['a=1; Secure', 'b=2; Secure'] }), 'session', upstream).call({ ownCookies: COOKIES })
  t.same(reply.headers.all('set-cookie'), ['theirs=1', 'a=1; Secure', 'b=2; Secure'])
  t.equal(reply.headers.get('cache-control'), 'no-store', 'and no cache keeps that')
})

t.test('brings it up to date where the request is refused too: the old tokens are used up', async t => {
  const { status, reply } = await room(open({ cookies: ['a=1; Secure'] })).call({ ownCookies: COOKIES, method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })
  t.equal(status, 403)
  t.same(reply.headers.all('set-cookie'), ['a=1; Secure'])
})

t.test('leaves the cookies to whoever has opened the session before', async t => {
  const { x, reply } = await room(new Error('asked')).call({ session: open({ cookies: ['a=1'] }) })
  t.equal(x.principal, ANN)
  t.notOk(reply.headers.has('set-cookie'))
})

t.test('no cache in front gives the reply to somebody else: it varies by cookie', async t => {
  const varies = async (upstream: TestReply) => (await room(open(), 'session', { headers: { 'cache-control': 'max-age=60' }, ...upstream }).call({ ownCookies: COOKIES })).reply.headers.all('vary')
  t.same(await varies({}), ['Cookie'])
  t.same(await varies({ headers: { vary: 'X-Passport' } }), ['X-Passport', 'Cookie'])
  t.same(await varies({ headers: { vary: 'Accept, cookie' } }), ['Accept, cookie'])
  t.same(await varies({ headers: { vary: '*' } }), ['*'])
  const anonymous = await room(null, { ways: 'session', optional: true }).call({ ownCookies: COOKIES })
  t.notOk(anonymous.reply.headers.has('vary'))
})

t.test('takes sessions of the issuers that count alone', async t => {
  const config = { ways: 'session', issuers: 'main' }
  t.equal((await room(open({}, 'main'), config).call({ ownCookies: COOKIES })).status, 200)
  t.match(await room(open({}, 'partner'), config).call({ ownCookies: COOKIES }), { status: 401, x: { reason: 'unknown-issuer', principal: null } })
})

t.test('answers 503 where the session cannot be opened', async t => {
  for (const error of [new StoreUnavailable(), new IssuerError('unavailable', 'down')]) {
    t.match(await room(error).call({ ownCookies: COOKIES }), { reply: { code: 'GW_IDENTITY_UNAVAILABLE' }, x: { reason: 'unavailable', principal: null } })
  }
})

t.test('hides no bug behind that', async t => {
  t.equal((await room(new TypeError('bug')).call({ ownCookies: COOKIES })).reply.code, 'GW_FILTER_FAILED')
})

const from = (headers: Record<string, string>, over: TestRequest = {}): TestRequest => ({ method: 'POST', scheme: 'https', host: 'App.test:443', ownCookies: COOKIES, ...over, headers })

t.test('refuses what a page of another origin may have sent', async t => {
  const { call, services: { registry } } = room()
  const requests = {
    'another site': from({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }),
    'another host of the site': from({ 'sec-fetch-site': 'same-site', origin: 'https://blog.app.test' }),
    'a browser without Fetch Metadata': from({ origin: 'https://evil.test' }),
    'plain http': from({ origin: 'http://app.test' }),
    'another port': from({ origin: 'https://app.test:8443' }),
    'an origin nobody may know': from({ origin: 'null' }),
    'no word of where it is from': from({}),
    'two words': from({ 'sec-fetch-site': 'same-origin, cross-site' }),
    'no host': from({ origin: '' }, { host: '' })
  }
  for (const [what, request] of Object.entries(requests)) {
    const { reply, x } = await call(request)
    t.match(reply, { status: 403, code: 'GW_FORBIDDEN' }, what)
    t.match(x, { reason: 'cross-site', principal: null }, what)
  }
  const counted = registry.samples().find(({ name }) => name === 'gatehouse_credentials_refused_total')
  t.match(counted, { labels: { reason: 'cross-site' }, value: 9 })
})

t.test('lets through what a page of its own has sent', async t => {
  const requests = [
    from({ 'sec-fetch-site': 'same-origin', origin: 'https://app.test' }),
    from({ 'sec-fetch-site': 'same-origin', origin: 'null' }),
    from({ 'sec-fetch-site': 'none' }),
    from({ origin: 'https://app.test' })
  ]
  for (const request of requests) t.equal((await room().call(request)).status, 200, JSON.stringify(request.headers))
})

t.test('lets every page read, as the same-origin policy hides the answer', async t => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) t.equal((await room().call(from({ 'sec-fetch-site': 'cross-site' }, { method }))).status, 200)
})

t.test('takes a WebSocket for a change', async t => {
  const phases = authenticate.create({ ways: ['session'], optional: false, forward: false }, { routeId: 'r', upstreams: [], services: { ...room().services, sessions: opens(open()) } })
  for (const [origin, status] of [['https://evil.test', 403], ['https://app.test', undefined]] as const) {
    const x = exchange(from({ origin }, { method: 'GET' }))
    x.upgrade = 'websocket'
    await phases.request!(x)
    t.equal(x.reply?.status, status)
  }
})

t.test('lets through what other origins send that the room names', async t => {
  const { call } = room(open(), { ways: [{ session: { origins: ['https://Admin.test:443', 'http://localhost:3000'] } }] })
  t.equal((await call(from({ 'sec-fetch-site': 'cross-site', origin: 'https://admin.test' }))).status, 200)
  t.equal((await call(from({ origin: 'http://localhost:3000' }))).status, 200)
  t.equal((await call(from({ 'sec-fetch-site': 'cross-site', origin: 'https://admin.test:444' }))).status, 403)
})

t.test('checks nothing of the kind where the caller is proved otherwise', async t => {
  const { call } = mount(authenticate, { ways: ['bearer', 'session'] }, {}, { services: { sessions: opens(open()), issuers: fakeIssuers({ tokens: { token: ANN } }) } })
  t.equal((await call(from({ authorization: 'Bearer token', origin: 'https://evil.test' }))).status, 200)
})

t.test('names what is wrong with its config', async t => {
  t.throws(() => mount(authenticate, 'session'), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/authenticate' }] })
  t.throws(() => room(open(), { ways: 'session', forward: true }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/authenticate/forward' }] })
  t.throws(() => room(open(), { ways: 'session', realm: 'x' }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/authenticate/realm' }] })
  for (const origin of ['app.test', 'https://app.test/', 'ftp://app.test', 'https://']) {
    t.throws(() => room(open(), { ways: [{ session: { origins: [origin] } }] }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/authenticate/ways/0/session/origins/0' }] }, origin)
  }
})
