import type { StaticDecode } from 'typebox'
import type { ConfigError, Origin } from '../contract/config-error.ts'
import type { RouteConfig, Use } from '../contract/route-file.ts'
import { validate } from '../contract/validate.ts'
import { inside, type Findings } from './findings.ts'
import { RouteSchema } from './route-file-schema.ts'
import { readDestination, type KnownUpstreams } from './read-targets.ts'
import { readFilters, readPredicates } from './read-uses.ts'
import type { Source } from './source.ts'
import { branch, child, items, textOf, toValue, type Tree } from './tree.ts'

/** What the other sections say that a route depends on. */
export interface Sections {
  readonly upstreams: Omit<KnownUpstreams, 'spring'>
  readonly filters: readonly Use[]
  /** Whether a filter of this name stands on every route without being written. */
  readonly everywhere: (name: string) => boolean
}

/** A route, or what is known of one that is wrong. */
export interface ReadRoute {
  /** Null where it is wrong or switched off. */
  readonly config: RouteConfig | null
  readonly id: string | null
  readonly origin: Origin
}

type Decoded = StaticDecode<typeof RouteSchema>

/** Reads the routes of one file, in its order. */
export function readRoutes (source: Source, sections: Sections, findings: Findings): ReadRoute[] {
  return items(child(source.root, 'routes')).map((route, i) =>
    readRoute(route, { file: source.file, pointer: `/routes/${i}` }, source.spring, sections, findings))
}

function readRoute (route: Tree, origin: Origin, spring: boolean, sections: Sections, findings: Findings): ReadRoute {
  const before = findings.faults.length
  const decoded = decode(route, origin, findings)
  const predicates = readPredicates(child(route, 'predicates'), inside(origin, '/predicates'), findings)
  const own = readFilters(child(route, 'filters'), inside(origin, '/filters'), findings)
  const { targets, splitBy } = readDestination(child(route, 'upstream'), inside(origin, '/upstream'), { ...sections.upstreams, spring }, findings)
  const skipped = readSkip(child(route, 'skip'), inside(origin, '/skip'), sections, findings)
  const id = child(route, 'id')
  const named = id?.kind === 'leaf' && typeof id.value === 'string' ? id.value : null
  if (!decoded?.enabled || findings.faults.length > before) return { config: null, id: named, origin }
  const config: RouteConfig = {
    id: decoded.id,
    order: decoded.order,
    predicates,
    filters: [...sections.filters.filter(({ name }) => !skipped.includes(name)), ...own],
    skip: skipped,
    targets,
    splitBy,
    timeouts: decoded.timeouts ?? {},
    timeoutMs: decoded.timeout ?? null,
    allowPath: decoded.allowPath,
    metadata: metadataOf(route),
    tests: decoded.tests.map((test, i) => ({ test, origin: inside(origin, `/tests/${i}`) })),
    origin,
    written: toValue(route, 'written')
  }
  return { config, id: named, origin }
}

/** All of a route that its schema describes. `upstream` has a reader of its own, which says more about what is wrong there. */
function decode (route: Tree, origin: Origin, findings: Findings): Decoded | null {
  const written = toValue(route)
  const rest = route.kind === 'map' ? { ...written as object, upstream: undefined } : written
  const { value, faults } = validate(RouteSchema, rest)
  findings.under(origin, faults)
  return value as Decoded | null
}

/** As it is written: names such as `constructor`, which decoding leaves out, are names like others here. */
const metadataOf = (route: Tree): RouteConfig['metadata'] => toValue(child(route, 'metadata') ?? branch({}, route.span)) as RouteConfig['metadata']

function readSkip (skip: Tree | undefined, origin: Origin, { filters, everywhere }: Sections, findings: Findings): string[] {
  const names = skip?.kind === 'leaf' ? [[skip, origin] as const] : items(skip).map((item, i) => [item, inside(origin, `/${i}`)] as const)
  return names.flatMap(([item, at]) => {
    const name = toValue(item)
    if (typeof name !== 'string') return []
    if (filters.some(filter => filter.name === name) || everywhere(name)) return [name]
    const known = [...new Set(filters.map(filter => filter.name))].join(', ')
    findings.add('GW_CONFIG_NO_EFFECT', at, `"${textOf(item, 'written')}" is no filter of every route; ${known ? `those are: ${known}` : 'there are none'}`)
    return []
  })
}

/** Whether a fault is one of a single route and leaves the others sound. */
export const isOfRoute = (fault: ConfigError, { file, pointer }: Origin): boolean =>
  fault.file === file && (fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`))
