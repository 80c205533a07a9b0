import t from 'tap'
import { opossumBreakers } from '../../../../src/adapters/breaker/opossum-breaker.ts'
import { BreakerRefusal, FORCED_STATES, type BreakerChange } from '../../../../src/contract/breaker.ts'
import { fakeClock, fakeLog } from '../../../../src/testing/index.ts'
import { entered, FAULT, made, OPTIONS, pending } from './opossum-breaker/breaker.ts'

// Its rules are in opossum-breaker/contract.test.ts

t.test('gives back what the call gives, and its rejection as it is', async t => {
  const { ok, fail, breaker } = made()
  t.equal(await ok(), 'ok')
  t.equal(await fail(), FAULT)
  t.equal(await breaker.run(() => { throw FAULT }).catch((error: unknown) => error), FAULT)
  t.match(breaker, { running: 0, outcomes: { calls: 3, failures: 2 } })
})

t.test('tells whether a call would be let through, and changes nothing by it', t => {
  const { breaker, clock, changes, opened } = made({ maxHalfOpenMs: 200 })
  const look = () => [breaker.state, breaker.admits, breaker.retryInMs]
  t.same(look(), ['closed', true, 0])
  opened()
  t.same(look(), ['open', false, 1000])
  clock.advance(400)
  t.same(look(), ['open', false, 600])
  clock.advance(600)
  t.same(look(), ['half-open', true, 0])
  t.equal(changes.length, 1)
  const trials = [entered(breaker), entered(breaker), entered(breaker)]
  t.same(look(), ['half-open', false, 200], 'by then it knows more')
  trials[0]!.end('ignored')
  t.same(look(), ['half-open', true, 0])
  clock.advance(200)
  t.same(look(), ['open', false, 1000])
  clock.advance(1000)
  t.same(look(), ['half-open', true, 0])
  t.equal(changes.length, 2)
  t.end()
})

t.test('tells of each change of state, after it', t => {
  const seen: unknown[] = []
  const { clock, end, breaker } = made({ onChange: change => { seen.push([change, breaker.state]) } })
  end('failure', 'failure', 'failure', 'failure')
  clock.advance(1000)
  end('success', 'success', 'success')
  breaker.force('disabled')
  t.same(seen, [
    [{ name: 'idp', from: 'closed', to: 'open', openForMs: 1000 }, 'open'],
    [{ name: 'idp', from: 'open', to: 'half-open', openForMs: null }, 'half-open'],
    [{ name: 'idp', from: 'half-open', to: 'closed', openForMs: null }, 'closed'],
    [{ name: 'idp', from: 'closed', to: 'disabled', openForMs: null }, 'disabled']
  ])
  t.end()
})

t.test('forced open, lets nothing through however long', t => {
  const { breaker, clock } = made()
  breaker.force('forced-open')
  for (let i = 0; i < 3; i++) {
    t.same([breaker.state, breaker.admits, breaker.retryInMs, breaker.enter()], ['forced-open', false, 1000, 'open'])
    clock.advance(3_600_000)
  }
  t.end()
})

t.test('disabled, lets everything through and counts nothing', t => {
  const { breaker, end } = made({ maxConcurrent: 1 })
  breaker.force('disabled')
  const several = [entered(breaker), entered(breaker)]
  t.same([breaker.admits, breaker.retryInMs], [true, 0])
  for (let i = 0; i < 20; i++) end('failure')
  for (const call of several) call.end('failure')
  t.match(breaker, { state: 'disabled', running: 0, outcomes: { calls: 0 } })
  t.end()
})

t.test('with metrics only, lets everything through and counts it, but never opens', t => {
  const { breaker, end } = made({ maxConcurrent: 1 })
  breaker.force('metrics-only')
  const several = [entered(breaker), entered(breaker)]
  t.equal(breaker.admits, true)
  for (let i = 0; i < 20; i++) end('slow-failure', 'ignored')
  for (const call of several) call.end('success')
  t.match(breaker, { state: 'metrics-only', outcomes: { calls: 10, failures: 8, slow: 8 } })
  t.end()
})

