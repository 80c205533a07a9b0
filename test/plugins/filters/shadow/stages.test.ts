import t from 'tap'
import { checkStages } from '../../../../plugins/filters/shadow/stages/stages-schema.ts'
import { isBeyondChance } from '../../../../plugins/filters/shadow/stages/beyond-chance.ts'
import { judge } from '../../../../plugins/filters/shadow/stages/gates.ts'
import { bucketOf, BUCKETS, endOf, quantileOf } from '../../../../plugins/filters/shadow/stages/latency-buckets.ts'
import { StageCounts } from '../../../../plugins/filters/shadow/stages/stage-counts.ts'
import { DIFFERENT, EQUAL, FAILED, ramping, stagesOf } from './stages/ramping.ts'

t.test('the schema', async t => {
  t.test('fills in what is not written', async t => {
    t.same(stagesOf({ percent: '5%' }), [{ percent: 0.05, hold: 300_000, minSamples: 100, maxDifference: 0.01, maxErrors: 0.01, maxP99: 1.5 }], 'one stage stands for a list of it')
    t.throws(() => stagesOf([]), { code: 'GW_CONFIG_INVALID', pointer: '' })
    t.throws(() => stagesOf([{ percent: 5 }]), { code: 'GW_CONFIG_INVALID', pointer: '/0/percent' })
    t.throws(() => stagesOf([{ hold: '1s' }]), { code: 'GW_CONFIG_INVALID', pointer: '/0' })
    t.throws(() => stagesOf([{ percent: '5%', minSamples: 0 }]), { code: 'GW_CONFIG_INVALID', pointer: '/0/minSamples' })
  })

  t.test('takes only shares that rise', async t => {
    const check = (...percents: string[]) => { checkStages(stagesOf(percents.map(percent => ({ percent }))), '/stages') }
    check('1%', '1.5%', '100%')
    t.throws(() => { check('1%', '5%', '5%') }, { code: 'GW_CONFIG_INVALID', pointer: '/stages/2/percent' })
    t.throws(() => { check('0%', '5%') }, { code: 'GW_CONFIG_INVALID', pointer: '/stages/0/percent' })
  })
})

t.test('latencies', async t => {
  t.test('are kept to within 5 %, in buckets of a fixed number', async t => {
    for (const ms of [1.01, 3, 10, 99.5, 1234, 60_000]) {
      const end = endOf(bucketOf(ms))
      t.ok(end >= ms && end < ms * 1.05, `${ms} ${end}`)
    }
    t.same([0, -1, NaN, 0.5, 1].map(bucketOf), [0, 0, 0, 0, 0])
    t.same([1e9, Infinity].map(bucketOf), [BUCKETS - 1, BUCKETS - 1])
  })

  t.test('have a quantile: what so many are not above', async t => {
    const counts = new Float64Array(BUCKETS)
    t.equal(quantileOf(counts, 0.99), null)
    counts[3] = 99
    counts[9] = 1
    t.equal(quantileOf(counts, 0.99), 3)
    t.equal(quantileOf(counts, 1), 9)
    counts[9] = 2
    t.equal(quantileOf(counts, 0.99), 9)
  })
})

t.test('chance', async t => {
  t.test('explains a few over the limit, and not many', async t => {
    t.same([1, 2, 5, 6, 100].map(k => isBeyondChance(k, 100, 0.01)), [false, false, false, true, true])
    t.equal(isBeyondChance(120, 10_000, 0.01), false)
    t.equal(isBeyondChance(140, 10_000, 0.01), true)
  })

  t.test('explains nothing where nothing is allowed, and all where all is', async t => {
    t.equal(isBeyondChance(0, 100, 0), false)
    t.equal(isBeyondChance(1, 1_000_000, 0), true)
    t.equal(isBeyondChance(100, 100, 1), false)
    t.equal(isBeyondChance(100, 100, 1.5), false)
  })

  t.test('breaks no stage whose shadow keeps well within its limit, however often it is asked', async t => {
    // A linear congruential generator (Numerical Recipes): the same draws in every run
    let seed = 7
    const draw = () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32
    let broken = 0
    for (let run = 0; run < 300; run++) {
      let k = 0
      for (let n = 1; n <= 1000; n++) {
        if (draw() < 0.005) k++
        if (!isBeyondChance(k, Math.max(n, 100), 0.01)) continue
        broken++
        break
      }
    }
    t.ok(broken <= 3, `${broken} of 300 ramps at half the limit`)
  })
})

