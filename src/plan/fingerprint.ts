import type { PredicateUse, RouteConfig, Use } from '../contract/route-file.ts'
import type { Rooms } from './compile-room.ts'
import { roomsEverywhere } from './filters-of.ts'

/**
 * All that makes a route the plan it is, as one text: what its parts say, the code of its rooms, and `context`. Where it stands in
 * which file, its tests and how it was written make no difference.
 */
export function fingerprint (route: RouteConfig, rooms: Rooms, context: unknown): string {
  const { id, order, predicates, filters, skip, targets, splitBy = null, timeouts, timeoutMs, allowPath, metadata } = route
  return JSON.stringify([
    id, order, timeouts, timeoutMs, allowPath, metadata, context,
    predicates.map(node => predicate(node, rooms)),
    filters.map(use => parts(use, rooms.filters)),
    skip,
    roomsEverywhere(rooms.filters).map(identity),
    targets.map(({ to, weight }) => [to, weight]),
    splitBy
  ], exactly)
}

function predicate (node: PredicateUse, rooms: Rooms): unknown {
  return node.kind === 'use' ? parts(node.use, rooms.predicates) : [node.kind, node.of.map(part => predicate(part, rooms))]
}

const parts = ({ name, config, when, report }: Use, rooms: ReadonlyMap<string, object>): unknown => [name, config, when, report, identity(rooms.get(name))]

const identities = new WeakMap<object, number>()
let known = 0

/** Another room of the same name is other code. */
function identity (room: object | undefined): number {
  if (!room) return 0
  const id = identities.get(room) ?? ++known
  identities.set(room, id)
  return id
}

/** What JSON has no text for would all be `null`. */
const exactly = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? ['number', String(value)] : value
