import { asideModule } from '../adapters/aside-module.ts'
import { celExpressions } from '../adapters/cel-expressions.ts'
import { memoryLimiters } from '../adapters/limiter/memory-limiter.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { MetricRegistry } from '../adapters/metric-registry.ts'
import { ReportRegistry } from '../adapters/report-registry.ts'
import { retryBudgets } from '../adapters/retry-budgets.ts'
import { AsideError, type Aside } from '../contract/aside.ts'
import type { Breaker, Breakers } from '../contract/breaker.ts'
import { ConfigError } from '../contract/config-error.ts'
import type { Detours } from '../contract/detours.ts'
import type { Load } from '../contract/load.ts'
import { OutboundError, type Outbound, type OutboundReply, type OutboundRequest } from '../contract/outbound.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch, Predicate } from '../contract/room.ts'
import type { Clock, Log, Random, Services } from '../contract/services.ts'
import { roomsOf } from '../plan/compile-room.ts'
import { nestedPredicates } from '../plan/nested-predicates.ts'
import { fakeIssuers, fakeKeys } from './fake-identity.ts'

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

/** Keeps every call and has it answered by the test. */
export interface FakeOutbound extends Outbound { calls: OutboundRequest[] }

/** What a test answers a call with: text is the body as it is, anything else becomes JSON. */
export interface TestAnswer { status?: number, headers?: Readonly<Record<string, string>>, body?: unknown }

/** Without `answer`, nobody can be reached. */
export function fakeOutbound (answer?: (request: OutboundRequest) => TestAnswer | Promise<TestAnswer>): FakeOutbound {
  const calls: OutboundRequest[] = []
  return {
    calls,
    ask: async (request): Promise<OutboundReply> => {
      calls.push(request)
      if (!answer) throw new OutboundError('unreachable', 'nobody answers in this test')
      const { status = 200, headers = { 'content-type': 'application/json' }, body = '' } = await answer(request)
      return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
    }
  }
}

/** A breaker that never opens and counts nothing; those in `over` take the place. */
export function fakeBreaker (over: Partial<Breaker> = {}): Breaker {
  return { name: 'test', state: 'closed', admits: true, retryInMs: 0, enter: () => ({ end: () => {} }), run: act => act(), force: () => {}, close: () => {}, ...over }
}

/** Never opens. */
export const closedBreaker: Breakers = () => fakeBreaker()

/** A process that has nothing to do. */
export const CALM: Load = { eventLoopDelayMs: 0, memoryShare: 0, inFlight: 0, sample: 0 }

/** Other upstreams and routes of a test, by `upstream:<name>`, `shadow:<name>` (a sandbox where the name begins so), `route:<id>` and `path:<path>`; any other upstream or route is unknown. */
export function fakeDetours (ways: Readonly<Record<string, Dispatch>> = {}): Detours {
  const known = (name: string, pointer: string, code: 'GW_CONFIG_UNKNOWN_UPSTREAM' | 'GW_CONFIG_UNKNOWN_ROUTE'): Dispatch => {
    const way = ways[name]
    if (way === undefined) throw new ConfigError(code, pointer, `nothing is named "${name}" in this test`)
    return way
  }
  return {
    upstream: (target, pointer) => known(`upstream:${target}`, pointer, 'GW_CONFIG_UNKNOWN_UPSTREAM'),
    shadow: (target, _lane, pointer) => ({ upstream: target, sandbox: target.startsWith('sandbox'), call: known(`shadow:${target}`, pointer, 'GW_CONFIG_UNKNOWN_UPSTREAM') }),
    route: (id, pointer) => known(`route:${id}`, pointer, 'GW_CONFIG_UNKNOWN_ROUTE'),
    path: path => ways[`path:${path}`] ?? (async x => problem('GW_NO_ROUTE', x.id))
  }
}

/** Does the work at once, in this thread, with the same copies; no time is too long for it. */
export const inlineAside: Aside = {
  run: async <I, O>(module: string, input: I): Promise<O> => {
    try {
      const { default: work } = await import(asideModule(module, import.meta.url)) as { default: (input: I) => O | Promise<O> }
      return structuredClone(await work(structuredClone(input)))
    } catch (error) {
      throw new AsideError('failed', error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

/** Every service a room may want, none of them touching the outside. Expressions are the real ones: they touch nothing. `board`: what was published. */
export interface FakeServices extends Services { clock: FakeClock, log: FakeLog, registry: MetricRegistry, board: ReportRegistry }

/** Makes them; those in `over` take the place of the fakes. `predicates`: the rooms for predicates in a filter's own config. */
export function fakeServices (over: Partial<FakeServices> = {}, predicates: readonly Predicate[] = []): FakeServices {
  const registry = over.registry ?? new MetricRegistry()
  const clock = over.clock ?? fakeClock()
  const board = over.board ?? new ReportRegistry()
  const services: FakeServices = {
    clock,
    random: fakeRandom(),
    log: fakeLog(),
    metrics: registry.scope({}),
    expressions: celExpressions,
    outbound: fakeOutbound(),
    store: memoryStore(clock),
    breaker: closedBreaker,
    limiter: memoryLimiters(clock),
    budget: retryBudgets(clock),
    load: CALM,
    aside: inlineAside,
    predicates: nestedPredicates(roomsOf([], predicates).predicates, () => ({ routeId: 'test', upstreams: [], services })),
    reports: board.scope('test', 'test'),
    detours: fakeDetours(),
    issuers: fakeIssuers(),
    keys: fakeKeys(),
    sessions: null,
    registry,
    board,
    ...over
  }
  return services
}
