import { Redis } from 'ioredis'
import t from 'tap'
import { Lease } from '../../../../../src/adapters/limiter/redis/lease.ts'
import type { RateDecision, RateLimiter } from '../../../../../src/contract/rate-limiter.ts'
import { fakeClock } from '../../../../../src/testing/index.ts'
import { limitersAt, needsRedis, overheard, policy, server, take, until } from './limits.ts'

const RATE = 100
/** A lease that somebody has used `n` tokens of lately. */
function used (n: number, most = 20): Lease {
  const lease = new Lease(most)
  for (let i = 0; i < n; i++) lease.take(1, 1e6)
  return lease
}

t.test('asks for what is used in 100 ms, one token at least, and never for more than its share', async t => {
  t.equal(new Lease(20).beside(1e6), 0)
  t.equal(used(5).beside(1e6), 4, 'the one that is used at once is not among them')
  t.equal(used(500).beside(1e6), 19)
  t.equal(used(5).beside(1e6 + 150_000), 4, 'of the interval before, too')
  t.equal(used(5).beside(1e6 + 300_000), 0, 'and not of those before')
  t.equal(used(500, 1).beside(1e6), 0)
})

t.test('asks ahead when half is used, and only once at a time', async t => {
  const lease = used(9)
  lease.answered(8, 8, RATE, 1e6, false)
  t.equal(lease.ahead(1e6), 0)
  for (let i = 0; i < 4; i++) t.equal(lease.take(1, 1e6), true)
  t.equal(lease.tokens, 4)
  t.equal(lease.ahead(1e6), 8)
  lease.asking()
  t.equal(lease.ahead(1e6), 0)
  t.equal(lease.beside(1e6), 0)
  lease.answered(8, 8, RATE, 1e6, false)
  t.equal(lease.tokens, 12)
})

t.test('gives up after 250 ms what it does not use', async t => {
  const lease = used(9)
  lease.answered(8, 8, RATE, 1e6, false)
  t.equal(lease.take(1, 1e6 + 249_999), true)
  t.equal(lease.take(1, 1e6 + 250_000), false)
  t.equal(lease.tokens, 0)
  lease.putBack(1, 1e6 + 250_000)
  t.equal(lease.tokens, 0)
  const other = used(9)
  other.answered(8, 8, RATE, 1e6, false)
  t.equal(other.empty(1e6 + 1), 8)
  t.equal(other.empty(1e6 + 1), 0)
})

t.test('asks for ten times as much, and keeps it as much longer, where more than half of the bucket is left', async t => {
  const lease = used(5, 100)
  lease.answered(4, 4, RATE, 1e6, true)
  t.equal(lease.beside(1e6), 45)
  t.equal(lease.take(1, 1e6 + 2_499_999), true)
  t.equal(lease.take(1, 1e6 + 2_500_000), false)
  t.equal(used(500, 100).beside(1e6), 99, 'and never for more than its share')
  lease.answered(4, 4, RATE, 1e6, false)
  t.equal(lease.take(1, 1e6 + 250_000), false)
})

t.test('never holds more than its share but one', async t => {
  const lease = used(5, 10)
  lease.answered(9, 9, RATE, 1e6, false)
  for (let i = 0; i < 5; i++) lease.putBack(1, 1e6)
  t.equal(lease.tokens, 9)
  lease.answered(9, 9, RATE, 1e6, false)
  t.equal(lease.tokens, 9)
})

t.test('leaves Redis alone for a while when there is nothing to lease', async t => {
  const lease = used(5)
  lease.asking()
  lease.answered(4, 1, RATE, 1e6, false)
  t.equal(lease.beside(1e6 + 29_999), 0)
  t.equal(lease.beside(1e6 + 30_000), 3)
})

/** Takes until a lease is at hand. */
async function warm (limiter: RateLimiter): Promise<void> {
  await until(async () => {
    const decisions = await Promise.all(Array.from({ length: 20 }, () => take(limiter, 'a')))
    return decisions.every(({ by }) => by === 'lease')
  })
}

