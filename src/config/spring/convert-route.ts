import { branch, leaf, list, type Branch, type Tree } from '../tree.ts'
import { convertCors, corsName } from './convert-cors.ts'
import type { Conversion } from './conversion.ts'
import { convertUri } from './convert-uri.ts'
import { convertUse } from './convert-use.ts'
import { convertDuration } from './durations.ts'
import { listed } from './listed.ts'
import { Section } from './relaxed-section.ts'

/** Holds the place of a use that has its fault, so that the list does not seem to be empty. */
const UNCONVERTED = 'unconverted'

/** What Spring says of all routes and a native file of each. */
export interface ForAllRoutes { readonly connect: Tree | undefined, readonly head: Tree | undefined, readonly hasCors: boolean }

/** One of Spring's routes in native form; its faults are those of the route at `index`. */
export function convertRoute (route: Tree, index: number, path: string, forAll: ForAllRoutes, conversion: Conversion): Branch {
  const section = new Section(route, path)
  const metadata = new Section(section.take('metadata')?.value, `${path}.metadata`)
  const cors = metadata.take('cors')
  const own = cors && convertCors(cors.value, cors.path, conversion)
  const made = branch({
    id: idOf(section, route, index, conversion),
    order: section.take('order')?.value,
    enabled: section.take('enabled')?.value,
    predicates: uses(section, 'predicates', 'predicate', [], route, conversion),
    filters: uses(section, 'filters', 'filter', own ? [own] : [], route, conversion),
    skip: own && forAll.hasCors ? list([leaf(corsName(conversion)!, own.span)], own.span) : undefined,
    upstream: upstreamOf(section, route, path, conversion),
    timeouts: timeoutsOf(metadata, forAll, route, conversion),
    metadata: rest(metadata, route)
  }, route.span)
  for (const { key, path } of section.left()) conversion.refuse(key, path, `a route of Spring has no "${path.split('.').at(-1)!}"`)
  return made
}

function upstreamOf (section: Section, route: Tree, path: string, conversion: Conversion): Tree | undefined {
  const uri = section.take('uri')
  if (uri) return convertUri(uri.value, uri.path, conversion)
  conversion.refuse(route.span, path, '"uri" is missing', 'GW_CONFIG_INVALID')
  return undefined
}

/** Spring makes up an id where none is written, and takes any text for one. */
function idOf (section: Section, route: Tree, index: number, conversion: Conversion): Tree {
  const id = section.take('id')?.value
  const { value, written, span } = id?.kind === 'leaf' && id.value !== null ? id : leaf('', route.span)
  const text = String(value)
  const name = text.replace(/[^A-Za-z0-9._:-]+/g, '-') || `route-${index + 1}`
  if (name === text || text.startsWith('${')) return leaf(text, span, String(written))
  conversion.warn(span, `${section.path}.id`, `the route is named "${name}" here: an id is letters, digits and . _ : -`)
  const made = leaf(name, span)
  made.note = text === '' ? 'Spring makes one up' : 'letters, digits and . _ : -'
  return made
}

function uses (section: Section, key: string, kind: 'filter' | 'predicate', before: readonly Tree[], route: Tree, conversion: Conversion): Tree | undefined {
  const property = section.take(key)
  const converted = listed(property, conversion)
    .map((item, i) => convertUse(item, kind, `${property!.path}[${i}]`, conversion) ?? leaf(UNCONVERTED, item.span))
  const all = [...before, ...converted]
  if (all.length === 0 && property?.value.kind === 'map') all.push(leaf(UNCONVERTED, property.value.span))
  return all.length > 0 ? list(all, property?.value.span ?? route.span) : undefined
}

/** Timeouts of the route, else those of all routes. */
function timeoutsOf (metadata: Section, forAll: ForAllRoutes, route: Tree, conversion: Conversion): Tree | undefined {
  const own = (name: string) => {
    const property = metadata.take(name)
    return property && convertDuration(property.value, property.path, conversion)
  }
  const connect = own('connect-timeout') ?? forAll.connect
  const head = own('response-timeout') ?? forAll.head
  return connect || head ? branch({ connect, head }, (connect ?? head ?? route).span) : undefined
}

function rest (metadata: Section, route: Tree): Tree | undefined {
  const left = metadata.left().map(({ path, value }) => [path.slice(metadata.path.length + 1), value] as const)
  return left.length > 0 ? branch(Object.fromEntries(left), route.span) : undefined
}
