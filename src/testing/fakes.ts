import { celExpressions } from '../adapters/cel-expressions.ts'
import { MetricRegistry } from '../adapters/metric-registry.ts'
import type { Clock, Log, Random, Services } from '../contract/services.ts'

/** A clock that stands still until the test moves it. `sleep` moves it and returns at once; `slept` tells how long each was. */
export interface FakeClock extends Clock { slept: number[], set(now: number): void, advance(ms: number): void }

/** Makes one that shows `start`. */
export function fakeClock (start = 0): FakeClock {
  let now = start
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      slept.push(ms)
      now += ms
    },
    set: to => { now = to },
    advance: ms => { now += ms }
  }
}

/** Draws these numbers, one a call, over and over. */
export function fakeRandom (...draws: number[]): Random {
  let i = 0
  return { next: () => draws.length === 0 ? 0 : draws[i++ % draws.length]! }
}

/** Keeps every line. */
export interface FakeLog extends Log { lines: { level: string, fields: object, message: string }[] }

/** Makes one without lines. */
export function fakeLog (): FakeLog {
  const lines: FakeLog['lines'] = []
  const at = (level: string) => (fields: object, message: string) => { lines.push({ level, fields, message }) }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Every service a room may want, none of them touching the outside. Expressions are the real ones: they touch nothing. */
export interface FakeServices extends Services { clock: FakeClock, log: FakeLog, registry: MetricRegistry }

/** Makes them; those in `over` take the place of the fakes. */
export function fakeServices (over: Partial<FakeServices> = {}): FakeServices {
  const registry = over.registry ?? new MetricRegistry()
  return {
    clock: fakeClock(),
    random: fakeRandom(),
    log: fakeLog(),
    metrics: registry.scope({}),
    expressions: celExpressions,
    registry,
    ...over
  }
}
