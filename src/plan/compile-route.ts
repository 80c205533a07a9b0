import { ConfigError } from '../contract/config-error.ts'
import type { Route } from '../contract/exchange.ts'
import { problem } from '../contract/refuse.ts'
import type { Dispatch, Phases, Place } from '../contract/room.ts'
import type { RouteConfig } from '../contract/route-file.ts'
import type { Services } from '../contract/services.ts'
import { ENCODED_SLASH, SEMICOLON } from './canonical-path.ts'
import { filtersOf } from './filters-of.ts'
import { compileFilter } from './compile-filter.ts'
import { all, checkShares, compilePredicate, type Compiled } from './compile-predicate.ts'
import { badRoom, reasonOf, type Faults, type Rooms } from './compile-room.ts'
import { restating } from './restating.ts'
import { PlanLife, type Plan, type PlannedFilter } from './plan.ts'
import { wrapDispatch } from './wrap-dispatch.ts'

/** The call to upstream for one route, and what to let go of when the plan is closed. */
export interface UpstreamCall { readonly dispatch: Dispatch, close(): void }

/** What the compiler is given beside the routes. */
export interface Surroundings {
  readonly rooms: Rooms
  /** Services of one use of a room; the machine's own labels are already on its metrics. `needs`: what of the configuration it has asked for beyond its route. */
  services (routeId: string, filter: string): Services & Closing & { readonly needs?: ReadonlySet<string> }
  /** The call to the route's upstream. Throws ConfigError with a pointer into the route. */
  upstream (route: RouteConfig): UpstreamCall
}

/** What a plan lets go of when it is closed: first of what operators see of it, and of what rooms still need for what they have under way when they have closed. */
export interface Closing { withdraw?(): void, close(): void }

/** The rooms of a plan. */
type Open = Pick<Phases, 'close'>[]

/**
 * Turns one route into a plan. `plan` is null where not even its predicates are sound; where only the rest is wrong it is a
 * plan that answers 500 GW_ROUTE_INVALID, so that its requests do not fall to a later route.
 */
export function compileRoute (written: RouteConfig, surroundings: Surroundings): { plan: Plan | null, faults: Faults, needs: readonly string[] } {
  const route = { ...written, filters: filtersOf(written, surroundings.rooms.filters) }
  const faults: Faults = []
  const open: Open = []
  const needed: ReadonlySet<string>[] = []
  const made: PlannedFilter[] = []
  const services: Closing[] = []
  const place = (name: string): Place => {
    const own = surroundings.services(route.id, name)
    services.push(own)
    if (own.needs) needed.push(own.needs)
    return { routeId: route.id, upstreams: route.targets.map(({ to }) => to), restate: restating(made), services: own }
  }
  const parts = route.predicates.map(node => compilePredicate(node, surroundings.rooms.predicates, place('predicates'), faults))
  checkShares('all', parts, route.id, faults)
  const matcher = { ...all(parts), parts }
  const sound = faults.length === 0
  const filters = route.filters.map((use, i) => compileFilter(use, i, surroundings.rooms.filters, place(use.name), open, faults))
    .filter(filter => filter !== null)
  made.push(...filters)
  const call = connect(route, surroundings, faults)
  if (call) services.push(call)
  const dispatch = call && wrapAll(filters, call.dispatch, route, surroundings.rooms, faults)
  const [fault] = faults
  // What is closed here is not closed once more when the plan is
  if (fault) void close(open.splice(0), services.splice(0))
  const needs = needed.flatMap(names => [...names])
  if (!sound) return { plan: null, faults, needs }
  const life = new PlanLife(() => close(open, services))
  return { plan: fault ? assemble(route, matcher, [], invalid, life, fault.message) : assemble(route, matcher, filters, dispatch!, life, null), faults, needs }
}

const invalid: Dispatch = x => Promise.resolve(problem('GW_ROUTE_INVALID', x.id))

function connect (route: RouteConfig, surroundings: Surroundings, faults: Faults): UpstreamCall | null {
  try {
    return surroundings.upstream(route)
  } catch (error) {
    const fault = error instanceof ConfigError ? error : new ConfigError('GW_CONFIG_INVALID', '/upstream', `cannot be used: ${reasonOf(error)}`)
    faults.push(fault.file === '' ? fault.under(route.origin) : fault)
    return null
  }
}

function wrapAll (filters: readonly PlannedFilter[], upstream: Dispatch, route: RouteConfig, rooms: Rooms, faults: Faults): Dispatch {
  return wrapDispatch(filters, upstream, (filter, error) => {
    const { name, origin } = route.filters[filter.index]!
    faults.push(badRoom(rooms.filters.get(name)!, `failed to start: ${reasonOf(error)}`).under(origin))
  })
}

function assemble (
  config: RouteConfig, matcher: Compiled & { parts: readonly Compiled[] }, filters: readonly PlannedFilter[], dispatch: Dispatch, life: PlanLife, fault: string | null
): Plan {
  const route: Route = { id: config.id, metadata: config.metadata }
  const { match, parts, complete, index, share } = matcher
  return {
    id: config.id,
    route,
    config,
    match,
    predicates: parts,
    complete,
    index,
    share,
    filters,
    requests: filters.filter(filter => filter.phases.request),
    responses: filters.filter(filter => filter.phases.response).reverse(),
    dones: filters.filter(filter => filter.phases.done).reverse(),
    dispatch,
    ownHeaders: filters.flatMap(filter => filter.phases.ownHeaders ?? []),
    answersPreflight: filters.some(filter => filter.phases.answersPreflight),
    allowedFlags: (config.allowPath.includes('encoded-slash') ? ENCODED_SLASH : 0) | (config.allowPath.includes('semicolon') ? SEMICOLON : 0),
    fault,
    life
  }
}

/** What rooms still have under way needs what they were given. */
async function close (rooms: Open, services: readonly Closing[]): Promise<void> {
  for (const one of services) one.withdraw?.()
  await closeAll(rooms)
  await closeAll(services)
}

/** A room that cannot close itself must not keep the others open; its plan is gone either way. */
async function closeAll (open: readonly Pick<Phases, 'close'>[]): Promise<void> {
  await Promise.allSettled(open.map(async one => { await one.close?.() }))
}
