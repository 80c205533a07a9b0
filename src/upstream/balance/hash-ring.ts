import type { Member } from '../member.ts'
import { keyHash } from './key-hash.ts'

/** Points of a member for each unit of its weight: so many that shares differ by less than a tenth. */
const POINTS = 160
/** Points of all together, at most; then all have half as many, a quarter, ... */
const MOST_POINTS = 65_536
/** Bits of a point that say whose it is. */
const OWNERS = 2 ** 20

/** Where members stand on a circle of hashes (Karger et al. 1997): a key belongs to the first at or behind its own hash. */
export class HashRing {
  readonly members: readonly Member[]
  /** Hash and owner in one number, so that they are sorted as numbers are. */
  readonly #points: Float64Array

  constructor (members: readonly Member[]) {
    this.members = members
    const total = members.reduce((sum, { weight }) => sum + weight, 0)
    // By halves and not by a part of the whole: nobody's points depend on who else there is, until there are twice as many
    const halves = Math.max(0, Math.ceil(Math.log2(total * POINTS / MOST_POINTS)))
    this.#points = Float64Array.from(members.flatMap((member, owner) => {
      const count = Math.ceil(member.weight * POINTS / 2 ** halves)
      return pointsOf(member.endpoint.origin, count).map(hash => hash * OWNERS + owner)
    })).sort()
  }

  get size (): number { return this.#points.length }

  /** Index of the first point at or behind a hash. */
  at (hash: number): number {
    const points = this.#points
    const wanted = hash * OWNERS
    let low = 0
    let high = points.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (points[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low === points.length ? 0 : low
  }

  /** Whose point it is. */
  ownerAt (index: number): number {
    return this.#points[index]! % OWNERS
  }
}

/** The first `count` points of an address: always the same. */
const pointsOf = (origin: string, count: number): number[] => Array.from({ length: count }, (_, i) => keyHash(`${origin}#${i}`))