t.test('counts', async t => {
  t.test('come back from a tally as they went in, without what is no count', async t => {
    const counts = new StageCounts()
    for (const sample of [EQUAL, DIFFERENT, FAILED, { ...EQUAL, liveFailed: true }, { ...FAILED, liveFailed: true }]) counts.record(sample)
    t.same(counts.amounts(), { n: 5, d: 3, s: 1, l: 1, b: 1, live54: 2, shadow54: 2 })
    t.equal(counts.answered, 2)
    t.same(StageCounts.ofTally(counts.amounts()), counts)
    t.same(StageCounts.ofTally({ n: NaN, d: -5, s: Infinity, live999: 4, other: 3 }).amounts(), {})
    counts.clear()
    t.same(counts.amounts(), {})
  })
})

t.test('the p99 gate', async t => {
  const [stage] = stagesOf({ percent: '1%' })
  const p99 = (...samples: [number, Partial<typeof EQUAL>][]) => {
    const counts = new StageCounts()
    for (const [n, over] of samples) for (let i = 0; i < n; i++) counts.record({ ...EQUAL, ...over })
    return judge(counts, stage!).at(-1)
  }

  t.test('says nothing before both legs have answered often enough', async t => {
    t.match(p99([99, {}], [50, { liveFailed: true }]), { value: 1, pass: false, broken: false })
    t.match(p99([100, {}], [50, { liveFailed: true }]), { pass: true, broken: false })
    t.match(p99([99, { shadowMs: 100 }], [50, { liveFailed: true }]), { pass: false, broken: false })
    t.match(p99([100, { shadowMs: 100 }]), { pass: false, broken: true })
  })

  t.test('is not broken by two slow answers of a hundred, nor by many that are a little slower', async t => {
    t.match(p99([98, {}], [2, { shadowMs: 100 }]), { pass: false, broken: false })
    t.match(p99([100, { shadowMs: 14 }]), { pass: true, broken: false })
    t.match(p99([100, { shadowMs: 17 }]), { pass: false, broken: true })
  })
})

