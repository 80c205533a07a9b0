import fc from 'fast-check'
import { Command, Redis } from 'ioredis'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { memoryLimiters } from '../../../../../src/adapters/limiter/memory-limiter.ts'
import { GIVE_BACK, TAKE, type Script } from '../../../../../src/adapters/limiter/redis/scripts.ts'
import { TokenBucket } from '../../../../../src/adapters/limiter/token-bucket.ts'
import type { RateDecision } from '../../../../../src/contract/rate-limiter.ts'
import { fakeClock } from '../../../../../src/testing/index.ts'
import { limitersAt, needsRedis, overheard, policy, server, take, until } from './limits.ts'

const rates = fc.oneof(fc.constantFrom(1000 / 3600, 1 / 60, 0, 10), fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 1e-6, max: 1e12, noNaN: true }))
const bursts = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1e9, max: 1e12 }))
const shares = fc.oneof(fc.constantFrom(0, 1, 1.1), fc.double({ min: 0, max: 1, noNaN: true }))

const doubles = (reply: Buffer): number[] => Array.from({ length: reply.length / 8 }, (_, i) => reply.readDoubleLE(8 * i))

/** The script on a clock that the test sets; the server's own must not end a bucket before. */
const timed = ({ lua }: Script): string => lua
  .replace("redis.call('TIME')", "{ redis.call('GET', 'seconds'), redis.call('GET', 'microseconds') }")
  .replace("string.format('%.0f', ", "string.format('%.0f', 1e9 + ")

/** Runs a script about the key `bucket` at a time. */
async function runAt (redis: Redis, script: Script, nowUs: number, args: readonly (number | string)[]): Promise<number[]> {
  const [, reply] = await Promise.all([
    redis.mset('seconds', Math.floor(nowUs / 1e6), 'microseconds', nowUs % 1e6),
    redis.sendCommand(new Command('eval', [timed(script), '1', 'bucket', ...args.map(String)], { replyEncoding: null }))
  ])
  return doubles(reply as Buffer)
}

t.test('the script does what the bucket of a process does, to the last bit', needsRedis, async t => {
  const { url } = await server(t)
  const redis = new Redis(url)
  t.teardown(() => redis.quit())
  const gaps = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000_000 }), fc.integer({ min: 1, max: 100_000_000_000 }))
  const steps = fc.array(fc.record({ gapUs: gaps, share: shares, refund: fc.boolean() }), { maxLength: 30 })
  await fc.assert(fc.asyncProperty(rates, bursts, steps, async (rate, burst, steps) => {
    const size = { rate, burst }
    let nowUs = 1_795_185_745_595_306
    const bucket = new TokenBucket(nowUs)
    await redis.del('bucket')
    for (const { gapUs, share, refund } of steps) {
      nowUs += gapUs
      const cost = Math.round(share * burst)
      const allowed = bucket.take(size, cost, nowUs)
      const [atUs, isAllowed, taken, sinceUs, took] = await runAt(redis, TAKE, nowUs, [`${rate} ${burst} ${cost} 0`]) as [number, number, number, number, number]
      const expected = [nowUs, allowed ? 1 : 0, bucket.taken, bucket.sinceUs, allowed ? cost : 0]
      if ([atUs, isAllowed, taken, sinceUs, took].some((one, i) => one !== expected[i])) throw new Error(`${[atUs, isAllowed, taken, sinceUs, took]}, here ${expected}`)
      if (!refund || !allowed || bucket.taken === 0) continue
      const [takenThen, sinceThen] = [bucket.taken, bucket.sinceUs]
      nowUs += 1000
      bucket.giveBack(size, cost, takenThen, sinceThen, nowUs)
      await runAt(redis, GIVE_BACK, nowUs, [rate, burst, cost, takenThen, sinceThen])
    }
  }), { numRuns: 60 })
})

