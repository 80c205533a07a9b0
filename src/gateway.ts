import { adminServer, type AdminServer } from './admin/admin-server.ts'
import { celExpressions } from './adapters/cel-expressions.ts'
import { MetricRegistry } from './adapters/metric-registry.ts'
import type { PinoLog } from './adapters/pino-log.ts'
import { systemClock } from './adapters/system-clock.ts'
import { systemRandom } from './adapters/system-random.ts'
import { watchFiles } from './config/watch-files.ts'
import { networks } from './contract/cidr.ts'
import { ConfigError, ConfigErrors } from './contract/config-error.ts'
import type { GatewayConfig } from './contract/route-file.ts'
import type { Settings } from './contract/settings.ts'
import { accessLog } from './http/access-log.ts'
import { HeldBudget } from './http/held-budget.ts'
import { listener, type Listener } from './http/listener.ts'
import { RequestHandler } from './http/request-handler.ts'
import type { Identities } from './identity/identity.ts'
import { Outside, redisFault } from './outside.ts'
import type { Rooms } from './plan/compile-room.ts'
import { TableKeeper, type Quarantined, type Update } from './plan/table-keeper.ts'
import { attendants } from './upstream/attendants.ts'
import { systemNames } from './upstream/discovery/names.ts'
import { EndpointRegistry } from './upstream/endpoint-registry.ts'
import { PoolRegistry } from './upstream/pool-registry.ts'
import { poolView } from './upstream/pool-view.ts'
import { contexts, surroundings } from './surroundings.ts'

/** What a gateway is built with beside its configuration. */
export interface GatewayOptions {
  readonly rooms: Rooms
  readonly log: PinoLog
  /** Start although routes are broken; they answer 500 or are left out. */
  readonly keepGoing?: boolean
  /** What the admin listener's `POST /reload` does. */
  readonly onReload?: () => Promise<Update>
  /** Routes of the configuration that could not be read, for operators to see. */
  readonly unreadable?: readonly Quarantined[]
  /** Names the place of a fault in the files. */
  readonly locate?: (fault: ConfigError) => ConfigError
  /** Takes secrets out of a text before an operator sees it. */
  readonly redact?: (text: string) => string
}

/** Addresses in use. */
export interface Listening { readonly listeners: readonly { name: string, host: string, port: number }[], readonly admin: { host: string, port: number } | null }

/** A gateway of its own: several can live in one process. */
export interface Gateway {
  listen(): Promise<Listening>
  /**
   * Puts another configuration in force; what is wrong with it is in the result, with the routes that could not even be read
   * (`unreadable`). Listeners and limits stay as they were.
   */
  reload(config: GatewayConfig, unreadable?: readonly Quarantined[]): Update
  /** Stops accepting, finishes what is in flight up to `gateway.drain`, and lets go of everything. */
  close(): Promise<void>
  readonly metrics: MetricRegistry
}

/** Wires the layers of one gateway. Throws ConfigErrors where routes are broken, unless `keepGoing`. */
export function buildGateway (config: GatewayConfig, options: GatewayOptions): Gateway {
  const { settings } = config
  const { log } = options
  const served = handlerOptions(settings)
  const endpoints = new EndpointRegistry()
  const metrics = new MetricRegistry()
  const pools = new PoolRegistry({ endpoints, clock: systemClock, random: systemRandom, expressions: celExpressions, attend: lookingAfter(log, metrics) })
  const keeper = new TableKeeper(systemRandom)
  const outside = outsideOf(config, log, metrics, () => handler.inFlight)
  const state = { draining: false, listening: false, revision: 0 }
  let identities: Identities | null = null
  const load = (next: GatewayConfig, unreadable: readonly Quarantined[], strict: boolean): Update => {
    // Of a new configuration too: the name of the cookie and the store are those of the start
    const others = outside.identity.at({ ...next, settings })
    declareReports(options.rooms, outside)
    const around = surroundings({ config: next, rooms: options.rooms, log, pools, metrics, keeper, outside, identities: others })
    const prepared = keeper.prepare(next.routes, around, contexts(next), unreadable)
    if (strict && prepared.faults.length > 0) {
      keeper.discard(prepared)
      throw new ConfigErrors(prepared.faults)
    }
    state.revision++
    identities = others
    return keeper.commit(prepared)
  }
  closingOnFailure(outside, () => load(config, options.unreadable ?? [], options.keepGoing !== true))
  const handler = new RequestHandler({
    ...served,
    log,
    table: () => keeper.table,
    draining: () => state.draining,
    ended: settings.accessLog ? accessLog({ write: line => { log.line(line) }, now: systemClock.now }) : () => {}
  })
  const listeners = settings.listen.map(() => listener(handler, settings.limits))
  const admin = settings.admin === false ? null : adminServer({ state, keeper, metrics, breakers: outside.breakers, reports: outside.reports, upstreams: () => pools.pools.map(poolView), published: () => identities?.published() ?? [], inFlight: () => handler.inFlight, ...shown(options) })
  const close = once(async () => {
    state.draining = true
    await Promise.all(listeners.map(async one => { await one.close(settings.drain) }))
    await admin?.close()
    keeper.empty()
    await atMost(settings.drain, keeper.closed())
    pools.close()
    await endpoints.destroy()
    await outside.close()
    log.flush()
  })
  return { metrics, listen: () => listen(settings, listeners, admin, state, close, async () => { await Promise.all([identities?.ready(), pools.ready()]) }), reload: (next, unreadable = []) => load(next, unreadable, false), close }
}

