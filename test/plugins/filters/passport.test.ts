import { createHash } from 'node:crypto'
import t from 'tap'
import passport from '../../../plugins/filters/passport/index.ts'
import { Rings } from '../../../src/identity/rings/rings.ts'
import { GatewayError, heldBody, type KeyRings, type Principal } from '../../../src/contract/index.ts'
import { fakeClock, fakeKeys, fakeOutbound, mount, type FakeKeys, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'
import { ada, desk, NOW, TO_ORDERS } from './passport/desk.ts'

t.test('tells the upstream who is calling', async t => {
  const { send } = desk()
  const { claims, header } = await send({
    principal: ada({ issuer: 'https://idp.test', client: 'web', scopes: ['orders.read'], tenant: 'acme', level: 3, claims: { amr: ['pwd', 'otp'], acr: 'urn:mfa', act: { sub: 'support' }, email: 'ada@example.com' } })
  })
  t.same(claims, {
    iss: 'gatehouse', aud: 'orders', iat: NOW, exp: NOW + 30, sub: 'ada', idp: 'https://idp.test', cid: 'web', scp: ['orders.read'], ten: 'acme', amr: ['pwd', 'otp'], acr: 'urn:mfa', act: { sub: 'support' }, lvl: 3, src: 'jwt'
  })
  t.match(header, /^passport\.EdDSA:passport\+jwt:orders\./)
})

t.test('says nothing of what is not known, and repeats no claim of a wrong type', async t => {
  const { send } = desk()
  t.same((await send({ principal: ada({ claims: { amr: 'pwd', acr: 3, act: ['x'] } }) })).claims, { iss: 'gatehouse', aud: 'orders', iat: NOW, exp: NOW + 30, sub: 'ada', lvl: 2, src: 'jwt' })
  t.equal((await send({ principal: ada({ source: 'certificate' }) })).claims!['src'], 'mtls')
})

t.test('says that nobody is calling, or sends no header', async t => {
  t.same((await desk().send()).claims, { iss: 'gatehouse', aud: 'orders', iat: NOW, exp: NOW + 30, lvl: 0 })
  for (const bind of ['none', 'request']) {
    const { x, status } = await desk({ anonymous: false, bind }).send({ headers: { 'x-passport': 'forged' } })
    t.equal(status, 200)
    t.notOk(x.headers.has('x-passport'), `${bind}: what is there already is not sent either`)
  }
})

t.test('stays inside, also where upstream sends back what it got', async t => {
  for (const bind of ['none', 'request']) {
    for (const anonymous of [true, false]) {
      const { call } = mount(passport, { bind, anonymous, header: 'X-Caller' }, { headers: { 'X-Caller': 'echoed', 'X-Other': '1' } }, { ...TO_ORDERS, services: { keys: fakeKeys() } })
      const { reply } = await call()
      t.same([reply.headers.get('x-caller'), reply.headers.get('x-other')], [undefined, '1'])
    }
  }
})

t.test('takes the header from clients on every route', t => {
  t.same(desk().plan.filters.flatMap(({ phases }) => phases.ownHeaders), ['x-passport'])
  t.same(desk({ header: 'X-Caller' }).plan.filters.flatMap(({ phases }) => phases.ownHeaders), ['x-caller'])
  t.end()
})

t.test('replaces whatever stands in its header', async t => {
  const { x } = await desk({ header: 'X-Caller' }).send({ headers: { 'x-caller': ['a', 'b'] } })
  t.equal(x.headers.all('x-caller').length, 1)
  t.match(x.headers.first('x-caller'), /^passport\.EdDSA/)
})

t.test('is made by the ring, for the audience and in the name that the route says', async t => {
  const { send } = desk({ issuer: 'edge-1', audience: 'shop', algorithm: 'HS256', ring: 'session', ttl: '60s' })
  const { header, claims } = await send()
  t.match(header, /^session\.HS256:passport\+jwt:shop\./)
  t.match(claims, { iss: 'edge-1', aud: 'shop', exp: NOW + 60 })
  t.same((await desk({}, { upstreams: ['orders', 'orders-next', 'orders'] }).send()).claims!['aud'], ['orders', 'orders-next'])
  t.same((await desk(['a', 'b']).send()).claims!['aud'], ['a', 'b'])
})

t.test('is said anew on copies of the request for a shadow, and for the upstream of the route by the name it always has', async t => {
  for (const bind of ['none', 'request']) {
    const { send, plan } = desk({ audience: 'orders-api', bind })
    const { x } = await send({ principal: ada() })
    for (const [shadow, aud] of [['orders-next', 'orders-next'], ['orders', 'orders-api']] as const) {
      const copy = x.copy(heldBody(null))
      await plan.filters[0]!.phases.restate!(shadow)(copy)
      const [header] = copy.headers.all('x-passport')
      t.match(JSON.parse(Buffer.from(header!.split('.').at(-1)!, 'base64url').toString()), { aud, sub: 'ada', shd: true })
    }
  }
  const { send, plan } = desk({ anonymous: false })
  const copy = (await send()).x.copy(heldBody(null))
  copy.headers.put('x-passport', 'forged')
  await plan.filters[0]!.phases.restate!('orders-next')(copy)
  t.notOk(copy.headers.has('x-passport'))
})

t.test('is reused for the same caller while half of its life is left', async t => {
  const { send, clock, keys } = desk()
  const caller = ada()
  const { header } = await send({ principal: caller })
  clock.advance(14_999)
  t.equal((await send({ principal: caller })).header, header)
  t.equal(keys.signed.length, 1)
  t.not((await send({ principal: ada({ subject: 'bob' }) })).header, header)
  clock.advance(1)
  t.equal((await send({ principal: caller })).claims!['exp'], NOW + 45)
  t.equal(keys.signed.length, 3)
})

t.test('is reused for all whom nobody knows', async t => {
  const { send, keys } = desk()
  t.equal((await send()).header, (await send()).header)
  t.equal(keys.signed.length, 1)
})

t.test('is made anew when the clock was set back', async t => {
  const { send, clock, keys } = desk()
  await send()
  clock.set((NOW - 3600) * 1000)
  t.equal((await send()).claims!['iat'], NOW - 3600)
  t.equal(keys.signed.length, 2)
})

t.test('never outlives the credential', async t => {
  const { send, clock } = desk()
  const caller = ada({ expiresAt: NOW * 1000 + 10_900 })
  t.equal((await send({ principal: caller })).claims!['exp'], NOW + 10)
  clock.advance(4999)
  t.equal((await send({ principal: caller })).claims!['iat'], NOW, 'half of ten seconds')
  clock.advance(1)
  t.match((await send({ principal: caller })).claims, { iat: NOW + 5, exp: NOW + 10 })
  clock.advance(7000)
  t.match((await send({ principal: caller })).claims, { iat: NOW + 12, exp: NOW + 14 }, 'accepted within the clock skew: only the moment that the request takes')
})

t.test('copies the claims that are allowed to leave', async t => {
  const caller = ada({ roles: ['admin'], claims: { email: 'a@b', department: { id: 7 }, 'https://x.test/plan': 'pro', secret: 1, roles: 'raw' } })
  t.match((await desk({ claims: { email: 'mail', department: 'dept', missing: 'm', 'https://x.test/plan': 'plan', roles: 'roles', toString: 'ts' } }).send({ principal: caller })).claims,
    { mail: 'a@b', dept: { id: 7 }, plan: 'pro', roles: ['admin'] })
  const { claims } = await desk({ claims: ['email', 'roles'] }).send({ principal: ada({ claims: { email: 'a@b', secret: 1 } }) })
  t.same(Object.keys(claims!), ['iss', 'aud', 'iat', 'exp', 'sub', 'lvl', 'src', 'email'])
  t.same(Object.keys((await desk({ claims: ['email'] }).send()).claims!), ['iss', 'aud', 'iat', 'exp', 'lvl'])
})

t.test('finds claims to copy, and those of the device, by a path too', async t => {
  const principal = ada({ claims: { org: { plan: 'pro', 'a.b': 1 }, hardware: { id: 'd-1' }, 'org.plan.x': 'own name' } })
  const { claims } = await desk({ claims: { 'org.plan': 'plan', 'org.none': 'none', 'org.plan.x': 'x' }, device: { idClaim: 'hardware.id' } }).send({ principal })
  t.match(claims, { plan: 'pro', x: 'own name', dev: { id: 'd-1' } })
  t.notOk('none' in claims!)
})

t.test('names the device, by what the credential says first', async t => {
  const { send, keys } = desk({ device: { idClaim: 'device_id', idHeader: 'X-Device-Id', typeHeader: 'X-Device-Type' } })
  const caller = ada()
  const known = ada({ claims: { device_id: 'd-1' } })
  const from = async (who: Principal | undefined, headers: TestRequest['headers'] = {}) => (await send({ ...who && { principal: who }, headers })).claims!['dev']
  t.same(await from(known, { 'x-device-id': 'd-2', 'x-device-type': 'phone' }), { id: 'd-1', type: 'phone' })
  t.same(await from(caller, { 'x-device-id': 'd-2' }), { id: 'd-2' })
  t.same(await from(caller, { 'x-device-id': 'd-3' }), { id: 'd-3' })
  t.equal(await from(caller), undefined)
  t.same(await from(undefined, { 'x-device-type': 'tv' }), { type: 'tv' })
  const signed = keys.signed.length
  t.same(await from(caller, { 'x-device-id': 'd-2' }), { id: 'd-2' }, 'remembered by device')
  t.equal(keys.signed.length, signed)
})

t.test('takes no device that was sent twice, is too long or is no plain text', async t => {
  const { send } = desk({ device: { idHeader: 'X-Device-Id' } })
  for (const value of [['a', 'b'], 'x'.repeat(129), 'two words', 'ä', '']) t.notOk('dev' in (await send({ headers: { 'x-device-id': value } })).claims!, JSON.stringify(value))
  t.notOk('dev' in (await desk({ device: { idClaim: 'd' } }).send({ principal: ada({ claims: { d: { a: 1 } } }) })).claims!)
  t.same((await desk({ device: { typeClaim: 'd' } }).send({ principal: ada({ claims: { d: 'kiosk' } }) })).claims!['dev'], { type: 'kiosk' })
})

t.test('remembers a bounded number of devices', async t => {
  const { send, keys } = desk({ device: { idHeader: 'X-Device-Id' } })
  const caller = ada()
  for (let i = 0; i < 17; i++) await send({ principal: caller, headers: { 'x-device-id': `d-${i}` } })
  t.equal(keys.signed.length, 17)
  await send({ principal: caller, headers: { 'x-device-id': 'd-16' } })
  t.equal(keys.signed.length, 17, 'the last is remembered')
  await send({ principal: caller, headers: { 'x-device-id': 'd-0' } })
  t.equal(keys.signed.length, 18, 'the first is not')
})

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')

t.test('can be bound to the one request', async t => {
  const { send, keys } = desk({ bind: 'request' })
  const caller = ada()
  const { claims } = await send({ principal: caller, method: 'POST', target: '/orders/7?x=1', body: '{"a":1}' })
  t.match(claims, { sub: 'ada', txn: 'test-request', req: digest(`POST|/orders/7|${digest('{"a":1}')}`).slice(0, 16) })
  t.equal((await send({ principal: caller, target: '/orders/7' })).claims!['req'], digest('GET|/orders/7|-').slice(0, 16))
  t.equal((await send({ principal: caller, method: 'POST', target: '/orders/7', body: '' })).claims!['req'], digest('POST|/orders/7|-').slice(0, 16), 'no body and an empty one are the same on the wire')
  t.equal((await send({ principal: caller, method: 'POST', target: '/o', body: ['a', 'b'] })).claims!['req'], digest(`POST|/o|${digest('ab')}`).slice(0, 16))
  t.equal(keys.signed.length, 4, 'made for each request')
})

t.test('is bound to the request as it goes upstream', async t => {
  const clock = fakeClock(NOW * 1000)
  const keys = fakeKeys()
  const { plan, call } = mount(passport, { bind: 'request' }, undefined, { ...TO_ORDERS, services: { clock, keys } })
  t.notOk(plan.filters[0]!.phases.request, 'decided only when no filter changes the path any more')
  await call({ target: '/a' })
  t.equal(keys.signed[0]!['req'], digest('GET|/a|-').slice(0, 16))
})

t.test('refuses a body that is larger than what may be held', async t => {
  const { send, decisions } = desk({ bind: 'request', bindBody: '4B' })
  t.equal((await send({ method: 'POST', body: '12345' })).status, 413)
  t.equal((await send({ method: 'POST', body: '1234' })).status, 200)
  t.equal(decisions('refused'), 1)
})

t.test('only reports what it would have refused', async t => {
  for (const config of [{ bind: 'request', bindBody: '4B' }, { bind: 'request', maxBytes: '10B' }, { maxBytes: '10B' }]) {
    const { send, decisions } = desk(config, { ...TO_ORDERS, report: true })
    const { status, header } = await send({ method: 'POST', body: '12345' })
    t.same([status, header, decisions('would-refuse')], [200, undefined, 1])
  }
})

t.test('leaves out what an upstream can do without, where it gets too large', async t => {
  const facts = { ctx: 'x'.repeat(600) }
  const claims = { email: 'e'.repeat(600) }
  const options = { ...TO_ORDERS, services: { outbound: fakeOutbound(() => ({ body: facts })) } }
  const sent = async (maxBytes: string) => {
    const { send, services } = desk({ maxBytes, claims: ['email'], device: { idHeader: 'X-Device-Id' }, enrich: { url: 'http://facts.test', claims: 'ctx' } }, options)
    const { claims: minted, status } = await send({ principal: ada({ claims }), headers: { 'x-device-id': 'd'.repeat(128) } })
    const counted = services.registry.samples().filter(({ name }) => name === 'gatehouse_passport_trimmed_total').map(({ labels }) => labels['part'])
    return { status, has: Object.keys(minted ?? {}).filter(name => ['ctx', 'email', 'dev'].includes(name)), counted, warned: services.log.lines.length }
  }
  t.same(await sent('4KiB'), { status: 200, has: ['dev', 'email', 'ctx'], counted: [], warned: 0 })
  t.same(await sent('1500B'), { status: 200, has: ['dev', 'email'], counted: ['ctx'], warned: 1 })
  t.same(await sent('600B'), { status: 200, has: ['dev'], counted: ['ctx', 'claims'], warned: 1 })
  t.same(await sent('300B'), { status: 200, has: [], counted: ['ctx', 'claims', 'dev'], warned: 1 })
  t.same(await sent('100B'), { status: 431, has: [], counted: ['ctx', 'claims', 'dev'], warned: 1 })
})

t.test('refuses callers whose passport would be too large, and never cuts what they may do', async t => {
  const { send, services } = desk()
  const { status, x } = await send({ principal: ada({ scopes: ['s'.repeat(5000)] }), headers: { 'x-passport': 'forged' } })
  t.equal(status, 431)
  t.equal(x.reason, 'too-large')
  t.notOk(x.headers.has('x-passport'))
  t.match(services.registry.samples().find(({ name }) => name === 'gatehouse_credentials_refused_total'), { labels: { reason: 'too-large' }, value: 1 })
})

t.test('is 503 where no key may sign any more', async t => {
  const ended = () => { throw new GatewayError('GW_IDENTITY_UNAVAILABLE') }
  const keys: KeyRings = { ring: name => ({ name, signer: () => ({ sign: ended }) }) }
  const clock = fakeClock()
  for (const bind of ['none', 'request']) {
    const { call, decisions } = mount(passport, { bind }, undefined, { ...TO_ORDERS, services: { clock, keys: keys as FakeKeys } })
    t.equal((await call()).status, 503)
    t.equal(decisions('refused'), 1)
  }
})

t.test('works with real keys', async t => {
  const clock = fakeClock(NOW * 1000)
  const keys = new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }]]), clock })
  const { call } = mount(passport, { algorithm: 'HS256' }, undefined, { ...TO_ORDERS, services: { clock, keys: keys as unknown as FakeKeys } })
  t.match((await call({ principal: ada() })).x.headers.first('x-passport'), /^[\w-]+\.[\w-]+\.[\w-]{43}$/)
})

