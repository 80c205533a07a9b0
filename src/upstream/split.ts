import type { Exchange } from '../contract/exchange.ts'
import { requestKey } from '../contract/request-key.ts'
import type { RouteConfig } from '../contract/route-file.ts'
import type { Expressions, Random } from '../contract/services.ts'
import { keyChance, keyHash } from './balance/key-hash.ts'

/** Chooses where a request of a route with several targets goes: the index of the target; -1 where none has a weight. */
export type Split = (x: Exchange) => number

/** By chance and weight, or by what the request is told apart by. ConfigError below /upstream/by where an expression is wrong. */
export function splitOf ({ targets, splitBy = null }: Pick<RouteConfig, 'targets' | 'splitBy'>, { random, expressions }: { random: Random, expressions: Expressions }): Split {
  const weights = targets.map(({ weight }) => weight)
  const byChance = drawn(weights, random)
  if (splitBy === null || targets.length < 2) return byChance
  const key = requestKey(splitBy, expressions, '/upstream/by')
  const byKey = rendezvous(targets.map(({ to }) => to), weights)
  return x => {
    const text = key(x)
    return text === '' ? byChance(x) : byKey(text)
  }
}

function drawn (weights: readonly number[], random: Random): Split {
  const sole = weights.filter(weight => weight > 0).length > 1 ? -1 : weights.findIndex(weight => weight > 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (sole >= 0 || total === 0) return () => sole
  return () => {
    let left = random.next() * total
    for (let i = 0; i < weights.length; i++) {
      if (left < weights[i]!) return i
      left -= weights[i]!
    }
    // Rounding has left a little
    return weights.findLastIndex(weight => weight > 0)
  }
}

/**
 * Weighted rendezvous hashing (Thaler, Ravishankar 1998; -w/ln(h) after Schindelhauer, Schomaker 2005): whoever goes to a target still does
 * when it gets more of the whole, so that 5 % is a part of 10 %, whatever the order of the list.
 */
function rendezvous (names: readonly string[], weights: readonly number[]): (key: string) => number {
  const seeds = names.map(name => keyHash(name))
  return key => {
    let best = -1
    let most = 0
    for (let i = 0; i < seeds.length; i++) {
      const score = -weights[i]! / Math.log(keyChance(key, seeds[i]))
      if (score > most) {
        best = i
        most = score
      }
    }
    return best
  }
}
