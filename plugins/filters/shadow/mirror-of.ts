import { hash } from 'node:crypto'
import { ConfigError, onePerConfiguration, TimeLimits, type Exchange, type Place } from '../../../src/contract/index.ts'
import { checkMethods, modeLabel, REPLAY } from './check-config.ts'
import { chooser } from './choice/chooser.ts'
import { Decisions } from './decisions.ts'
import { comparer } from './diff/comparer.ts'
import type { Flavour } from './flavours.ts'
import { Ledger } from './ledger/ledger.ts'
import { liveCondition } from './live-outcome.ts'
import { Mirror, type MirrorParts } from './mirror.ts'
import { requestCopier } from './request-copy.ts'
import { SAFE_METHODS, shadowsOf, type ShadowConfig } from './shadow-config.ts'
import { ShadowTarget, type Destination, type TargetOptions } from './shadow-target.ts'
import { shadowReport, type ShadowView } from './shadow-view.ts'
import { selection } from './selection.ts'
import { Ramp } from './stages/ramp.ts'
import { checkStages } from './stages/stages-schema.ts'
import { delayDraw } from './timing/delay.ts'
import { timeWindows, type TimeWindows } from './timing/windows.ts'

const DEFAULT_BUDGET_MS = 50
/** Read of an answer that is compared with nothing, so that its connection can be used again. */
const UNCOMPARED_BYTES = 64 * 1024
const REPLAYS_AT_ONCE = 4

type Entry = ReturnType<typeof shadowsOf>[number]

/** What all shadows of one use have in common. */
interface Common { readonly config: ShadowConfig, readonly place: Place, readonly mode: string, readonly limits: TimeLimits, readonly noise: ShadowView['noise'], readonly ready: TargetOptions['ready'] }

/** Compiles one use of the filter. Throws ConfigError with a pointer into the config. */
export function mirrorOf (config: ShadowConfig, flavours: readonly Flavour[], place: Place): { mirror: Mirror, close(): Promise<void> } {
  const { services } = place
  const { clock, load } = services
  const shadows = shadowsOf(config)
  checkOthers(shadows, place)
  const limits = new TimeLimits(clock)
  const windows = timeWindows(config, clock, '')
  const noise = noiseOf(config, shadows)
  const common: Common = { config, place, mode: modeLabel(flavours), limits, noise, ready: config.delay === undefined ? null : readiness(config, windows, place) }
  const targets = shadows.map((entry, i) => targetOf(entry, i, common))
  const replay = noise === 'replay' ? replayOf(common) : null
  const all = replay === null ? targets : [...targets, replay]
  const mirror = new Mirror({
    options: optionsOf(config),
    sync: flavours.includes('sync'),
    targets,
    replay,
    choose: choosing(config, shadows, targets, place),
    replays: replaying(config, place, targets),
    noise,
    safe: new Set(SAFE_METHODS),
    copy: copying(config, replay),
    isOpen: config.windows === undefined && config.except === undefined ? null : () => windows.isOpen(),
    ...decisionsOf(config, place),
    clock,
    limits,
    load,
    log: services.log
  })
  return { mirror, close: async () => { await closeAll(all, limits, place) } }
}

/** ConfigError where another use of the filter on the route has a shadow of the same name: operators could not tell one from the other. */
function checkOthers (shadows: readonly Entry[], { routeId, services }: Place): void {
  const known = onePerConfiguration(services, 'shadow', { routeId }, () => new Set<string>())
  for (const [i, { id }] of shadows.entries()) {
    if (known.has(id)) throw new ConfigError('GW_CONFIG_INVALID', `/to/${i}`, `another shadow of the route is called "${id}" already: give this one another \`id\``)
    known.add(id)
  }
}

