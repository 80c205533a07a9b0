import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { redisStore } from '../../../../../src/adapters/redis-store.ts'
import type { Store } from '../../../../../src/contract/index.ts'
import { fakeLog, manualClock } from '../../../../../src/testing/index.ts'
import { startRedis, withoutRedis } from '../../../../peers/redis-server.ts'
import { DIFFERENT, EQUAL, FAILED, rampProcess, ramping, stagesOf, THREE, type RampProcess } from './ramping.ts'

/** Two processes with one store. */
async function two (t: Test, options: { skewMs?: number } = {}) {
  const both = ramping(t)
  const a = await both.start()
  const b = await both.start(options)
  const run = async (seconds: number, perSecond = 50, sample = EQUAL) => {
    for (let i = 0; i < seconds; i++) {
      void b.ramp.percent
      await both.run(1, a, perSecond, sample)
    }
  }
  return { ...both, a, b, run }
}

const downs = (...processes: RampProcess[]): number =>
  processes.reduce((sum, { counted }) => sum + (counted()['rolled-back'] ?? 0) + (counted().stopped ?? 0), 0)

t.test('processes with one store', async t => {
  t.test('go by what all of them have seen', async t => {
    const { clock, a, b, run } = await two(t)
    for (let i = 0; i < 12; i++) {
      a.send(5)
      b.send(5)
      await clock.pass(1000)
    }
    t.same([a.ramp.percent, b.ramp.percent], [0.25, 0.25], 'each had 60 samples, and 100 are wanted')
    t.equal((a.counted().promoted ?? 0) + (b.counted().promoted ?? 0), 1, 'one of them did it')
    await run(1, 0)
    a.send(3, DIFFERENT)
    b.send(3, DIFFERENT)
    await clock.pass(2000)
    t.same([a.ramp.percent, b.ramp.percent], [0.01, 0.01], 'three alone break nothing')
    t.equal(downs(a, b), 1)
    t.same(a.ramp.view().history, b.ramp.view().history)
  })

  t.test('hear of a change within a second', async t => {
    const { clock, a, b } = await two(t)
    await a.ramp.promote()
    t.same([a.ramp.percent, b.ramp.percent], [0.25, 0.01])
    await clock.pass(1000)
    t.equal(b.ramp.percent, 0.25)
    t.same(b.counted(), {})
    t.same(b.log.lines, [])
  })

  t.test('roll back once when both see it break at the same moment', async t => {
    const { clock, store, a, b } = await two(t)
    await a.ramp.promote()
    await a.ramp.promote()
    await clock.pass(1500)
    t.same([a.ramp.percent, b.ramp.percent], [1, 1])
    // Neither replaces the state before the other wants to
    const gate = Promise.withResolvers<void>()
    let waiting = 0
    for (const { store: own } of [a, b]) {
      own.swap = async (...args) => {
        if (++waiting === 2) gate.resolve()
        await gate.promise
        return await store.swap(...args)
      }
    }
    a.send(50, FAILED)
    b.send(50, FAILED)
    await clock.pass(1000)
    t.equal(waiting, 2)
    t.same([a.ramp.percent, b.ramp.percent], [0.25, 0.25])
    t.equal(downs(a, b), 1)
    t.match(b.ramp.view(), { stage: 1, failures: [0, 0, 1], history: { length: 3 } })
  })

  t.test('do what two operators say at the same moment, one after the other', async t => {
    const { a, b } = await two(t)
    await Promise.all([a.ramp.promote(), b.ramp.promote()])
    await a.ramp.hold()
    t.match(a.ramp.view(), { state: 'held', stage: 2 })
    await b.ramp.resume()
    t.match(b.ramp.view(), { state: 'ramping', stage: 2, history: { length: 4 } })
  })

  t.test('with other stages leave each other alone', async t => {
    const { start, run } = ramping(t)
    const old = await start()
    const fresh = await start({ fingerprint: 'b', stages: stagesOf({ percent: '5%' }) })
    await run(10, old)
    t.same([old.ramp.percent, fresh.ramp.percent], [0.25, 0.05])
  })

  for (const skewMs of [-3_600_000, 3_600_000]) {
    t.test(`hold for as long as they should though a clock is an hour ${skewMs < 0 ? 'slow' : 'fast'}`, async t => {
      const { run, a, b } = await two(t, { skewMs })
      await run(9)
      t.same([a.ramp.percent, b.ramp.percent], [0.01, 0.01])
      await run(2)
      t.same([a.ramp.percent, b.ramp.percent], [0.25, 0.25])
    })
  }

  t.test('do not begin a hold anew when each of them is replaced in turn', async t => {
    const { start, run } = ramping(t)
    const stages = stagesOf([{ percent: '1%', hold: '100s' }, { percent: '10%' }])
    let process = await start({ stages })
    for (let i = 0; i < 7; i++) {
      t.equal(process.ramp.percent, 0.01)
      await run(15, process)
      await process.ramp.close()
      process = await start({ stages })
    }
    await run(48, process)
    t.equal(process.ramp.percent, 0.1, 'of each, less than ten seconds are lost')
  })

  t.test('never hold for less than they should, whoever comes late', async t => {
    const { start, run } = ramping(t)
    const stages = stagesOf([{ percent: '1%', hold: '100s' }, { percent: '10%' }])
    const first = await start({ stages })
    await run(60, first)
    const late = await start({ stages })
    t.ok(late.ramp.view().waitMs! >= 39_800 && late.ramp.view().waitMs! < 51_000, `${late.ramp.view().waitMs}`)
    await run(39, first)
    t.equal(late.ramp.percent, 0.01)
  })
})

