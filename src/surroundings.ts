import { hash } from 'node:crypto'
import { celExpressions } from './adapters/cel-expressions.ts'
import type { MetricRegistry } from './adapters/metric-registry.ts'
import { systemClock } from './adapters/system-clock.ts'
import { systemRandom } from './adapters/system-random.ts'
import type { Place } from './contract/room.ts'
import type { GatewayConfig } from './contract/route-file.ts'
import type { Log, Services } from './contract/services.ts'
import type { Identities } from './identity/identity.ts'
import type { Outside } from './outside.ts'
import type { Surroundings } from './plan/compile-route.ts'
import type { Rooms } from './plan/compile-room.ts'
import { nestedPredicates } from './plan/nested-predicates.ts'
import type { Context, TableKeeper } from './plan/table-keeper.ts'
import { ROUTE, scopedServices, UPSTREAM } from './scoped-services.ts'
import type { PoolRegistry } from './upstream/pool-registry.ts'
import { routeUpstreams } from './upstream/route-upstream.ts'
import type { MacOf } from './upstream/sticky.ts'

/** What the routes of one configuration are compiled with. */
export interface SurroundingsOptions {
  readonly config: GatewayConfig
  readonly rooms: Rooms
  readonly log: Log
  readonly pools: PoolRegistry
  readonly metrics: MetricRegistry
  readonly keeper: Pick<TableKeeper, 'table'>
  readonly outside: Outside
  readonly identities: Identities
}

/** The real services behind every room. */
export function surroundings ({ config, rooms, log, pools, metrics, keeper, outside, identities }: SurroundingsOptions): Surroundings {
  const { outbound, store, budget, load, aside } = outside
  const { issuers, keys, sessions } = identities
  const shared = { clock: systemClock, random: systemRandom, log, expressions: celExpressions, outbound, store, budget, load, aside, issuers, keys, sessions }
  const macOf: MacOf = (ring, pointer) => identities.macs(ring, pointer, 'sticky')
  const upstream = routeUpstreams(config, { pools, clock: systemClock, random: systemRandom, expressions: celExpressions, macOf })
  return {
    rooms,
    upstream,
    services: (route, filter) => {
      const scope = metrics.scope({ route, filter })
      const { close, ...scoped } = scopedServices({ config, outside, upstream, route, forward: { table: () => keeper.table, log } })
      const reports = outside.reports.scope(filter, route)
      const services: ReturnType<Surroundings['services']> = {
        ...shared,
        ...scoped,
        metrics: scope,
        reports,
        predicates: nestedPredicates(rooms.predicates, () => placeOfPredicates(route, config, services)),
        withdraw: () => {
          scope.close()
          reports.close()
        },
        close
      }
      return services
    }
  }
}

const placeOfPredicates = (routeId: string, { routes }: GatewayConfig, services: Services): Place =>
  ({ routeId, upstreams: routes.find(({ id }) => id === routeId)?.targets.map(({ to }) => to) ?? [], services })

/** What beside its own text makes a route another plan: the upstreams it names, what upstreams are told of the client, who may call, and what its filters need. */
export function contexts ({ settings, upstreams, routes, issuers, keyRings }: GatewayConfig): Context {
  // Once for all routes: rings and keys are long
  const who = hash('sha256', JSON.stringify([...issuers, ...keyRings].map(([name, { config }]) => [name, config])))
  const ids = new Set(routes.map(({ id }) => id))
  const upstreamOf = (name: string) => upstreams.get(name)?.config ?? null
  return (route, needs) => [
    settings.forwarded, settings.via, settings.zone, route.targets.map(({ to }) => upstreamOf(to)), who,
    needs.map(need => need.startsWith(ROUTE) ? [need, ids.has(need.slice(ROUTE.length))] : [need, upstreamOf(need.slice(UPSTREAM.length))])
  ]
}