async function closeAll (targets: readonly ShadowTarget[], limits: TimeLimits, { routeId, services: { log } }: Place): Promise<void> {
  const graceMs = Math.max(...targets.map(({ options: { timeoutMs } }) => timeoutMs))
  const dropped = await Promise.all(targets.map(target => target.close(graceMs)))
  limits.close()
  // Operators see no more of its counters by now
  for (const [i, copies] of dropped.entries()) if (copies > 0) log.info({ 'gatehouse.route': routeId, 'gatehouse.shadow': targets[i]!.id, 'gatehouse.copies': copies }, 'copies dropped at the end')
}

function optionsOf (config: ShadowConfig): MirrorParts['options'] {
  const { body, abort, shed, maxInFlight, queue, expose = false, pipeline = false, compareBudget = DEFAULT_BUDGET_MS } = config
  const most = Math.max(maxInFlight, ...shadowsOf(config).map(shadow => shadow.maxInFlight ?? 0))
  return { methods: new Set(config.methods), body, compareBytes: compareBytes(config), compareBudget, expose, abort, pipeline, delayed: config.delay !== undefined, watched: most + queue.count, shed }
}

function decisionsOf (config: ShadowConfig, { services }: Place): Pick<MirrorParts, 'selection' | 'after' | 'delayMs' | 'comparer'> {
  const { after, delay, queue, compare } = config
  return {
    selection: selection(config, services),
    after: after === undefined ? null : lenient(liveCondition(after, services.expressions, '/after')),
    delayMs: delayDraw(delay, queue, services.random, ''),
    comparer: compare === false ? null : comparer(compare, services, '/compare')
  }
}

/** A replay has the credentials that the live upstream has seen already. */
function copying (config: ShadowConfig, replay: ShadowTarget | null): MirrorParts['copy'] {
  const copies = requestCopier(config, '')
  const repeats = requestCopier({ credentials: 'relay', headers: { set: {}, remove: [] } }, '')
  return (target, x, body, mark) => (target === replay ? repeats : copies)(x, body, mark)
}

const compareBytes = ({ compare }: ShadowConfig): number => compare === false ? UNCOMPARED_BYTES : compare.maxBytes

function noiseOf ({ compare, methods }: ShadowConfig, shadows: readonly Entry[]): ShadowView['noise'] {
  if (compare === false) return 'none'
  if (shadows.some(({ role }) => role === 'secondary')) return 'secondary'
  return compare.noise.replay > 0 && methods.some(isSafe) ? 'replay' : 'none'
}

const isSafe = (method: string): boolean => (SAFE_METHODS as readonly string[]).includes(method)

function targetOf (entry: Entry, i: number, common: Common): ShadowTarget {
  const { config, place: { services, routeId, restate }, mode, noise } = common
  const way = services.detours.shadow(entry.upstream, `shadow/${entry.id}`, typeof config.to[i] === 'string' ? `/to/${i}` : `/to/${i}/upstream`)
  checkMethods(config, i, way.sandbox)
  const destination: Destination = { way, restate: restate?.(entry.audience ?? way.upstream) ?? null }
  const { timeout = config.timeout, maxInFlight = config.maxInFlight, role } = entry
  const target = new ShadowTarget({
    ...ofEach(entry.id, common),
    ...role === 'candidate' && judging(entry.id, common),
    role,
    destination: () => destination,
    timeoutMs: timeout,
    maxInFlight
  })
  services.reports.publish(entry.id, shadowReport(target, { route: routeId, upstream: entry.upstream, mode, noise, now: services.clock.now.bind(services.clock) }))
  return target
}

/** The live version once more, with the credentials it has seen already: what it says differently is noise. */
function replayOf (common: Common): ShadowTarget {
  const { config, place: { services, restate, upstreams } } = common
  const ways = new Map<string | null, Destination>(upstreams.map(name => {
    const way = services.detours.shadow(name, REPLAY, '')
    return [name, { way, restate: restate?.(name) ?? null }]
  }))
  return new ShadowTarget({
    ...ofEach(REPLAY, common),
    role: 'secondary',
    destination: upstream => ways.get(upstream) ?? null,
    timeoutMs: config.timeout,
    maxInFlight: REPLAYS_AT_ONCE
  })
}

