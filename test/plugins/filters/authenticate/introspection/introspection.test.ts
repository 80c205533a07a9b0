import t from 'tap'
import authenticate from '../../../../../plugins/filters/authenticate/index.ts'
import { BreakerRefusal, IssuerError, type BreakerOptions, type Breakers } from '../../../../../src/contract/index.ts'
import { fakeBreaker, fakeIssuers, mount, type FakeServices } from '../../../../../src/testing/index.ts'
import { ACTIVE, NOW_S, room, TOKEN, type Members } from './introspecting-room.ts'

const token = (i: number) => `random-token-number-${i}`

t.test('asks once for requests that come at one time', async t => {
  const { promise, resolve } = Promise.withResolvers<Members>()
  const { send, asked } = room(() => promise)
  const calls = Array.from({ length: 50 }, () => send())
  resolve(ACTIVE)
  const principals = new Set((await Promise.all(calls)).map(({ x }) => x.principal))
  t.equal(asked.length, 1)
  t.equal(principals.size, 1, 'all have the same principal')
})

t.test('remembers an active token for `cache`', async t => {
  const { send, asked, clock } = room(ACTIVE, { cache: '20s' })
  const first = await send()
  clock.advance(19_999)
  t.equal((await send()).x.principal, first.x.principal)
  t.equal(asked.length, 1)
  clock.advance(1)
  await send()
  t.equal(asked.length, 2)
})

t.test('never remembers a token past its end', async t => {
  const { send, asked, clock } = room({ ...ACTIVE, exp: NOW_S + 10 })
  await send()
  clock.advance(9_999)
  t.equal((await send()).status, 200)
  clock.advance(1)
  t.equal((await send()).x.reason, 'expired')
  t.equal(asked.length, 2)
})

t.test('asks each time where `cache` is nothing', async t => {
  const { send, asked } = room(ACTIVE, { cache: '0s' })
  for (let i = 0; i < 3; i++) t.equal((await send()).status, 200)
  t.equal(asked.length, 3)
})

t.test('remembers a refused token for `negativeCache`', async t => {
  const { send, asked, clock } = room({ active: false }, { negativeCache: '7s' })
  await send()
  clock.advance(6_999)
  t.equal((await send()).status, 401)
  t.equal(asked.length, 1)
  clock.advance(1)
  await send()
  t.equal(asked.length, 2)
})

t.test('random tokens do not push out good ones', async t => {
  const { send, asked } = room(async sent => sent === TOKEN ? ACTIVE : { active: false })
  await send()
  for (let i = 0; i < 1_200; i++) await send(token(i))
  t.equal(asked.length, 1_201)
  await send()
  t.equal(asked.length, 1_201, 'the good one is still known')
  await send(token(0))
  t.equal(asked.length, 1_202, 'the first random one is not')
})

t.test('nobody is let in, and nobody told his token is bad, where the issuer cannot be asked', async t => {
  let isDown = true
  const { send, asked } = room(async () => {
    if (isDown) throw new IssuerError('unavailable', 'connect ECONNREFUSED 10.0.0.1:443')
    return ACTIVE
  })
  const { status, text, x, reply } = await send()
  t.equal(status, 503)
  t.match(JSON.parse(text), { code: 'GW_IDENTITY_UNAVAILABLE' })
  t.equal(x.reason, 'unavailable')
  t.equal(reply.headers.get('www-authenticate'), undefined)
  t.notMatch(text, /10\.0\.0\.1/)
  isDown = false
  t.equal((await send()).status, 200, 'the failure is not remembered')
  t.equal(asked.length, 2)
})

t.test('an issuer that refuses the gateway itself is unavailable too', async t => {
  const { send, services } = room(async () => { throw new IssuerError('refused', 'invalid_client', 'invalid_client') })
  t.equal((await send()).status, 503)
  t.match(services.log.lines, [{ level: 'warn', fields: { error: { message: 'invalid_client' }, 'gatehouse.issuer': 'main' } }])
  t.notMatch(JSON.stringify(services.log.lines), TOKEN)
})

t.test('a bug is none of these', async t => {
  const { send } = room(async () => { throw new TypeError('bug') })
  const { status, text } = await send()
  t.equal(status, 500)
  t.match(JSON.parse(text), { code: 'GW_FILTER_FAILED' })
})

t.test('has a breaker and a bulkhead of its own', async t => {
  const made: BreakerOptions[] = []
  const refusing: Breakers = options => {
    made.push(options)
    return fakeBreaker({ state: 'open', run: () => Promise.reject(new BreakerRefusal('open')) })
  }
  const { send, asked } = room(ACTIVE, { maxConcurrent: 7 }, { breaker: refusing })
  t.match(made, [{ name: 'introspection main', maxConcurrent: 7 }])
  t.equal((await send()).status, 503)
  t.equal(asked.length, 0)
})

t.test('tokens that the issuer does not even look at are no failure of the issuer', async t => {
  const failures: unknown[] = []
  const counting: Breakers = () => fakeBreaker({
    run: async act => await act().catch(error => {
      failures.push(error)
      throw error
    })
  })
  for (const [error, count] of [['invalid_request', 0], ['invalid_client', 1], [null, 2]] as const) {
    const { send } = room(async () => { throw new IssuerError('refused', 'the issuer answered an error (400)', error) }, {}, { breaker: counting })
    t.equal((await send()).status, 503)
    t.equal(failures.length, count, String(error))
  }
})

