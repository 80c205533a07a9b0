import t from 'tap'
import { ChangeWebhook } from '../../../../plugins/filters/circuit-breaker/change-webhook.ts'
import type { BreakerChange } from '../../../../src/contract/index.ts'
import { fakeOutbound, fakeServices, type TestAnswer } from '../../../../src/testing/index.ts'
import { breaking } from './breaking.ts'

const CHANGE: BreakerChange = { name: 'r/circuit-breaker', from: 'closed', to: 'open', openForMs: 5000 }
const turn = () => new Promise(resolve => { setImmediate(resolve) })

function hook (answer?: () => TestAnswer | Promise<TestAnswer>) {
  const outbound = fakeOutbound(answer)
  const services = fakeServices({ outbound })
  services.clock.set(Date.UTC(2026, 0, 2))
  const made = new ChangeWebhook('https://ops.test/hook?key=secret', 'r', services)
  const outcomes = () => Object.fromEntries(services.registry.samples().map(({ labels, value }) => [labels['outcome'], value]))
  return { hook: made, outbound, services, outcomes }
}

t.test('posts a change', async t => {
  const { hook: made, outbound, outcomes } = hook(() => ({ status: 204 }))
  made.send(CHANGE)
  await turn()
  const [{ url, method, headers, body, timeoutMs, maxBytes }] = outbound.calls as [typeof outbound.calls[number]]
  t.same([url, method, headers, timeoutMs, maxBytes], ['https://ops.test/hook?key=secret', 'POST', { 'content-type': 'application/json' }, 5000, 65536])
  t.same(JSON.parse(body!), { name: 'r/circuit-breaker', route: 'r', from: 'closed', to: 'open', openForMs: 5000, at: '2026-01-02T00:00:00.000Z' })
  t.same(outcomes(), { sent: 1 })
})

t.test('posts one at a time, and of those that come meanwhile the newest', async t => {
  const answers: (() => void)[] = []
  const { hook: made, outbound, outcomes } = hook(() => new Promise(resolve => { answers.push(() => { resolve({}) }) }))
  for (const to of ['open', 'half-open', 'closed', 'disabled'] as const) made.send({ ...CHANGE, to })
  await turn()
  t.equal(outbound.calls.length, 1)
  answers[0]!()
  await turn()
  t.same(outbound.calls.map(({ body }) => (JSON.parse(body!) as BreakerChange).to), ['open', 'disabled'])
  answers[1]!()
  await turn()
  t.same(outcomes(), { sent: 2, dropped: 2 })
  made.send(CHANGE)
  await turn()
  t.equal(outbound.calls.length, 3, 'and goes on after that')
})

for (const [what, answer, reason] of [['nobody answers', undefined, 'unreachable'], ['it is refused', () => ({ status: 500 }), 'refused']] as const) {
  t.test(`${what}: counts and tells it, without the address`, async t => {
    const { hook: made, services, outcomes } = hook(answer)
    made.send(CHANGE)
    await turn()
    t.same(outcomes(), { failed: 1 })
    t.match(services.log.lines, [{ level: 'warn', fields: { 'gatehouse.route': 'r', 'event.reason': reason } }])
    t.notMatch(JSON.stringify(services.log.lines), /secret|ops\.test/)
  })
}

t.test('sends nothing any more when its plan is closed', async t => {
  const answers: (() => void)[] = []
  const { hook: made, outbound } = hook(() => new Promise(resolve => { answers.push(() => { resolve({}) }) }))
  made.send(CHANGE)
  made.send(CHANGE)
  made.close()
  answers[0]!()
  await turn()
  made.send(CHANGE)
  await turn()
  t.equal(outbound.calls.length, 1)
})

t.test('hears of the changes of all breakers of a use', async t => {
  const outbound = fakeOutbound(() => ({}))
  const { call, upstream, close } = breaking({ by: 'host', webhook: 'https://ops.test/' }, { services: { outbound } })
  upstream.answer = { status: 503 }
  for (const host of ['a.test', 'a.test', 'b.test', 'b.test']) {
    await call({ host })
    await turn()
  }
  t.same(outbound.calls.map(({ body }) => (JSON.parse(body!) as BreakerChange).to), ['open', 'open'])
  await close()
})