t.test('is closed with an empty window when it is given back, from wherever it was', t => {
  for (const state of [...FORCED_STATES, null]) {
    const { breaker, clock, end, halfOpened, opened } = made({ maxOpenForMs: 60_000 })
    halfOpened()
    end('failure', 'failure', 'failure')
    const trialOfBefore = entered((clock.advance(2000), breaker))
    breaker.force(state)
    if (state === 'metrics-only') end('failure', 'failure', 'failure')
    breaker.force(null)
    t.match(breaker, { state: 'closed', outcomes: { calls: 0, failures: 0 } })
    trialOfBefore.end('failure')
    end('failure', 'failure', 'failure')
    t.equal(breaker.state, 'closed')
    end('failure')
    t.equal(breaker.retryInMs, 1000, 'and is open as long as the first time')
    clock.advance(1000)
    end('success', 'success', 'success')
    opened()
    t.equal(breaker.state, 'open')
  }
  t.end()
})

t.test('says nothing where forcing changes nothing', t => {
  const { breaker, changes } = made()
  breaker.force(null)
  t.same(changes, [])
  breaker.force('disabled')
  breaker.force('disabled')
  t.same(changes.map(({ to }) => to), ['disabled'])
  t.end()
})

t.test('calls that began before an operator took over say nothing', t => {
  const { breaker } = made({ minimumCalls: 1 })
  const [one, other] = [entered(breaker), entered(breaker)]
  breaker.force('metrics-only')
  one.end('failure')
  t.equal(breaker.outcomes.calls, 0)
  breaker.force(null)
  other.end('failure')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('keeps the events of opossum, in their order', async t => {
  const { listen, ok, fail, times, clock } = made()
  const events = listen()
  await ok()
  await times(3, fail)
  t.strictSame(events, ['fire', 'success', 'fire', 'failure', 'fire', 'failure', 'fire', 'failure', 'open'])
  t.type(await fail(), Error)
  t.strictSame(events.splice(0).slice(-2), ['fire', 'reject'])
  clock.advance(1000)
  await times(3, fail)
  t.strictSame(events.splice(0), ['halfOpen', 'fire', 'failure', 'fire', 'failure', 'fire', 'failure', 'open'])
  clock.advance(1000)
  await times(3, ok)
  t.strictSame(events.splice(0), ['halfOpen', 'fire', 'success', 'fire', 'success', 'fire', 'success', 'close'])
})

t.test('tells opossum\'s listeners of calls that are entered, with what they gave and how long they took', async t => {
  const { breaker, end } = made({ failureRate: 1 })
  const heard: unknown[][] = []
  for (const event of ['success', 'failure']) breaker.circuit.on(event, (what: unknown, ms: unknown) => { heard.push([event, what, typeof ms]) })
  end('success', 'slow', 'failure', 'slow-failure', 'ignored')
  t.same(heard.map(([event]) => event), ['success', 'success', 'failure', 'failure', 'success'], 'what opossum filters is a success to it')
  t.match(heard[2]![1], { message: 'call failed' })
  heard.length = 0
  await breaker.run(async () => 'given')
  await breaker.run(async () => { throw FAULT }).catch(() => {})
  t.same(heard, [['success', 'given', 'number'], ['failure', FAULT, 'number']])
})

t.test('tells opossum\'s listeners of refusals', async t => {
  const { breaker, listen, ok, times, opened, clock } = made({ maxConcurrent: 1 })
  const events = listen()
  const running = pending(breaker)
  await times(5, async () => { await t.rejects(ok(), new BreakerRefusal('full')) })
  t.strictSame(events, ['fire', ...Array(5).fill('semaphoreLocked')])
  await running.ok()
  opened()
  events.length = 0
  breaker.enter()
  t.strictSame(events.splice(0), ['fire', 'reject'])
  clock.advance(1000)
  const trial = entered(breaker)
  breaker.force('forced-open')
  breaker.enter()
  t.strictSame(events, ['halfOpen', 'fire', 'open', 'fire', 'reject'])
  trial.end('success')
})

t.test('asks nothing of opossum while nobody listens to its events of calls', t => {
  const { breaker, end, opened } = made()
  let fired = 0
  breaker.circuit.fire = async () => { fired++ }
  breaker.circuit.on('open', () => {})
  end('success', 'failure')
  opened()
  breaker.enter()
  t.equal(fired, 0)
  t.end()
})

t.test('is to opossum\'s integrations one of its own', async t => {
  const { breaker, end, fail, clock, opened } = made()
  const { circuit } = breaker
  // As opossum-prometheus does
  const counts: Record<string, number> = {}
  for (const event of circuit.eventNames()) circuit.on(event, () => { counts[String(event)] = (counts[String(event)] ?? 0) + 1 })
  opened()
  await fail()
  t.match(circuit, { name: 'idp', opened: true, closed: false, halfOpen: false, pendingClose: false })
  clock.advance(1000)
  end('success')
  t.match(circuit, { opened: false, closed: false, halfOpen: true })
  end('success', 'success')
  t.match(circuit, { opened: false, closed: true, halfOpen: false, isShutdown: false })
  t.notOk(circuit.eventNames().includes('newListener'))
  t.same(counts, { fire: 8, failure: 4, success: 3, open: 1, close: 1, reject: 1 })
  t.match(JSON.parse(JSON.stringify(circuit)), { state: { name: 'idp', closed: true, open: false } })
})

t.test('opens and closes by its own rules, whatever an integration says', t => {
  const { breaker, listen } = made()
  const events = listen()
  breaker.circuit.open()
  t.same(events, [])
  t.same([breaker.state, breaker.circuit.closed], ['closed', true])
  breaker.force('forced-open')
  breaker.circuit.close()
  t.same([breaker.state, breaker.circuit.opened], ['forced-open', true])
  t.same(events, ['open'])
  t.end()
})

t.test('hears of listeners that come after all were taken away', t => {
  const { breaker, listen, end } = made()
  const before = listen()
  breaker.circuit.removeAllListeners('fire')
  breaker.circuit.removeAllListeners()
  breaker.circuit.removeAllListeners('newListener')
  const events = listen()
  end('success')
  t.same([before, events], [[], ['fire', 'success']])
  t.end()
})

t.test('a listener that throws takes no place for ever', t => {
  const { breaker } = made({ maxConcurrent: 1 })
  breaker.circuit.on('success', () => { throw FAULT })
  const call = entered(breaker)
  t.throws(() => { call.end('success') }, FAULT)
  t.match(breaker, { running: 0, outcomes: { calls: 1 } })
  t.end()
})

t.test('logs when it opens and when it closes', t => {
  const { log, end, halfOpened } = made()
  halfOpened()
  end('success', 'success', 'success')
  t.strictSame(log.lines, [
    { level: 'warn', fields: { 'gatehouse.breaker': 'idp', 'gatehouse.breaker.open_for_ms': 1000, 'gatehouse.breaker.calls': 4, 'gatehouse.breaker.failures': 4, 'gatehouse.breaker.slow': 0 }, message: 'circuit breaker opened' },
    { level: 'info', fields: { 'gatehouse.breaker': 'idp' }, message: 'circuit breaker closed' }
  ])
  t.end()
})

t.test('once it is closed for good, says nothing any more and does no harm to who still has it', t => {
  const { breaker, board, changes, log, listen, opened, clock, end } = made()
  const events = listen()
  const call = entered(breaker)
  breaker.close()
  breaker.close()
  call.end('failure')
  t.equal(breaker.running, 0)
  opened()
  clock.advance(1000)
  end('success', 'success', 'success')
  breaker.force('disabled')
  t.same([changes, log.lines, board.list(9)], [[], [], { total: 0, breakers: [] }])
  t.same(events, ['fire', 'shutdown'])
  t.equal(breaker.circuit.listenerCount('fire'), 0)
  t.end()
})

t.test('leaves nothing of ten thousand that were made, used, opened and closed', t => {
  const clock = fakeClock(5000)
  const log = fakeLog()
  const breakers = opossumBreakers({ clock, log })
  const changes: BreakerChange[] = []
  const living = breakers({ ...OPTIONS, name: 'living' })
  const timers = process.getActiveResourcesInfo().length
  for (let i = 0; i < 10_000; i++) {
    const breaker = breakers({ ...OPTIONS, name: `idp ${i % 100}`, onChange: change => { changes.push(change) } })
    breaker.circuit.on('success', () => {})
    for (let k = 0; k < 4; k++) entered(breaker).end('failure')
    breaker.close()
    if (breaker.circuit.listenerCount('success') !== 0) t.fail('a listener stays')
  }
  t.equal(changes.length, 10_000)
  t.equal(process.getActiveResourcesInfo().length, timers)
  t.match(breakers.board.list(10), { total: 1, breakers: [{ name: 'living' }] })
  t.same((living.circuit as unknown as { status: NodeJS.EventEmitter }).status.eventNames(), [], 'nor at what all of them share')
  t.end()
})
