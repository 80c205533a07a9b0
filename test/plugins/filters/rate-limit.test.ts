import t from 'tap'
import rateLimit from '../../../plugins/filters/rate-limit/index.ts'
import { principal, type Principal } from '../../../src/contract/index.ts'
import { mount, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'
import { fakeLimiter, type FakeAnswer, type FakeLimiters } from './rate-limit/fake-limiter.ts'

const ADA: Principal = principal({ subject: 'ada', source: 'jwt', level: 2, issuer: 'https://issuer.test' })
const BOB: Principal = principal({ subject: 'bob', source: 'jwt', level: 2, issuer: 'https://issuer.test' })

const mounted = (config: unknown, fake: FakeLimiters = fakeLimiter(), options: MountOptions = {}) =>
  ({ ...mount(rateLimit, config, { headers: { 'x-from': 'upstream' } }, { ...options, services: { limiter: fake.limiter } }), uses: fake.uses, use: fake.uses[0]! })

/** What was asked for one request. */
async function asked (config: unknown, request: TestRequest = {}) {
  const { call, use } = mounted(config)
  await call(request)
  return use.asked[0]
}

t.test('lets pass while there are tokens, then refuses with 429 and Retry-After', async t => {
  const { call, decisions } = mounted({ rate: '2/s', by: 'principal' })
  for (let i = 0; i < 2; i++) t.match(await call({ principal: ADA }), { status: 200, reply: { code: null } })
  const { reply, x } = await call({ principal: ADA })
  t.match(reply, { status: 429, code: 'GW_RATE_LIMITED' })
  t.equal(reply.headers.get('retry-after'), '2', 'one and a half seconds, rounded up')
  t.equal(x.reason, 'principal', 'says which limit in the access log')
  t.equal(x.attempt, 0, 'upstream is not asked')
  t.equal((await call({ principal: BOB })).status, 200, 'another has a bucket of their own')
  t.equal(decisions('passed'), 3)
  t.equal(decisions('refused'), 1)
})

t.test('asks each bucket under its key', async t => {
  const keys = await asked({ limits: [{ rate: '1/s', by: 'address' }, { rate: '5/s', by: { header: 'X-Tenant' } }, { rate: '9/s', by: 'route' }] }, { headers: { 'x-tenant': 'acme' } })
  t.same(keys, [{ key: '192.0.2.1', cost: 1 }, { key: 'acme', cost: 1 }, { key: 'test', cost: 1 }])
})

t.test('refuses by one of several limits, and charges none', async t => {
  const { call, use } = mounted([{ rate: '3/s', by: 'route' }, { rate: '1/s', by: 'principal' }])
  t.equal((await call({ principal: ADA })).status, 200)
  const refused = await call({ principal: ADA })
  t.match(refused, { status: 429, x: { reason: 'principal' } })
  t.equal(refused.reply.headers.get('ratelimit'), '"route";r=2;t=2, "principal";r=0;t=2', 'Retry-After is not earlier than any window')
  t.equal((await call({ principal: BOB })).status, 200)
  t.equal(use.asked.length, 3, 'one decision a request')
})

t.test('who has no key is refused, by default', async t => {
  for (const [by, request, code, reason] of [
    ['principal', {}, 'GW_UNAUTHENTICATED', 'missing'],
    ['client', {}, 'GW_UNAUTHENTICATED', 'missing'],
    ['api-key', {}, 'GW_UNAUTHENTICATED', 'missing'],
    [{ claim: 'tenant' }, {}, 'GW_UNAUTHENTICATED', 'missing'],
    [{ claim: 'tenant' }, { principal: ADA }, 'GW_FORBIDDEN', 'no-key'],
    ['client', { principal: ADA }, 'GW_FORBIDDEN', 'no-key'],
    [{ header: 'X-A' }, {}, 'GW_FORBIDDEN', 'no-key'],
    [{ cookie: 'a' }, {}, 'GW_FORBIDDEN', 'no-key'],
    ['address', { client: { address: '' } }, 'GW_FORBIDDEN', 'no-key']
  ] as const) {
    const { call, use } = mounted({ limits: [{ rate: '1/s', by: 'route' }, { rate: '1/s', by }] })
    const { reply, x } = await call(request)
    t.same([reply.code, x.reason], [code, reason], JSON.stringify(by))
    t.equal(reply.headers.get('www-authenticate'), code === 'GW_UNAUTHENTICATED' ? 'Bearer' : undefined)
    t.equal(reply.headers.has('ratelimit'), false)
    t.same(use.asked, [], 'nothing is charged')
  }
})

t.test('who has no key is let pass, or shares one bucket, where the config says so', async t => {
  t.equal(await asked({ rate: '1/s', emptyKey: 'allow' }), undefined)
  t.same(await asked({ rate: '1/s', emptyKey: 'shared' }), [{ key: '', cost: 1 }])
  t.same(await asked({ limits: ['1/s', { rate: '2/s', by: 'address' }], emptyKey: 'allow' }), [{ key: '', cost: 0 }, { key: '192.0.2.1', cost: 1 }])
  const { call } = mounted({ limits: ['1/s', { rate: '2/s', by: 'address' }], emptyKey: 'allow' })
  t.equal((await call()).reply.headers.get('ratelimit'), '"address";r=1;t=3', 'and hears only of limits that it has')
  const shared = mounted({ rate: '1/s', emptyKey: 'shared' })
  t.equal((await shared.call()).status, 200)
  t.equal((await shared.call({ client: { address: '192.0.2.9' } })).status, 429)
  t.equal((await shared.call({ principal: ADA })).status, 200)
})

t.test('a request costs a number, by its method, or what an expression says', async t => {
  const cost = async (cost: unknown, request: TestRequest = {}) => (await asked({ rate: '10/s', by: 'address', cost }, request))?.[0]!.cost
  t.equal(await cost(3), 3)
  const byMethod = { GET: 1, POST: 5, OPTIONS: 0, '*': 2 }
  t.equal(await cost(byMethod), 1)
  t.equal(await cost(byMethod, { method: 'POST' }), 5)
  t.equal(await cost(byMethod, { method: 'PUT' }), 2)
  t.equal(await cost(byMethod, { method: 'OPTIONS' }), undefined, 'what costs nothing is not asked')
  t.equal(await cost({ POST: 5 }, { method: 'DELETE' }), 1)
  t.equal(await cost({ POST: 5 }, { method: 'constructor' }), 1)
  t.equal(await cost('request.method == "GET" ? 4 : 1'), 4)
  t.equal(await cost('0.2'), 1, 'rounded up')
  t.equal(await cost('2.0'), 2)
  t.equal(await cost('1e1'), 10)
})

t.test('a cost that a client can make up stays within bounds', async t => {
  const call = (value: string) => mounted({ rate: '10/s', by: 'address', cost: 'double(request.header("x-n"))' }).call({ headers: { 'x-n': value } })
  const cost = async (value: string) => (await asked({ rate: '10/s', by: 'address', cost: 'double(request.header("x-n"))' }, { headers: { 'x-n': value } }))?.[0]!.cost
  t.equal(await cost('1e300'), 11, 'more than the bucket holds, never mind how much')
  t.equal(await cost('11'), 11)
  t.equal((await call('1e300')).reply.code, 'GW_RATE_LIMITED')
  t.equal((await call('Infinity')).reply.code === null, false)
  t.equal(await cost('-5'), undefined, 'nobody gains tokens')
  t.equal(await cost('-0.5'), undefined)
  for (const value of ['NaN', 'x', '']) t.equal((await call(value)).reply.code, 'GW_EXPRESSION_FAILED', value)
})

t.test('an expression that gives no number fails, it is not free', async t => {
  for (const cost of ['request.header("x-n")', 'request.method == "GET"', '[1]', '"0x10"', '" "', '0.0 / 0.0']) {
    t.equal((await mounted({ rate: '10/s', by: 'address', cost }).call()).reply.code, 'GW_EXPRESSION_FAILED', cost)
  }
  t.equal((await mounted({ rate: '10/s', by: 'address', cost: '1.0 / 0.0' }).call()).reply.code, 'GW_RATE_LIMITED')
})

t.test('never says when to come back where it would be no use', async t => {
  const { call } = mounted({ rate: '10/s', by: 'address', cost: '99' }, fakeLimiter({ retryAfterMs: Infinity }))
  const { reply } = await call()
  t.equal(reply.code, 'GW_RATE_LIMITED')
  t.equal(reply.headers.has('retry-after'), false)
  t.equal(reply.headers.get('ratelimit'), '"address";r=10')
})

t.test('Retry-After is whole seconds, rounded up, at least one', async t => {
  for (const [retryAfterMs, expected] of [[0, '1'], [0.2, '1'], [999, '1'], [1000, '1'], [1000.001, '2'], [86_400_000, '86400']] as const) {
    const { reply } = await mounted({ rate: '1/s', by: 'address' }, fakeLimiter({ retryAfterMs, refuses: true })).call()
    t.equal(reply.headers.get('retry-after'), expected)
  }
})

t.test('tells of the limits as the IETF has it, on replies and refusals', async t => {
  const { call } = mounted({ limits: [{ rate: '2/s', burst: 3, name: 'burst', by: 'address' }, { rate: '1000/d', name: 'daily', by: 'address' }] })
  const fields = async () => {
    const { reply: { headers } } = await call()
    return [headers.get('ratelimit-policy'), headers.get('ratelimit'), headers.get('retry-after')]
  }
  const policy = '"burst";q=3;w=2, "daily";q=1000;w=86400'
  t.same(await fields(), [policy, '"burst";r=2;t=3, "daily";r=999;t=3', undefined])
  await fields()
  t.same(await fields(), [policy, '"burst";r=0;t=3, "daily";r=997;t=3', undefined])
  t.same(await fields(), [policy, '"burst";r=0;t=2, "daily";r=997;t=2', '2'])
  t.equal((await mounted({ rate: '5/s', burst: 1, by: 'address' }).call()).reply.headers.get('ratelimit-policy'), '"address";q=1;w=1', 'a window is at least a second')
})

t.test('keeps what upstream says of limits of its own', async t => {
  const upstream = { headers: { ratelimit: '"theirs";r=1;t=1', 'ratelimit-policy': '"theirs";q=1', 'x-ratelimit-remaining': '77' } }
  const { reply } = await mount(rateLimit, { rate: '9/s', by: 'address', headers: 'both' }, upstream, { services: { limiter: fakeLimiter().limiter } }).call()
  t.same(reply.headers.all('ratelimit'), ['"theirs";r=1;t=1', '"address";r=8;t=3'])
  t.same(reply.headers.all('ratelimit-policy'), ['"theirs";q=1', '"address";q=9;w=1'])
  t.same(reply.headers.all('x-ratelimit-remaining'), ['8'], 'Spring\'s field can say one thing only')
})

t.test('tells of them as Spring has it, both ways, or not at all', async t => {
  const names = async (headers: string) => (await mounted({ rate: '1.5/s', burst: 4, cost: 2, by: 'address', headers }).call()).reply.headers.names().filter(name => name.includes('ratelimit'))
  const spring = ['x-ratelimit-remaining', 'x-ratelimit-burst-capacity', 'x-ratelimit-replenish-rate', 'x-ratelimit-requested-tokens']
  t.same(await names('spring'), spring)
  t.same(await names('both'), ['ratelimit-policy', 'ratelimit', ...spring])
  t.same(await names('none'), [])
  const { reply: { headers } } = await mounted({ rate: '1.5/s', burst: 4, cost: 2, by: 'address', headers: 'spring' }).call()
  t.same(spring.map(name => headers.get(name)), ['2', '4', '1.5', '2'])
})

t.test('Spring\'s fields tell of the limit that is nearest', async t => {
  const { call } = mounted({ limits: [{ rate: '1/s', burst: 100 }, { rate: '2/s', burst: 3, by: 'address' }, { rate: '9/s', by: 'address' }], emptyKey: 'allow', headers: 'spring' })
  t.equal((await call()).reply.headers.get('x-ratelimit-burst-capacity'), '3')
  t.equal((await call({ principal: ADA })).reply.headers.get('x-ratelimit-burst-capacity'), '3')
  await call()
  const { reply } = await call({ principal: ADA })
  t.equal(reply.status, 429)
  t.equal(reply.headers.get('x-ratelimit-burst-capacity'), '3')
  t.equal(reply.headers.get('x-ratelimit-remaining'), '0')
})

t.test('answers 503 where nobody may pass while Redis cannot be asked', async t => {
  const { call, decisions } = mounted({ rate: '9/s', by: 'address', onError: 'closed' }, fakeLimiter({ by: 'closed', refuses: true, retryAfterMs: 400 }))
  const { reply, x } = await call()
  t.match(reply, { status: 503, code: 'GW_RATE_LIMIT_UNAVAILABLE' })
  t.equal(reply.headers.get('retry-after'), '1')
  t.equal(reply.headers.has('ratelimit'), false, 'nothing is known of the bucket')
  t.equal(x.reason, 'address')
  t.equal(decisions('refused'), 1)
})

t.test('says nothing of a bucket that nobody could look into', async t => {
  const { reply } = await mounted({ rate: '9/s', by: 'address', onError: 'open', headers: 'both' }, fakeLimiter({ by: 'open' })).call()
  t.equal(reply.status, 200)
  t.same(reply.headers.names(), ['x-from'])
})

t.test('waits for a decision only where there is something to wait for', async t => {
  for (const later of [true, false]) {
    const { call, plan } = mounted({ rate: '1/s', by: 'address' }, fakeLimiter({}, { later }))
    t.equal((await call()).status, 200)
    const { reply } = await call()
    t.match(reply, { status: 429, code: 'GW_RATE_LIMITED' })
    t.equal(reply.headers.get('ratelimit'), '"address";r=0;t=2')
    const { request } = plan.filters[0]!.phases
    t.equal(request!((await call()).x) instanceof Promise, later)
  }
})

t.test('a limit that only reports lets everybody pass, and tells how it stands', async t => {
  const { call, decisions, services, use } = mounted({ rate: '1/s', by: 'principal' }, fakeLimiter(), { report: true })
  t.equal((await call({ principal: ADA })).reply.headers.get('ratelimit'), '"principal";r=0;t=3')
  const { status, reply, x } = await call({ principal: ADA })
  t.equal(status, 200)
  t.equal(reply.headers.get('ratelimit'), '"principal";r=0;t=2')
  t.equal(reply.headers.has('retry-after'), false)
  t.equal(x.reason, null)
  t.equal((await call()).status, 200, 'also who has no key')
  t.equal(decisions('would-refuse'), 2)
  t.equal(decisions('passed'), 1)
  t.equal(use.refunds, 0)
  t.match(services.log.lines, [{ fields: { 'error.code': 'GW_RATE_LIMITED', 'event.reason': 'principal' } }, { fields: { 'error.code': 'GW_UNAUTHENTICATED' } }])
})

t.test('counts decisions by how they came about, and refusals by limit', async t => {
  const answers: FakeAnswer[] = [{ by: 'redis' }, { by: 'redis' }, { by: 'remembered', refuses: true }, { by: 'open' }]
  const { call, services } = mounted({ limits: [{ rate: '9/s', by: 'address', name: 'all' }, { rate: '9/s', by: { header: 'X-A' } }] }, fakeLimiter(() => answers.shift()!))
  for (let i = 0; i < 4; i++) await call({ headers: { 'x-a': 'a' } })
  await call()
  const series = (name: string) => Object.fromEntries(services.registry.samples().filter(sample => sample.name === name).map(({ labels, value }) => [labels['by'] ?? labels['limit'], value]))
  t.same(series('gatehouse_rate_limit_decisions_total'), { redis: 2, remembered: 1, open: 1 })
  t.same(series('gatehouse_rate_limit_refused_total'), { all: 1, header: 1 })
})

t.test('closes its limiter with the plan', async t => {
  const { close, use } = mounted('1/s')
  t.equal(use.closed, false)
  await close()
  t.equal(use.closed, true)
})
