import t from 'tap'
import hedge from '../../../../plugins/filters/hedge/index.ts'
import { problem, type CallGate, type End, type Reply } from '../../../../src/contract/index.ts'
import { finish } from '../../../../src/plan/run.ts'
import { exchange, manualClock, mount } from '../../../../src/testing/index.ts'
import { mounted, ok } from './mounted.ts'

const GONE: End = { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }

t.test('who waits inside for a place does not wait twice', async t => {
  const clock = manualClock()
  const { plan } = mount(hedge, { after: '50ms' }, {}, { services: { clock } })
  let calls = 0
  const wrapped = plan.filters[0]!.phases.dispatch!(async x => {
    if (++calls === 1) await clock.sleep(120, x.signal)
    x.attempt++
    await clock.sleep(calls === 1 ? 1000 : 1, x.signal)
    return ok(`${calls}`)
  })
  const running = wrapped(exchange())
  await clock.pass(149)
  t.equal(calls, 1)
  await clock.pass(2)
  t.equal(calls, 2)
  t.equal((await running).body, '2')
})

t.test('what filters inside have made of the request for their call is not there for the other', async t => {
  const clock = manualClock()
  const { plan } = mount(hedge, { after: '50ms' }, {}, { services: { clock } })
  const gate: CallGate = { admits: () => true, enter: () => null }
  const inside: CallGate = { ...gate }
  const seen: unknown[] = []
  const wrapped = plan.filters[0]!.phases.dispatch!(x => new Promise(resolve => {
    seen.push([x.path, x.deadline, x.gates?.length ?? 0, x.fallback])
    x.attempt++
    x.path = '/changed'
    x.deadline = 10
    x.gates = [...x.gates ?? [], inside]
    x.fallback = { kind: 'reply', filter: 'f', code: null, status: 503 }
    x.openScope()
    if (seen.length === 2) resolve(ok('second'))
    else x.onAbort({ abort: () => { resolve(problem('GW_CLIENT_GONE', x.id)) } })
  }))
  for (const gates of [[gate], null]) {
    seen.length = 0
    const x = Object.assign(exchange({ target: '/a' }), { deadline: 9000, gates })
    const running = wrapped(x)
    await clock.pass(50)
    t.equal((await running).body, 'second')
    t.same(seen, [['/a', 9000, gates?.length ?? 0, null], ['/a', 9000, gates?.length ?? 0, null]])
    t.equal(x.aborted, null)
  }
})

t.test('both calls are seen by whoever has a say in calls; the loser says nothing of its endpoint', async t => {
  const ended: unknown[] = []
  const gate: CallGate = { admits: () => true, enter: () => ({ ended: ({ status, code }) => ended.push(code ?? status) }) }
  const { go, clock, asked } = mounted('50ms')
  const x = exchange()
  x.gates = [gate]
  const running = go(x)
  await clock.pass(50)
  asked[1]!.answer(ok('second'))
  await running
  await clock.pass(1)
  t.same(ended.sort(), [200, 'GW_CLIENT_GONE'])
})

t.test('whoever waits for the end of a call made beside hears of the end of the request, once', async t => {
  const { plan, go, clock, asked, services } = mounted('50ms')
  for (const loser of [0, 1]) {
    asked.length = 0
    const told: string[] = []
    const x = exchange()
    const running = go(x)
    await clock.pass(50)
    asked[1]!.x.ends = [end => { told.push(end.outcome) }]
    asked[1 - loser]!.answer(ok('here'))
    await running
    await clock.pass(1)
    finish(plan, x, GONE, services.log)
    t.same(told, ['complete'])
  }
  // The end comes before the loser has stopped
  const answers: ((reply: Reply) => void)[] = []
  const told: string[] = []
  const wrapped = plan.filters[0]!.phases.dispatch!(x => new Promise(resolve => {
    x.attempt++
    if (answers.push(resolve) === 2) x.ends = [end => { told.push(end.outcome) }]
  }))
  const x = exchange()
  const running = wrapped(x)
  await clock.pass(50)
  answers[0]!(ok('first'))
  await running
  for (const ended of x.ends!) ended(GONE)
  t.same(told, [])
  answers[1]!(ok('second'))
  await clock.pass(1)
  t.same(told, ['complete'])
})
