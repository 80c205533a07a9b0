import fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import passport from '../../../../../plugins/filters/passport/index.ts'
import { passportPlugin, type Passport, type PassportPluginOptions } from '../../../../../plugins/filters/passport/verifier/index.ts'
import { principal } from '../../../../../src/contract/index.ts'
import { Rings } from '../../../../../src/identity/rings/rings.ts'
import { fakeClock, mount, type FakeKeys, type TestRequest } from '../../../../../src/testing/index.ts'

declare module 'fastify' {
  interface FastifyRequest { passport: Passport | null }
}

const clock = fakeClock(Date.now())
const rings = new Rings({ rings: new Map([['passport', { keys: 'ephemeral' }]]), clock })
const jwks = rings.publicJwks('passport')

async function minted (config: object = {}, request: TestRequest = {}): Promise<Record<string, string>> {
  const { call } = mount(passport, { audience: 'orders', ...config }, undefined, { services: { clock, keys: rings as unknown as FakeKeys } })
  const { x } = await call({ principal: principal({ subject: 'ada', source: 'jwt', level: 2 }), ...request })
  return { 'x-passport': x.headers.first('x-passport')! }
}

/** A service behind the gateway. */
async function service (options: Partial<PassportPluginOptions> = {}): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(passportPlugin, { jwks, audience: 'orders', ...options })
  app.get('/me', async request => ({ sub: request.passport?.sub }))
  app.post('/orders', async request => ({ sub: request.passport?.sub, got: request.body }))
  app.get('/health', { config: { passport: false } }, async request => ({ passport: request.passport }))
  t.teardown(() => app.close())
  return app
}

t.test('gives the routes beside it the verified passport', async t => {
  const app = await service()
  const answered = await app.inject({ url: '/me', headers: await minted() })
  t.equal(answered.statusCode, 200)
  t.same(answered.json(), { sub: 'ada' })
  t.same((await app.inject({ method: 'POST', url: '/orders', headers: await minted(), payload: { a: 1 } })).json(), { sub: 'ada', got: { a: 1 } })
})

t.test('answers 401 without a good passport, and says no more', async t => {
  const app = await service()
  const other = await minted({ audience: 'billing' })
  for (const headers of [{}, { 'x-passport': 'x' }, { 'x-passport': [other['x-passport']!, other['x-passport']!] }, other]) {
    const { statusCode, headers: got, body } = await app.inject({ url: '/me', headers })
    t.equal(statusCode, 401)
    t.equal(got['www-authenticate'], 'Passport')
    t.equal(body, '{"statusCode":401,"error":"Unauthorized","message":"the request needs a valid passport"}')
  }
})

t.test('tells the log of the service why, and nothing of the passport', async t => {
  const lines: string[] = []
  const app = fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(() => app.close())
  await app.register(passportPlugin, { jwks, audience: 'orders' })
  app.get('/me', async () => 'ok')
  const other = await minted({ audience: 'billing' })
  for (const [headers, code] of [[{}, 'missing'], [other, 'audience']] as const) {
    await app.inject({ url: '/me', headers })
    t.match(lines.map(line => JSON.parse(line)).filter(({ msg }) => /^passport refused: /.test(msg)).at(-1), { level: 30, code })
  }
  t.notMatch(lines.join(''), other['x-passport']!)
  lines.length = 0
  await app.inject({ url: '/me', headers: await minted() })
  t.notMatch(lines.join(''), 'refused')
})

t.test('answers 503 where the keys cannot be had', async t => {
  const app = await service({ jwks: 'http://127.0.0.1:1/keys/passport' })
  const { statusCode, headers } = await app.inject({ url: '/me', headers: await minted() })
  t.equal(statusCode, 503)
  t.equal(headers['retry-after'], '1')
})

t.test('leaves alone the routes that say so', async t => {
  const app = await service()
  t.same((await app.inject({ url: '/health' })).json(), { passport: null })
})

t.test('takes another header', async t => {
  const app = await service({ header: 'X-Caller' })
  const { 'x-passport': value } = await minted()
  t.equal((await app.inject({ url: '/me', headers: { 'x-caller': value! } })).statusCode, 200)
})

t.test('checks a bound passport against the body before anybody sees it', async t => {
  const app = await service({ bodyLimit: 64 })
  const payload = '{"item":"tea"}'
  const request = { method: 'POST', target: '/orders', body: payload }
  const headers = { ...await minted({ bind: 'request' }, request), 'content-type': 'application/json' }
  const post = (over: object) => app.inject({ method: 'POST', url: '/orders?trace=1', headers, payload, ...over })
  t.same((await post({})).json(), { sub: 'ada', got: { item: 'tea' } })
  t.equal((await post({ payload: '{"item":"gin"}' })).statusCode, 401)
  t.equal((await post({ payload: JSON.stringify({ item: 'x'.repeat(64) }) })).statusCode, 413)
  t.equal((await app.inject({ url: '/me', headers })).statusCode, 401, 'another request')
  t.equal((await app.inject({ url: '/me', headers: await minted({ bind: 'request' }, { target: '/me' }) })).statusCode, 200)
})

t.test('keeps the connection whole when it refuses a body', async t => {
  const app = await service({ bodyLimit: 64 })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const body = JSON.stringify({ item: 'x'.repeat(100_000) })
  const headers = await minted({ bind: 'request' }, { method: 'POST', target: '/orders', body })
  const { status } = await fetch(`${origin}/orders`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })
  t.equal(status, 413)
})

t.test('can insist on bound passports', async t => {
  const app = await service({ bound: true })
  t.equal((await app.inject({ url: '/me', headers: await minted() })).statusCode, 401)
  t.equal((await app.inject({ url: '/me', headers: await minted({ bind: 'request' }, { target: '/me' }) })).statusCode, 200)
})

t.test('does not hide what is wrong with its own options', async t => {
  const app = fastify()
  await app.register(passportPlugin, { audience: 'orders' })
  app.get('/me', async () => 'ok')
  t.teardown(() => app.close())
  t.equal((await app.inject({ url: '/me', headers: await minted() })).statusCode, 500)
})
