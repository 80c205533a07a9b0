import type { Budget } from './budget.ts'
import type { Fingerprints } from './fingerprints.ts'
import { type Items, jsonType, type Json } from './json-tree.ts'
import { pairUp, withoutEqual, type Elements, type Pairing } from './pairing.ts'
import type { PathRule } from './path-rule.ts'

/** How two lists stand to each other. */
export interface ListPairing extends Pairing {
  /** Whether what is in both stands in another order, where order means something. */
  readonly reordered: boolean
}

/** Which elements of two lists are to be compared with each other, so that one that is missing or elsewhere is one difference and not one in each that follows. */
export function pairLists (live: Items, other: Items, rule: PathRule, fingerprints: Fingerprints, budget: Budget): ListPairing {
  const prints = (list: Items) => list.items.map((item, i) => fingerprints.of(item, rule.step(i)))
  const elements = (list: Items): Elements => ({
    fingerprints: prints(list),
    traits: i => fingerprints.traits(list.items[i]!, rule.step(i)),
    compare: rule.unordered ? (a, b) => byValue(list.items[a]!, list.items[b]!) || a - b : (a, b) => a - b
  })
  if (rule.unordered || live.items.length !== other.items.length) return { ...pairUp(elements(live), elements(other), budget), reordered: false }
  if (live.items.every((item, i) => item === other.items[i])) return NO_DIFFERENCE
  const identities = (list: Items) => list.items.map((item, i) => fingerprints.identity(item, rule.step(i)))
  return byIdentity(identities(live), identities(other)) ?? byPlace(prints(live), prints(other))
}

const NO_DIFFERENCE: ListPairing = { pairs: [], missing: [], added: [], reordered: false }

/** Each with the one that stands in its place. */
export const inPlace = (length: number): ListPairing =>
  ({ pairs: Array.from({ length }, (_, i) => [i, i] as const), missing: [], added: [], reordered: false })

/** Nothing says which element is which: where all are there in another order it is that, otherwise places are all that can be gone by. */
function byPlace (live: readonly number[], other: readonly number[]): ListPairing {
  if (live.every((print, i) => print === other[i])) return NO_DIFFERENCE
  return withoutEqual(live, other).missing.length === 0 ? { ...NO_DIFFERENCE, reordered: true } : inPlace(live.length)
}

/** Null where not every element has an identity of its own, or most are not in both lists. */
function byIdentity (live: readonly (number | null)[], other: readonly (number | null)[]): ListPairing | null {
  if (live.every((identity, i) => identity !== null && identity === other[i])) return inPlace(live.length)
  const places = new Map(other.map((identity, j) => [identity, j]))
  const unique = places.size === other.length && new Set(live).size === live.length && !places.has(null) && !live.includes(null)
  const found = live.map(identity => places.get(identity) ?? -1)
  const both = found.filter(j => j >= 0)
  if (!unique || both.length * 2 < live.length) return null
  const taken = new Set(both)
  // What changed its identity in its place is the same thing still
  const renamed = (i: number) => found[i]! < 0 && !taken.has(i)
  return {
    pairs: found.flatMap((j, i) => j >= 0 ? [[i, j] as const] : renamed(i) ? [[i, i] as const] : []),
    missing: found.flatMap((j, i) => j < 0 && !renamed(i) ? [i] : []),
    added: other.flatMap((_, j) => taken.has(j) || renamed(j) ? [] : [j]),
    reordered: both.some((j, k) => k > 0 && j < both[k - 1]!)
  }
}

function byValue (a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [first, second] = [textOf(a), textOf(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

const textOf = (value: Json): string => jsonType(value) + (typeof value === 'object' ? '' : String(value))
