import { requestKey } from '../../contract/request-key.ts'
import type { BalanceConfig } from '../../contract/route-file.ts'
import type { Clock, Expressions, Random } from '../../contract/services.ts'
import type { Balancers } from './balancer.ts'
import { consistentHash } from './consistent-hash.ts'
import { ewma } from './ewma.ts'
import { leastRequests } from './least-requests.ts'
import { randomBalancers } from './random.ts'
import { roundRobin } from './round-robin.ts'

/** What balancers need of the outside. */
export interface BalanceServices { readonly clock: Pick<Clock, 'monotonic'>, readonly random: Random, readonly expressions: Expressions }

/** What `balance` of an upstream says. ConfigError at /balance/... where an expression is wrong. */
export function balancersOf (balance: BalanceConfig, { clock, random, expressions }: BalanceServices): Balancers {
  if (typeof balance === 'object') {
    const { by, bound } = balance['consistent-hash']
    return consistentHash({ key: requestKey(by, expressions, '/balance/consistent-hash/by'), bound, random })
  }
  switch (balance) {
    case 'least-requests': return leastRequests(random)
    case 'ewma': return ewma(random, clock)
    case 'random': return randomBalancers(random)
    case 'round-robin': return roundRobin
  }
}
