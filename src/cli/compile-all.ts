import { ConfigError } from '../contract/config-error.ts'
import type { Detours } from '../contract/detours.ts'
import type { Dispatch } from '../contract/room.ts'
import type { GatewayConfig } from '../contract/route-file.ts'
import type { Services } from '../contract/services.ts'
import type { Rooms } from '../plan/compile-room.ts'
import { compileRoute } from '../plan/compile-route.ts'
import type { Plan } from '../plan/plan.ts'
import { Table } from '../plan/table.ts'
import { shadowedRoutes } from '../plan/shadowed-routes.ts'
import { attendants } from '../upstream/attendants.ts'
import { systemNames } from '../upstream/discovery/names.ts'
import { EndpointRegistry } from '../upstream/endpoint-registry.ts'
import { PoolRegistry } from '../upstream/pool-registry.ts'
import { routeUpstreams } from '../upstream/route-upstream.ts'
import { OfflineClock } from './rehearsal/offline-clock.ts'
import { OfflineUpstreams } from './rehearsal/offline-upstreams.ts'
import { offlineDetours } from './rehearsal/offline-detours.ts'
import { RehearsalTable } from './rehearsal/rehearsal-table.ts'
import { FIRST, offlineServices } from './rehearsal/offline-services.ts'

/** Every route of the files compiled, without a connection to anything; what is wrong with them, and what deserves a second look. */
export interface Compiled {
  /** In the order of lookup. */
  readonly plans: readonly Plan[]
  readonly table: RehearsalTable
  /** The call to upstream of each route, by its id, without the filters around it. */
  readonly calls: ReadonlyMap<string, Dispatch>
  readonly upstreams: OfflineUpstreams
  readonly clock: OfflineClock
  readonly faults: readonly ConfigError[]
  readonly warnings: readonly ConfigError[]
}

/** Compiles all routes as `run` would, for the commands that only talk about them. */
export function compileAll ({ config, rooms }: { config: GatewayConfig, rooms: Rooms }): Compiled {
  const clock = new OfflineClock()
  const { services, macOf, faults } = offlineServices(config, clock, rooms.predicates)
  const upstreams = new OfflineUpstreams(config, services)
  const connect = routeUpstreams(config, { ...services, macOf, pools: offlinePools(services) })
  const calls = new Map<string, Dispatch>()
  const detoursOf = (id: string): Detours => offlineDetours(config, { route: id, upstreams, table: () => unwatched })
  const compiled = config.routes.map(route => compileRoute(route, {
    rooms,
    services: id => ({ ...services, detours: detoursOf(id), close: () => {} }),
    upstream: one => {
      // Only to see whether it throws: nothing is ever asked through it.
      connect(one).close()
      const dispatch = upstreams.callOf(one)
      calls.set(one.id, dispatch)
      return { dispatch, close: () => {} }
    }
  }))
  const table = new RehearsalTable(compiled.map(({ plan }) => plan).filter(plan => plan !== null), FIRST)
  // What the commands tell of is the lookup of the request itself, and not of a detour
  const unwatched: Table = new Table(table.plans, FIRST)
  return { plans: table.plans, table, calls, upstreams, clock, faults: [...faults, ...compiled.flatMap(one => one.faults)], warnings: shadowWarnings(table.plans) }
}

/** Nobody begins to look after them. */
const offlinePools = (services: Services): PoolRegistry => {
  const attend = attendants({ ...services, metrics: () => ({ ...services.metrics, close: () => {} }), names: systemNames, watch: () => () => {} })
  return new PoolRegistry({ ...services, endpoints: new EndpointRegistry(), attend, offline: true })
}

const shadowWarnings = (plans: readonly Plan[]): ConfigError[] => shadowedRoutes(plans).map(({ plan, by }) =>
  new ConfigError('GW_CONFIG_SHADOWED', '', `never reached: route "${by.id}" takes all its requests first`).under(plan.config.origin))
