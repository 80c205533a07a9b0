import t from 'tap'
import tokenRelay from '../../../plugins/filters/token-relay/index.ts'
import { principal, type OpenSession, type Principal, type Session } from '../../../src/contract/index.ts'
import { fakeIssuers, mount } from '../../../src/testing/index.ts'

const ISSUERS = { issuers: fakeIssuers({ issuers: { main: 'https://issuer.test', other: 'https://other.test' } }) }
const caller = (known: Partial<Principal> = {}): Principal => principal({ subject: 'alice', source: 'jwt', level: 2, issuer: 'https://issuer.test', token: 'of-request', ...known })

function session (issuer = 'main'): OpenSession {
  const known: Session = {
    id: 's', issuer, subject: 'alice', sid: null, claims: {}, scopes: [], accessToken: 'of-session', accessExpiresAt: null, refreshToken: 'rt', idToken: 'it', startedAt: 0, usedAt: 0
  }
  return { session: known, principal: caller({ source: 'session', token: 'of-session' }), cookies: [] }
}
const SESSION = session()

for (const [config, request, expected] of [
  [null, { principal: caller() }, 'Bearer of-request'],
  [null, { principal: SESSION.principal, session: SESSION }, 'Bearer of-session'],
  [null, { session: SESSION }, 'Bearer of-session'],
  [null, { principal: caller(), session: SESSION }, 'Bearer of-request'],
  [null, { principal: caller({ source: 'basic', token: null }), session: SESSION }, undefined],
  [null, {}, undefined],
  [null, { headers: { authorization: 'Basic YTpi' } }, undefined],
  [null, { headers: { authorization: ['Basic YTpi', 'Bearer x'] }, principal: caller() }, 'Bearer of-request'],
  [null, { principal: caller({ source: 'api-key', token: null }) }, undefined],
  [null, { principal: caller({ source: 'opaque' }) }, 'Bearer of-request'],
  [null, { principal: caller({ confirmation: { jkt: 'k' } }) }, 'Bearer of-request'],
  ['session', { principal: caller(), session: SESSION }, 'Bearer of-session'],
  ['session', { principal: caller() }, undefined],
  ['request', { principal: caller(), session: SESSION }, 'Bearer of-request'],
  ['request', { principal: SESSION.principal, session: SESSION }, undefined],
  [{ issuer: 'main' }, { principal: caller() }, 'Bearer of-request'],
  [{ issuer: 'other' }, { principal: caller() }, undefined],
  [{ issuer: 'main' }, { principal: SESSION.principal, session: SESSION }, 'Bearer of-session'],
  [{ issuer: 'main' }, { session: session('other') }, undefined],
  [{ issuer: 'main' }, { principal: caller({ issuer: null, source: 'basic', token: null }) }, undefined]
] as const) {
  t.test(`${JSON.stringify(config)} relays ${expected} for ${JSON.stringify(request).slice(0, 120)}`, async t => {
    const { call, decisions } = mount(tokenRelay, config, {}, { services: ISSUERS })
    const { x, status } = await call(request)
    t.equal(status, 200)
    t.equal(x.headers.get('authorization'), expected)
    t.equal(decisions('passed'), 1)
  })
}

t.test('puts the token in another header', async t => {
  const { call } = mount(tokenRelay, { header: 'X-Access-Token' })
  const { x } = await call({ principal: caller(), headers: { 'x-access-token': ['a', 'b'], authorization: 'Basic YTpi' } })
  t.same(x.headers.all('x-access-token'), ['Bearer of-request'])
  t.equal(x.headers.get('authorization'), 'Basic YTpi')
})

t.test('refuses who has no token, where one is required', async t => {
  const { call, services } = mount(tokenRelay, { required: true })
  const anonymous = await call({ headers: { authorization: 'Bearer not-checked' } })
  t.match(anonymous, { status: 401, x: { reason: 'missing' } })
  t.equal(anonymous.reply.headers.get('www-authenticate'), 'Bearer')
  t.match(await call({ principal: caller({ source: 'basic', token: null }) }), { status: 403, reply: { code: 'GW_FORBIDDEN' }, x: { reason: 'missing' } })
  t.match(await call({ principal: caller() }), { status: 200 })
  t.match(services.registry.samples().filter(({ name }) => name === 'gatehouse_credentials_refused_total'), [{ labels: { reason: 'missing' }, value: 2 }])
})

t.test('lets everybody pass while it only reports', async t => {
  const { call, decisions } = mount(tokenRelay, { required: true }, {}, { report: true })
  t.equal((await call()).status, 200)
  t.equal((await call({ principal: caller() })).x.headers.get('authorization'), 'Bearer of-request')
  t.equal(decisions('would-refuse'), 1)
})

t.test('names the key that is wrong', async t => {
  for (const [config, code, key] of [
    ['upstream', 'GW_CONFIG_INVALID', ''],
    [{ from: 'upstream' }, 'GW_CONFIG_INVALID', '/from'],
    [{ issuer: 'nobody' }, 'GW_CONFIG_UNKNOWN_ISSUER', '/issuer'],
    [{ header: 'Host' }, 'GW_CONFIG_INVALID', '/header'],
    [{ headers: 'X-A' }, 'GW_CONFIG_UNKNOWN_KEY', '/headers']
  ] as const) t.throws(() => mount(tokenRelay, config), { errors: [{ code, pointer: `/token-relay${key}` }] }, JSON.stringify(config))
})

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = tokenRelay.spring!
  t.strictSame([name, args], ['TokenRelay', ['clientRegistrationId']])
  t.strictSame(toConfig!({}), {})
  t.strictSame(toConfig!({ clientRegistrationId: '' }), {})
  const { x } = await mount(tokenRelay, toConfig!({ clientRegistrationId: 'main' })).call({ principal: SESSION.principal, session: SESSION })
  t.equal(x.headers.get('authorization'), 'Bearer of-session')
})
