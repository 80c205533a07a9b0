import t from 'tap'
import clientCredentials from '../../../plugins/filters/client-credentials/index.ts'
import { BreakerRefusal, IssuerError, type BreakerOptions, type OAuthClient } from '../../../src/contract/index.ts'
import { fakeBreaker, fakeIssuers, mount, tokenSet, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'

type Asked = Parameters<OAuthClient['clientCredentials']>[0]
type Ask = OAuthClient['clientCredentials']

const CONFIG = { issuer: 'main', scopes: ['orders.read'], audience: 'orders' }
const LIFE_MS = 300_000
const down = () => Promise.reject(new IssuerError('unavailable', 'down'))

/** A gateway whose issuer answers as `ask` does; by default with token-1, token-2, ... that live five minutes. */
function start (config: unknown = CONFIG, { ask, ...options }: MountOptions & { ask?: Ask } = {}) {
  const asked: Asked[] = []
  const life: { ask: Ask, now: () => number } = { ask: ask ?? (async () => tokenSet({ accessToken: `token-${asked.length}`, expiresAt: life.now() + LIFE_MS })), now: () => 0 }
  const issuers = fakeIssuers({ client: { clientCredentials: parameters => { asked.push(parameters); return life.ask(parameters) } } })
  const services = { issuers, ...options.services }
  const mounted = mount(clientCredentials, config, {}, { ...options, services })
  const { clock } = mounted.services
  life.now = clock.now
  const sent = async (request?: TestRequest) => (await mounted.call(request)).x.headers.get('authorization')
  return { ...mounted, asked, life, clock, sent, services, log: mounted.services.log }
}

t.test('sends its own token in place of what the client sent', async t => {
  const { sent, asked, decisions } = start()
  t.equal(await sent({ headers: { authorization: ['Bearer of-the-client', 'Basic YTpi'] } }), 'Bearer token-1')
  t.equal(await sent(), 'Bearer token-1')
  t.strictSame(asked, [{ scopes: ['orders.read'], audience: 'orders' }])
  t.equal(decisions('passed'), 2)
})

t.test('asks for what it is told', async t => {
  for (const [config, expected] of [
    ['main', { scopes: [] }],
    [{ issuer: 'main', scopes: 'a', resource: 'https://orders.test/api' }, { scopes: ['a'], resource: 'https://orders.test/api' }]
  ] as const) {
    const { sent, asked } = start(config)
    t.equal(await sent(), 'Bearer token-1')
    t.strictSame(asked, [expected])
  }
})

t.test('puts the token in another header', async t => {
  const { call } = start({ ...CONFIG, header: 'X-Gateway-Token' })
  const { x } = await call({ headers: { 'x-gateway-token': ['a', 'b'], authorization: 'Bearer of-the-client' } })
  t.same(x.headers.all('x-gateway-token'), ['Bearer token-1'])
  t.equal(x.headers.get('authorization'), 'Bearer of-the-client')
})

t.test('asks once for all who wait, and for all routes that want the same', async t => {
  const { sent, asked, services } = start()
  const same = start({ audience: 'orders', issuer: 'main', scopes: ['orders.read'] }, { services })
  const other = start({ ...CONFIG, audience: 'billing' }, { services })
  const all = await Promise.all([sent(), sent(), same.sent(), other.sent()])
  t.strictSame(all.slice(0, 3), ['Bearer token-1', 'Bearer token-1', 'Bearer token-1'])
  t.strictSame(asked.map(({ audience }) => audience), ['orders', 'billing'])
})

t.test('renews ahead of the end, without making anybody wait', async t => {
  const { sent, asked, clock } = start()
  t.equal(await sent(), 'Bearer token-1')
  clock.advance(215_000)
  t.equal(await sent(), 'Bearer token-1')
  t.equal(asked.length, 1)
  clock.advance(2_000)
  t.equal(await sent(), 'Bearer token-1', 'the old one serves while the new one is asked for')
  t.equal(await sent(), 'Bearer token-2')
  t.equal(asked.length, 2)
})

t.test('uses the old one to its end while the issuer fails, and not a moment longer', async t => {
  const { call, sent, asked, life, clock, log } = start()
  await sent()
  life.ask = down
  clock.advance(275_000)
  t.equal(await sent(), 'Bearer token-1')
  t.equal(await sent(), 'Bearer token-1')
  t.equal(asked.length, 2, 'asked again only after a while')
  clock.advance(24_999)
  t.equal(await sent(), 'Bearer token-1')
  clock.advance(1)
  t.match(await call(), { status: 503, reply: { code: 'GW_TOKEN_UNAVAILABLE' }, x: { reason: 'unavailable' } })
  t.match(log.lines, [{ level: 'warn' }, { level: 'warn' }])
  t.notMatch(JSON.stringify(log.lines), /token-1/)
})

t.test('without a token it refuses, and the client\'s own is not sent instead', async t => {
  for (const ask of [down, () => Promise.reject(new IssuerError('refused', 'no', 'invalid_client')), () => Promise.reject(new Error('bug'))]) {
    const { call, asked, clock, decisions } = start(CONFIG, { ask })
    t.match(await call({ headers: { authorization: 'Bearer of-the-client' } }), { status: 503, reply: { code: 'GW_TOKEN_UNAVAILABLE' } })
    t.match(await call(), { status: 503 })
    t.equal(asked.length, 1, 'not asked at once again')
    clock.advance(1000)
    await call()
    t.equal(asked.length, 2)
    t.equal(decisions('refused'), 3)
  }
})

t.test('tells operators why there is none', async t => {
  const { call, services } = mount(clientCredentials, CONFIG)
  await call()
  t.match(services.registry.samples().filter(({ name }) => name === 'gatehouse_credentials_refused_total'), [{ labels: { reason: 'unavailable' }, value: 1 }])
  t.match(services.log.lines, [{ level: 'warn', fields: { 'gatehouse.issuer': 'main', error: { kind: 'unavailable' } } }])
})

t.test('a token whose end is not told is used for a minute; one that is over is used once', async t => {
  const unsaid = start(CONFIG, { ask: async () => tokenSet({ accessToken: 'unsaid' }) })
  await unsaid.sent()
  unsaid.clock.advance(40_000)
  await unsaid.sent()
  t.equal(unsaid.asked.length, 1)
  unsaid.clock.advance(20_000)
  await unsaid.sent()
  t.equal(unsaid.asked.length, 2)
  const over = start(CONFIG, { ask: async () => tokenSet({ accessToken: 'over', expiresAt: -1 }) })
  t.equal(await over.sent(), 'Bearer over')
  t.equal(await over.sent(), 'Bearer over')
  t.equal(over.asked.length, 2)
})

t.test('leaves an issuer in peace that keeps failing', async t => {
  const made: BreakerOptions[] = []
  const { call, asked, log } = start(CONFIG, {
    services: { breaker: options => { made.push(options); return fakeBreaker({ state: 'open', run: () => Promise.reject(new BreakerRefusal('open')) }) } }
  })
  t.match(await call(), { status: 503 })
  t.strictSame(asked, [])
  t.match(made, [{ name: 'client-credentials main' }])
  t.strictSame(log.lines, [], 'which needs no line for each request')
})

t.test('lets the request pass without any token while it only reports', async t => {
  const { call, decisions } = start(CONFIG, { report: true, ask: down })
  const { status, x } = await call({ headers: { authorization: 'Bearer of-the-client' } })
  t.equal(status, 200)
  t.equal(x.headers.get('authorization'), undefined)
  t.equal(decisions('would-refuse'), 1)
})

t.test('names the key that is wrong', async t => {
  for (const [config, code, key] of [
    [null, 'GW_CONFIG_INVALID', ''],
    ['nobody', 'GW_CONFIG_UNKNOWN_ISSUER', ''],
    [{ issuer: 'nobody' }, 'GW_CONFIG_UNKNOWN_ISSUER', '/issuer'],
    [{ ...CONFIG, scopes: [''] }, 'GW_CONFIG_INVALID', '/scopes/0'],
    [{ ...CONFIG, scopes: ['a', 'b c'] }, 'GW_CONFIG_INVALID', '/scopes/1'],
    [{ ...CONFIG, resource: 'orders' }, 'GW_CONFIG_INVALID', '/resource'],
    [{ ...CONFIG, resource: 'https://a/#b' }, 'GW_CONFIG_INVALID', '/resource'],
    [{ ...CONFIG, header: 'Content-Length' }, 'GW_CONFIG_INVALID', '/header'],
    [{ ...CONFIG, scope: 'a' }, 'GW_CONFIG_UNKNOWN_KEY', '/scope']
  ] as const) t.throws(() => mount(clientCredentials, config), { errors: [{ code, pointer: `/client-credentials${key}` }] }, JSON.stringify(config))
})
