import type { Test } from 'tap'
import { Ramp } from '../../../../../plugins/filters/shadow/stages/ramp.ts'
import type { RampSample } from '../../../../../plugins/filters/shadow/stages/stage-counts.ts'
import { StagesSchema, type Stage } from '../../../../../plugins/filters/shadow/stages/stages-schema.ts'
import { memoryStore } from '../../../../../src/adapters/memory-store.ts'
import { MetricRegistry } from '../../../../../src/adapters/metric-registry.ts'
import { StoreUnavailable, validate, type Store } from '../../../../../src/contract/index.ts'
import { fakeLog, fakeRandom, manualClock, type FakeLog, type ManualClock } from '../../../../../src/testing/index.ts'

/** Equal, and as quick. */
export const EQUAL: RampSample = { different: false, shadowFailed: false, liveFailed: false, liveMs: 10, shadowMs: 10 }
export const DIFFERENT: RampSample = { ...EQUAL, different: true }
export const FAILED: RampSample = { ...EQUAL, different: true, shadowFailed: true }

const METRIC = 'gatehouse_shadow_stage_changes_total'

/** Read as a route file's. */
export function stagesOf (written: unknown): readonly Stage[] {
  const { value, faults } = validate(StagesSchema, written)
  if (value === null) throw faults[0]
  return value as readonly Stage[]
}

/** Three stages; enough in ten seconds. */
export const THREE = stagesOf([{ percent: '1%' }, { percent: '25%' }, { percent: '100%' }].map(stage => ({ ...stage, hold: '10s' })))

/** A store that can be away: wholly, or for some methods. */
export interface FickleStore extends Store { away: boolean | readonly (keyof Store)[], readonly asked: string[] }

export function fickle (store: Store): FickleStore {
  const asked: string[] = []
  const guarded = {} as Record<string, unknown>
  const fickleStore: FickleStore = { ...store, away: false, asked }
  for (const method of ['get', 'swap', 'tally', 'delete'] as const) {
    guarded[method] = async (...args: never[]) => {
      asked.push(method)
      const { away } = fickleStore
      if (away === true || (away !== false && away.includes(method))) throw new StoreUnavailable('away')
      return await (store[method] as (...args: never[]) => Promise<unknown>)(...args)
    }
  }
  return Object.assign(fickleStore, guarded)
}

/** One process with the ramp. */
export interface RampProcess {
  readonly ramp: Ramp
  readonly store: FickleStore
  readonly log: FakeLog
  /** Of the metric, by the label `to`. */
  counted(): Record<string, number>
  send(n: number, sample?: RampSample): void
}

export interface ProcessOptions { store?: Store, stages?: readonly Stage[], fingerprint?: string, key?: string, /** How far its clock on the wall is wrong. */ skewMs?: number, draws?: readonly number[] }

/** Processes of a test that share a time and, unless told otherwise, a store. */
export interface Ramping {
  readonly clock: ManualClock
  readonly store: Store
  start(options?: ProcessOptions): Promise<RampProcess>
  /** Each second the process gets so many requests. */
  run(seconds: number, process: RampProcess, perSecond?: number, sample?: RampSample): Promise<void>
}

export function ramping (t: Test): Ramping {
  const clock = manualClock(Date.parse('2026-03-01T00:00:00Z'))
  const store = memoryStore(clock)
  const start = async (options: ProcessOptions = {}): Promise<RampProcess> => {
    const process = rampProcess(t, clock, { store, ...options })
    await clock.pass(100)
    // Turns begin, and end with whole seconds of a run
    void process.ramp.percent
    await clock.pass(0)
    return process
  }
  const run: Ramping['run'] = async (seconds, process, perSecond = 100, sample = EQUAL) => {
    for (let i = 0; i < seconds; i++) {
      // Half a second after the turn that may have begun a stage
      await clock.pass(500)
      process.send(perSecond, sample)
      await clock.pass(500)
    }
  }
  return { clock, store, start, run }
}

export function rampProcess (t: Test, clock: ManualClock, { store, stages = THREE, fingerprint = 'a', key = 'orders/next', skewMs = 0, draws = [] }: ProcessOptions & { store: Store }): RampProcess {
  const log = fakeLog()
  const registry = new MetricRegistry()
  const own = fickle(store)
  const skewed = { ...clock, now: () => clock.now() + skewMs }
  const ramp = new Ramp({ key, shadow: 'next', stages, fingerprint, services: { store: own, clock: skewed, random: fakeRandom(...draws), log, metrics: registry.scope({ route: 'orders' }) } })
  t.teardown(() => ramp.close())
  return {
    ramp,
    log,
    store: own,
    counted: () => Object.fromEntries(registry.samples().map(({ name, labels, value }) => [name === METRIC && labels.shadow === 'next' && labels.route === 'orders' ? labels.to : name, value])),
    send: (n, sample = EQUAL) => { for (let i = 0; i < n; i++) ramp.record(sample) }
  }
}