t.test('a ramp', async t => {
  t.test('mirrors nothing before the state is known, and the first stage then', async t => {
    const { clock, start } = ramping(t)
    const { ramp } = await start()
    t.equal(ramp.percent, 0.01)
    const late = await start({ key: 'late' })
    late.store.away = true
    const { ramp: unread } = await start({ key: 'unread', store: late.store })
    t.equal(unread.percent, 0)
    t.match(unread.view(), { state: 'stopped', stage: null, since: null, gates: [], storeDown: true, waitMs: null })
    late.store.away = false
    await clock.pass(1000)
    t.equal(unread.percent, 0.01)
  })

  t.test('goes up when the hold has passed and every gate holds', async t => {
    const { clock, start, run } = ramping(t)
    const process = await start()
    const { ramp, log, counted } = process
    t.match(ramp.view(), { state: 'ramping', stage: 0, stages: 3, percent: 0.01, since: '2026-03-01T00:00:00.000Z', reason: 'begun', shared: false, storeDown: false, history: [] })
    await run(5, process)
    t.match(ramp.view(), {
      stage: 0,
      waitMs: 4900,
      totals: { samples: 500, different: 0, shadowFailed: 0, liveFailed: 0 },
      gates: [
        { name: 'minSamples', value: 500, limit: 100, pass: true },
        { name: 'maxDifference', value: 0, limit: 0.01, pass: true },
        { name: 'maxErrors', value: 0, limit: 0.01, pass: true },
        { name: 'maxP99', value: 1, limit: 1.5, pass: true }
      ]
    })
    await run(5, process)
    t.match(ramp.view(), { state: 'ramping', stage: 1, percent: 0.25, totals: { samples: 0 }, waitMs: /.*/ }, 'with counts of its own')
    t.equal(ramp.percent, 0.25)
    t.match(log.lines, [{ level: 'info', fields: { 'gatehouse.shadow': 'orders/next', 'gatehouse.shadow.stage': 1, 'gatehouse.shadow.percent': '25%' }, message: 'shadow ramp promoted' }])
    await run(21, process)
    t.match(ramp.view(), { state: 'complete', stage: 2, percent: 1, waitMs: null, failures: [0, 0, 0] })
    t.same(counted(), { promoted: 2, complete: 1 })
    t.same(ramp.view().history.map(({ move, stage }) => [move, stage]), [['complete', 2], ['promoted', 2], ['promoted', 1]], 'the newest first')
    t.match(ramp.view().history[2], { at: /^2026-03-01T00:00:1.*Z$/, reason: /^every gate held: \d+ requests, 10s$/ })
    t.equal(clock.sleeping.length, 1)
  })

  t.test('waits for samples however long it takes', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(33, process, 3)
    t.match(process.ramp.view(), { stage: 0, waitMs: null })
    await run(1, process, 3)
    t.equal(process.ramp.view().stage, 1)
  })

  t.test('waits where the figures are over a limit by no more than chance', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    process.send(97)
    await run(12, process, 0)
    process.send(3, DIFFERENT)
    await run(1, process, 0)
    t.match(process.ramp.view(), { state: 'ramping', stage: 0, gates: [{}, { name: 'maxDifference', value: 0.03, pass: false, broken: false }] })
    await run(1, process, 200)
    t.equal(process.ramp.view().stage, 1, 'and goes up when they are not any more')
  })

  for (const [gate, sample, reason] of [
    ['maxDifference', DIFFERENT, /^maxDifference: [\d.]+% of \d+ requests, limit 1%$/],
    ['maxErrors', { ...FAILED, different: false }, /^maxErrors: [\d.]+% of \d+ requests, limit 1%$/],
    ['maxP99', { ...EQUAL, shadowMs: 40 }, /^maxP99: 4\.\d+ times as long as live in \d+ requests, limit 1\.5$/]
  ] as const) {
    t.test(`goes down one stage when ${gate} is broken`, async t => {
      const { start, run } = ramping(t)
      const process = await start()
      const { ramp, log, counted } = process
      await run(10, process)
      t.equal(ramp.percent, 0.25)
      await run(1, process)
      await run(1, process, 130, sample)
      t.match(ramp.view(), { state: 'rolled-back', stage: 0, percent: 0.01, reason, failures: [0, 1, 0], totals: { samples: 0 } })
      t.match(log.lines.at(-1), { level: 'warn', message: 'shadow ramp rolled-back', fields: { 'event.reason': reason, 'gatehouse.shadow.percent': '1%' } })
      t.same(counted(), { promoted: 1, 'rolled-back': 1 })
    })
  }

  t.test('is broken by less than the samples it wants when these are bad enough already', async t => {
    const { clock, start } = ramping(t)
    const { ramp, send } = await start()
    send(5, DIFFERENT)
    await clock.pass(1000)
    t.match(ramp.view(), { state: 'ramping', gates: [{ pass: false }, { broken: false }] })
    send(1, DIFFERENT)
    await clock.pass(1000)
    t.match(ramp.view(), { state: 'stopped', stage: null, percent: 0, reason: 'maxDifference: 100% of 6 requests, limit 1%' })
  })

  t.test('does not blame the shadow for what fails live as well', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    for (let i = 0; i < 9; i++) {
      process.send(10, { ...FAILED, different: false, liveFailed: true })
      process.send(5, { ...EQUAL, liveFailed: true })
      process.send(5, { ...FAILED, different: false })
      await run(1, process, 100)
    }
    t.match(process.ramp.view(), { state: 'ramping', totals: { shadowFailed: 135, liveFailed: 135 }, gates: [{}, {}, { name: 'maxErrors', value: 0, pass: true, broken: false }] })
    await run(1, process, 100)
    t.equal(process.ramp.view().stage, 1)
  })

  t.test('does not go up while live fails: that says nothing of the shadow', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(15, process, 100, { ...EQUAL, shadowFailed: true, liveFailed: true })
    t.match(process.ramp.view(), { state: 'ramping', stage: 0, gates: [{ pass: true }, { pass: true }, { pass: true }, { name: 'maxP99', value: null, pass: false, broken: false }] })
  })

  t.test('takes no account of what is below a millisecond', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(10, process, 100, { ...EQUAL, liveMs: 0.1, shadowMs: 0.9 })
    t.equal(process.ramp.view().stage, 1)
  })

  t.test('stops at nothing from the first stage, and tries that again after twice as long, and again', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    const { ramp } = process
    const waits: (number | null)[] = []
    for (let i = 0; i < 2; i++) {
      await run(1, process, 50, DIFFERENT)
      t.match(ramp.view(), { state: 'stopped', stage: null, percent: 0, gates: [] })
      waits.push(Math.round(ramp.view().waitMs! / 1000))
      await run(waits[i]! - 1, process, 0)
      t.equal(ramp.percent, 0)
      await run(2, process, 0)
      t.match(ramp.view(), { state: 'ramping', stage: 0, percent: 0.01, reason: 'tried again' })
    }
    t.same(waits, [20, 40])
    await run(1, process, 50, DIFFERENT)
    t.match(ramp.view(), { state: 'stopped', percent: 0, waitMs: null, reason: /the third failure in a row: stays until it is resumed$/ })
    await run(4000, process, 0)
    t.equal(ramp.percent, 0)
    t.match(await ramp.resume(), { state: 'ramping', stage: 0, percent: 0.01, failures: [0, 0, 0] })
    await run(10, process)
    t.equal(ramp.percent, 0.25)
  })

  t.test('never waits longer than an hour for a stage, unless its hold is longer', async t => {
    const { start, run } = ramping(t)
    const long = await start({ key: 'long', stages: stagesOf([{ percent: '1%', hold: '50m' }]) })
    await run(1, long, 50, DIFFERENT)
    t.equal(Math.round(long.ramp.view().waitMs! / 60_000), 60)
    const longer = await start({ key: 'longer', stages: stagesOf([{ percent: '1%', hold: '3h' }]) })
    await run(1, longer, 50, DIFFERENT)
    t.equal(Math.round(longer.ramp.view().waitMs! / 60_000), 180)
  })

  t.test('forgets failures of a stage that went well', async t => {
    const { start, run } = ramping(t)
    const process = await start()
    await run(10, process)
    await run(1, process, 50, DIFFERENT)
    t.match(process.ramp.view(), { stage: 0, failures: [0, 1, 0] })
    await run(21, process)
    t.match(process.ramp.view(), { stage: 1, failures: [0, 1, 0] })
    await run(11, process)
    t.match(process.ramp.view(), { stage: 2, failures: [0, 0, 0] })
  })

  t.test('is watched when it is complete: what went well long ago hides nothing', async t => {
    const { start, run } = ramping(t)
    const process = await start({ stages: stagesOf({ percent: '100%', hold: '10s' }) })
    await run(600, process)
    t.match(process.ramp.view(), { state: 'complete', percent: 1 })
    t.ok(process.ramp.view().totals.samples <= 1200, 'counts begin anew')
    await run(4, process, 100, { ...EQUAL, different: true })
    t.match(process.ramp.view(), { state: 'stopped', percent: 0 })
  })
})
