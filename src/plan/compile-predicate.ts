import { ConfigError, type Origin } from '../contract/config-error.ts'
import type { Exchange, Params } from '../contract/exchange.ts'
import type { IndexHint, Matcher, Place, Predicate } from '../contract/room.ts'
import type { PredicateUse, Use } from '../contract/route-file.ts'
import { checkMatcher } from './check-made.ts'
import { createRoom, findRoom, type Faults } from './compile-room.ts'
import type { Match } from './plan.ts'

/** All that one predicate, or a combination of them, asks of a request. */
export interface Compiled {
  /** The predicate as people know it: `path "/a"`. */
  readonly label: string
  readonly match: Match
  readonly index: IndexHint
  readonly complete: boolean
  readonly share: Share | null
}

/** A part in a group, and where it is said. */
type Share = NonNullable<Matcher['share']> & { readonly origin: Origin }

const ANYTHING: Compiled = { label: 'invalid', match: () => true, index: {}, complete: false, share: null }

/** Compiles one predicate use or a tree of `any`, `all` and `not`. Wrong parts leave faults and match nothing. */
export function compilePredicate (node: PredicateUse, rooms: ReadonlyMap<string, Predicate>, place: Place, faults: Faults): Compiled {
  if (node.kind === 'use') return compileUse(node.use, rooms, place, faults)
  const parts = node.of.map(part => compilePredicate(part, rooms, place, faults))
  checkShares(node.kind, parts, place.routeId, faults)
  if (node.kind === 'not') return { label: `not ${parts[0]!.label}`, match: not(parts[0]!.match), index: {}, complete: false, share: null }
  return node.kind === 'all' ? all(parts) : any(parts)
}

function compileUse (use: Use, rooms: ReadonlyMap<string, Predicate>, place: Place, faults: Faults): Compiled {
  const room = findRoom(rooms, 'predicate', use, faults)
  const made = room && createRoom(room, use, place, checkMatcher, faults)
  if (!made) return ANYTHING
  const { index = {}, complete = false, share } = made
  return { label: label(use), match: x => asBoolean(made.match(x)), index, complete, share: share ? { ...share, origin: use.origin } : null }
}

/** Not every room is compiled by TypeScript: what is neither true nor false counts as what it is in a condition. */
function asBoolean (held: boolean | Promise<boolean>): boolean | Promise<boolean> {
  if (typeof held === 'boolean') return held
  return typeof held === 'object' && held !== null && 'then' in held ? Promise.resolve(held).then(Boolean) : Boolean(held)
}

/** A share of a group is a property of the whole route: inside `any` or `not`, or twice, it would mean nothing. */
export function checkShares (kind: 'any' | 'all' | 'not', parts: readonly Compiled[], routeId: string, faults: Faults): void {
  const shares = parts.flatMap(part => part.share ?? [])
  const surplus = shares[kind === 'all' ? 1 : 0]
  if (!surplus) return
  faults.push(new ConfigError('GW_CONFIG_NO_EFFECT', '', `a route has one weight, outside of any and not: route ${routeId} says otherwise`).under(surplus.origin))
}

/**
 * Every part must hold. A part that throws loses only where all the others hold, so that a broken predicate costs
 * its own route and no other; its error is thrown then.
 */
export function all (parts: readonly Compiled[]): Compiled {
  const matches = parts.map(part => part.match)
  return {
    label: `all of ${parts.map(part => part.label).join(', ')}`,
    complete: parts.every(part => part.complete) && oneHintEach(parts),
    match: matches.length === 1 ? matches[0]! : x => allFrom(matches, x, 0, null),
    index: merge(parts.map(part => part.index)),
    share: parts.find(part => part.share)?.share ?? null
  }
}

const label = ({ name, config }: Use): string => config == null ? name : `${name} ${JSON.stringify(config)}`

/** Two hints of a kind cannot both be kept, so that together they say less than the predicates do. */
const oneHintEach = (parts: readonly Compiled[]): boolean =>
  (['hosts', 'paths', 'methods'] as const).every(kind => parts.filter(part => part.index[kind]).length <= 1)

function allFrom (matches: readonly Match[], x: Exchange, start: number, thrown: { error: unknown } | null): boolean | Promise<boolean> {
  for (let i = start; i < matches.length; i++) {
    let held: boolean | Promise<boolean>
    try {
      held = matches[i]!(x)
    } catch (error) {
      thrown ??= { error }
      continue
    }
    if (held === false) return false
    if (held !== true) {
      return held.then(ok => ok && allFrom(matches, x, i + 1, thrown), error => allFrom(matches, x, i + 1, thrown ?? { error }))
    }
  }
  if (thrown) throw thrown.error
  return true
}

/** One part must hold; the first that does is the one whose variables count. A part that throws only counts where no other holds. */
function any (parts: readonly Compiled[]): Compiled {
  const matches = parts.map(part => part.match)
  return {
    label: `any of ${parts.map(part => part.label).join(', ')}`,
    match: x => anyFrom(matches, x, 0, x.params, null),
    index: unite(parts.map(part => part.index)),
    complete: false,
    share: null
  }
}

function anyFrom (matches: readonly Match[], x: Exchange, start: number, params: Params, thrown: { error: unknown } | null): boolean | Promise<boolean> {
  for (let i = start; i < matches.length; i++) {
    x.params = params
    let held: boolean | Promise<boolean>
    try {
      held = matches[i]!(x)
    } catch (error) {
      thrown ??= { error }
      continue
    }
    if (held === true) return true
    if (held !== false) {
      return held.then(ok => ok || anyFrom(matches, x, i + 1, params, thrown), error => anyFrom(matches, x, i + 1, params, thrown ?? { error }))
    }
  }
  x.params = params
  if (thrown) throw thrown.error
  return false
}

/** Captures nothing, whether it holds or not. */
function not (match: Match): Match {
  return x => {
    const { params } = x
    try {
      const held = match(x)
      if (typeof held !== 'boolean') return held.then(ok => !ok).finally(() => { x.params = params })
      return !held
    } finally {
      x.params = params
    }
  }
}

/** All hold, so any one hint is true: the first of each kind. */
function merge (hints: readonly IndexHint[]): IndexHint {
  const hosts = hints.find(hint => hint.hosts)?.hosts
  const paths = hints.find(hint => hint.paths)?.paths
  const methods = hints.find(hint => hint.methods)?.methods
  return { ...hosts && { hosts }, ...paths && { paths }, ...methods && { methods } }
}

/** One holds, so only what every part hints at is certain: all of it together. */
function unite (hints: readonly IndexHint[]): IndexHint {
  const hosts = hints.every(hint => hint.hosts) && hints.flatMap(hint => hint.hosts!)
  const paths = hints.every(hint => hint.paths) && hints.flatMap(hint => hint.paths!)
  const methods = hints.every(hint => hint.methods) && hints.flatMap(hint => hint.methods!)
  return { ...hosts && { hosts }, ...paths && { paths }, ...methods && { methods } }
}
