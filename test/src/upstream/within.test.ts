import { getEventListeners } from 'node:events'
import t from 'tap'
import { within } from '../../../src/upstream/within.ts'
import { manualClock } from '../../../src/testing/index.ts'

const until = async (signal: AbortSignal): Promise<never> => await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('ended')) }) })

t.test('gives what was done in time and leaves nothing behind', async t => {
  const clock = manualClock()
  const { signal } = new AbortController()
  t.equal(await within(100, 'late', { clock, signal }, async () => 7), 7)
  await clock.pass(0)
  t.same([clock.sleeping, getEventListeners(signal, 'abort')], [[], []])
})

t.test('passes on what goes wrong', async t => {
  const clock = manualClock()
  await t.rejects(within(100, 'late', { clock, signal: new AbortController().signal }, () => Promise.reject(new Error('no'))), { message: 'no' })
})

t.test('ends what takes too long', async t => {
  const clock = manualClock()
  const done = within(100, 'too late', { clock, signal: new AbortController().signal }, until)
  const told = t.rejects(done, { message: 'too late' })
  await clock.pass(100)
  await told
  t.same(clock.sleeping, [])
})

t.test('ends when nobody waits any more', async t => {
  const clock = manualClock()
  const stop = new AbortController()
  const told = t.rejects(within(100, 'late', { clock, signal: stop.signal }, until), { message: 'stopped' })
  stop.abort(new Error('stopped'))
  await told
  await t.rejects(within(100, 'late', { clock, signal: stop.signal }, async () => 7), { message: 'stopped' })
  t.same(clock.sleeping, [])
})
