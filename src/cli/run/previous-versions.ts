import type { BrokenRoute } from '../../config/load-config.ts'
import type { ConfigError } from '../../contract/config-error.ts'
import type { GatewayConfig, RouteConfig } from '../../contract/route-file.ts'
import type { Quarantined } from '../../plan/table-keeper.ts'

/**
 * A configuration in which each route that cannot be read now stands as it was before, in its place, so that the rest of the file can
 * take effect. One that is new, or whose upstream is gone, is left out.
 */
export function withPreviousVersions (next: GatewayConfig, broken: readonly BrokenRoute[], before: GatewayConfig): { config: GatewayConfig, quarantined: readonly Quarantined[] } {
  const routes = [...next.routes]
  const quarantined = broken.map(({ id, origin, errors }): Quarantined => {
    const previous = before.routes.find(route => route.id === id && route.targets.every(({ to }) => next.upstreams.has(to) || URL.canParse(to)))
    const isTaken = routes.some(route => route.id === id)
    if (previous && !isTaken) routes.splice(placeAmong(routes, origin), 0, { ...previous, origin })
    return { id: id ?? origin.pointer, faults: errors as readonly ConfigError[], serving: previous && !isTaken ? 'previous' : 'nothing' }
  })
  return { config: { ...next, routes }, quarantined }
}

/** Routes that could not be read at the start, when there is no version before. */
export function unreadable (broken: readonly BrokenRoute[]): Quarantined[] {
  return broken.map(({ id, origin, errors }) => ({ id: id ?? origin.pointer, faults: errors, serving: 'nothing' }))
}

/** Before the first route that comes after it in its file; else behind the last of its file; else at the end. */
function placeAmong (routes: readonly RouteConfig[], { file, pointer }: BrokenRoute['origin']): number {
  const at = positionOf(pointer)
  const next = routes.findIndex(route => route.origin.file === file && positionOf(route.origin.pointer) > at)
  if (next >= 0) return next
  const last = routes.findLastIndex(route => route.origin.file === file)
  return last >= 0 ? last + 1 : routes.length
}

const positionOf = (pointer: string): number => Number(/\/(\d+)$/.exec(pointer)?.[1] ?? 0)
