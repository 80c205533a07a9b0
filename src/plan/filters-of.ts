import type { Filter } from '../contract/room.ts'
import type { RouteConfig, Use } from '../contract/route-file.ts'

/** The rooms that stand on every route, in the order they act. */
export const roomsEverywhere = (rooms: ReadonlyMap<string, Filter>): readonly Filter[] => [...rooms.values()].filter(room => room.everywhere)

/**
 * The filters of a route in the order they act: first the rooms that stand on every route (`everywhere`), as the route or the top of the
 * file writes them or with their defaults, unless it skips them; then what is written.
 */
export function filtersOf (route: RouteConfig, rooms: ReadonlyMap<string, Filter>): readonly Use[] {
  const everywhere = roomsEverywhere(rooms).map(({ name }) => name)
  if (everywhere.length === 0) return route.filters
  const written = route.filters.filter(({ name }) => everywhere.includes(name))
  const implied = everywhere.filter(name => !route.skip.includes(name) && !written.some(use => use.name === name))
  return [...implied.map(name => impliedUse(name, route)), ...written, ...route.filters.filter(use => !written.includes(use))]
}

const impliedUse = (name: string, { origin }: RouteConfig): Use => ({ name, config: null, when: null, report: false, origin, configOrigin: origin, implied: true })