t.test('a server whose clock goes back gives nobody tokens, and keeps nobody waiting for it', needsRedis, async t => {
  const { url } = await server(t)
  const redis = new Redis(url)
  t.teardown(() => redis.quit())
  const allowed = async (nowUs: number, cost: number): Promise<boolean> => (await runAt(redis, TAKE, nowUs, [`10 5 ${cost} 0`]))[1] === 1
  t.equal(await allowed(1e12, 3), true)
  t.equal(await allowed(1e12 - 3.6e9, 3), false)
  t.equal(await allowed(1e12 - 3.6e9, 2), true)
  t.equal(await allowed(1e12 - 3.6e9, 1), false)
  t.equal(await allowed(1e12 - 3.6e9 + 100_000, 1), true)
  await redis.del('bucket')
  for (const [cost, atUs] of [[5, 0], [3, 300_000]] as const) t.equal(await allowed(1e12 + atUs, cost), true)
  t.equal(await allowed(0, 1), false)
  t.equal(await allowed(100_000, 1), true, 'also where more was taken than it holds')
})

t.test('takes what is there for a lease, and no more', needsRedis, async t => {
  const { url } = await server(t)
  const redis = new Redis(url)
  t.teardown(() => redis.quit())
  const took = async (nowUs: number, cost: number, extra: number): Promise<number> => (await runAt(redis, TAKE, nowUs, [`3 10 ${cost} ${extra}`]))[4]!
  t.equal(await took(1e12, 1, 4), 5)
  t.equal(await took(1e12, 0, 4), 4)
  t.equal(await took(1e12, 0, 4), 1)
  t.equal(await took(1e12, 0, 4), 0)
  t.equal(await took(1e12, 1, 4), 0)
  t.equal(await took(1e12 + 333_333, 0, 4), 0)
  t.equal(await took(1e12 + 333_334, 0, 4), 1)
})

t.test('limiters in Redis and in a process decide the same on the same sequence', needsRedis, async t => {
  const { url } = await server(t)
  const heard = overheard()
  // The second has nothing remembered of what the first has seen
  const gateways = [await limitersAt(t, url, { connect: heard.connect, prefix: 'p:' }), await limitersAt(t, url, { connect: heard.connect, prefix: 'p:' })]
  let run = 0
  const steps = fc.array(fc.record({ keys: fc.array(fc.constantFrom('a', 'b'), { minLength: 3, maxLength: 3 }), shares: fc.array(fc.oneof(fc.constantFrom(0, 0.01, 1.1), fc.double({ min: 0, max: 0.6, noNaN: true })), { minLength: 3, maxLength: 3 }), gateway: fc.integer({ min: 0, max: 1 }), refund: fc.integer({ min: 0, max: 4 }) }), { maxLength: 25 })
  const sizes = fc.array(fc.record({ ratePerSecond: rates, burst: bursts }), { minLength: 1, maxLength: 3 })
  await fc.assert(fc.asyncProperty(sizes, steps, async (sizes, steps) => {
    const policies = sizes.map((size, i) => policy({ ...size, name: `p${i}` }))
    const clock = fakeClock()
    run++
    const shared = gateways.map(limiters => limiters(`${run}`, policies))
    const own = memoryLimiters(clock)('s', policies)
    for (const { keys, shares, gateway, refund } of steps) {
      const asked = policies.map(({ burst }, i) => [keys[i]!, Math.round(shares[i]! * burst)] as const)
      heard.calls.length = 0
      const theirs = await take(shared[gateway]!, ...asked)
      const reply = heard.calls.at(-1)?.reply
      if (reply) clock.set(doubles(reply)[0]! / 1000)
      const ours = await take(own, ...asked)
      if (theirs.allowed !== ours.allowed || (theirs.by === 'redis' && !isDeepStrictEqual(theirs.buckets, ours.buckets))) throw new Error(JSON.stringify([theirs, ours]))
      if (refund === 0 && theirs.allowed) await refundBoth(theirs, ours)
    }
    for (const one of shared) one.close()
  }), { numRuns: 60 })

  /** At the same time, too. */
  async function refundBoth (theirs: RateDecision, ours: RateDecision): Promise<void> {
    heard.calls.length = 0
    theirs.refund()
    if (!ours.buckets.some(({ resetMs }) => resetMs > 0)) return
    await new Promise(resolve => setImmediate(resolve))
    if (heard.calls.length === 0) return
    await until(() => heard.calls.at(-1)?.reply !== null)
    ours.refund()
  }
})
