import type { BucketRequest, BucketState, HeaderList, RateDecision } from '../../../src/contract/index.ts'
import type { Limit } from './limits-of.ts'

/** Writes into a reply what a decision says of the limits. */
export type Fields = (headers: HeaderList, requests: readonly BucketRequest[], decision: RateDecision) => void

/** The fields asked for; null for none. */
export function fieldsOf (which: 'ietf' | 'spring' | 'both' | 'none', limits: readonly Limit[]): Fields | null {
  if (which === 'none') return null
  if (which === 'spring') return springFields(limits)
  const ietf = ietfFields(limits)
  if (which === 'ietf') return ietf
  const spring = springFields(limits)
  return (headers, requests, decision) => {
    ietf(headers, requests, decision)
    spring(headers, requests, decision)
  }
}

/** Whole seconds, rounded up: who comes back then finds the tokens. */
const seconds = (ms: number): number => Math.ceil(ms / 1000)

/** Whole seconds until the request would pass, at least 1; Infinity where it never will. */
export function retryAfterS ({ buckets }: RateDecision): number {
  let ms = 1
  for (const bucket of buckets) if (!bucket.allowed) ms = Math.max(ms, bucket.retryAfterMs)
  return seconds(ms)
}

/**
 * draft-ietf-httpapi-ratelimit-headers-11: `q` is what the bucket holds, `w` how long it takes to fill, `r` what is left, `t` when it will be full; of a
 * bucket that refuses, when it will not any more. Added to what is there: lists may be split over several lines (RFC 9651 3.1). Names need no escapes.
 */
function ietfFields (limits: readonly Limit[]): Fields {
  const policies = limits.map(({ policy: { name, burst, ratePerSecond } }) => `"${name}";q=${burst};w=${Math.max(1, Math.ceil(burst / ratePerSecond))}`).join(', ')
  const heads = limits.map(({ policy: { name } }) => `"${name}";r=`)
  return ({ flat }, requests, decision) => {
    flat.push('ratelimit-policy', policies)
    const latestS = decision.allowed ? Infinity : retryAfterS(decision)
    let state = ''
    for (let i = 0; i < heads.length; i++) {
      if (requests[i]!.cost === 0) continue
      state += `${state === '' ? '' : ', '}${heads[i]}${item(decision.buckets[i]!, latestS)}`
    }
    flat.push('ratelimit', state)
  }
}

/** Retry-After must not be earlier than the end of any window told beside it (section 6). */
function item ({ allowed, remaining, retryAfterMs, resetMs }: BucketState, latestS: number): string {
  const windowS = Math.min(latestS, seconds(allowed ? resetMs : retryAfterMs))
  return windowS === Infinity ? String(remaining) : `${remaining};t=${windowS}`
}

/** Spring Cloud Gateway's fields know one limit: the one with least left. */
function springFields (limits: readonly Limit[]): Fields {
  return (headers, requests, { buckets }) => {
    const at = tightest(limits, requests, buckets)
    const { burst, ratePerSecond } = limits[at]!.policy
    headers.put('x-ratelimit-remaining', String(buckets[at]!.remaining))
    headers.put('x-ratelimit-burst-capacity', String(burst))
    headers.put('x-ratelimit-replenish-rate', String(ratePerSecond))
    headers.put('x-ratelimit-requested-tokens', String(requests[at]!.cost))
  }
}

function tightest (limits: readonly Limit[], requests: readonly BucketRequest[], buckets: readonly BucketState[]): number {
  let least = Infinity
  let at = 0
  for (let i = 0; i < limits.length; i++) {
    if (requests[i]!.cost === 0) continue
    const left = buckets[i]!.allowed ? buckets[i]!.remaining / limits[i]!.policy.burst : -1
    if (left >= least) continue
    least = left
    at = i
  }
  return at
}
