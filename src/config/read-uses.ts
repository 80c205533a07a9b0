import type { Origin } from '../contract/config-error.ts'
import { nearest } from '../contract/nearest.ts'
import type { PredicateUse, Use } from '../contract/route-file.ts'
import { escapePointer } from '../contract/validate.ts'
import { inside, type Findings } from './findings.ts'
import { child, items, toValue, type Tree } from './tree.ts'

/** Beside a filter's name: what the machine does for every filter. */
const BESIDE = ['when', 'report']

/** The filters of a list, in its order; wrong ones are left out with their faults. */
export function readFilters (list: Tree | undefined, origin: Origin, findings: Findings): Use[] {
  return items(list).flatMap((item, i) => readFilter(item, inside(origin, `/${i}`), findings) ?? [])
}

function readFilter (item: Tree, origin: Origin, findings: Findings): Use | null {
  const name = roomOf(item, 'filter', BESIDE, origin, findings)
  if (name === null) return null
  const when = valueOf(child(item, 'when'))
  if (when !== undefined && (typeof when !== 'string' || when === '')) {
    findings.add('GW_CONFIG_INVALID', inside(origin, '/when'), 'expected a CEL expression')
  }
  const report = valueOf(child(item, 'report'))
  if (report !== undefined && typeof report !== 'boolean') {
    findings.add('GW_CONFIG_INVALID', inside(origin, '/report'), 'expected true or false')
  }
  return use(item, name, origin, typeof when === 'string' ? when : null, report === true)
}

const valueOf = (tree: Tree | undefined): unknown => tree && toValue(tree)

/** The predicates of a list, combinations as trees. */
export function readPredicates (list: Tree | undefined, origin: Origin, findings: Findings): PredicateUse[] {
  return items(list).flatMap((item, i) => readPredicate(item, inside(origin, `/${i}`), findings) ?? [])
}

function readPredicate (item: Tree, origin: Origin, findings: Findings): PredicateUse | null {
  for (const key of BESIDE) {
    if (child(item, key)) findings.add('GW_CONFIG_UNKNOWN_KEY', inside(origin, `/${key}`), `a predicate takes no "${key}"; only a filter does`)
  }
  const name = roomOf(item, 'predicate', BESIDE, origin, findings)
  if (name === null) return null
  if (name === 'any' || name === 'all') return combination(name, child(item, name), inside(origin, `/${name}`), findings)
  if (name === 'not') return negation(child(item, name), inside(origin, '/not'), findings)
  return { kind: 'use', use: use(item, name, origin, null, false) }
}

function combination (kind: 'any' | 'all', list: Tree | undefined, origin: Origin, findings: Findings): PredicateUse {
  if (items(list).length === 0) findings.add('GW_CONFIG_INVALID', origin, 'expected a list of at least one predicate')
  return { kind, of: readPredicates(list, origin, findings) }
}

function negation (inner: Tree | undefined, origin: Origin, findings: Findings): PredicateUse | null {
  if (inner?.kind === 'list' || inner === undefined) {
    findings.add('GW_CONFIG_INVALID', origin, 'expected one predicate; join several with all or any')
    return null
  }
  const of = readPredicate(inner, origin, findings)
  return of && { kind: 'not', of: [of] }
}

/** The name of the room that an item uses: a bare name, or the one key of a map that is not beside it. */
function roomOf (item: Tree, kind: string, beside: readonly string[], origin: Origin, findings: Findings): string | null {
  if (item.kind === 'leaf' && typeof item.written === 'string' && item.written !== '') return item.written
  const names = item.kind === 'map' ? [...item.entries.keys()].filter(key => !beside.includes(key)) : []
  if (names.length === 1) return names[0]!
  const fault = names.length === 0
    ? `expected a ${kind}: its name, or a map with its name as the key`
    : `more than one ${kind} in one item: ${names.join(', ')}${misspelt(names, kind)}; begin each with its own "- "`
  findings.add('GW_CONFIG_INVALID', origin, fault)
  return null
}

function misspelt (names: readonly string[], kind: string): string {
  const found = kind === 'filter' ? names.map(name => [name, nearest(name, BESIDE)] as const).find(([, near]) => near !== null) : undefined
  return found ? ` (is "${found[0]}" meant to be "${found[1]}"?)` : ''
}

function use (item: Tree, name: string, origin: Origin, when: string | null, report: boolean): Use {
  const config = child(item, name)
  return {
    name,
    config: config ? toValue(config) : null,
    when,
    report,
    origin,
    configOrigin: config ? inside(origin, `/${escapePointer(name)}`) : origin
  }
}
