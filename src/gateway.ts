import { adminServer, type AdminServer } from './admin/admin-server.ts'
import { celExpressions } from './adapters/cel-expressions.ts'
import { MetricRegistry } from './adapters/metric-registry.ts'
import type { PinoLog } from './adapters/pino-log.ts'
import { systemClock } from './adapters/system-clock.ts'
import { systemRandom } from './adapters/system-random.ts'
import { networks } from './contract/cidr.ts'
import { ConfigError, ConfigErrors } from './contract/config-error.ts'
import type { GatewayConfig, RouteConfig } from './contract/route-file.ts'
import type { Settings } from './contract/settings.ts'
import { accessLog } from './http/access-log.ts'
import { HeldBudget } from './http/held-budget.ts'
import { listener, type Listener } from './http/listener.ts'
import { RequestHandler } from './http/request-handler.ts'
import type { Surroundings } from './plan/compile-route.ts'
import type { Rooms } from './plan/compile-room.ts'
import { TableKeeper, type Quarantined, type Update } from './plan/table-keeper.ts'
import { EndpointRegistry } from './upstream/endpoint-registry.ts'
import { routeUpstreams } from './upstream/route-upstream.ts'

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
  const keeper = new TableKeeper(systemRandom)
  const state = { draining: false, listening: false, revision: 0 }
  const load = (next: GatewayConfig, unreadable: readonly Quarantined[], strict: boolean): Update => {
    const prepared = keeper.prepare(next.routes, surroundings(next, options, endpoints, metrics), route => context(next, route), unreadable)
    if (strict && prepared.faults.length > 0) {
      keeper.discard(prepared)
      throw new ConfigErrors(prepared.faults)
    }
    state.revision++
    return keeper.commit(prepared)
  }
  load(config, options.unreadable ?? [], options.keepGoing !== true)
  const handler = new RequestHandler({
    ...served,
    log,
    table: () => keeper.table,
    draining: () => state.draining,
    ended: settings.accessLog ? accessLog({ write: line => { log.line(line) }, now: systemClock.now }) : () => {}
  })
  const listeners = settings.listen.map(() => listener(handler, settings.limits))
  const admin = settings.admin === false ? null : adminServer({ state, keeper, metrics, inFlight: () => handler.inFlight, ...shown(options) })
  const close = once(async () => {
    state.draining = true
    await Promise.all(listeners.map(async one => { await one.close(settings.drain) }))
    await admin?.close()
    keeper.commit(keeper.prepare([], surroundings(config, options, endpoints, metrics), () => null))
    await atMost(settings.drain, keeper.closed())
    await endpoints.destroy()
    log.flush()
  })
  return { metrics, listen: () => listen(settings, listeners, admin, state, close), reload: (next, unreadable = []) => load(next, unreadable, false), close }
}

/** Opens the operators' listener first: it can tell that the others are not there yet. Where one cannot be opened, none stays open. */
async function listen (settings: Settings, listeners: readonly Listener[], admin: AdminServer | null, state: { listening: boolean }, close: () => Promise<void>): Promise<Listening> {
  try {
    const adminAddress = admin && settings.admin ? await admin.listen(settings.admin) : null
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

function handlerOptions ({ trustedProxies, trustedHops, limits, timings }: Settings) {
  return {
    guard: { trusted: trusted(trustedProxies), hops: trustedHops, headers: limits.headers, targetBytes: limits.targetBytes },
    limits,
    budget: new HeldBudget(limits.heldBytes),
    timings
  }
}

function shown ({ onReload, redact = text => text, locate = fault => fault }: GatewayOptions) {
  return { onReload: onReload ?? null, redact, locate }
}

function surroundings (config: GatewayConfig, { rooms, log }: GatewayOptions, endpoints: EndpointRegistry, metrics: MetricRegistry): Surroundings {
  return {
    rooms,
    upstream: routeUpstreams(config, endpoints),
    services: (route, filter) => {
      const scope = metrics.scope({ route, filter })
      return { clock: systemClock, random: systemRandom, log, expressions: celExpressions, metrics: scope, close: () => { scope.close() } }
    }
  }
}

/** What beside its own text makes a route another plan: the upstreams it names and what upstreams are told of the client. */
function context ({ settings, upstreams }: GatewayConfig, route: RouteConfig): unknown {
  return [settings.forwarded, settings.via, route.targets.map(target => upstreams.get(target.to)?.config ?? null)]
}

function trusted (proxies: readonly string[]) {
  try {
    return networks(proxies, '/gateway/trustedProxies')
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigErrors([error]) : error
  }
}
