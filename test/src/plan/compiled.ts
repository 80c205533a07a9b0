import { ConfigErrors } from '../../../src/contract/config-error.ts'
import type { Filter, Predicate } from '../../../src/contract/room.ts'
import type { PredicateUse, RouteConfig, Use } from '../../../src/contract/route-file.ts'
import { compileRoute, type Surroundings } from '../../../src/plan/compile-route.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { fakeServices, reply, type FakeServices } from '../../../src/testing/index.ts'

/** A use of a room as in the file: its name, or a map with its config and what stands beside it. Predicates also as trees of `any`, `all`, `not`. */
export type Written = string | Record<string, unknown>

/** A route as in the file; everything has a default. */
export interface WrittenRoute extends Partial<Omit<RouteConfig, 'predicates' | 'filters' | 'origin'>> { predicates?: readonly Written[], filters?: readonly Written[] }

/** The model of a route that stands in test.yaml. */
export function routeConfig (id: string, { predicates = [], filters = [], ...more }: WrittenRoute = {}): RouteConfig {
  const at = `/routes/${id}`
  return {
    id,
    order: 0,
    skip: [],
    targets: [],
    timeouts: {},
    timeoutMs: null,
    allowPath: [],
    metadata: {},
    tests: [],
    origin: { file: 'test.yaml', pointer: at },
    written: {},
    ...more,
    predicates: predicates.map((one, i) => predicate(one, `${at}/predicates/${i}`)),
    filters: filters.map((one, i) => use(one, `${at}/filters/${i}`))
  }
}

function predicate (written: Written, pointer: string): PredicateUse {
  const parts = (list: unknown, key: string) => (list as Written[]).map((part, i) => predicate(part, `${pointer}/${key}/${i}`))
  if (typeof written === 'object' && 'any' in written) return { kind: 'any', of: parts(written['any'], 'any') }
  if (typeof written === 'object' && 'all' in written) return { kind: 'all', of: parts(written['all'], 'all') }
  if (typeof written === 'object' && 'not' in written) return { kind: 'not', of: [predicate(written['not'] as Written, `${pointer}/not`)] }
  return { kind: 'use', use: use(written, pointer) }
}

function use (written: Written, pointer: string): Use {
  const origin = { file: 'test.yaml', pointer }
  if (typeof written === 'string') return { name: written, config: null, when: null, report: false, origin, configOrigin: origin }
  const { when = null, report = false, ...room } = written
  const [[name, config]] = Object.entries(room) as [[string, unknown]]
  return { name, config, when: when as string | null, report: report as boolean, origin, configOrigin: { file: 'test.yaml', pointer: `${pointer}/${name}` } }
}

/** What routes are compiled with: these rooms, fakes of all services, and an upstream that answers 200. */
export function surroundings (rooms: readonly (Filter | Predicate)[], over: Partial<Surroundings> = {}, services: FakeServices = fakeServices()): Surroundings {
  return {
    rooms: roomsOf(rooms.filter(room => room.kind === 'filter'), rooms.filter(room => room.kind === 'predicate')),
    services: (route, filter) => {
      const metrics = services.registry.scope({ route, filter })
      return { ...services, metrics, close: () => { metrics.close() } }
    },
    upstream: () => ({ dispatch: async x => { x.attempt++; return reply() }, close: () => {} }),
    ...over
  }
}

/** A sound plan; throws what is wrong with it. */
export function planOf (id: string, written: WrittenRoute, around: Surroundings): Plan {
  const { plan, faults } = compileRoute(routeConfig(id, written), around)
  if (faults.length > 0) throw new ConfigErrors(faults)
  return plan!
}