t.test('decides at once where tokens are at hand, and takes more before they are used', needsRedis, async t => {
  const { url } = await server(t)
  const heard = overheard()
  const limiter = (await limitersAt(t, url, { connect: heard.connect }))('s', [policy({ mode: 'leased', ratePerSecond: 1e6, burst: 10_000, instances: 4 })])
  t.match(await take(limiter, 'a'), { by: 'redis', buckets: [{ remaining: 9999 }] })
  await warm(limiter)
  heard.calls.length = 0
  const decision = limiter.take([{ key: 'a', cost: 1 }])
  t.notOk(decision instanceof Promise)
  t.match(decision, { allowed: true, by: 'lease', buckets: [{ allowed: true, retryAfterMs: 0 }] })
  let waited = 0
  for (let i = 0; i < 3000; i++) {
    const decision = limiter.take([{ key: 'a', cost: 1 }])
    if (decision instanceof Promise) waited++
    if (i % 5 === 0) await new Promise(resolve => setImmediate(resolve))
    await decision
  }
  t.ok(waited < 300, `${waited} of 3000 waited`)
  t.ok(heard.calls.length < 600, `${heard.calls.length} calls`)
})

t.test('asks Redis where the lease does not suffice, or is a share of one token', needsRedis, async t => {
  const { url } = await server(t)
  const limiters = await limitersAt(t, url)
  const big = limiters('big', [policy({ mode: 'leased', ratePerSecond: 1e-3, burst: 1000, instances: 1 })])
  await Promise.all(Array.from({ length: 40 }, () => take(big, 'a')))
  t.match(await take(big, ['a', 60]), { by: 'redis' })
  const small = limiters('small', [policy({ mode: 'leased', ratePerSecond: 1e-3, burst: 10, instances: 8 })])
  for (let i = 0; i < 10; i++) t.match(await take(small, 'a'), { allowed: true, by: 'redis' })
  t.match(await take(small, 'a'), { allowed: false })
})

t.test('gives back to the lease, and the lease to Redis when it is closed by all', needsRedis, async t => {
  const { url } = await server(t)
  const clock = fakeClock(1000)
  const limiters = await limitersAt(t, url, { prefix: 'p:', clock })
  const policies = [policy({ mode: 'leased', ratePerSecond: 1e-3, burst: 100 })]
  const [limiter, after] = [limiters('s', policies), limiters('s', policies)]
  const decisions: RateDecision[] = []
  await until(async () => {
    decisions.push(await take(limiter, 'a'))
    return decisions.at(-1)!.by === 'lease'
  })
  const { remaining } = decisions.at(-1)!.buckets[0]!
  t.equal(remaining, 100 - decisions.length, 'what the lease holds is left, too')
  decisions.at(-1)!.refund()
  t.equal((await take(after, 'a')).buckets[0]!.remaining, remaining, 'those of the same scope have the same lease')
  limiter.close()
  t.match(await take(after, 'a'), { buckets: [{ remaining: remaining - 1 }] })
  after.close()
  const others = (await limitersAt(t, url, { prefix: 'p:' }))('s', [policy({ ...policies[0]!, mode: 'exact' })])
  await until(async () => (await take(others, ['a', 0])).buckets[0]!.remaining === remaining - 1)
})

t.test('gives leases back when the limiters are closed', needsRedis, async t => {
  const { url } = await server(t)
  const redis = new Redis(url)
  t.teardown(() => redis.quit())
  const limiters = await limitersAt(t, url, { prefix: 'p:' })
  const limiter = limiters('s', [policy({ mode: 'leased', ratePerSecond: 1e-3, burst: 1000 })])
  let admitted = 0
  await until(async () => {
    admitted++
    return (await take(limiter, 'a')).by === 'lease'
  })
  await limiters.close()
  const [key] = await redis.keys('*')
  t.equal((await redis.getBuffer(key!))!.readDoubleLE(0), admitted)
})
