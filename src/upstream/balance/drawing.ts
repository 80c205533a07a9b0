import type { Exchange } from '../../contract/exchange.ts'
import type { Random } from '../../contract/services.ts'
import type { Acceptable, Member } from '../member.ts'
import type { Balancer, WeightOf } from './balancer.ts'
import { WeightedDraw } from './weighted-draw.ts'

/** Balancing by chance: all that differs is what is done with a draw. */
export abstract class Drawing implements Balancer {
  protected readonly random: Random
  readonly #members: readonly Member[]
  readonly #weightOf: WeightOf | null
  readonly #draw: WeightedDraw

  constructor (members: readonly Member[], weightOf: WeightOf | null, random: Random) {
    this.random = random
    this.#members = members
    this.#weightOf = weightOf
    this.#draw = new WeightedDraw(members)
  }

  pick (_x: Exchange, acceptable: Acceptable | null): Member | null {
    if (acceptable === null && this.#weightOf === null) return this.choose(this.#draw)
    const members = acceptable === null ? this.#members : this.#members.filter(acceptable)
    if (members.length <= 1) return members[0] ?? null
    return this.choose(new WeightedDraw(members, this.#weightOf))
  }

  /** Among two or more. */
  protected abstract choose (draw: WeightedDraw): Member
}

/** Power of two choices: the better of two that were drawn, so that no herd runs to the best (Mitzenmacher 2001). */
export abstract class BetterOfTwo extends Drawing {
  protected override choose (draw: WeightedDraw): Member {
    const first = draw.first(this.random.next())
    const one = draw.members[first]!
    const other = draw.members[draw.other(first, this.random.next())]!
    return this.isBetter(other, one) ? other : one
  }

  /** Where neither is, the one that was drawn first is taken: by weight. */
  protected abstract isBetter (member: Member, than: Member): boolean
}
