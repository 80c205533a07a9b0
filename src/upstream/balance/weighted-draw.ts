import type { Member } from '../member.ts'
import type { WeightOf } from './balancer.ts'

/** Draws members by weight, and two different ones (`first`, then `other`). */
export class WeightedDraw {
  readonly members: readonly Member[]
  /** Weights of all up to each; null where all weigh the same. */
  readonly #upTo: readonly number[] | null
  readonly #total: number

  constructor (members: readonly Member[], weightOf: WeightOf | null = null) {
    this.members = members
    const weights = members.map(member => weightOf === null ? member.weight : weightOf(member))
    const upTo: number[] = []
    for (const weight of weights) upTo.push((upTo.at(-1) ?? 0) + weight)
    this.#total = upTo.at(-1) ?? 0
    this.#upTo = weights.every(weight => weight === weights[0]) ? null : upTo
  }

  /** `chance`: uniform in [0, 1). */
  first (chance: number): number {
    return this.#upTo === null ? Math.floor(chance * this.members.length) : this.#at(chance * this.#total)
  }

  /** One of the others. There must be one. */
  other (than: number, chance: number): number {
    const upTo = this.#upTo
    if (upTo === null) {
      const at = Math.floor(chance * (this.members.length - 1))
      return at < than ? at : at + 1
    }
    const before = than === 0 ? 0 : upTo[than - 1]!
    const drawn = chance * (this.#total - (upTo[than]! - before))
    const at = this.#at(drawn < before ? drawn : drawn + upTo[than]! - before)
    // Rounding can lead to the edge of the one that is not meant
    if (at !== than) return at
    return than === 0 ? 1 : than - 1
  }

  #at (drawn: number): number {
    const upTo = this.#upTo!
    let low = 0
    let high = upTo.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (drawn < upTo[middle]!) high = middle
      else low = middle + 1
    }
    return low
  }
}
