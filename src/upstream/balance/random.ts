import type { Random } from '../../contract/services.ts'
import type { Member } from '../member.ts'
import type { Balancers } from './balancer.ts'
import { Drawing } from './drawing.ts'
import type { WeightedDraw } from './weighted-draw.ts'

class RandomBalancer extends Drawing {
  protected override choose (draw: WeightedDraw): Member {
    return draw.members[draw.first(this.random.next())]!
  }
}

/** By chance and weight. */
export const randomBalancers = (random: Random): Balancers => (members, weightOf) => new RandomBalancer(members, weightOf, random)
