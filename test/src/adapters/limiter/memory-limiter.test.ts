import t from 'tap'
import { BucketTables } from '../../../../src/adapters/limiter/bucket-tables.ts'
import { limitersOf, memoryLimiters } from '../../../../src/adapters/limiter/memory-limiter.ts'
import type { BucketPolicy, RateDecision, RateLimiter } from '../../../../src/contract/rate-limiter.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

const policy = (over: Partial<BucketPolicy> = {}): BucketPolicy => ({ name: 'p', ratePerSecond: 1, burst: 2, mode: 'exact', instances: 1, onError: 'local', ...over })
const take = (limiter: RateLimiter, ...asked: (string | [string, number])[]): RateDecision =>
  limiter.take(asked.map(one => typeof one === 'string' ? { key: one, cost: 1 } : { key: one[0], cost: one[1] })) as RateDecision
const passes = (limiter: RateLimiter, ...asked: Parameters<typeof take> extends [unknown, ...infer A] ? A : never): boolean => take(limiter, ...asked).allowed

t.test('lets a burst pass, then the rate, each key for itself', async t => {
  const clock = fakeClock(1000)
  const limiter = memoryLimiters(clock)('s', [policy()])
  t.match(take(limiter, 'a'), { allowed: true, by: 'memory', buckets: [{ allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 1000 }] })
  t.equal(passes(limiter, 'a'), true)
  t.match(take(limiter, 'a'), { allowed: false, by: 'memory', buckets: [{ allowed: false, remaining: 0, retryAfterMs: 1000, resetMs: 2000 }] })
  t.equal(passes(limiter, 'b'), true)
  clock.advance(999)
  t.equal(passes(limiter, 'a'), false)
  clock.advance(1)
  t.equal(passes(limiter, 'a'), true)
  t.equal(passes(limiter, 'a'), false)
})

t.test('decides over several buckets as one: a refusal charges none', async t => {
  const clock = fakeClock()
  const limiter = memoryLimiters(clock)('s', [policy({ name: 'user', burst: 3 }), policy({ name: 'all', burst: 1 })])
  t.equal(passes(limiter, 'a', 'all'), true)
  for (let i = 0; i < 5; i++) t.match(take(limiter, 'a', 'all'), { allowed: false, buckets: [{ allowed: true, remaining: 2, retryAfterMs: 0 }, { allowed: false, remaining: 0, retryAfterMs: 1000 }] })
  t.equal(passes(limiter, 'a', 'other'), true)
  t.equal(passes(limiter, 'a', 'third'), true)
  t.match(take(limiter, 'a', 'fourth').buckets, [{ allowed: false }, { allowed: true, remaining: 1 }])
})

t.test('counts one bucket that is asked twice twice', async t => {
  const limiter = memoryLimiters(fakeClock())('s', [policy({ burst: 3 }), policy({ burst: 3 })])
  t.equal(passes(limiter, 'a', 'a'), true)
  t.match(take(limiter, 'a', 'a'), { allowed: false, buckets: [{ allowed: true }, { allowed: false }] })
  t.equal(passes(limiter, 'a', 'b'), true)
})

t.test('charges what a request costs', async t => {
  const limiter = memoryLimiters(fakeClock())('s', [policy({ burst: 10 })])
  t.match(take(limiter, ['a', 11]), { allowed: false, buckets: [{ allowed: false, remaining: 10, retryAfterMs: Infinity, resetMs: 0 }] })
  t.match(take(limiter, ['a', 7]), { allowed: true, buckets: [{ remaining: 3 }] })
  t.match(take(limiter, ['a', 5]), { allowed: false, buckets: [{ remaining: 3, retryAfterMs: 2000 }] })
  t.match(take(limiter, ['a', 3]), { allowed: true, buckets: [{ remaining: 0 }] })
  t.match(take(limiter, ['a', 0]), { allowed: true, buckets: [{ remaining: 0 }] })
  for (const cost of [NaN, -5, Infinity]) t.match(take(limiter, ['b', cost]), { allowed: false, buckets: [{ remaining: 10, retryAfterMs: Infinity }] }, `${cost} is no cost`)
})

t.test('gives back what was refused elsewhere, once', async t => {
  const clock = fakeClock()
  const limiter = memoryLimiters(clock)('s', [policy({ name: 'a', burst: 2 }), policy({ name: 'b', burst: 5 })])
  const first = take(limiter, 'k', 'k')
  take(limiter, 'k', 'k')
  first.refund()
  first.refund()
  t.equal(passes(limiter, 'k', 'k'), true)
  const refused = take(limiter, 'k', 'k')
  t.equal(refused.allowed, false)
  refused.refund()
  t.equal(passes(limiter, 'k', 'k'), false, 'a refusal has nothing to give back')
  const late = memoryLimiters(clock)('t', [policy({ burst: 1 })])
  const early = take(late, 'k')
  clock.advance(5000)
  t.equal(passes(late, 'k'), true)
  early.refund()
  t.equal(passes(late, 'k'), false, 'it had come back by itself')
})

