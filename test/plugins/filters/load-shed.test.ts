import t from 'tap'
import loadShed from '../../../plugins/filters/load-shed/index.ts'
import type { Load } from '../../../src/contract/index.ts'
import { fakeLog, mount, type MountedFilter, type MountOptions } from '../../../src/testing/index.ts'

type Signals = { -readonly [key in keyof Load]: Load[key] }

/** A process that is as busy as the test says; `draws` counts the random numbers taken. */
function process (over: Partial<Signals> = {}) {
  const load: Signals = { eventLoopDelayMs: 0, memoryShare: 0, inFlight: 0, sample: 0, ...over }
  const log = fakeLog()
  const state = { draw: 0, draws: 0 }
  const random = {
    next: () => {
      state.draws++
      return state.draw
    }
  }
  const mountShed = (config?: unknown, options: MountOptions = {}): MountedFilter => mount(loadShed, config, {}, { ...options, services: { load, log, random } })
  return { load, log, state, mountShed }
}

/** Those that have been over their targets once already, which alone means nothing. */
const warm = new WeakSet<MountedFilter>()

/** One more measurement, and a request after it. */
async function sample (load: Signals, mounted: MountedFilter, signals: Partial<Signals> = {}): Promise<number> {
  Object.assign(load, signals)
  if (!warm.has(mounted)) {
    warm.add(mounted)
    load.sample++
    await mounted.call()
  }
  load.sample++
  return (await mounted.call()).status
}

/** So many more. */
async function samples (n: number, load: Signals, mounted: MountedFilter, signals: Partial<Signals> = {}): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < n; i++) statuses.push(await sample(load, mounted, signals))
  return statuses
}

const TWICE = { eventLoopDelayMs: 200 }
const CALM = { eventLoopDelayMs: 0, memoryShare: 0, inFlight: 0 }
const refusedShare = (statuses: readonly number[]) => statuses.filter(status => status === 503).length / statuses.length

/** The highest draw that is refused, in hundredths: how far the level is into the band of this use. */
async function reach ({ call }: MountedFilter, state: { draw: number }): Promise<number> {
  const before = state.draw
  let refused = 0
  for (let i = 0; i < 100; i++) {
    state.draw = (i + 0.5) / 100
    if ((await call()).status === 503) refused++
  }
  state.draw = before
  return refused
}

t.test('costs a comparison while the process is calm', async t => {
  const { load, log, state, mountShed } = process({ eventLoopDelayMs: 100, memoryShare: 0.85, inFlight: 1e6 })
  const mounted = mountShed()
  t.equal(refusedShare(await samples(20, load, mounted)), 0, 'what is just at the target is not over it')
  t.equal(state.draws, 0)
  t.same(log.lines, [])
})

for (const [name, config, signals] of [
  ['the event loop is late', {}, { eventLoopDelayMs: 150 }],
  ['memory runs out', {}, { memoryShare: 0.9 }],
  ['there are too many requests', { inFlight: 100 }, { inFlight: 150 }]
] as const) {
  t.test(`refuses where ${name}`, async t => {
    const { load, mountShed } = process(signals)
    const mounted = mountShed(config)
    t.equal(await sample(load, mounted), 503)
    const { reply } = await mounted.call()
    t.match(reply, { status: 503, code: 'GW_LOAD_SHED' })
    t.equal(mounted.decisions('refused'), 2)
  })
}

t.test('signals that do not count are not asked', async t => {
  const { load, mountShed } = process({ eventLoopDelayMs: 1e6, memoryShare: 1, inFlight: 1e6 })
  for (const config of [{ delay: 'none', memory: 'none', inFlight: 1e6 }, { delay: '1000s', memory: 'none' }]) t.equal(await sample(load, mountShed(config)), 200)
  t.equal(await sample(load, mountShed({ delay: 'none' })), 503)
})

t.test('one stall of the process is no load', async t => {
  const { load, mountShed, log } = process(TWICE)
  const mounted = mountShed()
  for (let i = 0; i < 5; i++) {
    warm.add(mounted)
    t.equal(await sample(load, mounted, TWICE), 200)
    t.equal(await sample(load, mounted, CALM), 200)
  }
  t.same(log.lines, [])
})

t.test('moves once for each measurement, and not for each request', async t => {
  const { load, state, mountShed } = process(TWICE)
  const mounted = mountShed()
  t.equal(await reach(mounted, state), 0, 'nothing is measured yet')
  await sample(load, mounted)
  t.equal(await reach(mounted, state), 10)
  t.equal(await reach(mounted, state), 10)
  await sample(load, mounted)
  t.equal(await reach(mounted, state), 20)
})

