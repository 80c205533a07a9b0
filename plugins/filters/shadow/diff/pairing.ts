import type { Budget } from './budget.ts'
import type { Trait } from './fingerprints.ts'

/** Which elements of two lists stand for each other: by their places. */
export interface Pairing {
  /** Those that differ, as far as is known; equal ones are left out. */
  readonly pairs: (readonly [live: number, other: number])[]
  readonly missing: readonly number[]
  readonly added: readonly number[]
}

/** What is known of the elements of one list. */
export interface Elements {
  readonly fingerprints: readonly number[]
  traits(place: number): readonly Trait[]
  /** Orders elements of which nothing says which belongs to which. */
  compare(a: number, b: number): number
}

/** A trait that more elements have says little. */
const COMMON = 16

/** Equal elements first, whatever their places; then those with most in common; the rest one after the other. */
export function pairUp (live: Elements, other: Elements, budget: Budget): Pairing {
  const { missing: [...liveLeft], added: [...otherLeft] } = withoutEqual(live.fingerprints, other.fingerprints)
  const pairs = liveLeft.length === 0 || otherLeft.length === 0 ? [] : alike(live, other, liveLeft, otherLeft, budget)
  const [liveTaken, otherTaken] = [new Set(pairs.map(([i]) => i)), new Set(pairs.map(([, j]) => j))]
  const liveRest = liveLeft.filter(i => !liveTaken.has(i)).sort(live.compare)
  const otherRest = otherLeft.filter(j => !otherTaken.has(j)).sort(other.compare)
  const both = Math.min(liveRest.length, otherRest.length)
  for (let k = 0; k < both; k++) pairs.push([liveRest[k]!, otherRest[k]!])
  return { pairs, missing: liveRest.slice(both), added: otherRest.slice(both) }
}

/** The places whose fingerprint the other list does not have, or not as often. */
export function withoutEqual (live: readonly number[], other: readonly number[]): Pairing {
  const places = new Map<number, number[]>()
  // From the end, so that the first is taken first
  for (let j = other.length - 1; j >= 0; j--) {
    const known = places.get(other[j]!)
    if (known) known.push(j)
    else places.set(other[j]!, [j])
  }
  const missing = live.flatMap((print, i) => places.get(print)?.pop() === undefined ? [i] : [])
  return { pairs: [], missing, added: [...places.values()].flat().sort((a, b) => a - b) }
}

/** Greedily from the most alike on; of two as much alike, what stands nearer. */
function alike (live: Elements, other: Elements, liveLeft: readonly number[], otherLeft: readonly number[], budget: Budget): [number, number][] {
  const owners = ownersOf(other, otherLeft, budget)
  const candidates = liveLeft.flatMap(i => [...scores(live.traits(i), owners, budget)].map(([j, score]) => ({ i, j, score })))
  // Sorting them takes a few units each
  budget.spend(candidates.length * 4)
  candidates.sort((a, b) => b.score - a.score || Math.abs(a.i - a.j) - Math.abs(b.i - b.j))
  const [liveTaken, otherTaken] = [new Set<number>(), new Set<number>()]
  const pairs: [number, number][] = []
  for (const { i, j } of candidates) {
    if (liveTaken.has(i) || otherTaken.has(j)) continue
    liveTaken.add(i)
    otherTaken.add(j)
    pairs.push([i, j])
  }
  return pairs
}

function ownersOf (other: Elements, places: readonly number[], budget: Budget): Map<number, number[]> {
  const owners = new Map<number, number[]>()
  for (const j of places) {
    for (const { hash } of other.traits(j)) {
      budget.spend(1)
      const known = owners.get(hash)
      if (!known) owners.set(hash, [j])
      else if (known.length <= COMMON && known.at(-1) !== j) known.push(j)
    }
  }
  return owners
}

/** How much an element has in common with each of the other list: the rarer a trait, the more it says. */
function scores (traits: readonly Trait[], owners: ReadonlyMap<number, readonly number[]>, budget: Budget): Map<number, number> {
  const found = new Map<number, number>()
  for (const { hash, weight } of traits) {
    const places = owners.get(hash) ?? []
    budget.spend(1 + places.length)
    if (places.length > COMMON) continue
    for (const j of places) found.set(j, (found.get(j) ?? 0) + weight / places.length)
  }
  return found
}
