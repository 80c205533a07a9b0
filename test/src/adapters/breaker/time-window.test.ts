import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { TimeWindow } from '../../../../src/adapters/breaker/time-window.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { sum, sumsOf } from './opossum-breaker/outcome-sums.ts'

t.test('sums up the calls of its last ten tenths, the one under way among them', t => {
  const call = fc.record({ failed: fc.boolean(), slow: fc.boolean(), waitMs: fc.integer({ min: 0, max: 3000 }) })
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(call, { maxLength: 60 }), (ms, calls) => {
    const clock = fakeClock(12_345)
    const window = new TimeWindow(ms, clock)
    const ended: { failed: boolean, slow: boolean, at: number }[] = []
    const tenthOf = (at: number) => Math.floor(at / (ms / 10))
    return calls.every(({ waitMs, failed, slow }) => {
      clock.advance(waitMs)
      const now = clock.monotonic()
      window.add(failed, slow)
      ended.push({ failed, slow, at: now })
      const counted = ended.filter(({ at }) => tenthOf(at) > tenthOf(now) - 10)
      return isDeepStrictEqual(sumsOf(window), sum(counted)) &&
        // None older than the window, and none left out that is younger than nine tenths of it
        counted.every(({ at }) => now - at <= ms + 1e-6) && ended.every(one => counted.includes(one) || now - one.at > ms * 0.9 - 1e-6)
    })
  }))
  t.end()
})

t.test('forgets what is too old when it is asked to, however long that was', t => {
  const clock = fakeClock(500)
  const window = new TimeWindow(1000, clock)
  window.add(true, true)
  clock.advance(100)
  window.add(false, true)
  clock.advance(900)
  t.strictSame(sumsOf(window), { calls: 2, failures: 1, slow: 2 }, 'as of the last call')
  window.age()
  t.strictSame(sumsOf(window), { calls: 1, failures: 0, slow: 1 })
  clock.advance(1e12)
  window.age()
  t.strictSame(sumsOf(window), { calls: 0, failures: 0, slow: 0 })
  t.end()
})

t.test('counts on where the clock stands still or goes back', t => {
  const clock = fakeClock(5000)
  const window = new TimeWindow(1000, clock)
  window.add(true, false)
  clock.set(2000)
  window.add(true, false)
  t.strictSame(sumsOf(window), { calls: 2, failures: 2, slow: 0 })
  t.end()
})

t.test('is empty once it is cleared', t => {
  const clock = fakeClock(777)
  const window = new TimeWindow(1000, clock)
  for (let i = 0; i < 5; i++) {
    window.add(true, true)
    clock.advance(120)
  }
  window.clear()
  t.strictSame(sumsOf(window), { calls: 0, failures: 0, slow: 0 })
  for (let i = 0; i < 3; i++) window.add(false, false)
  clock.advance(900)
  window.age()
  t.strictSame(sumsOf(window), { calls: 3, failures: 0, slow: 0 }, 'and nothing of before is subtracted')
  t.end()
})
