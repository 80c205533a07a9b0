import type { EventEmitter } from 'node:events'
import t from 'tap'
import { opossumBreakers } from '../../../src/adapters/opossum-breaker.ts'
import { BreakerRefusal, type Breaker, type BreakerOptions } from '../../../src/contract/breaker.ts'
import { fakeClock, fakeLog } from '../../../src/testing/index.ts'

const OPTIONS: BreakerOptions = { name: 'idp', window: 10, minimumCalls: 4, failureRate: 0.5, openForMs: 1000, halfOpenCalls: 3, maxConcurrent: 8 }
const FAULT = new Error('down')
const EVENTS = ['fire', 'success', 'failure', 'reject', 'semaphoreLocked', 'open', 'halfOpen', 'close']

function made (over: Partial<BreakerOptions> = {}) {
  const clock = fakeClock(5000)
  const log = fakeLog()
  const breaker = opossumBreakers({ clock, log })({ ...OPTIONS, ...over }) as Breaker & EventEmitter
  const events: string[] = []
  for (const event of EVENTS) breaker.on(event, () => { events.push(event) })
  const ok = () => breaker.run(async () => 'ok')
  const fail = () => breaker.run(async () => { throw FAULT }).catch((error: unknown) => error)
  const times = async (n: number, act: () => Promise<unknown>) => { for (let i = 0; i < n; i++) await act() }
  /** Opens it, and lets the time pass after which it tries again. */
  const halfOpened = async () => {
    await times(4, fail)
    clock.advance(1000)
  }
  return { clock, log, breaker, events, ok, fail, times, halfOpened }
}

/** A call that ends when the test says so. */
function pending (breaker: Breaker) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let began = false
  const ended = breaker.run(() => {
    began = true
    return promise
  }).catch((error: unknown) => error)
  return { began: () => began, ok: () => { resolve('late'); return ended }, fail: () => { reject(FAULT); return ended }, ended }
}

t.test('gives back what the call gives, and its rejection as it is', async t => {
  const { ok, fail, breaker } = made()
  t.equal(await ok(), 'ok')
  t.equal(await fail(), FAULT)
  t.equal(await breaker.run(() => { throw FAULT }).catch((error: unknown) => error), FAULT)
})

t.test('opens when the share of failures reaches the threshold, not before the minimum of calls', async t => {
  const { breaker, ok, fail, times } = made()
  await times(2, fail)
  await ok()
  t.equal(breaker.state, 'closed')
  await ok()
  t.equal(breaker.state, 'open', 'two of four are half')
})

t.test('stays closed below the threshold', async t => {
  const { breaker, ok, fail, times } = made()
  await times(10, async () => { await ok(); await ok(); await fail() })
  t.equal(breaker.state, 'closed')
})

t.test('counts only the last calls', async t => {
  const { breaker, ok, fail, times } = made({ failureRate: 0.6 })
  await times(20, ok)
  await times(5, fail)
  t.equal(breaker.state, 'closed')
  await times(1, fail)
  t.equal(breaker.state, 'open')
})

t.test('takes no more calls for the minimum than the window holds', async t => {
  const { breaker, fail, times } = made({ window: 5, minimumCalls: 100 })
  await times(5, fail)
  t.equal(breaker.state, 'open')
})

t.test('makes no call while it is open', async t => {
  const { breaker, clock, fail, times, events } = made()
  await times(4, fail)
  let calls = 0
  const count = () => breaker.run(async () => { calls++ })
  await t.rejects(count(), new BreakerRefusal('open'))
  clock.advance(999)
  await t.rejects(count(), new BreakerRefusal('open'))
  t.equal(calls, 0)
  t.equal(events.filter(event => event === 'reject').length, 2)
  clock.advance(1)
  t.equal(breaker.state, 'half-open')
  await count()
  t.equal(calls, 1)
})

