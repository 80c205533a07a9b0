import type { Breaker, BreakerOptions } from './contract/breaker.ts'
import { ConfigError } from './contract/config-error.ts'
import type { Detours } from './contract/detours.ts'
import { hint } from './contract/nearest.ts'
import type { BucketPolicy, RateLimiter } from './contract/rate-limiter.ts'
import type { GatewayConfig, RouteConfig } from './contract/route-file.ts'
import type { Services } from './contract/services.ts'
import type { UpstreamCall } from './plan/compile-route.ts'
import { forwardToPath, forwardToRoute, type ForwardOptions } from './plan/forward.ts'
import type { Outside } from './outside.ts'

/** How a plan says what it needs beyond its own route. */
export const ROUTE = 'route:'
export const UPSTREAM = 'upstream:'

/** What a room opens and the machine closes with its plan. */
export interface ScopedOptions {
  readonly config: GatewayConfig
  readonly outside: Pick<Outside, 'breaker' | 'limiter'>
  /** `lane`: the call shares nothing with others to the same upstream. */
  readonly upstream: (route: RouteConfig, lane?: string) => UpstreamCall
  readonly forward: ForwardOptions
  /** Id of the route. */
  readonly route: string
}
type Scoped = Pick<Services, 'breaker' | 'limiter' | 'detours'>

/** Services of one use of a room that have something to close. `needs` are the routes and upstreams it has asked for. */
export function scopedServices ({ config, outside, upstream, forward, route }: ScopedOptions): Scoped & { readonly needs: ReadonlySet<string>, close(): void } {
  const open = new Set<{ close(): void }>()
  const needs = new Set<string>()
  const kept = <T extends { close(): void }>(made: T): T => {
    open.add(made)
    const close = made.close.bind(made)
    made.close = () => {
      open.delete(made)
      close()
    }
    return made
  }
  const detours: Detours = {
    upstream: (target, pointer) => {
      needs.add(UPSTREAM + target)
      return kept(upstream(routeTo(target, route, config, pointer))).dispatch
    },
    shadow: (target, lane, pointer) => {
      needs.add(UPSTREAM + target)
      // The route's own timeouts are about what its clients wait for
      const shadowed = { ...routeTo(target, route, config, pointer), timeouts: {} }
      return { upstream: target, sandbox: isSandbox(target, config), call: kept(upstream(shadowed, lane)).dispatch }
    },
    route: (id, pointer) => {
      needs.add(ROUTE + id)
      checkRoute(id, config, pointer)
      return forwardToRoute(id, forward)
    },
    path: path => forwardToPath(path, forward)
  }
  return {
    breaker: (options: BreakerOptions): Breaker => kept(outside.breaker(options)),
    limiter: (scope: string, policies: readonly BucketPolicy[]): RateLimiter => kept(outside.limiter(scope, policies)),
    detours,
    needs,
    close: () => { for (const one of [...open]) one.close() }
  }
}

/** The route as it would be if all its requests went there. ConfigError at `pointer` where there is no such upstream. */
export function routeTo (target: string, id: string, config: GatewayConfig, pointer: string): RouteConfig {
  checkUpstream(target, config, pointer)
  const route = routesOf(config).get(id)
  if (route === undefined) throw new TypeError(`there is no route "${id}"`)
  return { ...route, targets: [{ to: target, weight: 1, origin: route.origin }] }
}

/** Each of ten thousand routes may ask for its own. */
const known = new WeakMap<GatewayConfig, ReadonlyMap<string, RouteConfig>>()

function routesOf (config: GatewayConfig): ReadonlyMap<string, RouteConfig> {
  const routes = known.get(config) ?? new Map(config.routes.map(route => [route.id, route]))
  known.set(config, routes)
  return routes
}

/** Whether copies of requests may be sent there that are not safe. Of an origin nobody has said so. */
export const isSandbox = (target: string, { upstreams }: GatewayConfig): boolean => upstreams.get(target)?.config.sandbox ?? false

/** Throws ConfigError at `pointer` for what is neither the name of an upstream nor an origin. */
export function checkUpstream (target: string, { upstreams }: GatewayConfig, pointer: string): void {
  const url = URL.parse(target)
  if (upstreams.has(target) || (url !== null && /^https?:$/.test(url.protocol))) return
  throw new ConfigError('GW_CONFIG_UNKNOWN_UPSTREAM', pointer, `no upstream is named "${target}"${hint(target, [...upstreams.keys()])}`)
}

/** Throws ConfigError at `pointer` where no route has this id. */
export function checkRoute (id: string, { routes }: GatewayConfig, pointer: string): void {
  const ids = routes.map(one => one.id)
  if (!ids.includes(id)) throw new ConfigError('GW_CONFIG_UNKNOWN_ROUTE', pointer, `no route has the id "${id}"${hint(id, ids)}`)
}