t.test('goes up faster the worse it is, within bounds', async t => {
  for (const [eventLoopDelayMs, step] of [[101, 1], [120, 2], [300, 20], [600, 50], [1e9, 50]] as const) {
    const { load, state, mountShed } = process({ eventLoopDelayMs })
    const mounted = mountShed()
    await sample(load, mounted)
    t.equal(await reach(mounted, state), step, `${eventLoopDelayMs} ms`)
  }
  const { load, state, mountShed } = process({ memoryShare: 0.925 })
  const mounted = mountShed()
  await sample(load, mounted)
  t.equal(await reach(mounted, state), 20, 'half of the memory left is used up')
})

t.test('the worst signal decides', async t => {
  const { load, state, mountShed } = process({ eventLoopDelayMs: 10, memoryShare: 0.1, inFlight: 300 })
  const mounted = mountShed({ inFlight: 100 })
  await sample(load, mounted)
  t.equal(await reach(mounted, state), 20)
})

t.test('comes down slowly, and only after a second of calm', async t => {
  const { load, log, state, mountShed } = process(TWICE)
  const mounted = mountShed()
  await samples(2, load, mounted)
  await samples(5, load, mounted, CALM)
  t.equal(await reach(mounted, state), 20)
  await samples(3, load, mounted)
  t.equal(await reach(mounted, state), 14)
  await sample(load, mounted, TWICE)
  await samples(5, load, mounted, CALM)
  t.equal(await reach(mounted, state), 24, 'another second')
  await samples(11, load, mounted)
  t.equal(log.lines.length, 1)
  await samples(1, load, mounted)
  t.equal(await reach(mounted, state), 0)
  t.equal(log.lines.length, 2)
})

t.test('samples without a request count for the way down, not for the way up', async t => {
  const { load, state, mountShed } = process(TWICE)
  const mounted = mountShed()
  await sample(load, mounted)
  t.equal(await reach(mounted, state), 10)
  load.sample += 100
  await mounted.call()
  t.equal(await reach(mounted, state), 20)
  Object.assign(load, CALM)
  load.sample += 7
  await mounted.call()
  t.equal(await reach(mounted, state), 16, 'two samples after the first five')
  load.sample += 100
  await mounted.call()
  t.equal(await reach(mounted, state), 0)
})

t.test('the least important requests go first; critical ones stay', async t => {
  const { load, state, mountShed } = process({ eventLoopDelayMs: 600 })
  const [low, normal, high, critical] = (['low', 'normal', 'high', 'critical'] as const).map(priority => mountShed(priority))
  const all = async () => [await reach(low!, state), await reach(normal!, state), await reach(high!, state), await reach(critical!, state)]
  await samples(1, load, normal!)
  t.same(await all(), [50, 0, 0, 0])
  warm.add(critical!)
  await samples(2, load, critical!)
  t.same(await all(), [100, 50, 0, 0], 'a critical request measures too')
  warm.add(low!)
  await samples(2, load, low!)
  t.same(await all(), [100, 100, 50, 0])
  await samples(10, load, low!)
  t.same(await all(), [100, 100, 100, 0])
  await samples(5 + 25, load, low!, CALM)
  t.same(await all(), [100, 100, 50, 0], 'it is never beyond the top')
})

t.test('no time is lost with priorities that no route has', async t => {
  const { load, state, mountShed } = process({ eventLoopDelayMs: 600 })
  const high = mountShed('high')
  await samples(1, load, high)
  t.equal(await reach(high, state), 50)
  const low = mountShed('low')
  t.same([await reach(low, state), await reach(high, state)], [50, 0])
  await samples(2, load, high)
  t.same([await reach(low, state), await reach(high, state)], [100, 50])
  await low.close()
  t.equal(await reach(high, state), 100)
  await samples(5 + 25, load, high, CALM)
  t.equal(await reach(high, state), 50)
})

t.test('where all is critical nothing is ever shed or logged', async t => {
  const { load, log, mountShed } = process({ eventLoopDelayMs: 1e6 })
  const mounted = mountShed('critical')
  t.equal(refusedShare(await samples(20, load, mounted)), 0)
  t.same(log.lines, [])
})

t.test('an expression tells the priority; whoever cannot say is low', async t => {
  const { load, state, mountShed } = process({ eventLoopDelayMs: 600 })
  const mounted = mountShed({ priority: { expression: 'request.headers["x-priority"]' } })
  await samples(1, load, mounted)
  const statuses = async () => {
    const found: Record<string, number> = {}
    for (const priority of ['critical', 'high', 'normal', 'low', 'HIGH', 'toString']) found[priority] = (await mounted.call({ headers: { 'x-priority': priority } })).status
    return { ...found, none: (await mounted.call()).status }
  }
  state.draw = 0.49
  t.same(await statuses(), { critical: 200, high: 200, normal: 200, low: 503, HIGH: 503, toString: 503, none: 503 })
  await samples(2, load, mounted)
  t.same(await statuses(), { critical: 200, high: 200, normal: 503, low: 503, HIGH: 503, toString: 503, none: 503 })
  t.equal(mounted.decisions('failed'), 0)
  const counts = mounted.services.registry.samples().filter(({ name }) => name === 'gatehouse_load_shed_total').map(({ labels, value }) => [labels['priority'], value])
  t.same(Object.fromEntries(counts), { low: 11, normal: 1 })
})

