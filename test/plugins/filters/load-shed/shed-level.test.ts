import t from 'tap'
import { ShedLevel, type Priority } from '../../../../plugins/filters/load-shed/shed-level.ts'
import { fakeLog } from '../../../../src/testing/index.ts'

t.test('holds a queue near its target and keeps the process busy', t => {
  for (const [offered, priorities] of [[120, ['normal']], [200, ['normal']], [200, ['low', 'normal', 'high']]] as [number, Priority[]][]) {
    const { served, worstMs, changes, admitted } = simulate(offered, priorities)
    t.ok(served > 0.85, `${offered} of 100: ${served} of the capacity is used`)
    t.ok(worstMs < 300, `${offered} of 100: ${worstMs} ms at worst`)
    t.ok(changes <= 4, `begins or ends ${changes} times in four minutes`)
    if (priorities.length > 1) t.ok(admitted.low! < admitted.normal! / 10 && admitted.normal! < admitted.high!, JSON.stringify(admitted))
  }
  t.end()
})

/** A server of 100 requests a second whose delay is what stands before it; offered so many, a refusal costing a fiftieth. The first minute is not judged. */
function simulate (offered: number, priorities: readonly Priority[]) {
  const load = { eventLoopDelayMs: 0, memoryShare: 0, inFlight: 0, sample: 0 }
  const log = fakeLog()
  const level = new ShedLevel(load, { delayMs: 100, memoryShare: 0.85, inFlight: null }, log)
  level.use(priorities)
  let [queue, served, worstMs, seed] = [0, 0, 0, 1]
  const admitted: Partial<Record<Priority, number>> = {}
  let linesBefore = 0
  for (let n = 0; n < 1500; n++) {
    if (n === 300) linesBefore = log.lines.length
    for (let i = 0; i < offered / 5; i++) {
      seed = seed * 16807 % 2147483647
      const priority = priorities[i % priorities.length]!
      const refused = level.active && level.sheds(priority, seed / 2147483647)
      queue += refused ? 0.02 : 1
      if (!refused && n >= 300) admitted[priority] = (admitted[priority] ?? 0) + 1
    }
    const done = Math.min(queue, 20)
    queue -= done
    load.eventLoopDelayMs = queue * 10
    load.sample++
    if (n < 300) continue
    served += done / 20 / 1200
    worstMs = Math.max(worstMs, load.eventLoopDelayMs)
  }
  return { served, worstMs, changes: log.lines.length - linesBefore, admitted: { low: 0, ...admitted } }
}
