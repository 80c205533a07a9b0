import t from 'tap'
import { GatewayError, heldBody, type BodyStream, type Reply } from '../../../../src/contract/index.ts'
import { exchange, reply } from '../../../../src/testing/index.ts'
import { mounted, ok } from './mounted.ts'

/** An answer whose body is still arriving. */
function arriving (status: number) {
  const cancelled: unknown[] = []
  const body: BodyStream = { ended: false, hold: async () => Buffer.from('body'), copy: max => heldBody(null).copy(max), cancel: reason => cancelled.push((reason as GatewayError).code) }
  return { answer: { ...reply({ status }), body } as Reply, cancelled }
}

t.test('the body of a loser is let go of, whenever it comes', async t => {
  const { call, clock, asked } = mounted('50ms')
  const bad = arriving(503)
  const called = call()
  await clock.pass(50)
  asked[1]!.answer(bad.answer)
  await clock.pass(1)
  asked[0]!.answer(ok('first'))
  await called
  t.same(bad.cancelled, ['GW_CLIENT_GONE'])

  // One that does not listen
  const { plan, clock: time } = mounted('50ms')
  const late = arriving(200)
  const answers: ((reply: Reply) => void)[] = []
  const wrapped = plan.filters[0]!.phases.dispatch!(x => new Promise(resolve => {
    x.attempt++
    answers.push(resolve)
  }))
  const x = exchange()
  const running = wrapped(x)
  await time.pass(50)
  answers[0]!(ok('first'))
  t.equal((await running).body, 'first')
  answers[1]!(late.answer)
  await time.pass(1)
  t.same(late.cancelled, ['GW_CLIENT_GONE'])
})

t.test('the body of the winner ends with the client', async t => {
  const { go, clock, asked } = mounted('50ms')
  const x = exchange()
  const running = go(x)
  await clock.pass(50)
  const { answer } = arriving(200)
  asked[1]!.answer(answer)
  t.equal(await running, answer)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.same(asked[1]!.gone, ['GW_CLIENT_GONE'])
})

t.test('a client that goes ends both calls', async t => {
  const { go, clock, asked } = mounted('50ms')
  const x = exchange()
  const running = go(x)
  await clock.pass(50)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal((await running).code, 'GW_CLIENT_GONE')
  t.same([asked[0]!.gone, asked[1]!.gone], [['GW_CLIENT_GONE'], ['GW_CLIENT_GONE']])
  await clock.pass(1000)
  t.same([asked.length, clock.sleeping], [2, []])
})