t.test('a bug in an expression is not taken for a word', async t => {
  const { load } = process({ eventLoopDelayMs: 600 })
  const expressions = { condition: () => { throw new Error('no condition') }, text: () => ({ usesReply: false, usesBody: false, evaluate: () => { throw new TypeError('bug') } }) }
  const mounted = mount(loadShed, { priority: { expression: 'x' } }, {}, { services: { load, expressions } })
  t.equal(await sample(load, mounted), 500)
})

t.test('clients are told to come back at different times', async t => {
  const { load, state, mountShed } = process({ eventLoopDelayMs: 600 })
  const mounted = mountShed({ retryAfter: '10s' })
  await sample(load, mounted)
  const waits = new Set<string | undefined>()
  for (const draw of [0, 0.2, 0.49]) {
    state.draw = draw
    waits.add((await mounted.call()).reply.headers.get('retry-after'))
  }
  t.same([...waits], ['10', '12', '15'])
  t.equal((await mountShed().call()).reply.headers.get('retry-after'), '3', 'from two seconds to four')
})

t.test('says once that shedding begins and once that it ends', async t => {
  const { load, log, mountShed } = process({ ...TWICE, memoryShare: 0.12345, inFlight: 3 })
  const mounted = mountShed()
  await samples(3, load, mounted)
  await mounted.call()
  t.same(log.lines, [{ level: 'warn', message: 'load shedding begins', fields: { 'gatehouse.load.delay_ms': 200, 'gatehouse.load.memory_share': 0.123, 'gatehouse.load.in_flight': 3 } }])
  await samples(100, load, mounted, CALM)
  t.equal(log.lines.length, 2)
  t.match(log.lines[1], { level: 'info', message: 'load shedding ends', fields: { 'gatehouse.load.refused': Number, 'gatehouse.load.in_flight': 0 } })
  await samples(1, load, mounted, TWICE)
  t.equal(log.lines.length, 3)
})

t.test('routes with the same targets share a level, also with the plan before; others do not', async t => {
  const { load, state, mountShed } = process({ ...TWICE, inFlight: 1 })
  const [one, other, elsewhere] = [mountShed(), mountShed('normal'), mountShed({ delay: '150ms' })]
  load.sample++
  await Promise.all([one.call(), elsewhere.call()])
  warm.add(one)
  await sample(load, one)
  t.same([await reach(one, state), await reach(other, state)], [10, 10])
  t.equal(await reach(elsewhere, state), 3, 'a third over its own target')
  const after = mountShed()
  await Promise.all([one.close(), other.close()])
  t.equal(await reach(after, state), 10, 'a reload does not let everybody in')
  await after.close()
  t.equal(await reach(mountShed(), state), 0, 'and nothing of it stays without a route')
  const elsewhereToo = process(TWICE)
  t.equal(await reach(elsewhereToo.mountShed(), elsewhereToo.state), 0, 'another gateway is another process')
})

t.test('only counts with report', async t => {
  const { load, mountShed } = process(TWICE)
  const mounted = mountShed('low', { report: true })
  t.equal(await sample(load, mounted), 200)
  t.equal(mounted.decisions('would-refuse'), 1)
})

t.test('refuses options that have no effect, and wrong ones', async t => {
  const { mountShed } = process()
  const fault = (code: string, pointer: string) => ({ errors: [{ code, pointer: `/load-shed${pointer}` }] })
  t.throws(() => mountShed({ delay: 'none', memory: 'none' }), fault('GW_CONFIG_NO_EFFECT', ''))
  for (const memory of ['0%', '100%']) t.throws(() => mountShed({ memory }), fault('GW_CONFIG_NO_EFFECT', '/memory'))
  t.throws(() => mountShed('urgent'), fault('GW_CONFIG_INVALID', ''))
  t.throws(() => mountShed({ delay: 100 }), fault('GW_CONFIG_INVALID', '/delay'))
  t.throws(() => mountShed({ inFlight: 0 }), fault('GW_CONFIG_INVALID', '/inFlight'))
  t.throws(() => mountShed({ priority: { expression: '(' } }), fault('GW_CONFIG_EXPRESSION', '/priority/expression'))
})
