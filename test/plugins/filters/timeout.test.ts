import t from 'tap'
import timeout from '../../../plugins/filters/timeout/index.ts'
import { GatewayError, heldBody, problem, type BodyStream, type Dispatch, type Exchange, type Reply } from '../../../src/contract/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, manualClock, mount, reply } from '../../../src/testing/index.ts'

/** Never answers, but for what its end makes of it. */
const hangs = (answer: (x: Exchange, reason: Error) => Reply): Dispatch => x => new Promise(resolve => { x.onAbort({ abort: reason => { resolve(answer(x, reason)) } }) })
const told = hangs((x, reason) => problem((reason as GatewayError).code, x.id))

function mounted (upstream: Dispatch, config: unknown = '2s', when?: string) {
  const clock = manualClock()
  const mounted = mount(timeout, config, upstream, { services: { clock }, ...when !== undefined && { when } })
  const go = (x: Exchange) => run(mounted.plan, x, { log: mounted.services.log, timed: false })
  return { ...mounted, clock, go }
}

t.test('an answer that comes in time is passed on', async t => {
  const { call, clock, close } = mounted(async () => reply({ body: 'here' }))
  t.match(await call(), { status: 200, text: 'here', x: { aborted: null, deadline: Infinity } })
  t.equal(clock.sleeping.length, 1)
  await close()
  t.equal(clock.sleeping.length, 0, 'no timer is left')
})

t.test('the client gets 504 when there is none, and the call is given up', async t => {
  const reasons: unknown[] = []
  const { call, clock, decisions } = mounted(hangs((x, reason) => {
    reasons.push((reason as GatewayError).code)
    return problem('GW_CLIENT_GONE', x.id)
  }))
  const called = call()
  await clock.pass(1999)
  t.same(reasons, [])
  await clock.pass(1)
  t.match(await called, { reply: { status: 504, code: 'GW_TOTAL_TIMEOUT' }, x: { aborted: null } })
  t.same([reasons, decisions('refused')], [['GW_TOTAL_TIMEOUT'], 1])
})

t.test('a body is not limited: the head is enough', async t => {
  const ends: string[] = []
  const body: BodyStream = { ended: false, hold: async () => Buffer.from('long'), copy: max => heldBody(null).copy(max), cancel: () => ends.push('cancelled') }
  const { clock, go } = mounted(async x => {
    x.onAbort({ abort: () => ends.push('aborted') })
    return { ...reply(), body }
  })
  const x = exchange()
  t.equal((await go(x)).body, body)
  await clock.pass(5000)
  t.same(ends, [])
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.same(ends, ['aborted'], 'but the client can still end it')
})

t.test('an answer whose head comes when it was given up is not passed on', async t => {
  const body: BodyStream = { ended: false, hold: async () => null, copy: max => heldBody(null).copy(max), cancel: () => {} }
  const { call, clock } = mounted(hangs(() => ({ ...reply(), body })))
  const called = call()
  await clock.pass(2000)
  t.equal((await called).reply.code, 'GW_TOTAL_TIMEOUT')
})

t.test('a fallback that a filter inside has at hand is passed on', async t => {
  const { call, clock } = mounted(hangs(() => reply({ body: 'from the cache' })))
  const called = call()
  await clock.pass(2000)
  t.match(await called, { status: 200, text: 'from the cache' })
})

t.test('the client gets its answer also where somebody inside does not listen', async t => {
  const { go, clock } = mounted(() => new Promise(() => {}))
  const x = exchange()
  const called = go(x)
  await clock.pass(2100)
  t.equal((await called).code, 'GW_TOTAL_TIMEOUT')
  t.match(x, { deadline: Infinity, aborted: { code: 'GW_TOTAL_TIMEOUT' } }, 'and nothing more is begun')
})

t.test('who does not listen and answers later is not heard', async t => {
  let answer!: (reply: Reply) => void
  const cancelled: Error[] = []
  const { call, clock } = mounted(() => new Promise(resolve => { answer = resolve }))
  const called = call()
  await clock.pass(2100)
  t.equal((await called).status, 504)
  answer({ ...reply(), body: { ended: false, hold: async () => null, copy: max => heldBody(null).copy(max), cancel: reason => cancelled.push(reason) } })
  await clock.pass(0)
  t.match(cancelled, [{ code: 'GW_TOTAL_TIMEOUT' }])
})

t.test('those inside know how long there is, those after it what there was', async t => {
  const seen: number[] = []
  const { go, clock } = mounted(async x => {
    seen.push(x.deadline)
    return reply()
  })
  clock.set(500)
  const x = Object.assign(exchange(), { deadline: 9000 })
  await go(x)
  t.same([seen, x.deadline], [[2500], 9000])
})

t.test('where the request has less time anyway, nothing is set', async t => {
  const seen: number[] = []
  const { go, clock } = mounted(async x => {
    seen.push(x.deadline)
    return reply()
  })
  await go(Object.assign(exchange(), { deadline: 2000 }))
  t.same([seen, clock.slept], [[2000], []])
})

t.test('limits only what its condition is about', async t => {
  const { call, clock } = mounted(async () => reply(), '2s', 'request.method == "PUT"')
  await call()
  t.same(clock.slept, [])
  await call({ method: 'PUT' })
  t.same(clock.slept, [2000])
})

t.test('one stands within another', async t => {
  const inner = mounted(told, '1s')
  const outer = mounted(x => inner.go(x), '2s')
  const called = outer.call()
  await inner.clock.pass(1000)
  t.match(await called, { reply: { code: 'GW_TOTAL_TIMEOUT' }, x: { aborted: null, deadline: Infinity } })
})

t.test('a client that goes is no timeout', async t => {
  const { go, clock } = mounted(told)
  const x = exchange()
  const called = go(x)
  await clock.pass(1)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal((await called).code, 'GW_CLIENT_GONE')
})

t.test('a failure inside is passed on, and leaves nothing open', async t => {
  const { plan } = mounted(told)
  const x = exchange()
  await t.rejects(plan.filters[0]!.phases.dispatch!(async () => { throw new TypeError('a bug') })(x), TypeError)
  t.match(x, { aborted: null, deadline: Infinity })
  const before = x.openScope()
  x.closeScope(before)
})

t.test('the limit must be given, and be one', async t => {
  const refused = (config: unknown, pointer: string) => { t.throws(() => mount(timeout, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer }] }) }
  refused(null, '/timeout')
  refused('0ms', '/timeout')
  refused({ limit: 2 }, '/timeout/limit')
})

t.test('where it only reports, every answer is passed on, and the late ones are counted', async t => {
  const clock = manualClock()
  const { call, decisions } = mount(timeout, '2s', async x => {
    await clock.sleep(x.method === 'PUT' ? 2001 : 2000, x.signal)
    return reply({ body: 'here' })
  }, { services: { clock }, report: true })
  for (const [method, late] of [['GET', 0], ['PUT', 1]] as const) {
    const called = call({ method })
    await clock.pass(3000)
    t.match(await called, { status: 200, text: 'here' })
    t.equal(decisions('would-refuse'), late)
  }
})