t.test('lets exactly its number of calls try while half-open, and decides when they have ended', async t => {
  const { breaker, halfOpened } = made()
  await halfOpened()
  const calls = [pending(breaker), pending(breaker), pending(breaker)]
  const fourth = pending(breaker)
  t.strictSame([...calls, fourth].map(call => call.began()), [true, true, true, false])
  t.match(await fourth.ended, new BreakerRefusal('open'))
  await calls[0]!.ok()
  await calls[1]!.ok()
  t.equal(breaker.state, 'half-open')
  await calls[2]!.ok()
  t.equal(breaker.state, 'closed')
})

t.test('opens again where the trials fail, for the whole time', async t => {
  const { breaker, clock, ok, fail, halfOpened } = made()
  await halfOpened()
  await ok()
  await fail()
  await fail()
  t.equal(breaker.state, 'open')
  clock.advance(999)
  t.equal(breaker.state, 'open')
  clock.advance(1)
  t.equal(breaker.state, 'half-open')
})

t.test('closes where fewer trials fail than the threshold says', async t => {
  const { breaker, ok, fail, halfOpened } = made()
  await halfOpened()
  await fail()
  await ok()
  await ok()
  t.equal(breaker.state, 'closed')
})

t.test('begins with an empty window when it closes', async t => {
  const { breaker, ok, fail, times, halfOpened } = made()
  await halfOpened()
  await times(3, ok)
  await times(3, fail)
  t.equal(breaker.state, 'closed')
  await fail()
  t.equal(breaker.state, 'open')
})

t.test('calls that its bulkhead refuses are not made and count for nothing', async t => {
  const { breaker, ok, times, events } = made({ maxConcurrent: 1, minimumCalls: 1 })
  const running = pending(breaker)
  await times(5, async () => { await t.rejects(breaker.run(async () => t.fail('called')), new BreakerRefusal('full')) })
  t.equal(breaker.state, 'closed')
  t.equal(await running.ok(), 'late')
  t.equal(await ok(), 'ok')
  t.strictSame(events.filter(event => event === 'semaphoreLocked' || event === 'failure').length, 5)
  t.notOk(events.includes('failure'))
})

t.test('a full bulkhead takes no permit of a half-open breaker', async t => {
  const { breaker, clock, ok, fail, times } = made({ maxConcurrent: 2 })
  const old = [pending(breaker)]
  await times(4, fail)
  clock.advance(1000)
  old.push(pending(breaker))
  await t.rejects(ok(), new BreakerRefusal('full'))
  await t.rejects(ok(), new BreakerRefusal('full'))
  await old[1]!.ok()
  await times(2, ok)
  t.equal(breaker.state, 'closed')
})

t.test('a place is free only when the call has really ended, whatever state it began in', async t => {
  const { breaker, clock, ok, fail, times, halfOpened } = made({ maxConcurrent: 2 })
  const hung = pending(breaker)
  await halfOpened()
  await times(3, ok)
  t.equal(breaker.state, 'closed')
  const other = pending(breaker)
  clock.advance(60_000)
  await t.rejects(ok(), new BreakerRefusal('full'))
  await hung.fail()
  t.equal(await fail(), FAULT)
  await other.ok()
})

t.test('refusals while open do not blunt it afterwards', async t => {
  const { breaker, ok, fail, times, clock } = made()
  await times(4, fail)
  await times(100, () => ok().catch(() => null))
  clock.advance(1000)
  await times(3, ok)
  await times(4, fail)
  t.equal(breaker.state, 'open')
})

t.test('trials that never end do not keep it half-open for ever', async t => {
  const { breaker, clock, ok, times, halfOpened } = made()
  await halfOpened()
  const hung = [pending(breaker), pending(breaker), pending(breaker)]
  clock.advance(999)
  await t.rejects(ok(), new BreakerRefusal('open'))
  t.equal(breaker.state, 'half-open')
  clock.advance(1)
  await t.rejects(ok(), new BreakerRefusal('open'))
  t.equal(breaker.state, 'open')
  clock.advance(1000)
  await times(3, ok)
  t.equal(breaker.state, 'closed')
  for (const call of hung) await call.fail()
  t.equal(breaker.state, 'closed')
})

