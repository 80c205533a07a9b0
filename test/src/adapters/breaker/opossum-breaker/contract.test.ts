import t from 'tap'
import { BreakerRefusal } from '../../../../../src/contract/breaker.ts'
import { entered, made, pending } from './breaker.ts'

// What resilience4j's rules ask for, and what opossum by itself does not do: with half-open.test.ts, one test for each point of resilience.md 3.1 to 3.3

t.test('opens when the share of failures reaches the threshold, not before the minimum of calls', t => {
  const { breaker, end } = made()
  end('failure', 'failure', 'success')
  t.equal(breaker.state, 'closed')
  end('success')
  t.equal(breaker.state, 'open', 'two of four are half')
  t.end()
})

t.test('stays closed below the threshold', t => {
  const { breaker, end } = made()
  for (let i = 0; i < 10; i++) end('success', 'success', 'failure')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('counts only the last calls', t => {
  const { breaker, end } = made({ failureRate: 0.6 })
  for (let i = 0; i < 20; i++) end('success')
  for (let i = 0; i < 5; i++) end('failure')
  t.equal(breaker.state, 'closed')
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('takes no more calls for the minimum than the window holds', t => {
  const { breaker, end } = made({ window: 5, minimumCalls: 100 })
  end('failure', 'failure', 'failure', 'failure')
  t.equal(breaker.state, 'closed')
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('counts only the calls of the last while, where the window is one', t => {
  const { breaker, clock, end } = made({ window: { ms: 1000 } })
  end('failure', 'failure', 'failure')
  clock.advance(1000)
  end('failure', 'failure', 'failure')
  t.equal(breaker.state, 'closed')
  clock.advance(500)
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('takes the minimum as it is where the window is a while', t => {
  const { breaker, end } = made({ window: { ms: 5 }, minimumCalls: 100 })
  for (let i = 0; i < 99; i++) end('failure')
  t.equal(breaker.state, 'closed')
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('opens at its share of slow calls, failed or not', t => {
  const { breaker, end } = made({ failureRate: 1, slowRate: 0.75 })
  end('slow', 'slow-failure', 'success')
  t.equal(breaker.state, 'closed')
  end('slow')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('without a rate of its own opens for slowness only where all calls are slow', t => {
  const { breaker, end } = made({ window: 20 })
  for (let i = 0; i < 20; i++) end(i === 0 ? 'success' : 'slow')
  t.equal(breaker.state, 'closed')
  end('slow')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('counts slow failures as failures', t => {
  const { breaker, end } = made()
  end('slow-failure', 'slow-failure', 'success', 'success')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('makes no call while it is open', async t => {
  const { breaker, clock, opened } = made()
  opened()
  let calls = 0
  const count = () => breaker.run(async () => { calls++ })
  await t.rejects(count(), new BreakerRefusal('open'))
  clock.advance(999)
  await t.rejects(count(), new BreakerRefusal('open'))
  t.equal(breaker.enter(), 'open')
  t.equal(calls, 0)
  clock.advance(1)
  t.equal(breaker.state, 'half-open')
  await count()
  t.equal(calls, 1)
})

t.test('begins with an empty window when it closes', t => {
  const { breaker, end, halfOpened } = made()
  halfOpened()
  end('success', 'success', 'success')
  end('failure', 'failure', 'failure')
  t.equal(breaker.state, 'closed')
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('calls that its bulkhead refuses are not made and count for nothing', async t => {
  const { breaker, ok, times } = made({ maxConcurrent: 1, minimumCalls: 1 })
  const running = pending(breaker)
  t.equal(breaker.admits, false)
  await times(5, async () => { await t.rejects(breaker.run(async () => t.fail('called')), new BreakerRefusal('full')) })
  t.equal(breaker.enter(), 'full')
  t.equal(breaker.state, 'closed')
  t.equal(await running.ok(), 'late')
  t.equal(await ok(), 'ok')
})

t.test('a place is free only when the call has really ended, whatever state it began in', async t => {
  const { breaker, clock, ok, fail, end, halfOpened } = made({ maxConcurrent: 2 })
  const hung = pending(breaker)
  halfOpened()
  end('success', 'success', 'success')
  t.equal(breaker.state, 'closed')
  const other = pending(breaker)
  clock.advance(60_000)
  await t.rejects(ok(), new BreakerRefusal('full'))
  await hung.fail()
  t.match(await fail(), { message: 'down' })
  await other.ok()
})

t.test('refusals while open do not blunt it afterwards', t => {
  const { breaker, end, opened, clock } = made()
  opened()
  for (let i = 0; i < 100; i++) breaker.enter()
  clock.advance(1000)
  end('success', 'success', 'success')
  end('failure', 'failure', 'failure', 'failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('a late result of an older state counts for nothing', t => {
  const { breaker, end, halfOpened } = made()
  const [lateOk, lateFail, lateIgnored, later] = [entered(breaker), entered(breaker), entered(breaker), entered(breaker)]
  halfOpened()
  const trial = entered(breaker)
  lateOk.end('success')
  lateFail.end('failure')
  lateIgnored.end('ignored')
  t.equal(breaker.state, 'half-open')
  end('success', 'success')
  t.equal(breaker.state, 'half-open', 'the running trial is waited for')
  t.equal(breaker.enter(), 'open', 'an older call has given no permit back')
  trial.end('success')
  t.equal(breaker.state, 'closed')
  later.end('failure')
  end('failure', 'failure', 'failure')
  t.equal(breaker.state, 'closed', 'three failures of this state, not four')
  t.end()
})

t.test('an ignored outcome counts for nothing', t => {
  const { breaker, end } = made()
  end('failure', 'failure', 'ignored', 'ignored', 'ignored', 'ignored', 'failure')
  t.equal(breaker.state, 'closed')
  t.equal(breaker.outcomes.calls, 3)
  end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('slow calls still running do not hide the failures of others', async t => {
  const { breaker, opened } = made({ maxConcurrent: 100 })
  const slow = Array.from({ length: 60 }, () => pending(breaker))
  opened()
  t.equal(breaker.state, 'open')
  await Promise.all(slow.map(call => call.ok()))
  t.equal(breaker.state, 'open')
})

t.test('the end of one call touches no other', async t => {
  const { breaker } = made()
  const [one, other] = [pending(breaker), pending(breaker)]
  await one.fail()
  t.equal(await other.ok(), 'late')
  t.equal(breaker.circuit.getSignal(), undefined, 'opossum has nothing that could abort them')
})

t.test('a call ends once', t => {
  const { breaker } = made({ maxConcurrent: 1 })
  const call = entered(breaker)
  call.end('failure')
  for (let i = 0; i < 9; i++) call.end('failure')
  t.match(breaker, { running: 0, outcomes: { calls: 1, failures: 1 } })
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('starts no timer in any state', async t => {
  const started: string[] = []
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const real = globalThis[name] as (...args: unknown[]) => unknown
    globalThis[name] = ((...args: unknown[]) => { started.push(name); return real(...args) }) as never
    t.teardown(() => { globalThis[name] = real as never })
  }
  const { breaker, ok, fail, times, listen, clock } = made({ window: { ms: 1000 } })
  listen()
  await times(4, fail)
  clock.advance(1000)
  await times(3, ok)
  await times(4, fail)
  t.equal(breaker.state, 'open')
  breaker.force('forced-open')
  breaker.force(null)
  t.strictSame(started, [])
})

t.test('keeps no sample of a call, and sums none up at a failure', t => {
  const { breaker, listen, end } = made()
  listen()
  for (let i = 0; i < 3; i++) end('success', 'success', 'failure')
  const { status } = breaker.circuit as unknown as { status: { stats: object, window: { latencyTimes: unknown[], successes: number }[] } }
  t.strictSame(status.stats, { fires: 0, failures: 0 })
  t.ok(status.window.every(bucket => bucket.latencyTimes.length === 0 && bucket.successes === 0))
  t.end()
})

t.test('two breakers share nothing', t => {
  const one = made()
  const other = made()
  one.opened()
  t.strictSame([one.breaker.state, other.breaker.state], ['open', 'closed'])
  t.end()
})
