import t from 'tap'
import { heldBody, type Breakers } from '../../../../src/contract/index.ts'
import { fakeBreaker, fakeOutbound } from '../../../../src/testing/index.ts'
import { ada, desk, TO_ORDERS } from './desk.ts'

const ENRICH = { url: 'https://users.test/facts', claims: ['plan', 'region'] }

t.test('asks for facts once a caller', async t => {
  const outbound = fakeOutbound(() => ({ body: { plan: 'pro', region: 'eu', internal: 1 } }))
  const { send, clock } = desk({ enrich: { ...ENRICH, headers: { Authorization: 'Bearer s3cret' }, timeout: '200ms' }, device: { typeClaim: 'dt' } }, { ...TO_ORDERS, services: { outbound } })
  const caller = ada({ issuer: 'https://idp.test', client: 'web', claims: { dt: 'tv' } })
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => send({ principal: caller })))
  t.same(first!.claims!['ctx'], { plan: 'pro', region: 'eu' })
  t.ok(others.every(({ header }) => header === first!.header))
  t.equal(outbound.calls.length, 1)
  t.match(outbound.calls[0], { url: ENRICH.url, method: 'POST', timeoutMs: 200, maxBytes: 16_384, headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json' } })
  t.same(JSON.parse(outbound.calls[0]!.body!), { sub: 'ada', iss: 'https://idp.test', cid: 'web', dev: { type: 'tv' } })
  clock.advance(20_000)
  t.same((await send({ principal: ada({ issuer: 'https://idp.test', client: 'web', claims: { dt: 'tv' } }) })).claims!['ctx'], { plan: 'pro', region: 'eu' })
  t.equal(outbound.calls.length, 1, 'the same caller with another token')
  clock.advance(40_000)
  await send({ principal: caller })
  t.equal(outbound.calls.length, 2, 'asked again when the answer is over')
})

t.test('asks no more for copies of the request', async t => {
  const outbound = fakeOutbound(() => ({ body: { plan: 'pro' } }))
  const { send, plan } = desk({ enrich: ENRICH }, { ...TO_ORDERS, services: { outbound } })
  const { x } = await send({ principal: ada() })
  for (const shadow of ['orders-next', 'orders-rewrite']) {
    const copy = x.copy(heldBody(null))
    await plan.filters[0]!.phases.restate!(shadow)(copy)
    t.match(Buffer.from(copy.headers.first('x-passport')!.split('.').at(-1)!, 'base64url').toString(), '"ctx":{"plan":"pro"}')
  }
  t.equal(outbound.calls.length, 1)
})

t.test('asks nothing about nobody', async t => {
  const outbound = fakeOutbound(() => ({ body: { plan: 'pro' } }))
  const { send } = desk({ enrich: ENRICH }, { ...TO_ORDERS, services: { outbound } })
  t.notOk('ctx' in (await send()).claims!)
  t.equal(outbound.calls.length, 0)
})

t.test('takes an answer without facts for one', async t => {
  for (const answer of [{ status: 404 }, { status: 204 }, { body: { other: 1 } }]) {
    const outbound = fakeOutbound(() => answer)
    const { send, clock } = desk({ enrich: { ...ENRICH, onError: 'refuse' } }, { ...TO_ORDERS, services: { outbound } })
    const { status, claims } = await send({ principal: ada() })
    t.equal(status, 200)
    t.notOk('ctx' in claims!)
    clock.advance(20_000)
    await send({ principal: ada() })
    t.equal(outbound.calls.length, 1)
  }
})

t.test('does without facts where nobody answers, or refuses', async t => {
  for (const answer of [{ status: 500 }, { body: '[1]' }, { body: 'no JSON' }, { body: 'null' }]) {
    const services = { outbound: fakeOutbound(() => answer) }
    const omitting = desk({ enrich: ENRICH }, { ...TO_ORDERS, services })
    const omitted = await omitting.send({ principal: ada() })
    t.equal(omitted.status, 200)
    t.notOk('ctx' in omitted.claims!)
    t.match(omitting.services.registry.samples().find(({ name }) => name === 'gatehouse_passport_enrichments_total'), { labels: { outcome: 'failed' }, value: 1 })
    for (const bind of ['none', 'request']) {
      const { send, services: { registry } } = desk({ bind, enrich: { ...ENRICH, onError: 'refuse' } }, { ...TO_ORDERS, services })
      const { status, x, header } = await send({ principal: ada() })
      t.same([status, x.reason, header], [503, 'unavailable', undefined])
      t.match(registry.samples().find(({ name }) => name === 'gatehouse_credentials_refused_total'), { labels: { reason: 'unavailable' }, value: 1 })
    }
  }
})

t.test('keeps facts in use while nobody answers', async t => {
  let up = true
  const outbound = fakeOutbound(() => up ? { body: { plan: 'pro' } } : { status: 503 })
  const { send, clock } = desk({ enrich: { ...ENRICH, cache: '10s', staleIfError: '60s', onError: 'refuse' } }, { ...TO_ORDERS, services: { outbound } })
  const caller = ada()
  await send({ principal: caller })
  up = false
  clock.advance(69_000)
  t.same((await send({ principal: caller })).claims!['ctx'], { plan: 'pro' })
  clock.advance(15_000)
  t.equal((await send({ principal: caller })).status, 503)
})

t.test('asks behind a breaker of its own', async t => {
  const made: string[] = []
  const breaker: Breakers = ({ name }) => {
    made.push(name)
    return fakeBreaker({ state: 'open', run: async () => { throw new Error('open') } })
  }
  const outbound = fakeOutbound(() => ({ body: { plan: 'pro' } }))
  const { send } = desk({ enrich: ENRICH }, { ...TO_ORDERS, services: { outbound, breaker } })
  t.equal((await send({ principal: ada() })).status, 200)
  t.same(made, ['passport test users.test'])
  t.equal(outbound.calls.length, 0)
})

t.test('a caller that the service does not want to hear of is no failure of the service', async t => {
  const failures: unknown[] = []
  const breaker: Breakers = () => fakeBreaker({
    run: async act => await act().catch(error => {
      failures.push(error)
      throw error
    })
  })
  for (const [status, count] of [[400, 0], [422, 0], [401, 1], [429, 2], [500, 3]] as const) {
    const { send } = desk({ device: { idHeader: 'X-Device' }, enrich: { ...ENRICH, onError: 'refuse' } }, { ...TO_ORDERS, services: { breaker, outbound: fakeOutbound(() => ({ status })) } })
    t.equal((await send({ principal: ada(), headers: { 'x-device': 'made-up' } })).status, 503)
    t.equal(failures.length, count, String(status))
  }
})