t.test('while the store is away', async t => {
  t.test('a process keeps its stage, goes no further, and says so once', async t => {
    const { run, start } = ramping(t)
    const process = await start()
    await run(8, process)
    process.store.away = true
    await run(60, process)
    t.match(process.ramp.view(), { state: 'ramping', stage: 0, percent: 0.01, storeDown: true })
    t.match(process.log.lines, [{ level: 'warn', fields: { 'gatehouse.shadow': 'orders/next', 'error.message': 'away' } }])
    process.store.away = false
    await run(2, process)
    t.match(process.ramp.view(), { stage: 1, percent: 0.25, storeDown: false })
    t.match(process.log.lines.slice(1), [{ level: 'info', message: 'shadow ramp promoted' }, { level: 'info', message: 'shadow ramp: the store can be used again' }])
    process.store.away = true
    await run(1, process)
    t.match(process.log.lines.slice(3), [{ level: 'warn' }])
  })

  t.test('a process that sees the stage break goes down one stage by itself, and tells the others afterwards', async t => {
    const { a, b, run, clock } = await two(t)
    await a.ramp.promote()
    await run(2)
    a.store.away = true
    await run(2, 100, FAILED)
    t.same([a.ramp.percent, b.ramp.percent], [0.01, 0.25])
    t.match(a.ramp.view(), { state: 'ramping', stage: 1, percent: 0.01, storeDown: true })
    t.match(a.log.lines.at(-1), { level: 'warn', message: 'shadow ramp: lowered in this process until the store can be used', fields: { 'gatehouse.shadow.percent': '1%', 'event.reason': /^maxDifference/ } })
    await run(5, 100, FAILED)
    t.equal(a.ramp.percent, 0.01, 'one stage, and no more')
    t.equal(a.log.lines.filter(({ level }) => level === 'warn').length, 2)
    a.store.away = false
    await clock.pass(2000)
    t.same([a.ramp.percent, b.ramp.percent], [0.01, 0.01])
    t.equal(downs(a, b), 1)
  })

  t.test('a process that sees the first stage break mirrors nothing', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    process.store.away = true
    await run(2, process, 50, FAILED)
    t.equal(process.ramp.percent, 0)
  })

  t.test('what went well does not hide what goes wrong later', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await process.ramp.promote()
    process.store.away = true
    await run(300, process, 100)
    t.equal(process.ramp.percent, 0.25)
    await run(2, process, 100, FAILED)
    t.equal(process.ramp.percent, 0.01)
    t.ok(process.ramp.view().totals.samples <= 1500, `${process.ramp.view().totals.samples}`)
  })

  t.test('a process goes by what others have decided as soon as it hears of it', async t => {
    const { a, b, run, clock } = await two(t)
    await a.ramp.promote()
    await run(2)
    a.store.away = true
    await run(2, 100, FAILED)
    t.equal(a.ramp.percent, 0.01)
    await b.ramp.promote()
    // It may be read again and not yet be written
    a.store.away = ['tally']
    await clock.pass(1000)
    t.match(a.ramp.view(), { stage: 2, percent: 1, storeDown: true })
    await run(1, 100, FAILED)
    t.match(a.ramp.view(), { stage: 2, percent: 0.25 })
    await run(2, 0)
    a.store.away = false
    await run(1, 0)
    t.match(a.ramp.view(), { stage: 2, percent: 1, storeDown: false }, 'what was not told is not held against it')
  })

  t.test('what may have been counted is not told again', async t => {
    const { start, clock } = ramping(t)
    const process = await start()
    const { store, ramp } = process
    const { tally } = store
    store.tally = async (...args) => {
      await tally(...args)
      throw new Error('the answer did not come in time')
    }
    process.send(7)
    await clock.pass(1000)
    t.equal(ramp.view().storeDown, true)
    store.tally = tally
    await clock.pass(1000)
    t.match(ramp.view(), { storeDown: false, totals: { samples: 7 } })
  })

  t.test('a step that could not be written is taken later', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    process.store.away = ['swap']
    await run(12, process)
    t.match(process.ramp.view(), { stage: 0, storeDown: true })
    process.store.away = ['delete']
    await run(1, process)
    t.match(process.ramp.view(), { stage: 1, storeDown: false })
  })
})

