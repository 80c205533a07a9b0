import t from 'tap'
import { memoryStore } from '../../../../../src/adapters/memory-store.ts'
import { manualClock } from '../../../../../src/testing/index.ts'
import { DIFFERENT, FAILED, ramping, rampProcess, stagesOf } from './ramping.ts'

t.test('a ramp', async t => {
  t.test('keeps in the store no more than the state and the counts of now', async t => {
    const { store, start, run } = ramping(t)
    const keys = new Set<string>()
    const spied = { ...store, tally: async (key: string, ...rest: never[]) => { keys.add(key); return await (store.tally as (...args: unknown[]) => ReturnType<typeof store.tally>)(key, ...rest) } }
    const process = await start({ store: spied, stages: stagesOf({ percent: '100%', hold: '10s' }) })
    await run(65, process)
    t.ok(keys.size > 4, `${keys.size}`)
    let living = 0
    for (const key of keys) if (Object.keys(await store.tally(key, {}, 1000)).length > 0) living++
    t.equal(living, 1)
  })

  t.test('does not count what began before the stage', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(10, process)
    t.equal(process.ramp.percent, 0.25)
    await run(2, process, 50, { ...FAILED, shadowMs: 3000 })
    t.match(process.ramp.view(), { state: 'ramping', stage: 1, totals: { samples: 0 } })
  })

  t.test('survives a reload where the store does, and begins anew with other stages', async t => {
    const { start, run } = ramping(t)
    const before = await start()
    await run(10, before)
    t.equal(before.ramp.percent, 0.25)
    const after = await start()
    t.equal(after.ramp.percent, 0.25)
    t.equal((await start({ fingerprint: 'b' })).ramp.percent, 0.01)
    t.equal((await start({ key: 'orders/other' })).ramp.percent, 0.01)
  })

  t.test('begins anew where the store holds what no ramp has written', async t => {
    const { store, start, run } = ramping(t)
    const first = await start()
    await run(10, first)
    const key = 'shadow-stages:orders/next:a'
    const sound = JSON.parse((await store.get(key))!) as Record<string, unknown>
    for (const raw of ['', '{', 'null', '[]', '{}', ...[{ stage: 9 }, { stage: -2 }, { stage: 0.5 }, { state: 'x' }, { failures: ['1'] }, { history: [1] }, { servedMs: null }].map(over => JSON.stringify({ ...sound, ...over }))]) {
      await store.set(key, raw, 60_000)
      await run(2, first, 0)
      t.match(first.ramp.view(), { stage: 0, percent: 0.01, reason: 'begun' }, raw.slice(0, 10))
    }
  })

  t.test('keeps the last twenty changes', async t => {
    const { ramp } = await ramping(t).start()
    for (let i = 0; i < 15; i++) {
      await ramp.hold()
      await ramp.resume()
    }
    t.equal(ramp.view().history.length, 20)
  })

  t.test('rests when nobody asks, and goes on when somebody does', async t => {
    const { clock, start } = ramping(t)
    const { ramp, store } = await start()
    t.equal(ramp.percent, 0.01)
    await clock.pass(60_000)
    t.same(clock.sleeping, [])
    const asked = store.asked.length
    await clock.pass(60_000)
    t.equal(store.asked.length, asked)
    t.equal(ramp.percent, 0.01)
    await clock.pass(0)
    t.ok(store.asked.length > asked, 'at once')
    t.equal(clock.sleeping.length, 1)
  })

  t.test('asks in turns that are not all of the same length', async t => {
    const { clock, start } = ramping(t)
    const { ramp } = await start({ draws: [0.5, 0, 0.999] })
    t.equal(ramp.percent, 0.01)
    await clock.pass(2000)
    t.ok(clock.slept.every(ms => ms > 800 && ms <= 1000) && new Set(clock.slept).size > 1, `${clock.slept}`)
  })

  for (const [under, answers] of [['get', true], ['get', false], ['tally', true]] as const) {
    t.test(`ends with its last turn, even while that waits for ${under} (${answers ? 'which comes' : 'in vain'}), and tells nothing after`, async t => {
      const { clock, start } = ramping(t)
      const process = await start()
      const { ramp, store, log } = process
      await clock.pass(900)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const ask = store[under] as (...args: unknown[]) => Promise<unknown>
      Object.assign(store, { [under]: async (...args: unknown[]) => { await promise; return await ask(...args) } })
      process.send(100, FAILED)
      await clock.pass(1000)
      const before = store.asked.length
      const closed = ramp.close()
      process.send(10)
      if (answers) resolve()
      else reject(new Error('the connection was closed'))
      await closed
      await clock.pass(5000)
      t.same(clock.sleeping, [])
      t.equal(store.asked.length, before + (answers ? 1 : 0))
      t.same(log.lines, [], 'nobody is told of an outage')
      t.equal(ramp.percent, 0.01)
      await t.rejects(ramp.promote(), { name: 'AbortError' })
    })
  }

  t.test('may end before it has begun', async t => {
    const process = rampProcess(t, manualClock(), { store: memoryStore(manualClock()) })
    await process.ramp.close()
    t.same(process.store.asked, [])
    t.equal(process.ramp.percent, 0)
  })
})

