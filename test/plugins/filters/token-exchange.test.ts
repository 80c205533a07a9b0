import t from 'tap'
import tokenExchange from '../../../plugins/filters/token-exchange/index.ts'
import { BreakerRefusal, IssuerError, principal, type BreakerOptions, type OAuthClient, type OpenSession, type Principal, type Session } from '../../../src/contract/index.ts'
import { fakeBreaker, fakeIssuers, mount, tokenSet, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'

type Asked = Parameters<OAuthClient['exchange']>[0]
type Ask = OAuthClient['exchange']

const CONFIG = { issuer: 'main', scopes: ['a', 'b'], audience: 'orders' }
const caller = (known: Partial<Principal> = {}): Principal => principal({ subject: 'alice', source: 'jwt', level: 2, token: 'of-alice', expiresAt: 1_000_000, ...known })
const ALICE = { principal: caller() }
const refused = (error: string | null) => () => Promise.reject(new IssuerError('refused', 'no', error))
const down = () => Promise.reject(new IssuerError('unavailable', 'down'))

function session (accessExpiresAt: number | null): OpenSession {
  const known: Session = {
    id: 's', issuer: 'main', subject: 'alice', sid: null, claims: {}, scopes: [], accessToken: 'of-session', accessExpiresAt, refreshToken: null, idToken: null, startedAt: 0, usedAt: 0
  }
  return { session: known, principal: caller({ source: 'session', token: 'of-session', expiresAt: 60_000 }), cookies: [] }
}

/** A gateway whose issuer answers as `ask` does; by default with the subject token and a number, for five minutes, with scope a. */
function start (config: unknown = CONFIG, { ask, ...options }: MountOptions & { ask?: Ask } = {}) {
  const asked: Asked[] = []
  const life: { ask: Ask, now: () => number } = {
    ask: ask ?? (async ({ subjectToken }) => tokenSet({ accessToken: `${subjectToken}-${asked.length}`, expiresAt: life.now() + 300_000, scopes: ['a'] })), now: () => 0
  }
  const issuers = fakeIssuers({ client: { exchange: parameters => { asked.push(parameters); return life.ask(parameters) } } })
  const services = { issuers, ...options.services }
  const mounted = mount(tokenExchange, config, {}, { ...options, services })
  const { clock, log } = mounted.services
  life.now = clock.now
  const sent = async (request: TestRequest = ALICE) => (await mounted.call(request)).x.headers.get('authorization')
  return { ...mounted, asked, life, clock, log, sent, services }
}

t.test('sends the exchanged token in place of the caller\'s', async t => {
  const { sent, asked, decisions } = start()
  t.equal(await sent({ ...ALICE, headers: { authorization: ['Bearer of-alice', 'Basic YTpi'] } }), 'Bearer of-alice-1')
  t.strictSame(asked, [{ subjectToken: 'of-alice', scopes: ['a', 'b'], audience: 'orders' }])
  t.equal(await sent(), 'Bearer of-alice-1')
  t.equal(await sent({ principal: caller({ token: 'of-bob' }) }), 'Bearer of-bob-2', 'each caller has one of his own')
  t.equal(asked.length, 2)
  t.equal(decisions('passed'), 3)
})

t.test('exchanges the token of the session where that proved the caller', async t => {
  const open = session(30_000)
  for (const [request, expected] of [
    [{ session: open }, 'Bearer of-session-1'],
    [{ session: open, principal: open.principal }, 'Bearer of-session-1'],
    [{ session: open, ...ALICE }, 'Bearer of-alice-1']
  ] as const) t.equal(await start().sent(request), expected)
})

t.test('asks for what it is told', async t => {
  const { sent, asked } = start({ issuer: 'main', resource: 'https://orders.test/api' })
  t.equal(await sent(), 'Bearer of-alice-1')
  t.strictSame(asked, [{ subjectToken: 'of-alice', scopes: [], resource: 'https://orders.test/api' }])
})

t.test('puts the token in another header', async t => {
  const { call } = start({ ...CONFIG, header: 'X-Orders-Token' })
  const { x } = await call({ ...ALICE, headers: { 'x-orders-token': ['a', 'b'], authorization: 'Basic YTpi' } })
  t.same(x.headers.all('x-orders-token'), ['Bearer of-alice-1'])
  t.equal(x.headers.get('authorization'), 'Basic YTpi')
})

t.test('asks once for all who wait, and for all routes that want the same', async t => {
  const { sent, asked, services } = start()
  const same = start({ audience: 'orders', issuer: 'main', scopes: ['b', 'a'] }, { services })
  const other = start({ ...CONFIG, scopes: ['a'] }, { services })
  const all = await Promise.all([sent(), sent(), same.sent(), other.sent()])
  t.strictSame(all.slice(0, 3), Array(3).fill('Bearer of-alice-1'))
  t.strictSame(asked.map(({ scopes }) => scopes.length), [2, 1])
})

t.test('never uses a token longer than the one it was made from lives', async t => {
  for (const [request, livesMs] of [
    [{ principal: caller({ expiresAt: 60_000 }) }, 60_000],
    [{ principal: caller() }, 300_000],
    [{ session: session(30_000) }, 30_000],
    [{ session: session(null) }, 60_000]
  ] as const) {
    const { call, asked, life, clock } = start()
    await call(request)
    life.ask = down
    clock.advance(livesMs - 1)
    t.equal((await call(request)).status, 200)
    t.equal(asked.length, 2, 'renewed before that, if the issuer can be asked')
    clock.advance(1)
    t.equal((await call(request)).status, 503)
  }
})

t.test('renews ahead of the end, without making anybody wait', async t => {
  const { sent, asked, clock } = start()
  await sent()
  clock.advance(217_000)
  t.equal(await sent(), 'Bearer of-alice-1')
  t.equal(await sent(), 'Bearer of-alice-2')
  t.equal(asked.length, 2)
})

t.test('a token whose end is not told is used for a minute, one of a caller who is over once', async t => {
  const { sent, asked, clock } = start(CONFIG, { ask: async () => tokenSet({ accessToken: 'unsaid' }) })
  await sent()
  clock.advance(40_000)
  await sent()
  t.equal(asked.length, 1)
  clock.advance(20_000)
  await sent()
  t.equal(asked.length, 2)
  const over = start()
  const request = { principal: caller({ expiresAt: -1 }) }
  t.strictSame([await over.sent(request), await over.sent(request)], ['Bearer of-alice-1', 'Bearer of-alice-2'])
})

for (const error of ['invalid_grant', 'invalid_request', 'invalid_target', 'invalid_scope', 'access_denied', null]) {
  t.test(`a token that is refused (${error}) is forbidden, and asked about again only after a while`, async t => {
    const { call, asked, clock, life, decisions } = start(CONFIG, { ask: refused(error) })
    const answer = await call({ ...ALICE, headers: { authorization: 'Bearer of-alice' } })
    t.match(answer, { status: 403, reply: { code: 'GW_FORBIDDEN' }, x: { reason: 'exchange-refused' } })
    t.notMatch(answer.text, /invalid|denied/)
    t.match(await call(ALICE), { status: 403 })
    t.equal(asked.length, 1)
    t.equal(decisions('refused'), 2)
    clock.advance(5000)
    life.ask = async () => tokenSet({ accessToken: 'now' })
    t.equal((await call(ALICE)).status, 200)
  })
}

t.test('a caller who is refused when it is time to renew is out', async t => {
  const { call, life, clock } = start()
  await call(ALICE)
  life.ask = refused('invalid_grant')
  clock.advance(280_000)
  t.equal((await call(ALICE)).status, 403)
  t.equal((await call(ALICE)).status, 403)
})

for (const [name, ask] of [
  ['cannot be asked', down],
  ['does not know the gateway', refused('invalid_client')],
  ['lets the gateway do no such thing', refused('unauthorized_client')],
  ['knows no token exchange', refused('unsupported_grant_type')],
  ['gives more than was asked for', async () => tokenSet({ accessToken: 'too-much', expiresAt: 300_000, scopes: ['a', 'admin'] })]
] as const) {
  t.test(`an issuer that ${name} is no answer about the caller`, async t => {
    const { call, asked, clock, log } = start(CONFIG, { ask })
    const answer = await call({ ...ALICE, headers: { authorization: 'Bearer of-alice' } })
    t.match(answer, { status: 503, reply: { code: 'GW_TOKEN_UNAVAILABLE' }, x: { reason: 'unavailable' } })
    await call(ALICE)
    t.equal(asked.length, 1)
    clock.advance(1000)
    await call(ALICE)
    t.equal(asked.length, 2)
    t.match(log.lines, [{ level: 'warn', fields: { 'gatehouse.issuer': 'main' } }, { level: 'warn' }])
    t.notMatch(JSON.stringify(log.lines), /of-alice|too-much/)
  })
}

t.test('counts for the breaker only what the issuer fails at', async t => {
  const made: BreakerOptions[] = []
  const failures: unknown[] = []
  const breaker = (options: BreakerOptions) => {
    made.push(options)
    return fakeBreaker({ run: async act => await act().catch((error: unknown) => { failures.push(error); throw error }) })
  }
  await start(CONFIG, { ask: refused('invalid_grant'), services: { breaker } }).call(ALICE)
  t.strictSame(failures, [])
  await start(CONFIG, { ask: down, services: { breaker } }).call(ALICE)
  t.equal(failures.length, 1)
  t.match(made, [{ name: 'token-exchange main' }, { name: 'token-exchange main' }])
  const open = start(CONFIG, { services: { breaker: () => fakeBreaker({ state: 'open', run: () => Promise.reject(new BreakerRefusal('open')) }) } })
  t.match(await open.call(ALICE), { status: 503 })
  t.strictSame([open.asked, open.log.lines], [[], []])
})

t.test('refuses who has no token to exchange', async t => {
  const { call, asked } = start()
  const anonymous = await call({ headers: { authorization: 'Bearer not-checked' } })
  t.match(anonymous, { status: 401, reply: { code: 'GW_UNAUTHENTICATED' }, x: { reason: 'missing' } })
  t.equal(anonymous.reply.headers.get('www-authenticate'), 'Bearer')
  t.match(await call({ principal: caller({ source: 'api-key', token: null }), session: session(null) }), { status: 403, reply: { code: 'GW_FORBIDDEN' } })
  t.strictSame(asked, [])
})

t.test('counts whom it refused, by reason', async t => {
  const { services, call } = mount(tokenExchange, CONFIG)
  await call()
  await call(ALICE)
  const counted = services.registry.samples().filter(({ name }) => name === 'gatehouse_credentials_refused_total').map(({ labels, value }) => [labels['reason'], value])
  t.strictSame(counted.sort(), [['missing', 1], ['unavailable', 1]])
})

t.test('lets them pass without any token where none is required', async t => {
  const { call } = start({ ...CONFIG, required: false })
  for (const request of [{}, { principal: caller({ source: 'basic', token: null }) }]) {
    const { status, x } = await call({ ...request, headers: { authorization: 'Bearer not-checked' } })
    t.equal(status, 200)
    t.equal(x.headers.get('authorization'), undefined)
  }
})

t.test('lets everybody pass while it only reports, and their own token nowhere', async t => {
  const { call, decisions } = start(CONFIG, { report: true, ask: refused('invalid_grant') })
  for (const request of [{}, ALICE]) {
    const { status, x } = await call({ ...request, headers: { authorization: 'Bearer of-alice' } })
    t.equal(status, 200)
    t.equal(x.headers.get('authorization'), undefined)
  }
  t.equal(decisions('would-refuse'), 2)
})

t.test('names the key that is wrong', async t => {
  for (const [config, code, key] of [
    [null, 'GW_CONFIG_INVALID', ''],
    [{ issuer: 'nobody' }, 'GW_CONFIG_UNKNOWN_ISSUER', '/issuer'],
    [{ ...CONFIG, scopes: 'a b' }, 'GW_CONFIG_INVALID', '/scopes'],
    [{ ...CONFIG, resource: 'orders' }, 'GW_CONFIG_INVALID', '/resource'],
    [{ ...CONFIG, header: 'TE' }, 'GW_CONFIG_INVALID', '/header'],
    [{ ...CONFIG, scope: 'a' }, 'GW_CONFIG_UNKNOWN_KEY', '/scope']
  ] as const) t.throws(() => mount(tokenExchange, config), { errors: [{ code, pointer: `/token-exchange${key}` }] }, JSON.stringify(config))
})