/** Opens the operators' listener first: it can tell that the others are not there yet. Where one cannot be opened, none stays open. */
async function listen (settings: Settings, listeners: readonly Listener[], admin: AdminServer | null, state: { listening: boolean }, close: () => Promise<void>, ready: () => Promise<void>): Promise<Listening> {
  try {
    const adminAddress = admin && settings.admin ? await admin.listen(settings.admin) : null
    await ready()
    const opening = await Promise.allSettled(settings.listen.map(async ({ name, ...address }, i) => ({ name, ...await listeners[i]!.listen(address) })))
    const failed = opening.find(one => one.status === 'rejected')
    if (failed) throw failed.reason
    state.listening = true
    return { listeners: opening.flatMap(one => one.status === 'fulfilled' ? one.value : []), admin: adminAddress }
  } catch (error) {
    await close()
    throw error
  }
}

/** Throws ConfigErrors where the section says something that nothing can be reached by. */
function outsideOf ({ settings, settingsOrigin }: GatewayConfig, log: PinoLog, metrics: MetricRegistry, inFlight: () => number): Outside {
  try {
    return new Outside(settings, log, metrics, inFlight)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigErrors([redisFault(error, settingsOrigin)])
  }
}

/** So that operators are told of none, and not that there is no such thing, before a route uses the room. */
function declareReports ({ filters }: Rooms, { reports }: Outside): void {
  for (const filter of filters.values()) if (filter.reports) reports.declare(filter.name)
}

/** Who looks after upstreams. */
const lookingAfter = (log: PinoLog, metrics: MetricRegistry) =>
  attendants({ clock: systemClock, random: systemRandom, log, metrics: () => metrics.scope({}), names: systemNames, watch: watchFiles })

/** Where the gateway cannot be built, nothing stays connected. */
function closingOnFailure (outside: Outside, act: () => void): void {
  try {
    act()
  } catch (error) {
    void outside.close()
    throw error
  }
}

function once (act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= act()
    return done
  }
}

/** A room that never closes must not keep the process. */
async function atMost (ms: number, promise: Promise<void>): Promise<void> {
  const enough = new AbortController()
  await Promise.race([promise, systemClock.sleep(ms, enough.signal).catch(() => {})])
  enough.abort()
}

function handlerOptions ({ trustedProxies, trustedHops, limits, timings, session }: Settings) {
  return {
    ownCookie: session?.cookie ?? null,
    guard: { trusted: trusted(trustedProxies), hops: trustedHops, headers: limits.headers, targetBytes: limits.targetBytes },
    limits,
    budget: new HeldBudget(limits.heldBytes),
    timings
  }
}

function shown ({ onReload, redact = text => text, locate = fault => fault }: GatewayOptions) {
  return { onReload: onReload ?? null, redact, locate }
}

function trusted (proxies: readonly string[]) {
  try {
    return networks(proxies, '/gateway/trustedProxies')
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigErrors([error]) : error
  }
}