t.test('an operator', async t => {
  t.test('takes it up whatever the gates say', async t => {
    const { start } = ramping(t)
    const { ramp, counted } = await start()
    t.match(await ramp.promote(), { state: 'ramping', stage: 1, percent: 0.25, reason: 'operator' })
    t.match(await ramp.promote(), { state: 'ramping', stage: 2, percent: 1 })
    t.match(await ramp.promote(), { state: 'complete', stage: 2 })
    t.match(await ramp.promote(), { state: 'complete', history: { length: 3 } }, 'and no further')
    t.same(counted(), { promoted: 2, complete: 1 })
  })

  t.test('takes it down, and it stays there until it is resumed', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    const { ramp, counted } = process
    await ramp.promote()
    await ramp.promote()
    t.match(await ramp.rollback(), { state: 'held', stage: 1, percent: 0.25 })
    await run(30, process)
    t.equal(ramp.percent, 0.25)
    t.match(await ramp.rollback(), { state: 'held', stage: 0 })
    t.match(await ramp.rollback(), { state: 'stopped', stage: null, percent: 0 })
    t.match(await ramp.rollback(), { state: 'stopped', history: { length: 5 } })
    await run(4000, process, 0)
    t.equal(ramp.percent, 0)
    t.match(await ramp.promote(), { state: 'held', stage: 0 }, 'by hand still')
    t.match(await ramp.resume(), { state: 'ramping', stage: 0 })
    await run(10, process)
    t.equal(ramp.percent, 0.25)
    t.same(counted(), { promoted: 4, 'rolled-back': 2, stopped: 1, resumed: 1 })
  })

  t.test('holds it, and it still goes down by itself', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    const { ramp } = process
    await ramp.promote()
    t.match(await ramp.hold(), { state: 'held', stage: 1, waitMs: null })
    t.match(await ramp.hold(), { history: { length: 2 } })
    await run(100, process)
    t.match(ramp.view(), { state: 'held', stage: 1 })
    t.ok(ramp.view().totals.samples <= 1200, 'counts begin anew')
    await run(1, process, 100, FAILED)
    t.match(ramp.view(), { state: 'held', stage: 0, percent: 0.01, waitMs: null })
    await run(1, process, 100, FAILED)
    t.match(ramp.view(), { state: 'stopped', stage: null, percent: 0, waitMs: null })
    t.match(await ramp.hold(), { state: 'stopped' })
  })

  t.test('keeps what is stopped from being tried again', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(1, process, 50, DIFFERENT)
    t.match(process.ramp.view(), { state: 'stopped', waitMs: 20_000 })
    t.match(await process.ramp.hold(), { state: 'stopped', waitMs: null })
    await run(60, process, 0)
    t.equal(process.ramp.percent, 0)
  })

  t.test('has it go on from where it was held, with its counts', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await process.ramp.hold()
    await run(5, process)
    t.match(await process.ramp.resume(), { state: 'ramping', stage: 0, totals: { samples: 500 } })
    t.match(await process.ramp.resume(), { history: { length: 2 } }, 'which it does already')
    await run(5, process)
    t.equal(process.ramp.percent, 0.25)
  })

  t.test('begins again from the first stage', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(10, process)
    await run(1, process, 50, FAILED)
    t.match(process.ramp.view(), { failures: [0, 1, 0] })
    t.match(await process.ramp.restart(), { state: 'ramping', stage: 0, failures: [0, 0, 0], totals: { samples: 0 }, history: { length: 3 } })
  })

  t.test('is told where the store cannot be used', async t => {
    const { start } = ramping(t)
    const { ramp, store } = await start()
    store.away = true
    await t.rejects(ramp.promote(), { name: 'StoreUnavailable' })
    store.away = false
    store.swap = async () => false
    await t.rejects(ramp.promote(), /changed by others/)
    t.match(ramp.view(), { stage: 0 })
  })
})