t.test('remembered tokens get in while the breaker is open', async t => {
  let isOpen = false
  const { send } = room(ACTIVE, {}, { breaker: () => fakeBreaker({ run: act => isOpen ? Promise.reject(new BreakerRefusal('full')) : act() }) })
  await send()
  isOpen = true
  t.equal((await send()).status, 200)
  t.equal((await send(token(1))).status, 503)
})

t.test('routes with the same options share what is known, others do not', async t => {
  const { services, asked, send } = room(ACTIVE)
  await send()
  const again = (options: object) => mount(authenticate, { ways: [{ introspection: options }] }, {}, { services }).call({ headers: { authorization: `Bearer ${TOKEN}` } })
  t.equal((await again({})).status, 200)
  t.equal(asked.length, 1)
  t.equal((await again({ audiences: 'orders' })).status, 401)
  t.equal(asked.length, 2)
})

t.test('asks about nothing that does not look like an opaque token', async t => {
  const { send, asked } = room(ACTIVE)
  for (const [sent, reason] of [
    ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'malformed'],
    ['short', 'malformed'],
    ['a'.repeat(2049), 'malformed'],
    ['a'.repeat(8193), 'too-large'],
    ['semicolon;semicolon;', 'malformed'],
    ['caf\u00e9caf\u00e9caf\u00e9caf\u00e9', 'malformed']
  ] as const) {
    const { status, x } = await send(sent)
    t.strictSame([status, x.reason], [401, reason], sent.slice(0, 30))
  }
  t.equal(asked.length, 0)
})

t.test('asks about what fits `shape`, a JWT too', async t => {
  const { send, asked } = room(ACTIVE, { shape: 'ey[A-Za-z0-9_.-]{10,100}|tk_[0-9]+' })
  const sent = ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'tk_1']
  for (const one of sent) t.equal((await send(one)).status, 200)
  t.equal((await send(TOKEN)).x.reason, 'malformed')
  t.equal((await send('a'.repeat(8000) + '!')).x.reason, 'malformed')
  t.same(asked, sent)
})

t.test('leaves JWTs to `bearer` where that is a way too, in either order', async t => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'
  for (const ways of [['bearer', 'introspection'], ['introspection', 'bearer']]) {
    const { send, asked } = room(ACTIVE, {}, { room: { ways } })
    t.equal((await send(jwt)).x.reason, 'signature', 'the verifier has seen it')
    t.equal((await send('ill;shaped;and;no;jwt')).x.reason, 'malformed')
    t.equal((await send()).status, 200)
    t.same(asked, [TOKEN])
  }
})

t.test('a token that cannot be one is never an anonymous request', async t => {
  for (const ways of [['introspection'], ['introspection', 'bearer'], ['bearer', 'introspection']]) {
    const { send, call } = room(ACTIVE, {}, { room: { ways, optional: true } })
    for (const sent of ['short', 'ill;shaped;and;no;jwt', 'a.b.c', 'ey.ey.ey', 'a'.repeat(9000), '']) t.equal((await send(sent)).status, 401, `${ways.join()}: ${sent.slice(0, 30)}`)
    t.equal((await call()).status, 200)
  }
})

t.test('says how to authenticate where there is no token', async t => {
  const { call } = room(ACTIVE, {}, { room: { realm: 'shop' } })
  const { status, reply } = await call()
  t.equal(status, 401)
  t.equal(reply.headers.get('www-authenticate'), 'Bearer realm="shop"')
})

t.test('leaves other schemes alone', async t => {
  const { call, asked } = room(ACTIVE)
  const { status, x } = await call({ headers: { authorization: 'Basic YTpi' } })
  t.strictSame([status, x.reason], [401, 'missing'])
  t.equal(asked.length, 0)
})

t.test('refuses a second token in the query', async t => {
  const { call } = room(ACTIVE)
  const { status, x } = await call({ target: '/?access_token=abc', headers: { authorization: `Bearer ${TOKEN}` } })
  t.strictSame([status, x.reason], [400, 'repeated'])
})

t.test('says nothing of a token in logs', async t => {
  const { send, services } = room({ active: false })
  await send()
  await send('a-token;not-fit-for-anything')
  t.notMatch(JSON.stringify(services.log.lines), /opaque-token|not-fit-for/)
})

t.test('names the key that is wrong', async t => {
  const two = { issuers: fakeIssuers({ issuers: { main: 'https://a.test', other: 'https://b.test' } }) }
  const wrong = (options: unknown, services: Partial<FakeServices> = {}, more: object = {}) => () => mount(authenticate, { ways: [{ introspection: options }], ...more }, {}, { services })
  const at = '/authenticate/ways/0/introspection'
  t.throws(wrong({ shape: '(' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `${at}/shape` }] })
  t.throws(wrong({ issuer: 'nobody' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_ISSUER', pointer: `${at}/issuer` }] })
  t.throws(wrong({}, two), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: at }] })
  t.throws(wrong({ issuer: 'other' }, two, { issuers: ['main'] }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_ISSUER', pointer: `${at}/issuer` }] })
  t.throws(wrong({ maxConcurrent: 0 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `${at}/maxConcurrent` }] })
  t.throws(wrong({ cache: 60 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `${at}/cache` }] })
  t.throws(wrong({ caches: '60s' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: `${at}/caches` }] })
  t.doesNotThrow(wrong({ issuer: 'other' }, two))
  t.doesNotThrow(wrong({}, two, { issuers: ['main'] }))
})