t.test('never writes a passport to the log', async t => {
  const { send, services } = desk({ maxBytes: '250B', claims: ['email'] })
  const { header } = await send({ principal: ada({ claims: { email: 'ada@example.com'.repeat(30) } }) })
  t.ok(header)
  t.equal(services.log.lines.length, 1)
  t.notMatch(JSON.stringify(services.log.lines), header!.slice(-20))
  t.notMatch(JSON.stringify(services.log.lines), 'ada@example.com')
})

t.test('says what is wrong with its config', t => {
  const WRONG: [unknown, string, string, MountOptions?][] = [
    [{ header: 'Authorization' }, 'GW_CONFIG_INVALID', '/header'],
    [{ header: 'Host' }, 'GW_CONFIG_INVALID', '/header'],
    [{ ttl: '61s' }, 'GW_CONFIG_INVALID', '/ttl'],
    [{ ttl: '4s' }, 'GW_CONFIG_INVALID', '/ttl'],
    [{ bindBody: '1KiB' }, 'GW_CONFIG_NO_EFFECT', '/bindBody'],
    [{ ring: 'other' }, 'GW_CONFIG_UNKNOWN_KEY_RING', '/ring'],
    [{ device: {} }, 'GW_CONFIG_NO_EFFECT', '/device'],
    [{ claims: ['email', 'sub'] }, 'GW_CONFIG_INVALID', '/claims/1'],
    [{ claims: { 'a/b': 'lvl' } }, 'GW_CONFIG_INVALID', '/claims/a~1b'],
    [{ claims: { a: 'same', b: 'same' } }, 'GW_CONFIG_INVALID', '/claims/b'],
    [{ algorithm: 'HS256' }, 'GW_CONFIG_INVALID', '/audience', { upstreams: ['a', 'b'] }],
    [{}, 'GW_CONFIG_INVALID', '/audience', {}],
    [{ enrich: { url: 'http://users.test', claims: 'plan', headers: { 'X Y': 'a' } } }, 'GW_CONFIG_INVALID', '/enrich/headers/X Y'],
    [{ enrich: { url: 'users', claims: 'plan' } }, 'GW_CONFIG_INVALID', '/enrich/url']
  ]
  for (const [config, code, pointer, options = TO_ORDERS] of WRONG) t.throws(() => mount(passport, config, undefined, options), { errors: [{ code, pointer: `/passport${pointer}` }] }, pointer)
  t.end()
})