t.test('waits for calls to try with, however long none comes', async t => {
  const { breaker, clock, ok, halfOpened } = made()
  await halfOpened()
  for (let i = 0; i < 3; i++) {
    t.equal(await ok(), 'ok')
    clock.advance(3_600_000)
  }
  t.equal(breaker.state, 'closed')
})

t.test('a late result of an older state counts for nothing', async t => {
  const { breaker, ok, times, halfOpened } = made()
  const [lateOk, lateFail, later] = [pending(breaker), pending(breaker), pending(breaker)]
  await halfOpened()
  const trial = pending(breaker)
  await lateOk.ok()
  await lateFail.fail()
  t.equal(breaker.state, 'half-open')
  await times(2, ok)
  t.equal(breaker.state, 'half-open', 'the running trial is waited for')
  await trial.ok()
  t.equal(breaker.state, 'closed')
  await later.fail()
  await times(3, async () => { await pending(breaker).fail() })
  t.equal(breaker.state, 'closed', 'three failures of this state, not four')
})

t.test('slow calls still running do not hide the failures of others', async t => {
  const { breaker, fail, times } = made({ maxConcurrent: 100 })
  const slow = Array.from({ length: 60 }, () => pending(breaker))
  await times(4, fail)
  t.equal(breaker.state, 'open')
  await Promise.all(slow.map(call => call.ok()))
  t.equal(breaker.state, 'open')
})

t.test('a call made within a trial needs a permit of its own', async t => {
  const { breaker, halfOpened } = made({ halfOpenCalls: 1 })
  await halfOpened()
  await breaker.run(async () => { await t.rejects(breaker.run(async () => t.fail('called')), new BreakerRefusal('open')) })
  t.equal(breaker.state, 'closed')
})

t.test('starts no timer in any state', async t => {
  const started: string[] = []
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const real = globalThis[name] as (...args: unknown[]) => unknown
    globalThis[name] = ((...args: unknown[]) => { started.push(name); return real(...args) }) as never
    t.teardown(() => { globalThis[name] = real as never })
  }
  const { breaker, ok, fail, times, halfOpened } = made()
  await halfOpened()
  await times(3, ok)
  await times(4, fail)
  t.equal(breaker.state, 'open')
  t.strictSame(started, [])
})

t.test('keeps no sample of a call', async t => {
  const { breaker, ok, fail, times } = made()
  await times(3, async () => { await ok(); await ok(); await fail() })
  const { status } = breaker as unknown as { status: { stats: object, window: { latencyTimes: unknown[], successes: number }[] } }
  t.strictSame(status.stats, { fires: 0, failures: 0 })
  t.ok(status.window.every(bucket => bucket.latencyTimes.length === 0 && bucket.successes === 0))
})

t.test('keeps the events of opossum', async t => {
  const { breaker, ok, fail, times, events, clock } = made()
  await ok()
  await times(3, fail)
  t.strictSame(events.slice(-3), ['fire', 'failure', 'open'])
  clock.advance(1000)
  await times(3, fail)
  t.equal(events.filter(event => event === 'halfOpen').length, 1)
  t.equal(events.filter(event => event === 'open').length, 2)
  clock.advance(1000)
  await times(3, ok)
  t.strictSame(events.slice(-2), ['success', 'close'])
  t.match(breaker, { name: 'idp' })
})

t.test('logs when it opens and when it closes', async t => {
  const { log, ok, times, halfOpened } = made()
  await halfOpened()
  await times(3, ok)
  t.match(log.lines, [
    { level: 'warn', fields: { 'gatehouse.breaker': 'idp' }, message: 'circuit breaker opened' },
    { level: 'info', fields: { 'gatehouse.breaker': 'idp' }, message: 'circuit breaker closed' }
  ])
})

t.test('two breakers share nothing', async t => {
  const one = made()
  const other = made()
  await one.times(4, one.fail)
  t.strictSame([one.breaker.state, other.breaker.state], ['open', 'closed'])
})
