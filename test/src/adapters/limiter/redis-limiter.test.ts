import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { systemClock } from '../../../../src/adapters/system-clock.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { limitersAt, needsRedis, overheard, policy, server, take, until } from './redis/limits.ts'

async function raw (t: Test, url: string): Promise<Redis> {
  const client = new Redis(url)
  t.teardown(() => client.quit())
  return client
}

t.test('shares buckets with all that use the same Redis', needsRedis, async t => {
  const { url } = await server(t)
  const [one, two] = [await limitersAt(t, url, { prefix: 'p:' }), await limitersAt(t, url, { prefix: 'p:' })]
  t.match(await take(one('s', [policy()]), 'a'), { allowed: true, by: 'redis', buckets: [{ allowed: true, remaining: 1, retryAfterMs: 0 }] })
  t.equal((await take(two('s', [policy()]), 'a')).allowed, true)
  const refused = await take(one('s', [policy()]), 'a')
  t.match(refused, { allowed: false, by: 'redis', buckets: [{ allowed: false, remaining: 0 }] })
  t.ok(refused.buckets[0]!.retryAfterMs > 500 && refused.buckets[0]!.retryAfterMs <= 1000)
  for (const [scope, other] of [['t', policy()], ['s', policy({ name: 'q' })], ['s', policy({ burst: 3 })]] as const) t.equal((await take(two(scope, [other]), 'a')).allowed, true)
})

t.test('keeps a digest of keys, with an end, and nothing that is full', needsRedis, async t => {
  const { url } = await server(t)
  const redis = await raw(t, url)
  const limiter = (await limitersAt(t, url, { prefix: 'p:' }))('orders', [policy({ burst: 10 })])
  const start = performance.now()
  await take(limiter, ['ada@example.com', 3])
  const keys = await redis.keys('*')
  const leftMs = await redis.pttl(keys[0]!)
  t.ok(leftMs >= 3000 - (performance.now() - start) && leftMs <= 3001, `${leftMs}: until it is full again`)
  t.match(keys[0], /^p:rl:\{[0-9a-f]{32}\}$/)
  await take(limiter, ['grace', 0])
  await take(limiter, ['heidi', 11])
  t.same(await redis.keys('*'), keys)
})

t.test('gives each key an end, whatever the rate and the burst', needsRedis, async t => {
  const { url } = await server(t)
  const redis = await raw(t, url)
  const limiters = await limitersAt(t, url, { prefix: 'p:' })
  // The first two made Spring's script forget the bucket at once
  for (const [ratePerSecond, burst, longestMs] of [[10, 4, 101], [100, 40, 11], [1e9, 1, 2], [1e-9, 1e12, 3.2e11], [0, 5, 3.2e11], [1000 / 3600, 1, 3601]] as const) {
    const limiter = limiters('s', [policy({ ratePerSecond, burst })])
    await redis.flushall()
    const states = await Promise.all(Array.from({ length: 3 * Math.min(burst, 100) }, () => take(limiter, 'a')))
    t.ok(states.filter(({ allowed }) => allowed).length >= Math.min(burst, 300))
    if (ratePerSecond <= 100 && burst <= 100) t.ok(states.filter(({ allowed }) => allowed).length <= burst + 5, `${ratePerSecond}/s, ${burst}`)
    for (const key of await redis.keys('*')) t.not(await redis.pttl(key), -1)
    t.ok(await redis.pttl((await redis.keys('*'))[0] ?? '') <= longestMs * Math.min(burst, 300))
  }
})

t.test('decides over several buckets as one, in one slot', needsRedis, async t => {
  const { url } = await server(t)
  const redis = await raw(t, url)
  const limiter = (await limitersAt(t, url, { prefix: 'p:' }))('s', [policy({ name: 'user', burst: 3 }), policy({ name: 'all', burst: 1 })])
  t.match(await take(limiter, 'a', 'all'), { allowed: true, buckets: [{ remaining: 2 }, { remaining: 0 }] })
  t.match(await take(limiter, 'a', 'all'), { allowed: false, buckets: [{ allowed: true, remaining: 2 }, { allowed: false }] })
  const other = (await limitersAt(t, url, { prefix: 'p:' }))('s', [policy({ name: 'user', burst: 3 }), policy({ name: 'all', burst: 1 })])
  t.match(await take(other, 'a', 'all'), { allowed: false, by: 'redis', buckets: [{ allowed: true, remaining: 2 }, { allowed: false, remaining: 0 }] })
  t.match(await take(limiter, 'a', 'b'), { allowed: true, buckets: [{ remaining: 1 }, { remaining: 0 }] })
  const tags = (await redis.keys('*')).map(key => /\{(.+)\}/.exec(key)![1])
  t.equal(tags.length, 3)
  t.equal(new Set(tags).size, 1)
})

