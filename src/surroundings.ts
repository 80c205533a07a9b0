import { hash } from 'node:crypto'
import { celExpressions } from './adapters/cel-expressions.ts'
import type { MetricRegistry } from './adapters/metric-registry.ts'
import { systemClock } from './adapters/system-clock.ts'
import { systemRandom } from './adapters/system-random.ts'
import type { GatewayConfig, RouteConfig } from './contract/route-file.ts'
import type { Log } from './contract/services.ts'
import type { Identities } from './identity/identity.ts'
import type { Outside } from './outside.ts'
import type { Surroundings } from './plan/compile-route.ts'
import type { Rooms } from './plan/compile-room.ts'
import type { EndpointRegistry } from './upstream/endpoint-registry.ts'
import { routeUpstreams } from './upstream/route-upstream.ts'

/** What the routes of one configuration are compiled with. */
export interface SurroundingsOptions {
  readonly config: GatewayConfig
  readonly rooms: Rooms
  readonly log: Log
  readonly endpoints: EndpointRegistry
  readonly metrics: MetricRegistry
  readonly outside: Outside
  readonly identities: Identities
}

/** The real services behind every room. */
export function surroundings ({ config, rooms, log, endpoints, metrics, outside, identities }: SurroundingsOptions): Surroundings {
  const { outbound, store, breaker } = outside
  const { issuers, keys, sessions } = identities
  const shared = { clock: systemClock, random: systemRandom, log, expressions: celExpressions, outbound, store, breaker, issuers, keys, sessions }
  return {
    rooms,
    upstream: routeUpstreams(config, endpoints),
    services: (route, filter) => {
      const scope = metrics.scope({ route, filter })
      return { ...shared, metrics: scope, close: () => { scope.close() } }
    }
  }
}

/** What beside its own text makes a route another plan: the upstreams it names, what upstreams are told of the client, and who may call. */
export function contexts ({ settings, upstreams, issuers, keyRings }: GatewayConfig): (route: RouteConfig) => unknown {
  // Once for all routes: rings and keys are long
  const who = hash('sha256', JSON.stringify([...issuers, ...keyRings].map(([name, { config }]) => [name, config])))
  return route => [settings.forwarded, settings.via, route.targets.map(target => upstreams.get(target.to)?.config ?? null), who]
}