t.test('has the whole rate, or the share of one of several where each goes by itself', async t => {
  const limiters = memoryLimiters(fakeClock())
  for (const mode of ['exact', 'leased'] as const) t.match(take(limiters(mode, [policy({ burst: 8, instances: 4, mode })]), 'a').buckets, [{ remaining: 7, resetMs: 1000 }])
  t.match(take(limiters('s', [policy({ burst: 8, instances: 4, mode: 'local' })]), 'a').buckets, [{ remaining: 1, resetMs: 4000 }])
  t.match(take(limiters('t', [policy({ burst: 2, instances: 4, mode: 'local' })]), 'a').buckets, [{ allowed: true, remaining: 0 }], 'one token at least')
})

t.test('has the same buckets for the same scope and policies, and others for others', async t => {
  const limiters = memoryLimiters(fakeClock())
  take(limiters('s', [policy()]), ['a', 2])
  t.equal(passes(limiters('s', [policy()]), 'a'), false)
  for (const [scope, other] of [['t', policy()], ['s', policy({ name: 'q' })], ['s', policy({ burst: 3 })], ['s', policy({ ratePerSecond: 2 })]] as const) t.equal(passes(limiters(scope, [other]), 'a'), true)
})

t.test('keeps buckets over a reload until they are full again', async t => {
  const clock = fakeClock()
  const tables = new BucketTables()
  const limiters = limitersOf(tables, clock)
  const old = limiters('s', [policy()])
  take(old, ['a', 2])
  const next = limiters('s', [policy()])
  old.close()
  old.close()
  t.equal(passes(next, 'a'), false, 'while another uses them')
  next.close()
  clock.advance(500)
  t.equal(passes(limiters('s', [policy()]), 'a'), false, 'and when it was not in use for a while')
  limiters('s', [policy()])
  t.same(tables.held, { tables: 1, buckets: 1 })
})

t.test('lets go of buckets that nobody uses when they are full, or after an hour', async t => {
  const clock = fakeClock()
  const tables = new BucketTables()
  const limiters = limitersOf(tables, clock)
  const other = limiters('other', [policy()])
  const soon = limiters('soon', [policy({ burst: 10 })])
  const never = limiters('never', [policy({ ratePerSecond: 1e-9, burst: 10 })])
  take(soon, ['a', 10])
  take(never, ['a', 10])
  soon.close()
  never.close()
  t.same(tables.held, { tables: 3, buckets: 2 })
  clock.advance(10_001)
  take(other, ['a', 0])
  t.same(tables.held, { tables: 2, buckets: 1 })
  clock.advance(3_600_000)
  take(other, ['a', 0])
  t.same(tables.held, { tables: 1, buckets: 0 })
})

t.test('keeps buckets that are in use again for as long as they are', async t => {
  const clock = fakeClock()
  const limiters = memoryLimiters(clock)
  const never = policy({ ratePerSecond: 1e-9, burst: 10 })
  const old = limiters('s', [never])
  take(old, ['a', 10])
  old.close()
  const again = limiters('s', [never])
  clock.advance(7_200_000)
  limiters('other', [policy()]).close()
  t.equal(passes(again, 'a'), false)
  t.equal(passes(limiters('s', [never]), 'a'), false)
})

t.test('leaves nothing of 10,000 limiters', async t => {
  const tables = new BucketTables()
  const limiters = limitersOf(tables, fakeClock())
  for (let i = 0; i < 10_000; i++) {
    const limiter = limiters(`s${i}`, [policy(), policy({ name: 'q' })])
    if (i % 2 === 0) take(limiter, ['a', 1], 'b')
    limiter.close()
  }
  t.ok(tables.held.tables <= 257 && tables.held.buckets <= 257, JSON.stringify(tables.held))
})

t.test('bounds its memory, and a flood of keys does not free whoever is in debt', async t => {
  const tables = new BucketTables({ keys: 2000 })
  const limiter = limitersOf(tables, fakeClock())('s', [policy({ burst: 100 })])
  take(limiter, ['heavy', 100])
  for (let i = 0; i < 50_000; i++) take(limiter, `made up ${i}`)
  t.equal(tables.held.buckets, 2000)
  t.equal(passes(limiter, 'heavy'), false)
})
