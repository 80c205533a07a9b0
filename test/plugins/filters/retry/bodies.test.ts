import { Readable } from 'node:stream'
import t from 'tap'
import { GatewayError } from '../../../../src/contract/index.ts'
import { HeldBudget } from '../../../../src/http/held-budget.ts'
import { RequestBody } from '../../../../src/http/request-body.ts'
import { run } from '../../../../src/plan/run.ts'
import { exchange, fakeClock, reply } from '../../../../src/testing/index.ts'
import { arriving } from './arriving.ts'
import { asked, mounted, OK, UNAVAILABLE, type Answer } from './mounted.ts'

t.test('the same bytes are sent each time', async t => {
  for (const body of ['12345', ['12', '345']]) {
    const { seen, status } = await asked(null, [UNAVAILABLE, OK], { method: 'PUT', body })
    t.same([status, seen.map(({ body }) => body)], [200, ['12345', '12345']])
  }
})

t.test('a body that is too large to be held streams through, and is sent once', async t => {
  for (const body of ['123456', ['123', '456']]) {
    const streamed: Answer = async x => {
      const out = x.body.outgoing() as Readable
      return { ...reply(UNAVAILABLE), body: Buffer.concat(await out.toArray()) }
    }
    const { call, counted } = mounted({ body: '5B' }, [streamed])
    t.match(await call({ method: 'PUT', body }), { status: 503, text: '123456', x: { attempt: 1 } })
    t.same(counted(), { 'body-too-large': 1 })
  }
  const { seen } = await asked(null, [UNAVAILABLE, OK], { method: 'PUT', body: 'a'.repeat(65536) })
  t.equal(seen.length, 2, '64 KiB by default')
  t.match(await asked(null, [OK], { method: 'PUT', body: 'a'.repeat(65537) }), { counted: {}, seen: [{ body: null }] })
})

t.test('a body of a request that may not be tried again is not held', async t => {
  t.match(await asked(null, [OK], { method: 'POST', body: '1' }), { seen: [{ body: null }] })
})

t.test('a body that another filter holds can be sent again whatever its size', async t => {
  const { plan, services, seen } = mounted({ body: '1B' }, [UNAVAILABLE])
  const x = exchange({ method: 'PUT', body: '12345' })
  await x.body.hold(100)
  await run(plan, x, { log: services.log, timed: false })
  t.equal(seen.length, 3)
})

t.test('a client that breaks off while its body is read gets what it should, and upstream nothing', async t => {
  const { plan, services, seen } = mounted(null, [OK])
  const source = new Readable({ read () { this.destroy() } })
  const body = new RequestBody({ source, length: null, budget: new HeldBudget(1024), idleMs: 0, onFault: () => {} })
  const x = Object.assign(exchange({ method: 'PUT' }), { body })
  t.match(await run(plan, x, { log: services.log, timed: false }), { code: 'GW_BAD_BODY' })
  t.equal(seen.length, 0)
})

t.test('an answer that is abandoned is let go of before the wait, the last one is not', async t => {
  const one = arriving(503, null, async () => null)
  const last = arriving(503, null, async () => Buffer.from('last'))
  const order: string[] = []
  const { call } = mounted({ attempts: 2 }, [one.answer, last.answer], {
    clock: { ...fakeClock(), sleep: async () => { order.push(`${one.cancelled.length} cancelled`) } }
  })
  t.match(await call(), { status: 503, text: 'last' })
  t.same(order, ['1 cancelled'])
  t.match(one.cancelled, [{ code: 'GW_CLIENT_GONE' }])
  t.same([last.cancelled, one.asked], [[], []])
})

t.test('a small answer that breaks off after its head is tried again', async t => {
  const broken = arriving(200, '10', async () => { throw new GatewayError('GW_UPSTREAM_RESET') })
  const cut = arriving(200, '10', async () => { throw new Error('cut') })
  t.match(await asked(null, [broken.answer, cut.answer, OK]), { status: 200, text: 'here', calls: 3, counted: { retried: 2, recovered: 1 } })
  t.match(await asked(null, [broken.answer]), { status: 502, x: { reply: { code: 'GW_UPSTREAM_RESET' } }, calls: 3 }, 'and is no cut answer in the end')
  t.equal((await asked({ exceptions: [] }, [broken.answer])).calls, 1)
})

t.test('only an answer that is declared small enough, and not yet here, is waited for', async t => {
  for (const [length, answer, waits] of [['16384', undefined, true], ['16385', undefined, false], [null, undefined, false], ['5', '5B', true], ['6', '5B', false], ['1', '0B', false]] as const) {
    const one = arriving(200, length, async () => Buffer.from('here'))
    const { call } = mounted({ ...answer && { answer } }, [one.answer])
    const text = (await call()).text
    // The test itself holds it once, to read it
    t.same([text, one.asked.length], ['here', waits ? 2 : 1], `${length} ${answer}`)
  }
  const bad = arriving(503, '5', async () => Buffer.from('bad'))
  await asked({ attempts: 2 }, [bad.answer, OK])
  t.same(bad.asked, [], 'what is given up anyway is not')
})
