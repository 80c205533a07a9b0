import t from 'tap'
import { TimeLimits, type Limited } from '../../../src/contract/time-limits.ts'
import { fakeClock, manualClock } from '../../../src/testing/index.ts'

function made () {
  const clock = manualClock()
  const limits = new TimeLimits(clock)
  const told: string[] = []
  const named = (name: string): Limited => ({ late: () => told.push(`${name} ${clock.monotonic()}`) })
  return { clock, limits, told, named }
}

t.test('tells each when its time is over, and nobody before', async t => {
  const { clock, limits, told, named } = made()
  limits.set(100, named('a'))
  await clock.pass(50)
  limits.set(100, named('b'))
  await clock.pass(49)
  t.same(told, [])
  await clock.pass(1)
  t.same(told, ['a 100'])
  await clock.pass(100)
  t.same(told, ['a 100', 'b 150'])
  t.equal(clock.sleeping.length, 0, 'nothing is left to wait for')
})

t.test('keeps one timer however many limits there are', async t => {
  const { clock, limits, told, named } = made()
  const all = Array.from({ length: 100 }, (_, i) => limits.set(100, named(String(i))))
  t.equal(clock.sleeping.length, 1)
  for (const limit of all) limit.lift()
  t.same(clock.slept, [100])
  await clock.pass(1000)
  t.same([told, clock.sleeping.length, clock.slept], [[], 0, [100]])
})

t.test('does not tell those whose limit was lifted, once or more often, wherever they stood', async t => {
  for (const lifted of ['a', 'b', 'c']) {
    const { clock, limits, told, named } = made()
    const all = new Map(['a', 'b', 'c'].map(name => [name, limits.set(10, named(name))]))
    all.get(lifted)!.lift()
    all.get(lifted)!.lift()
    limits.set(10, named('d'))
    await clock.pass(10)
    t.same(told, ['a', 'b', 'c', 'd'].filter(name => name !== lifted).map(name => `${name} 10`))
    for (const limit of all.values()) limit.lift()
  }
})

t.test('a shorter limit set later comes first', async t => {
  const { clock, limits, told, named } = made()
  limits.set(100, named('long'))
  limits.set(10, named('short'))
  limits.set(50, named('middle'))
  await clock.pass(100)
  t.same(told, ['short 10', 'middle 50', 'long 100'])
})

t.test('who is late may set another limit, and lift others', async t => {
  const { clock, limits, told, named } = made()
  limits.set(10, {
    late: () => {
      told.push('first')
      other.lift()
      limits.set(5, named('again'))
    }
  })
  const other = limits.set(10, named('other'))
  limits.set(30, named('last'))
  await clock.pass(30)
  t.same(told, ['first', 'again 15', 'last 30'])
})

t.test('a timer that comes too early is set again', async t => {
  const clock = fakeClock()
  const wakes: (() => void)[] = []
  const limits = new TimeLimits({ monotonic: clock.monotonic, sleep: () => new Promise(resolve => { wakes.push(resolve) }) })
  let told = 0
  limits.set(10, { late: () => told++ })
  clock.advance(9.5)
  wakes[0]!()
  await null
  await null
  t.same([told, wakes.length], [0, 2])
  clock.advance(0.5)
  wakes[1]!()
  await null
  await null
  t.equal(told, 1)
})

t.test('tells nobody any more when it is closed, and leaves no timer', async t => {
  const { clock, limits, told, named } = made()
  const limit = limits.set(10, named('a'))
  limits.close()
  t.equal(clock.sleeping.length, 0)
  await clock.pass(100)
  limit.lift()
  t.same(told, [])
  t.doesNotThrow(() => { made().limits.close() })
})
