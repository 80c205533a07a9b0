import type { Exchange } from '../../contract/exchange.ts'
import type { Acceptable, Member } from '../member.ts'
import type { Balancer, Balancers, WeightOf } from './balancer.ts'

/** One after the other, by weight. */
export const roundRobin: Balancers = (members, weightOf) =>
  weightOf === null && members.every(({ weight }) => weight === members[0]!.weight) ? new InTurn(members) : new RoundRobin(members, weightOf)

/**
 * Smooth weighted round robin: each turn every member gains its weight, the richest is taken and pays the total, so that
 * heavy ones do not come in bursts. (The algorithm of nginx's upstream module, 2012.)
 */
class RoundRobin implements Balancer {
  readonly #members: readonly Member[]
  readonly #weightOf: WeightOf | null
  readonly #weights: number[]
  readonly #credit: number[]
  readonly #total: number

  constructor (members: readonly Member[], weightOf: WeightOf | null) {
    this.#members = members
    this.#weightOf = weightOf
    this.#weights = members.map(({ weight }) => weight)
    this.#credit = members.map(() => 0)
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0)
  }

  pick (_x: Exchange, acceptable: Acceptable | null): Member | null {
    return acceptable === null && this.#weightOf === null ? this.#next() : this.#among(acceptable, this.#weightOf)
  }

  #next (): Member {
    const weights = this.#weights
    const credit = this.#credit
    let best = 0
    for (let i = 0; i < weights.length; i++) {
      credit[i]! += weights[i]!
      if (credit[i]! > credit[best]!) best = i
    }
    credit[best]! -= this.#total
    return this.#members[best]!
  }

  /** The others neither gain nor pay. */
  #among (acceptable: Acceptable | null, weightOf: WeightOf | null): Member | null {
    let best = -1
    let total = 0
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i]!
      if (acceptable !== null && !acceptable(member)) continue
      const weight = weightOf === null ? member.weight : weightOf(member)
      this.#credit[i]! += weight
      total += weight
      if (best < 0 || this.#credit[i]! > this.#credit[best]!) best = i
    }
    if (best < 0) return null
    this.#credit[best]! -= total
    return this.#members[best]!
  }
}

/** The same for members of one weight. */
class InTurn implements Balancer {
  readonly #members: readonly Member[]
  #turn = 0

  constructor (members: readonly Member[]) {
    this.#members = members
  }

  pick (_x: Exchange, acceptable: Acceptable | null): Member | null {
    const members = this.#members
    for (let tried = 0; tried < members.length; tried++) {
      const member = members[this.#turn]!
      this.#turn = this.#turn + 1 === members.length ? 0 : this.#turn + 1
      if (acceptable === null || acceptable(member)) return member
    }
    return null
  }
}
