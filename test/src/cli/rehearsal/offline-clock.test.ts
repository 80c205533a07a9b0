import t from 'tap'
import { OfflineClock } from '../../../../src/cli/rehearsal/offline-clock.ts'
import { TimeLimits } from '../../../../src/contract/index.ts'

t.test('waits for nothing, and tells who is not waited for any more', async t => {
  const clock = new OfflineClock()
  const startMs = performance.now()
  await clock.sleep(3_600_000, new AbortController().signal)
  t.ok(performance.now() - startMs < 1000)
  const gone = new AbortController()
  const sleep = clock.sleep(1, gone.signal)
  gone.abort(new Error('gone'))
  await t.rejects(sleep, { message: 'gone' })
})

t.test('a limit that is far off keeps nobody from coming to an end before', async t => {
  const limits = new TimeLimits(new OfflineClock())
  let isLate = false
  const limit = limits.set(3_600_000, { late: () => { isLate = true } })
  await new Promise(resolve => { setTimeout(resolve, 5) })
  limit.lift()
  t.notOk(isLate)
})
