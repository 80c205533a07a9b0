import { ConfigError, type Origin } from '../contract/config-error.ts'
import { isRecord } from '../contract/is-record.ts'
import { escapePointer } from '../contract/pointer.ts'
import type { Predicates } from '../contract/predicates.ts'
import type { Place, Predicate } from '../contract/room.ts'
import type { PredicateUse } from '../contract/route-file.ts'
import { all, compilePredicate } from './compile-predicate.ts'
import type { Faults } from './compile-room.ts'
import type { Match } from './plan.ts'

/** Keys that stand beside a filter; nobody shall think that they do something here. */
const BESIDE_FILTER = ['when', 'report']

/** Predicates in the config of one use of a filter. `place` is asked for where there are some. */
export function nestedPredicates (rooms: ReadonlyMap<string, Predicate>, place: () => Place): Predicates {
  return {
    all: (uses, pointer) => {
      const faults: Faults = []
      const here = place()
      const nodes = uses.flatMap((use, i) => readPredicate(use, `${pointer}/${i}`, faults) ?? [])
      const compiled = all(nodes.map(node => compilePredicate(node, rooms, here, faults)))
      if (compiled.share) faults.push(new ConfigError('GW_CONFIG_NO_EFFECT', compiled.share.origin.pointer, 'only a route has a weight, not a filter'))
      if (faults[0]) throw faults[0]
      return capturingIfHeld(compiled.match)
    }
  }
}

/** A part that holds leaves its variables, though another does not: those are of no use then. */
function capturingIfHeld (match: Match): Match {
  return x => {
    const { params } = x
    const settle = (held: boolean): boolean => {
      if (!held) x.params = params
      return held
    }
    const fail = (error: unknown): never => {
      x.params = params
      throw error
    }
    try {
      const held = match(x)
      return typeof held === 'boolean' ? settle(held) : held.then(settle, fail)
    } catch (error) {
      return fail(error)
    }
  }
}

/** A predicate as a route's: its name, or a map with its name as the one key. */
function readPredicate (written: unknown, pointer: string, faults: Faults): PredicateUse | null {
  const name = roomOf(written, pointer, faults)
  if (name === null) return null
  const config = isRecord(written) ? written[name] ?? null : null
  const configPointer = isRecord(written) ? `${pointer}/${escapePointer(name)}` : pointer
  if (name === 'any' || name === 'all') return combination(name, config, configPointer, faults)
  if (name === 'not') return negation(config, configPointer, faults)
  return { kind: 'use', use: { name, config, when: null, report: false, origin: at(pointer), configOrigin: at(configPointer) } }
}

function combination (kind: 'any' | 'all', list: unknown, pointer: string, faults: Faults): PredicateUse | null {
  if (!Array.isArray(list) || list.length === 0) return invalid(pointer, 'expected a list of at least one predicate', faults)
  return { kind, of: list.flatMap((one, i) => readPredicate(one, `${pointer}/${i}`, faults) ?? []) }
}

function negation (inner: unknown, pointer: string, faults: Faults): PredicateUse | null {
  if (inner === null || Array.isArray(inner)) return invalid(pointer, 'expected one predicate; join several with all or any', faults)
  const of = readPredicate(inner, pointer, faults)
  return of && { kind: 'not', of: [of] }
}

function roomOf (written: unknown, pointer: string, faults: Faults): string | null {
  if (typeof written === 'string' && written !== '') return written
  const keys = isRecord(written) ? Object.keys(written) : []
  for (const key of keys.filter(key => BESIDE_FILTER.includes(key))) {
    faults.push(new ConfigError('GW_CONFIG_UNKNOWN_KEY', `${pointer}/${key}`, `a predicate takes no "${key}"; only a filter does`))
  }
  const names = keys.filter(key => !BESIDE_FILTER.includes(key))
  if (names.length === 1) return names[0]!
  return invalid(pointer, names.length === 0
    ? 'expected a predicate: its name, or a map with its name as the key'
    : `more than one predicate in one item: ${names.join(', ')}; begin each with its own "- "`, faults)
}

function invalid (pointer: string, detail: string, faults: Faults): null {
  faults.push(new ConfigError('GW_CONFIG_INVALID', pointer, detail))
  return null
}

/** Inside the filter's config; who calls its `create` knows where that is. */
const at = (pointer: string): Origin => ({ file: '', pointer })