t.test('makes one call of the decisions of one moment, and knows its script again', needsRedis, async t => {
  const { url } = await server(t)
  const redis = await raw(t, url)
  const heard = overheard()
  const limiter = (await limitersAt(t, url, { connect: heard.connect }))('s', [policy({ ratePerSecond: 0.001, burst: 150 })])
  const decide = async (n: number) => (await Promise.all(Array.from({ length: n }, (_, i) => take(limiter, ['same', i === 7 ? 2 : 1])))).filter(({ allowed }) => allowed).length
  await redis.script('FLUSH')
  heard.calls.length = 0
  t.equal(await decide(60), 60)
  t.same(heard.calls.map(({ name, keys }) => [name, keys.length]), [['evalsha', 60], ['eval', 60]])
  await redis.script('FLUSH')
  t.equal(await decide(60), 60)
  heard.calls.length = 0
  t.equal(await decide(200), 27)
  t.same(heard.calls.map(({ name, keys }) => [name, keys.length]), [['evalsha', 128], ['evalsha', 72]])
  t.same(heard.calls[0]!.args.slice(0, 10), ['0.001 150 1 0', '', '', '', '', '', '', '0.001 150 2 0', '0.001 150 1 0', ''])
})

t.test('refuses by itself for as long as Redis would', needsRedis, async t => {
  const { url } = await server(t)
  const heard = overheard()
  const clock = fakeClock(1000)
  const limiter = (await limitersAt(t, url, { connect: heard.connect, clock }))('s', [policy({ ratePerSecond: 0.001, burst: 10 })])
  t.match(await take(limiter, ['a', 8]), { allowed: true, by: 'redis' })
  t.match(await take(limiter, ['a', 3]), { allowed: false, by: 'remembered', buckets: [{ remaining: 2, retryAfterMs: 1_000_000 }] })
  t.match(await take(limiter, ['a', 1]), { allowed: true, by: 'redis' }, 'what costs less may pass')
  clock.advance(10_000)
  const again = await take(limiter, ['a', 3])
  t.match(again, { allowed: false, by: 'remembered' })
  t.ok(again.buckets[0]!.retryAfterMs <= 1_990_000 && again.buckets[0]!.retryAfterMs > 1_989_000)
  t.match(await take(limiter, ['a', 11]), { allowed: false, buckets: [{ retryAfterMs: Infinity }] })
  const asked = heard.calls.length
  clock.advance(1_990_000)
  t.match(await take(limiter, ['a', 3]), { allowed: false, by: 'redis' }, 'for that long, and then Redis is asked: its clock counts')
  t.equal(heard.calls.length, asked + 1)
})

t.test('remembers of one of several buckets what refuses them all', needsRedis, async t => {
  const { url } = await server(t)
  const limiter = (await limitersAt(t, url))('s', [policy({ name: 'here', mode: 'local', burst: 3 }), policy({ name: 'user', burst: 9 }), policy({ name: 'all', burst: 1 })])
  t.match(await take(limiter, 'h', 'a', 'all'), { allowed: true, by: 'redis', buckets: [{ remaining: 2 }, { remaining: 8 }, { remaining: 0 }] })
  for (let i = 0; i < 5; i++) t.match(await take(limiter, 'h', 'b', 'all'), { allowed: false, by: 'remembered', buckets: [{ allowed: true, remaining: 2 }, { allowed: true, remaining: 9 }, { allowed: false, remaining: 0 }] })
  t.match(await take(limiter, 'h', 'b', 'c'), { allowed: true, buckets: [{ remaining: 1 }, { remaining: 8 }, {}] })
  t.match(await take(limiter, 'h', ['b', 20], 'd'), { allowed: false, buckets: [{ remaining: 1 }, { retryAfterMs: Infinity }, { remaining: 1 }] })
  t.match(await take(limiter, 'h', 'b', 'd'), { allowed: true, buckets: [{ remaining: 0 }, { remaining: 7 }, {}] })
  t.match(await take(limiter, 'h', 'b', 'e'), { allowed: false, by: 'memory', buckets: [{ allowed: false }, { allowed: true, remaining: 7 }, { allowed: true }] })
})