/** What each has of its own, and nobody is judged by. */
function ofEach (id: string, { config, place: { services, routeId }, mode, limits, ready }: Common): Omit<TargetOptions, 'role' | 'destination' | 'timeoutMs' | 'maxInFlight'> {
  const { clock, metrics } = services
  return {
    id,
    decisions: new Decisions(metrics, mode, id),
    breaker: services.breaker({ name: `${routeId}/shadow/${id}`, ...breakerOf(config) }),
    ledger: null,
    learns: false,
    ramp: null,
    queue: config.queue,
    maxBytes: compareBytes(config),
    clock,
    limits,
    ready
  }
}

/** What a candidate is judged by. */
function judging (id: string, common: Common): Pick<TargetOptions, 'ledger' | 'learns' | 'ramp'> {
  const { config: { compare, stages }, place: { services, routeId }, noise } = common
  return {
    ledger: compare === false ? null : new Ledger(compare, id, services),
    learns: noise !== 'none',
    ramp: stages === undefined ? null : rampOf(stages, `${routeId}/${id}`, id, common)
  }
}

const breakerOf = ({ breaker: { window, minimumCalls, failureRate, openFor } }: ShadowConfig) =>
  ({ window, minimumCalls: Math.min(minimumCalls, window), failureRate, openForMs: openFor, halfOpenCalls: 3, maxConcurrent: Infinity })

function rampOf (stages: NonNullable<ShadowConfig['stages']>, key: string, shadow: string, { place: { services } }: Common): Ramp {
  checkStages(stages, '/stages')
  return new Ramp({ key, shadow, stages, services, fingerprint: hash('sha256', JSON.stringify(stages), 'base64url').slice(0, 16) })
}

/** Which shadows get a request. A secondary is asked what a candidate is asked, and nothing else. */
function choosing (config: ShadowConfig, shadows: readonly Entry[], targets: readonly ShadowTarget[], { services }: Place): MirrorParts['choose'] {
  const choose = chooser(config, shadows, services, '')
  const isPlain = config.stages === undefined && shadows.every(({ role, share, segment }) => role === 'candidate' && share === undefined && segment === undefined)
  if (isPlain) return x => choose(x)
  const ramps = targets.map(({ options: { ramp } }) => ramp)
  const percents = config.stages === undefined ? () => undefined : () => ramps.map(ramp => ramp?.percent ?? 1)
  return x => {
    const reasons = choose(x, percents())
    const isIdle = shadows.every(({ role }, i) => role === 'secondary' || reasons[i] !== null)
    const why = reasons.find(one => one !== null) ?? null
    return isIdle ? reasons.map(reason => reason ?? why) : reasons
  }
}

/** The first requests are all asked twice: until something is known of noise, nothing can be said of differences. */
function replaying ({ compare }: ShadowConfig, { services: { random } }: Place, targets: readonly ShadowTarget[]): (x: Exchange) => boolean {
  const share = compare === false ? 0 : compare.noise.replay
  return ({ method }) => isSafe(method) && (targets.some(target => target.wantsRepeats) || random.next() < share)
}

/** A condition that cannot be evaluated selects nothing. */
const lenient = <T>(holds: (of: T) => boolean) => (of: T): boolean => {
  try {
    return holds(of)
  } catch {
    return false
  }
}

/** What has waited may meet another hour, or a process that has no time. */
function readiness ({ shed }: ShadowConfig, windows: TimeWindows, { services: { load } }: Place): TargetOptions['ready'] {
  return () => {
    if (!windows.isOpen()) return 'window'
    return load.eventLoopDelayMs > shed.eventLoopDelay || load.memoryShare > shed.memory ? 'pressure' : null
  }
}
