import { ConfigError, template, type Place } from '../../../../src/contract/index.ts'
import type { StandIn } from './stand-in.ts'

/** The answer of another upstream. It has none where the request body was sent to the first and is gone. */
export function otherUpstream (target: string, { services: { detours } }: Place, pointer: string): StandIn {
  const ask = detours.upstream(target, pointer)
  return {
    kind: 'upstream',
    answer: x => {
      if (!x.body.sendable) return null
      const { origin } = x
      // Set by a filter for the upstream that has failed
      x.origin = null
      return ask(x).finally(() => { x.origin = origin })
    }
  }
}

/** What another route makes of the request. ConfigError where the route would stand in for itself. */
export function otherRoute (id: string, { routeId, services: { detours } }: Place, pointer: string): StandIn {
  if (id === routeId) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'a route cannot stand in for itself')
  return { kind: 'route', answer: detours.route(id, pointer) }
}

/** What the gateway makes of the request under another path. */
export function otherPath (path: string, { services: { detours } }: Place, pointer: string): StandIn {
  const fill = template(path, pointer)
  return { kind: 'route', answer: x => detours.path(fill(x))(x) }
}