t.test('gives back here what Redis refuses there', needsRedis, async t => {
  const { url } = await server(t)
  const policies = [policy({ name: 'here', mode: 'local', ratePerSecond: 1e-3, burst: 2 }), policy({ name: 'all', burst: 1 })]
  const [one, two] = [(await limitersAt(t, url, { prefix: 'p:' }))('s', policies), (await limitersAt(t, url, { prefix: 'p:' }))('s', policies)]
  t.equal((await take(one, 'h', 'all')).allowed, true)
  t.match(await take(two, 'h', 'all'), { allowed: false, by: 'redis', buckets: [{ allowed: true, remaining: 2 }, { allowed: false }] })
})

t.test('gives back what was refused elsewhere, once', needsRedis, async t => {
  const { url } = await server(t)
  const heard = overheard()
  const limiters = await limitersAt(t, url, { connect: heard.connect })
  const limiter = limiters('s', [policy({ ratePerSecond: 1e-3, burst: 2 })])
  const first = await take(limiter, 'a')
  await take(limiter, 'a')
  first.refund()
  first.refund()
  const asked = heard.calls.length
  await until(() => heard.calls.slice(asked).some(({ reply }) => reply !== null))
  t.match(await take(limiter, 'a'), { allowed: true, by: 'redis', buckets: [{ remaining: 0 }] })
  const refused = await take(limiter, 'a')
  t.equal(refused.allowed, false)
  refused.refund()
  t.equal((await take(limiter, 'a')).allowed, false)
})

t.test('goes by its own share where the policy says so, and asks nobody', needsRedis, async t => {
  const { url } = await server(t)
  const heard = overheard()
  const limiter = (await limitersAt(t, url, { connect: heard.connect }))('s', [policy({ mode: 'local', burst: 8, instances: 4 })])
  const calls = heard.calls.length
  const decision = limiter.take([{ key: 'a', cost: 1 }])
  t.notOk(decision instanceof Promise)
  t.match(decision, { allowed: true, by: 'memory', buckets: [{ remaining: 1 }] })
  t.equal(heard.calls.length, calls)
})

t.test('costs that are none are never paid', needsRedis, async t => {
  const { url } = await server(t)
  const limiter = (await limitersAt(t, url))('s', [policy()])
  for (const cost of [NaN, -1, Infinity]) t.match(await take(limiter, ['a', cost]), { allowed: false, buckets: [{ remaining: 2, retryAfterMs: Infinity }] })
})

t.test('leaves nothing of 10,000 limiters, and no connection', needsRedis, async t => {
  const { url } = await server(t)
  const redis = await raw(t, url)
  const limiters = await limitersAt(t, url)
  for (let i = 0; i < 10_000; i++) limiters(`s${i}`, [policy(), policy({ name: 'q', mode: 'leased' })]).close()
  await take(limiters('s', [policy()]), 'a')
  await limiters.close()
  await limiters.close()
  t.match(await take(limiters('s', [policy()]), 'a'), { allowed: false, by: 'closed' })
  await until(async () => (await redis.client('LIST') as string).trim().split('\n').length === 1)
  t.pass('the connection is closed')
})

t.test('counts in Redis what a clock here does not change', needsRedis, async t => {
  const { url } = await server(t)
  const [ours, theirs] = [await limitersAt(t, url, { prefix: 'p:', clock: systemClock }), await limitersAt(t, url, { prefix: 'p:', clock: fakeClock(5e9) })]
  await take(ours('s', [policy()]), ['a', 2])
  t.match(await take(theirs('s', [policy()]), 'a'), { allowed: false, by: 'redis' })
})