t.test('over Redis', { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const clock = manualClock(Date.parse('2026-03-01T00:00:00Z'))
  const connect = (): Store => {
    const store = redisStore({ url: redis.url, timeout: 2000, prefix: 'gatehouse:' }, fakeLog())
    t.teardown(() => store.close())
    return store
  }
  const a = rampProcess(t, clock, { store: connect(), stages: THREE })
  const b = rampProcess(t, clock, { store: connect(), stages: THREE })
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    const end = performance.now() + 5000
    while (!isSo()) {
      if (performance.now() > end) throw new Error(`not within 5 s: ${what}`)
      await turn()
    }
  }
  /** Whoever asks Redis has its answer when it sleeps again. */
  const second = async (): Promise<void> => {
    void a.ramp.percent
    void b.ramp.percent
    await until('both sleep', () => clock.sleeping.length === 2)
    await clock.pass(1000)
    await until('both sleep again', () => clock.sleeping.length === 2)
  }
  await until('both have read', () => a.ramp.percent === 0.01 && b.ramp.percent === 0.01)
  t.equal(a.ramp.view().shared, true)
  for (let i = 0; i < 11; i++) {
    await second()
    a.send(8)
    b.send(8)
  }
  await second()
  t.same([a.ramp.percent, b.ramp.percent], [0.25, 0.25])
  t.equal((a.counted().promoted ?? 0) + (b.counted().promoted ?? 0), 1)
  a.send(40, FAILED)
  b.send(40, FAILED)
  await second()
  await second()
  t.match([a.ramp.view(), b.ramp.view()], [{ state: 'rolled-back', stage: 0, storeDown: false }, { state: 'rolled-back', stage: 0 }])
  t.equal(downs(a, b), 1)
  t.same(a.ramp.view().history, b.ramp.view().history)
  await b.ramp.hold()
  await second()
  t.match(a.ramp.view(), { state: 'held', stage: 0, reason: 'operator' })
})
