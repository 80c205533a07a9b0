import { Readable } from 'node:stream'
import t from 'tap'
import cacheRequestBody from '../../../plugins/filters/cache-request-body/index.ts'
import type { Dispatch } from '../../../src/contract/index.ts'
import { HeldBudget } from '../../../src/http/held-budget.ts'
import { RequestBody } from '../../../src/http/request-body.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, mount, reply } from '../../../src/testing/index.ts'

/** Tells whether the body was held when upstream was called, and what upstream got. */
const upstream: Dispatch = async x => {
  const sent = x.body.outgoing()
  const bytes = sent instanceof Readable ? Buffer.concat(await sent.toArray()) : sent
  return reply({ headers: { held: String(x.body.held !== null) }, body: bytes })
}

for (const body of ['12345', ['123', '45']]) {
  t.test(`holds a body of ${JSON.stringify(body)} that is just small enough`, async t => {
    const { call, services } = mount(cacheRequestBody, '5B', upstream)
    const { reply, text, status } = await call({ method: 'POST', body })
    t.same([status, text, reply.headers.get('held')], [200, '12345', 'true'])
    t.same(services.registry.samples().filter(({ name, value }) => name === 'gatehouse_bodies_not_held_total' && value > 0), [])
  })

  t.test(`lets a larger body of ${JSON.stringify(body)} pass whole, and counts it`, async t => {
    const { call, services } = mount(cacheRequestBody, '4B', upstream)
    const { reply, text } = await call({ method: 'POST', body })
    t.same([text, reply.headers.get('held')], ['12345', 'false'])
    t.match(services.registry.samples().filter(({ name }) => name === 'gatehouse_bodies_not_held_total'), [{ value: 1 }])
  })

  t.test(`refuses a larger body of ${JSON.stringify(body)} where it is required`, async t => {
    const { call, decisions } = mount(cacheRequestBody, { maxBytes: '4B', required: true }, upstream)
    t.match((await call({ method: 'POST', body })).reply, { status: 413, code: 'GW_BODY_TOO_LARGE' })
    t.equal(decisions('refused'), 1)
  })
}

t.test('does not wait for a request without a body', async t => {
  const { plan } = mount(cacheRequestBody, { required: true })
  t.equal(plan.requests[0]!.phases.request!(exchange()), undefined)
})

t.test('holds 64 KiB by default', async t => {
  const { call } = mount(cacheRequestBody, null, upstream)
  t.equal((await call({ method: 'POST', body: 'a'.repeat(65536) })).reply.headers.get('held'), 'true')
  t.equal((await call({ method: 'POST', body: 'a'.repeat(65537) })).reply.headers.get('held'), 'false')
})

t.test('answers 400 where the client breaks off while the body is read', async t => {
  const { plan, services } = mount(cacheRequestBody, null, upstream)
  const source = new Readable({ read () { this.destroy() } })
  const body = new RequestBody({ source, length: null, budget: new HeldBudget(1024), idleMs: 0, onFault: () => {} })
  const x = Object.assign(exchange({ method: 'POST' }), { body })
  t.match(await run(plan, x, { log: services.log, timed: false }), { status: 400, code: 'GW_BAD_BODY' })
})

t.test('loads what Spring writes where the class is only the bytes', async t => {
  const load = (bodyClass: string) => cacheRequestBody.spring!.toConfig!({ bodyClass })
  for (const bodyClass of ['java.lang.String', 'String', 'byte[]', '[B']) t.doesNotThrow(() => mount(cacheRequestBody, load(bodyClass)), bodyClass)
  t.throws(() => load('com.example.Order'), { code: 'GW_CONFIG_NO_EQUIVALENT', pointer: '/bodyClass' })
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(cacheRequestBody, 64), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/cache-request-body' }] })
  t.throws(() => mount(cacheRequestBody, { required: 'yes' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/cache-request-body/required' }] })
})
