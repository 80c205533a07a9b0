import type { Exchange } from '../../contract/exchange.ts'
import type { RequestKey } from '../../contract/request-key.ts'
import type { Random } from '../../contract/services.ts'
import type { Acceptable, Member } from '../member.ts'
import type { Balancer, Balancers, WeightOf } from './balancer.ts'
import { HashRing } from './hash-ring.ts'
import { keyChance, keyHash } from './key-hash.ts'
import { randomBalancers } from './random.ts'

export interface ConsistentHashOptions {
  readonly key: RequestKey
  /** Nobody has more than this times its part of the requests in flight. */
  readonly bound: number
  readonly random: Random
}

/** Other bits of a key than those that lead to its place on the ring. */
const WARMING = 0x5bd1e995

/**
 * Sends the same key to the same member; where one goes, only its keys move. No member gets more than `bound` times its part of the
 * requests in flight: what is over goes to the next on the ring (Mirrokni, Thorup, Zadimoghaddam 2016). Requests without a key go by chance.
 */
class ConsistentHash implements Balancer {
  readonly #ring: HashRing
  readonly #options: ConsistentHashOptions
  readonly #weightOf: WeightOf | null
  readonly #keyless: Balancer
  readonly #boundPerWeight: number

  constructor (members: readonly Member[], weightOf: WeightOf | null, options: ConsistentHashOptions) {
    this.#ring = new HashRing(members)
    this.#options = options
    this.#weightOf = weightOf
    this.#keyless = randomBalancers(options.random)(members, weightOf)
    this.#boundPerWeight = options.bound / members.reduce((sum, { weight }) => sum + weight, 0)
  }

  pick (x: Exchange, acceptable: Acceptable | null): Member | null {
    const key = this.#options.key(x)
    if (key === '') return this.#keyless.pick(x, acceptable)
    const start = this.#ring.at(keyHash(key))
    const owner = this.#ring.members[this.#ring.ownerAt(start)]!
    const perWeight = this.#mostPerWeight()
    if (acceptable === null && this.#weightOf === null && isWithin(owner, perWeight)) return owner
    const wanted = this.#weightOf === null ? acceptable : this.#warmFor(key, acceptable)
    return this.#walk(start, member => isWithin(member, perWeight) && (wanted === null || wanted(member))) ?? this.#walk(start, acceptable)
  }

  /** What one may have in flight for each unit of its weight, this request among them. */
  #mostPerWeight (): number {
    const { members } = this.#ring
    let inFlight = 1
    for (let i = 0; i < members.length; i++) inFlight += members[i]!.endpoint.inFlight
    return inFlight * this.#boundPerWeight
  }

  /** A member that warms up gets its keys one after the other, and each stays. */
  #warmFor (key: string, acceptable: Acceptable | null): Acceptable {
    const chance = keyChance(key, WARMING)
    const weightOf = this.#weightOf!
    return member => chance * member.weight < weightOf(member) && (acceptable === null || acceptable(member))
  }

  /** Each member is asked about once. */
  #walk (start: number, acceptable: Acceptable | null): Member | null {
    const { members, size } = this.#ring
    const refused = new Set<number>()
    for (let i = 0; i < size && refused.size < members.length; i++) {
      const owner = this.#ring.ownerAt((start + i) % size)
      if (refused.has(owner)) continue
      if (acceptable === null || acceptable(members[owner]!)) return members[owner]!
      refused.add(owner)
    }
    return null
  }
}

/** One that has nothing to do may always be asked. */
const isWithin = ({ weight, endpoint: { inFlight } }: Member, perWeight: number): boolean => inFlight < Math.ceil(perWeight * weight)

/** The same key to the same member. */
export const consistentHash = (options: ConsistentHashOptions): Balancers => (members, weightOf) => new ConsistentHash(members, weightOf, options)
