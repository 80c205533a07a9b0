import { ConfigError } from '../contract/config-error.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch } from '../contract/room.ts'
import type { GatewayConfig, RouteConfig, Target, UpstreamConfig } from '../contract/route-file.ts'
import { roundRobin, type Balancer } from './balance.ts'
import { checkTlsHasEffect, type Endpoint, type EndpointOptions } from './endpoint.ts'
import type { EndpointRegistry } from './endpoint-registry.ts'
import { forwarder } from './forwarded.ts'
import { needsPunctuality } from './punctual-reply.ts'
import type { CallOptions } from './call-options.ts'
import { call } from './upstream-call.ts'

const CONNECT_MS = 5000
const HEAD_MS = 30_000
const IDLE_MS = 60_000
/** Origins that filters of one route have made (set-request-uri) whose connections are kept. */
const DYNAMIC_ORIGINS = 64

type Named = GatewayConfig['upstreams']

/** One of a route's targets: who is next there, and how it is asked. */
interface Branch { readonly next: Balancer<{ endpoint: Endpoint }>, readonly options: CallOptions, readonly weight: number }

/** Makes, for each route, the call to its upstream out of the shared connection pools. */
export function routeUpstreams (config: Pick<GatewayConfig, 'settings' | 'upstreams'>, registry: EndpointRegistry) {
  const forward = forwarder(config.settings)
  return (route: RouteConfig): { dispatch: Dispatch, close(): void } => {
    const taken = new Taken(registry)
    const branches = letGoUnlessMade(taken, () => route.targets.map(target => branch(target, route, config.upstreams, taken, forward)))
    const dynamic: CallOptions = { ...timeouts(route, null), forward }
    return { dispatch: dispatcher(branches, origin => taken.dynamic(origin, connectMs(route, null)), dynamic), close: () => { taken.close() } }
  }
}

/** A route that cannot be made must not keep the pools of its sound targets. */
function letGoUnlessMade<T> (taken: Taken, make: () => T): T {
  try {
    return make()
  } catch (error) {
    taken.close()
    throw error
  }
}

function dispatcher (branches: readonly Branch[], dynamic: (origin: string) => Endpoint, options: CallOptions): Dispatch {
  const choose = roundRobin(branches)
  return x => {
    if (x.origin !== null) return call(x, dynamic(x.origin), options)
    const chosen = choose()
    const endpoint = chosen?.next()?.endpoint ?? null
    return endpoint === null ? Promise.resolve(problem('GW_NO_ENDPOINT', x.id)) : call(x, endpoint, chosen!.options)
  }
}

function branch (target: Target, route: RouteConfig, named: Named, taken: Taken, forward: CallOptions['forward']): Branch {
  const found = named.get(target.to)
  const upstream = found?.config ?? null
  const options: CallOptions = { ...timeouts(route, upstream), forward }
  const addresses = (upstream?.endpoints ?? [target.to]).map(endpoint => typeof endpoint === 'string' ? { url: endpoint, weight: 1 } : endpoint)
  const members = blaming(found?.origin, () => {
    checkTlsHasEffect(addresses.map(({ url }) => url), upstream?.tls)
    return addresses.map(({ url, weight }) => ({ weight, endpoint: taken.acquire(endpointOptions(url, route, upstream)) }))
  })
  return { next: roundRobin(members), options, weight: target.weight }
}

/** A fault of the upstream's own TLS section is shown there and not at the route. */
function blaming<T> (origin: ConfigErrorOrigin, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw error instanceof ConfigError && origin ? error.under(origin) : error
  }
}

type ConfigErrorOrigin = { file: string, pointer: string } | undefined

function endpointOptions (url: string, route: RouteConfig, upstream: UpstreamConfig | null): EndpointOptions {
  return {
    origin: new URL(url).origin,
    connectMs: connectMs(route, upstream),
    connections: upstream?.connections ?? 1024,
    keepAliveMs: upstream?.keepAlive ?? 4000,
    tls: upstream?.tls ?? null
  }
}

const connectMs = (route: RouteConfig, upstream: UpstreamConfig | null): number =>
  route.timeouts.connect ?? upstream?.timeouts?.connect ?? CONNECT_MS

function timeouts (route: RouteConfig, upstream: UpstreamConfig | null) {
  const headMs = route.timeouts.head ?? upstream?.timeouts?.head ?? HEAD_MS
  const idleMs = route.timeouts.idle ?? upstream?.timeouts?.idle ?? IDLE_MS
  return { headMs, idleMs, punctual: needsPunctuality(headMs, idleMs) }
}

/** The pools one route has taken, to be given back when its plan is closed. */
class Taken {
  readonly #registry: EndpointRegistry
  readonly #fixed: EndpointOptions[] = []
  readonly #dynamic = new Map<string, { endpoint: Endpoint, options: EndpointOptions }>()

  constructor (registry: EndpointRegistry) {
    this.#registry = registry
  }

  acquire (options: EndpointOptions): Endpoint {
    const endpoint = this.#registry.acquire(options)
    this.#fixed.push(options)
    return endpoint
  }

  /** The least lately made origin goes when there are too many. */
  dynamic (origin: string, connectMs: number): Endpoint {
    const known = this.#dynamic.get(origin)
    if (known) return known.endpoint
    if (this.#dynamic.size >= DYNAMIC_ORIGINS) {
      const [oldest, { options }] = this.#dynamic.entries().next().value!
      this.#dynamic.delete(oldest)
      this.#registry.release(options)
    }
    const options: EndpointOptions = { origin, connectMs, connections: 256, keepAliveMs: 4000, tls: null }
    const endpoint = this.#registry.acquire(options)
    this.#dynamic.set(origin, { endpoint, options })
    return endpoint
  }

  close (): void {
    for (const options of this.#fixed.splice(0)) this.#registry.release(options)
    for (const { options } of this.#dynamic.values()) this.#registry.release(options)
    this.#dynamic.clear()
  }
}
