import t from 'tap'
import { manualClock } from '../../../src/testing/index.ts'

const never = new AbortController().signal

t.test('who sleeps wakes when its time has passed, in order, with time to go on', async t => {
  const clock = manualClock(100)
  const woke: string[] = []
  const nap = async (name: string, ms: number, again = 0) => {
    await clock.sleep(ms, never)
    woke.push(`${name} ${clock.monotonic()}`)
    if (again > 0) await nap(name, again)
  }
  void nap('late', 30)
  void nap('early', 10, 15)
  t.same([clock.sleeping, clock.slept], [[10, 30], [30, 10]])
  await clock.pass(29)
  t.same([woke, clock.sleeping, clock.now()], [['early 110', 'early 125'], [1], 129])
  await clock.pass(1)
  t.same([woke.at(-1), clock.sleeping], ['late 130', []])
})

t.test('moving it wakes nobody', async t => {
  const clock = manualClock()
  void clock.sleep(10, never)
  clock.advance(20)
  clock.set(5)
  t.same([clock.sleeping, clock.monotonic()], [[5], 5])
})

t.test('sleep ends with its signal, and says why', async t => {
  const clock = manualClock()
  const stop = new AbortController()
  const sleep = clock.sleep(10, stop.signal)
  stop.abort(new Error('enough'))
  await t.rejects(sleep, { message: 'enough' })
  t.same(clock.sleeping, [])
  await t.rejects(clock.sleep(10, stop.signal), { message: 'enough' })
})
