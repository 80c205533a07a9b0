import type { Exchange } from '../../contract/exchange.ts'
import type { Acceptable, Member } from '../member.ts'

/** Chooses one of a fixed list of members. */
export interface Balancer {
  /** The one for this request; null where there is none to choose. With `acceptable`, only one of those: the first choice was not to be had. */
  pick(x: Exchange, acceptable: Acceptable | null): Member | null
}

/** What a member weighs at the moment; null while nothing but its own weight counts. */
export type WeightOf = (member: Member) => number

/**
 * Makes a balancer for the members in rotation at the moment, each with a weight above 0; made anew whenever they change. What is known of
 * members for longer than that is the maker's. `weightOf`: while some of them are warming up (slow start).
 */
export type Balancers = (members: readonly Member[], weightOf: WeightOf | null) => Balancer
