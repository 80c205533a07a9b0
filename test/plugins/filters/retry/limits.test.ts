import t, { type Test } from 'tap'
import { GatewayError, problem, type Exchange } from '../../../../src/contract/index.ts'
import { finish, run } from '../../../../src/plan/run.ts'
import { exchange, fakeRandom, manualClock } from '../../../../src/testing/index.ts'
import { arriving } from './arriving.ts'
import { asked, mounted, OK, UNAVAILABLE, type Answer } from './mounted.ts'

t.test('one try may take no longer than its own limit, and the next is made', async t => {
  const clock = manualClock()
  const slow: Answer = x => new Promise(resolve => { x.onAbort({ abort: reason => { resolve(problem((reason as GatewayError).code, x.id)) } }) })
  const { call, seen, counted, close } = mounted({ perTry: '100ms', backoff: { first: '0ms' } }, [slow, slow, OK], { clock })
  const called = call()
  await clock.pass(99)
  t.equal(seen.length, 1)
  await clock.pass(1)
  t.equal(seen.length, 2)
  await clock.pass(100)
  t.match(await called, { status: 200, text: 'here', x: { attempt: 3, aborted: null } })
  t.same(counted(), { retried: 2, recovered: 1 })
  await close()
  t.equal(clock.sleeping.length, 0, 'nothing waits any more')
})

t.test('where every try takes too long, the client gets 504', async t => {
  const clock = manualClock()
  const slow: Answer = x => new Promise(resolve => { x.onAbort({ abort: reason => { resolve(problem((reason as GatewayError).code, x.id)) } }) })
  const { call } = mounted({ perTry: '100ms', attempts: 2 }, [slow], { clock })
  const called = call()
  await clock.pass(1000)
  t.match((await called).reply, { status: 504, code: 'GW_HEAD_TIMEOUT' })
})

t.test('a small answer must be here as a whole within the limit of a try; what came late is not passed on', async t => {
  const clock = manualClock()
  const drips: Answer = async x => arriving(200, '10', () => new Promise((_resolve, reject) => { x.onAbort({ abort: reject }) })).answer
  const head: Answer = x => new Promise(resolve => { x.onAbort({ abort: () => { resolve(arriving(200, null, async () => null).answer) } }) })
  const { call } = mounted({ perTry: '100ms', backoff: { first: '0ms' } }, [drips, head, OK], { clock })
  const called = call()
  await clock.pass(200)
  t.match(await called, { status: 200, text: 'here', x: { attempt: 3 } })
})

t.test('without a limit for each try there is no scope and no timer', async t => {
  const clock = manualClock()
  const whole = exchange()
  let scoped = false
  whole.openScope = () => { scoped = true; throw new Error('opened') }
  const { plan, services } = mounted(null, [UNAVAILABLE, OK], { clock, random: fakeRandom() })
  t.equal((await run(plan, whole, { log: services.log, timed: false })).status, 200)
  t.same([clock.slept, scoped], [[], false])
})

async function aborted (t: Test, config: unknown, answers: Answer[], when: (x: Exchange) => void) {
  const clock = manualClock()
  const { plan, services, seen, counted } = mounted(config, answers, { clock })
  const x = exchange()
  const running = run(plan, x, { log: services.log, timed: false })
  await clock.pass(1)
  when(x)
  const answer = await running
  finish(plan, x, { outcome: 'client-gone', code: null, bytesIn: 0, bytesOut: 0 }, services.log)
  t.equal(clock.sleeping.length, 0)
  return { answer, calls: seen.length, counted: counted() }
}

t.test('a client that goes ends the wait', async t => {
  t.match(await aborted(t, null, [UNAVAILABLE], x => { x.abort(new GatewayError('GW_CLIENT_GONE')) }), { answer: { code: 'GW_CLIENT_GONE' }, calls: 1, counted: { aborted: 1 } })
  t.match(await aborted(t, null, [UNAVAILABLE], x => { x.abort(new Error('gone')) }), { answer: { code: 'GW_CLIENT_GONE' }, calls: 1 })
  t.match(await aborted(t, null, [UNAVAILABLE], x => { x.abort(new GatewayError('GW_TOTAL_TIMEOUT')) }), { answer: { code: 'GW_TOTAL_TIMEOUT' }, calls: 1 })
})

t.test('what fails because nobody waits any more is not tried again', async t => {
  const gone: Answer = async x => {
    x.abort(new GatewayError('GW_CLIENT_GONE'))
    return problem('GW_UPSTREAM_RESET', x.id)
  }
  t.match(await asked(null, [gone]), { calls: 1, counted: { aborted: 1 } })
})
