import { ConfigError, type Origin } from '../contract/config-error.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch } from '../contract/room.ts'
import type { GatewayConfig, RouteConfig, Target, UpstreamConfig } from '../contract/route-file.ts'
import type { Clock, Expressions, Random } from '../contract/services.ts'
import type { CallOptions } from './call-options.ts'
import { checkUpstreamConfig } from './check-upstream-config.ts'
import { DynamicEndpoints } from './dynamic-endpoints.ts'
import { forwarder, type Forwarder } from './forwarded.ts'
import type { PoolKey, PoolRegistry } from './pool-registry.ts'
import { needsPunctuality } from './punctual-reply.ts'
import { splitOf } from './split.ts'
import { Sticky, type MacOf } from './sticky.ts'
import { call } from './upstream-call.ts'
import type { UpstreamPool } from './upstream-pool.ts'

const CONNECT_MS = 5000
const HEAD_MS = 30_000
const IDLE_MS = 60_000

type Config = Pick<GatewayConfig, 'settings' | 'upstreams'>

/** What calls to upstreams are made with. */
export interface UpstreamServices {
  readonly pools: PoolRegistry
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Random
  readonly expressions: Expressions
  readonly macOf: MacOf
}

/** One of a route's targets: who is asked there, and how. */
interface Branch { readonly pool: UpstreamPool, readonly options: CallOptions, readonly sticky: Sticky | null }

/**
 * Makes, for each route, the call to its upstream out of the shared pools. With a lane it has pools of its own, and nobody is kept with one endpoint:
 * what answers there answers no client.
 */
export function routeUpstreams (config: Config, services: UpstreamServices) {
  const forward = forwarder(config.settings)
  return (route: RouteConfig, lane: string | null = null): { dispatch: Dispatch, close(): void } => {
    const taken: PoolKey[] = []
    const dynamic = new DynamicEndpoints(services.pools.endpoints, connectMs(route, null))
    const close = () => {
      for (const key of taken.splice(0)) services.pools.release(key)
      dynamic.close()
    }
    try {
      const branches = route.targets.map(target => branch(target, route, { config, services, taken, forward, lane }))
      return { dispatch: dispatcher(route, branches, lane === null ? dynamic : null, { ...timeouts(route, null), forward }, services), close }
    } catch (error) {
      // A route that cannot be made must not keep the pools of its sound targets
      close()
      throw error
    }
  }
}

function dispatcher (route: RouteConfig, branches: readonly Branch[], dynamic: DynamicEndpoints | null, options: CallOptions, services: UpstreamServices): Dispatch {
  const split = splitOf(route, services)
  const sole = branches.length === 1 && route.targets[0]!.weight > 0 ? branches[0]! : null
  return x => {
    if (x.origin !== null && dynamic !== null) {
      x.upstream = x.origin
      return call(x, dynamic.of(x.origin), options)
    }
    try {
      const chosen = sole ?? branches[split(x)]
      return chosen === undefined ? nobody(x) : ask(x, chosen)
    } catch (error) {
      // An expression that keys are made of has failed: whoever calls waits for a promise
      return Promise.reject(error instanceof Error ? error : new TypeError('no error was thrown', { cause: error }))
    }
  }
}

function nobody (x: Exchange): Promise<Reply> {
  x.upstream = null
  return Promise.resolve(problem('GW_NO_ENDPOINT', x.id))
}

function ask (x: Exchange, { pool, options, sticky }: Branch): Promise<Reply> {
  x.upstream = pool.name
  if (sticky !== null) return askSticky(x, pool, options, sticky)
  const member = pool.pick(x)
  return member === null ? Promise.resolve(pool.refusal(x)) : call(x, member.endpoint, options, member.heard)
}

async function askSticky (x: Exchange, pool: UpstreamPool, options: CallOptions, sticky: Sticky): Promise<Reply> {
  const wanted = sticky.memberOf(x)
  const member = wanted !== null && pool.allows(wanted, x) ? wanted : pool.pick(x)
  if (member === null) return pool.refusal(x)
  const reply = await call(x, member.endpoint, options, member.heard)
  return member === wanted ? reply : sticky.keep(x, reply, member)
}

/** What the branches of one route are made with. `taken`: the pools they have. */
interface Making { readonly config: Config, readonly services: UpstreamServices, readonly taken: PoolKey[], readonly forward: Forwarder, readonly lane: string | null }

function branch ({ to }: Target, route: RouteConfig, { config: { upstreams, settings }, services, taken, forward, lane }: Making): Branch {
  const found = upstreams.get(to)
  const config = found?.config ?? null
  return blaming(found?.origin, () => {
    const zone = settings.zone ?? null
    if (config) checkUpstreamConfig(config, zone)
    const key: PoolKey = { name: to, config, connectMs: connectMs(route, config), zone, file: found?.origin.file ?? '', lane }
    const pool = services.pools.acquire(key)
    taken.push(key)
    const sticky = config?.sticky ? new Sticky(pool, config.sticky, services.macOf, services.clock) : null
    return { pool, sticky: lane === null ? sticky : null, options: { ...timeouts(route, config), forward: sticky === null ? forward : sticky.forwarder(forward) } }
  })
}

/** A fault in the upstream's own section is shown there and not at the route. */
function blaming<T> (origin: Origin | undefined, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw error instanceof ConfigError && origin ? error.under(origin) : error
  }
}

const connectMs = (route: RouteConfig, upstream: UpstreamConfig | null): number =>
  route.timeouts.connect ?? upstream?.timeouts?.connect ?? CONNECT_MS

function timeouts (route: RouteConfig, upstream: UpstreamConfig | null) {
  const headMs = route.timeouts.head ?? upstream?.timeouts?.head ?? HEAD_MS
  const idleMs = route.timeouts.idle ?? upstream?.timeouts?.idle ?? IDLE_MS
  return { headMs, idleMs, punctual: needsPunctuality(headMs, idleMs) }
}
