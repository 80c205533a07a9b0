import t from 'tap'
import { GatewayError, problem, type BodyCopy, type BodyStream, type CallGate, type Exchange, type Reply } from '../../../../src/contract/index.ts'
import { finish } from '../../../../src/plan/run.ts'
import { exchange, reply } from '../../../../src/testing/index.ts'
import { GONE, mirrored, OVER, waits, type Setup } from './mounted.ts'

t.test('one request is mirrored once, however often filters around it try', async t => {
  const { asked, call } = waits()
  const { plan, dispatch, copies, decided, clock, services } = mirrored({ to: 'next' })
  const gated = (x: Exchange): Promise<Reply> => {
    const watchers = (x.gates ?? []).map(gate => gate.enter(x, 'http://live.test')!)
    return call(x).finally(() => { for (const one of watchers) one.ended({ status: 200, code: null, headMs: 0 }) })
  }
  const wrapped = dispatch(gated)
  const x = exchange()
  // A retry, and beside it a hedge
  const first = wrapped(x)
  asked[0]!.answer(reply({ status: 503 }))
  await first
  const [second, third] = [wrapped(x), wrapped(x.fork())]
  asked[2]!.answer(reply({ body: 'third' }))
  await third
  asked[1]!.answer('GW_CLIENT_GONE')
  await second
  t.equal(x.gates, null)
  finish(plan, x, OVER, services.log)
  await clock.pass(0)
  t.equal(copies.length, 1)
  t.same(decided(), { 'next sent -': 1 })
})

t.test('a call that another gate refuses is none', async t => {
  const refuses: CallGate = { admits: () => true, enter: () => null }
  for (const mode of ['async', 'sync']) {
    const { go, copies, decided } = mirrored({ to: 'next', mode })
    t.equal((await go(Object.assign(exchange(), { gates: [refuses] }))).code, 'GW_CIRCUIT_OPEN')
    t.same([copies.length, decided()], [0, { 'next skipped not-called': 1 }])
    const inside = mirrored({ to: 'next', mode })
    const x = exchange()
    const wrapped = inside.dispatch(async y => {
      y.gates = [...y.gates!, refuses]
      const watchers = y.gates.slice(0, -1).map(gate => gate.enter(y, 'http://live.test')!)
      for (const one of watchers) one.ended({ status: 0, code: 'GW_CIRCUIT_OPEN', headMs: 0 })
      return problem('GW_CIRCUIT_OPEN', y.id)
    })
    await wrapped(x)
    finish(inside.plan, x, OVER, inside.services.log)
    await inside.clock.pass(0)
    t.same([inside.copies.length, inside.decided()], [0, { 'next skipped not-called': 1 }], mode)
  }
})

t.test('a client that goes takes its copies with it, or leaves them where they are to be kept', async t => {
  for (const [abort, expected] of [['drop', { 'next dropped client-gone': 1 }], ['keep', { 'next sent -': 1 }]] as const) {
    const { go, decided } = mirrored({ to: 'next', abort })
    await go({}, GONE)
    t.same(decided(), expected, `${abort}: in the middle of its answer`)

    const { asked, call } = waits()
    const early = mirrored({ to: 'next', abort }, { live: call })
    const x = exchange()
    const going = early.go(x, GONE)
    await early.clock.pass(0)
    x.abort(new GatewayError('GW_CLIENT_GONE'))
    t.equal((await going).code, 'GW_CLIENT_GONE')
    t.same([asked.length, early.decided()], [1, expected], `${abort}: before it`)

    const hung = waits()
    const sync = mirrored({ to: 'next', abort, mode: 'sync' }, { live: waits().call, ways: { 'shadow:next': hung.call } })
    const y = exchange()
    const gone = sync.go(y, GONE)
    await sync.clock.pass(0)
    t.equal(hung.asked.length, 1)
    y.abort(new GatewayError('GW_CLIENT_GONE'))
    await sync.clock.pass(60)
    await gone
    hung.asked[0]!.answer(reply({ body: 'live' }))
    await sync.clock.pass(0)
    t.same(sync.decided(), expected, `${abort}: sync`)
    t.equal(sync.view('next').ledger!.compared, 0)
  }
})

