import type { BucketPolicy, BucketRequest, BucketState, RateDecision, RateLimiters } from '../../../../src/contract/index.ts'

/** What a test's limiter says, beside what it counts. */
export interface FakeAnswer { by?: RateDecision['by'], retryAfterMs?: number, resetMs?: number, refuses?: boolean }

/** One limiter that a room has made, with all that it was asked. */
export interface FakeUse {
  scope: string
  policies: readonly BucketPolicy[]
  asked: (readonly BucketRequest[])[]
  refunds: number
  closed: boolean
}

/** Limiters of a test, in the order they were made. */
export interface FakeLimiters { limiter: RateLimiters, uses: FakeUse[] }

/**
 * Buckets that are never filled again: each holds its burst, per scope, policy and key. `answer` is asked for each decision and says the rest;
 * with `later` every decision is a promise.
 */
export function fakeLimiter (answer: FakeAnswer | ((requests: readonly BucketRequest[]) => FakeAnswer) = {}, { later = false } = {}): FakeLimiters {
  const uses: FakeUse[] = []
  const spent = new Map<string, number>()
  const limiter: RateLimiters = (scope, policies) => {
    const use: FakeUse = { scope, policies, asked: [], refunds: 0, closed: false }
    uses.push(use)
    return {
      take: requests => {
        use.asked.push(requests)
        const made = decide(use, requests, typeof answer === 'function' ? answer(requests) : answer, spent)
        return later ? Promise.resolve(made) : made
      },
      close: () => { use.closed = true }
    }
  }
  return { limiter, uses }
}

function decide (use: FakeUse, requests: readonly BucketRequest[], { by = 'memory', retryAfterMs = 1500, resetMs = 2500, refuses = false }: FakeAnswer, spent: Map<string, number>): RateDecision {
  const bucket = ({ key }: BucketRequest, i: number) => `${use.scope} ${i} ${key}`
  const used = requests.map((request, i) => spent.get(bucket(request, i)) ?? 0)
  const fits = requests.map(({ cost }, i) => !refuses && used[i]! + cost <= use.policies[i]!.burst)
  const allowed = fits.every(Boolean)
  const charge = (sign: 1 | -1) => requests.forEach((request, i) => { spent.set(bucket(request, i), (spent.get(bucket(request, i)) ?? 0) + sign * request.cost) })
  if (allowed) charge(1)
  const buckets = requests.map(({ cost }, i): BucketState => ({
    allowed: fits[i]!,
    remaining: Math.max(0, use.policies[i]!.burst - used[i]! - (allowed ? cost : 0)),
    retryAfterMs: fits[i] ? 0 : retryAfterMs,
    resetMs
  }))
  const refund = () => {
    use.refunds++
    if (allowed) charge(-1)
  }
  return { allowed, buckets, by, refund }
}
