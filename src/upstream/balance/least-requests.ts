import type { Random } from '../../contract/services.ts'
import type { Member } from '../member.ts'
import type { Balancers } from './balancer.ts'
import { BetterOfTwo } from './drawing.ts'

class LeastRequests extends BetterOfTwo {
  protected override isBetter (member: Member, than: Member): boolean {
    return member.endpoint.inFlight * than.weight < than.endpoint.inFlight * member.weight
  }
}

/** Of two drawn by weight, the one with fewer requests in flight for its weight. */
export const leastRequests = (random: Random): Balancers => (members, weightOf) => new LeastRequests(members, weightOf, random)