t.test('sync: an answer is held as long as it may be, and no longer for a call that is made again', async t => {
  const hung = waits()
  const { go, clock, decided, view } = mirrored({ to: 'next', mode: 'sync', compareBudget: '80ms', expose: true }, { ways: { 'shadow:next': hung.call } })
  let status = 0
  const going = go().then(answer => {
    status = answer.status
    return answer
  })
  await clock.pass(79)
  t.equal(status, 0)
  await clock.pass(1)
  t.equal((await going).headers.get('x-gatehouse-shadow-diff'), 'late')
  hung.asked[0]!.answer(reply({ body: 'other' }))
  await clock.pass(0)
  t.same(decided(), { 'next sent -': 1 })
  t.match(view('next'), { inFlight: 0, ledger: { compared: 1, different: 1 } }, 'it counts although nobody waited')
})

/** A body that arrives when the test says so. */
function arriving (): { body: BodyStream, end(): void } {
  const copies = new Set<{ told: (() => void) | null }>()
  let state: 'arriving' | 'whole' | 'broken' = 'arriving'
  const settle = (to: 'whole' | 'broken') => {
    if (state !== 'arriving') return
    state = to
    for (const { told } of copies) told?.()
  }
  const copy = (): BodyCopy => {
    const one: { told: (() => void) | null } = { told: null }
    copies.add(one)
    const settled = (told: () => void) => { if (state === 'arriving') one.told = told; else told() }
    return { get state () { return state }, size: 4, bytes: () => Buffer.from('live'), settled, release: () => { copies.delete(one) } }
  }
  const body: BodyStream = { get ended () { return state === 'whole' }, hold: async () => Buffer.from('live'), cancel: () => { settle('broken') }, copy }
  return { body, end: () => { settle('whole') } }
}

t.test('sync: a try after the first leaves nothing behind', async t => {
  const { plan, dispatch, clock, view, services, decided } = mirrored({ to: 'next', mode: 'sync', maxInFlight: 1, queue: { count: 0 }, compareBudget: '10ms' })
  for (let i = 0; i < 3; i++) {
    const answers = [arriving(), arriving()]
    const tries = answers.map(({ body }, i): Reply => ({ ...reply({ status: i === 0 ? 503 : 200 }), body }))
    const wrapped = dispatch(async x => {
      for (const gate of x.gates!) gate.enter(x, 'http://live.test')
      return tries.shift()!
    })
    const x = exchange()
    const first = wrapped(x)
    await clock.pass(10)
    const { body } = await first
    const second = wrapped(x)
    await clock.pass(10)
    t.equal((await second).status, 200)
    ;(body as BodyStream).cancel(new GatewayError('GW_CLIENT_GONE'))
    answers[1]!.end()
    finish(plan, x, OVER, services.log)
    await clock.pass(0)
  }
  t.same(decided(), { 'next sent -': 3 }, 'none is still watched')
  t.match(view('next').ledger, { compared: 3 })
})

t.test('what goes wrong inside of it is no concern of the live request', async t => {
  for (const mode of ['async', 'sync']) {
    const bad: readonly Setup[] = [
      { services: { load: { get eventLoopDelayMs (): number { throw new Error('a bug') } } as never } },
      { services: { expressions: { condition: () => ({ usesBody: false, usesReply: false, evaluate: () => { throw new Error('a bug') } }), value: () => { throw new Error('no') } } as never } },
      { services: { aside: { run: () => Promise.reject(new Error('a bug')) } } }
    ]
    for (const setup of bad) {
      const { go, decided, clock, close } = mirrored({ to: 'next', mode, when: 'true' }, setup)
      t.equal((await go()).body, 'live')
      await clock.pass(100)
      t.equal(Object.values(decided()).reduce((sum, count) => sum + count, 0), 1, JSON.stringify(decided()))
      const closing = close()
      await clock.pass(5000)
      await closing
    }
  }
  const { go, decided, services } = mirrored({ to: 'next' })
  const faulty = exchange()
  Object.defineProperty(faulty, 'copy', { value: () => { throw new Error('a bug') } })
  t.equal((await go(faulty)).body, 'live')
  t.same(decided(), { 'next failed internal': 1 })
  t.match(services.log.lines, [{ level: 'error', message: 'a request could not be mirrored' }])
})
