import t from 'tap'
import { systemClock } from '../../../src/adapters/system-clock.ts'

const never = new AbortController().signal

t.test('tells the time since the epoch', async t => {
  const before = Date.now()
  const now = systemClock.now()
  t.ok(before <= now && now <= Date.now())
})

t.test('never goes backwards for differences', async t => {
  const readings = Array.from({ length: 100 }, () => systemClock.monotonic())
  t.same(readings, readings.toSorted((a, b) => a - b))
})

t.test('sleeps', async t => {
  const before = systemClock.monotonic()
  t.equal(await systemClock.sleep(2, never), undefined)
  t.ok(systemClock.monotonic() - before >= 1)
})

t.test('wakes with the reason of the signal', async t => {
  const abort = new AbortController()
  const reason = new Error('client gone')
  const slept = systemClock.sleep(3_600_000, abort.signal)
  abort.abort(reason)
  await t.rejects(slept, reason)
  t.same(process.getActiveResourcesInfo().filter(name => name === 'Timeout'), [], 'no timer is left')
})

t.test('does not begin to sleep where it is over already', async t => {
  const reason = new Error('too late')
  await t.rejects(systemClock.sleep(3_600_000, AbortSignal.abort(reason)), reason)
  t.same(process.getActiveResourcesInfo().filter(name => name === 'Timeout'), [])
})

t.test('sleeps for longer than a timer can be set', async t => {
  const abort = new AbortController()
  const reason = new Error('woken')
  const slept = systemClock.sleep(2 ** 40, abort.signal)
  const first = await Promise.race([slept.then(() => 'slept', () => 'failed'), systemClock.sleep(5, never).then(() => 'still asleep')])
  t.equal(first, 'still asleep')
  abort.abort(reason)
  await t.rejects(slept, reason)
})

t.test('does not sleep at all for no time', async t => {
  await t.resolves(systemClock.sleep(0, never))
  await t.rejects(systemClock.sleep(0, AbortSignal.abort(new Error('too late'))), { message: 'too late' })
})
