import t from 'tap'
import { run } from '../../../../src/plan/run.ts'
import { exchange, fakeClock, fakeRandom } from '../../../../src/testing/index.ts'
import { asked, mounted, OK, UNAVAILABLE, type Answer } from './mounted.ts'

t.test('waits longer each time, up to the most', async t => {
  const plain = { first: '10ms', factor: 3, max: '50ms', jitter: 'none' }
  t.same((await asked({ attempts: 5, backoff: plain, budget: { min: 4 } }, [UNAVAILABLE])).slept, [10, 30, 50, 50])
  t.same((await asked(null, [UNAVAILABLE])).slept, [25, 50], '50 ms and 100 ms, by chance half of each')
  t.same((await asked({ backoff: { ...plain, jitter: '20%' } }, [UNAVAILABLE], {}, { random: fakeRandom(0, 0.75) })).slept, [8, 33])
  t.same((await asked({ backoff: { ...plain, first: '50ms', jitter: '20%' } }, [UNAVAILABLE], {}, { random: fakeRandom(0.9) })).slept, [50, 50])
  t.same((await asked({ backoff: { first: '0ms' } }, [UNAVAILABLE])).slept, [], 'or not at all')
})

t.test('full jitter is anything from nothing to all of the wait', async t => {
  const backoff = { first: '100ms', factor: 1 }
  t.same((await asked({ attempts: 4, backoff }, [UNAVAILABLE], {}, { random: fakeRandom(0.01, 0.5, 0.99) })).slept, [1, 50, 99])
})

t.test('waits as long as upstream asks, in seconds or until a time', async t => {
  const after = (value: string): Answer => ({ status: 503, headers: { 'retry-after': value } })
  const backoff = { max: '5s' }
  t.same((await asked({ backoff }, [after('2'), OK])).slept, [2000])
  t.same((await asked({ backoff }, [after('0'), OK])).slept, [25], 'but no less than its own wait')
  const clock = () => fakeClock(Date.parse('2026-03-01T00:00:00Z'))
  for (const date of ['Sun, 01 Mar 2026 00:00:03 GMT', 'Sunday, 01-Mar-26 00:00:03 GMT', 'Sun Mar  1 00:00:03 2026']) t.same((await asked({ backoff }, [after(date), OK], {}, { clock: clock() })).slept, [3000], date)
  t.same((await asked({ backoff }, [after('Sat, 28 Feb 2026 00:00:00 GMT'), OK], {}, { clock: clock() })).slept, [25], 'a time that is past')
})

t.test('what asks for more than the most is passed on', async t => {
  const after = (value: string): Answer => ({ status: 503, headers: { 'retry-after': value } })
  t.match(await asked(null, [after('2')]), { status: 503, calls: 1, counted: { 'retry-after': 1 }, slept: [] })
  t.match(await asked(null, [after('999999999')]), { calls: 1, counted: { 'retry-after': 1 } })
  t.equal((await asked(null, [after('1')])).calls, 3, 'as much is not more')
})

t.test('a wish that cannot be understood is none', async t => {
  for (const value of ['soon', '-1', '1.5', '1e3', 'Sun, 99 Foo 2026 00:00:03 GMT', '9'.repeat(400), `Sun, ${' '.repeat(4000)}`, 'Mon']) {
    t.same((await asked(null, [{ status: 503, headers: { 'retry-after': value } }, OK])).slept, [25], value.slice(0, 30))
  }
})

t.test('no try begins when the time of the request is over', async t => {
  const { plan, services, counted, seen } = mounted({ backoff: { first: '30ms', jitter: 'none' } }, [UNAVAILABLE])
  const x = exchange()
  x.deadline = 100
  await run(plan, x, { log: services.log, timed: false })
  t.same([seen.length, services.clock.slept, counted()], [3, [30, 60], { retried: 2, exhausted: 1 }])

  const late = mounted({ backoff: { first: '30ms', jitter: 'none' } }, [UNAVAILABLE])
  const y = exchange()
  y.deadline = 90
  t.match(await run(late.plan, y, { log: late.services.log, timed: false }), UNAVAILABLE)
  t.same([late.seen.length, late.services.clock.slept, late.counted()], [2, [30], { retried: 1, deadline: 1 }])
})

t.test('no try begins later than the filter says', async t => {
  const backoff = { first: '30ms', jitter: 'none' }
  t.match(await asked({ within: '90ms', backoff }, [UNAVAILABLE]), { calls: 3 })
  t.match(await asked({ within: '89ms', backoff }, [UNAVAILABLE]), { calls: 2, counted: { deadline: 1 } })
})
