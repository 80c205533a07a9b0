import { ConfigError } from '../contract/config-error.ts'
import type { Dispatch } from '../contract/room.ts'
import type { GatewayConfig } from '../contract/route-file.ts'
import type { Rooms } from '../plan/compile-room.ts'
import { compileRoute } from '../plan/compile-route.ts'
import type { Plan } from '../plan/plan.ts'
import { shadowedRoutes } from '../plan/shadowed-routes.ts'
import { EndpointRegistry } from '../upstream/endpoint-registry.ts'
import { routeUpstreams } from '../upstream/route-upstream.ts'
import { OfflineClock } from './rehearsal/offline-clock.ts'
import { OfflineUpstreams } from './rehearsal/offline-upstreams.ts'
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
  const { services, faults } = offlineServices(config, clock)
  const upstreams = new OfflineUpstreams(config)
  const connect = routeUpstreams(config, new EndpointRegistry())
  const calls = new Map<string, Dispatch>()
  const compiled = config.routes.map(route => compileRoute(route, {
    rooms,
    services: () => ({ ...services, close: () => {} }),
    upstream: one => {
      // Only to see whether it throws: nothing is ever asked through it.
      connect(one).close()
      const dispatch = upstreams.callOf(one)
      calls.set(one.id, dispatch)
      return { dispatch, close: () => {} }
    }
  }))
  const table = new RehearsalTable(compiled.map(({ plan }) => plan).filter(plan => plan !== null), FIRST)
  return { plans: table.plans, table, calls, upstreams, clock, faults: [...faults, ...compiled.flatMap(one => one.faults)], warnings: shadowWarnings(table.plans) }
}

const shadowWarnings = (plans: readonly Plan[]): ConfigError[] => shadowedRoutes(plans).map(({ plan, by }) =>
  new ConfigError('GW_CONFIG_SHADOWED', '', `never reached: route "${by.id}" takes all its requests first`).under(plan.config.origin))
