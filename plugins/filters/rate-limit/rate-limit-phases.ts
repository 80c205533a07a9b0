import {
  challenge, labelledCounter, refuse, refuseCaller, type BucketRequest, type Counter, type Exchange, type Phases, type RateDecision, type RateLimiter, type Reply, type Services
} from '../../../src/contract/index.ts'
import { retryAfterS, type Fields } from './fields.ts'
import type { Limit } from './limits-of.ts'

/** What a use works with. */
export interface RateLimitParts {
  readonly limits: readonly Limit[]
  readonly limiter: RateLimiter
  readonly fields: Fields | null
  readonly routeId: string
  readonly metrics: Services['metrics']
}

/** What a request was charged, or would have been. */
interface Charge { readonly requests: readonly BucketRequest[], readonly decision: RateDecision }

/** A limit that has no say in a request: it costs nothing. */
const NO_SAY: BucketRequest = { key: '', cost: 0 }

/** Replies of any use, by the route: the other uses on it charge nothing for them. */
const refusals = new WeakMap<Reply, string>()

/** Decides on the way in, at once where nobody has to be asked; tells and settles on the way out. */
export class RateLimitPhases implements Phases {
  readonly #parts: RateLimitParts
  readonly #charges = new WeakMap<Exchange, Charge>()
  readonly #decided: (by: RateDecision['by']) => Counter
  readonly #refused: (limit: string) => Counter

  constructor (parts: RateLimitParts) {
    this.#parts = parts
    this.#decided = labelledCounter(parts.metrics, 'gatehouse_rate_limit_decisions_total', 'by')
    this.#refused = labelledCounter(parts.metrics, 'gatehouse_rate_limit_refused_total', 'limit')
  }

  request (x: Exchange): void | Promise<void> {
    const requests = this.#requestsOf(x)
    if (requests === null) return
    const decision = this.#parts.limiter.take(requests)
    if (decision instanceof Promise) return decision.then(made => { this.#settle(x, requests, made) })
    this.#settle(x, requests, decision)
  }

  response (x: Exchange): void {
    const charge = this.#charges.get(x)
    if (charge === undefined) return
    // Not left to the collector: a table of exchanges long gone costs more than all the rest
    this.#charges.delete(x)
    const { requests, decision } = charge
    const { code, headers } = x.reply!
    // Several limits on a route are one decision: who is refused by another has had nothing of this one
    if (decision.allowed && code !== null && refusals.get(x.reply!) === this.#parts.routeId) decision.refund()
    else if (isKnown(decision)) this.#parts.fields?.(headers, requests, decision)
  }

  close (): void {
    this.#parts.limiter.close()
  }

  /** What is asked of each bucket; null where there is nothing to ask. */
  #requestsOf (x: Exchange): BucketRequest[] | null {
    const requests: BucketRequest[] = []
    let total = 0
    for (const limit of this.#parts.limits) {
      const key = limit.key(x)
      if (key === '' && limit.emptyKey === 'refuse') {
        refuseKeyless(x, limit)
        this.#note(x, limit)
        return null
      }
      const asked = key === '' && limit.emptyKey === 'allow' ? NO_SAY : { key, cost: limit.cost(x) }
      total += asked.cost
      requests.push(asked)
    }
    return total === 0 ? null : requests
  }

  #settle (x: Exchange, requests: readonly BucketRequest[], decision: RateDecision): void {
    this.#decided(decision.by).add()
    this.#charges.set(x, { requests, decision })
    if (decision.allowed) return
    const limit = this.#parts.limits[Math.max(0, decision.buckets.findIndex(({ allowed }) => !allowed))]!
    turnAway(x, decision, limit)
    this.#note(x, limit)
  }

  /** Counts a refusal, and tells the other uses on the route. */
  #note (x: Exchange, { policy: { name } }: Limit): void {
    this.#refused(name).add()
    refusals.set(x.reply!, this.#parts.routeId)
  }
}

/** Where Redis was not asked and no share was counted, nothing is known of the buckets. */
const isKnown = ({ by }: RateDecision): boolean => by !== 'open' && by !== 'closed'

function turnAway (x: Exchange, decision: RateDecision, { policy: { name } }: Limit): void {
  x.reason = name
  const waitS = retryAfterS(decision)
  refuse(x, decision.by === 'closed' ? 'GW_RATE_LIMIT_UNAVAILABLE' : 'GW_RATE_LIMITED', undefined, waitS === Infinity ? {} : { 'retry-after': String(waitS) })
}

/** Who is anonymous can come back with a credential; whoever else can do nothing about it. */
function refuseKeyless (x: Exchange, { ofCaller }: Limit): void {
  if (ofCaller && x.principal === null) refuseCaller(x, 'GW_UNAUTHENTICATED', 'missing', challenge('Bearer', {}))
  else refuseCaller(x, 'GW_FORBIDDEN', 'no-key')
}
