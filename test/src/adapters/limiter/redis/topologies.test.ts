import t from 'tap'
import { redisLimiters } from '../../../../../src/adapters/limiter/redis-limiter.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import type { RedisSettings } from '../../../../../src/contract/settings.ts'
import { fakeLog } from '../../../../../src/testing/index.ts'
import { startCluster } from '../../../../peers/redis-cluster.ts'
import { startSentinel } from '../../../../peers/redis-sentinel.ts'
import { needsRedis, policy, take, until } from './limits.ts'

const limitersOf = (settings: Pick<RedisSettings, 'cluster' | 'sentinel'>) => redisLimiters({ ...settings, timeout: 250, prefix: 'p:' }, { clock: systemClock, log: fakeLog() })
t.jobs = 2
const SLOW = { ratePerSecond: 1e-3, onError: 'closed' } as const

t.test('spreads over a cluster, with all buckets of a decision on one node', { ...needsRedis, buffered: true }, async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  const limiters = limitersOf({ cluster: [cluster.nodes[0]!] })
  t.teardown(() => limiters.close())
  const one = limiters('one', [policy({ ...SLOW, burst: 3 })])
  const three = limiters('three', [policy({ ...SLOW, name: 'a', burst: 60 }), policy({ ...SLOW, name: 'b', burst: 60 }), policy({ ...SLOW, name: 'c', burst: 50 })])
  const leased = limiters('leased', [policy({ ...SLOW, mode: 'leased', burst: 1000 })])
  await until(async () => (await Promise.all(Array.from({ length: 30 }, (_, i) => take(one, [`first ${i}`, 0])))).every(({ by }) => by === 'redis'))

  const decisions = await Promise.all(Array.from({ length: 100 }, (_, i) => take(one, `key ${i % 25}`)))
  t.same(decisions.map(({ by }) => by), decisions.map(() => 'redis'))
  t.equal(decisions.filter(({ allowed }) => allowed).length, 75)
  for (let node = 0; node < 3; node++) t.ok(Number(await cluster.ask(node, 'DBSIZE')) > 0, `node ${node}`)

  const several = await Promise.all(Array.from({ length: 60 }, (_, i) => take(three, `user ${i}`, `address ${i % 2}`, 'all')))
  t.equal(several.filter(({ allowed, by }) => allowed && by === 'redis').length, 50)
  t.match(await take(three, 'user 0', 'address 0', 'other'), { allowed: true, buckets: [{ remaining: 58 }, { remaining: 34 }, {}] })

  const used = []
  while (used.at(-1) !== 'lease') used.push((await take(leased, 'a')).by)
  t.ok(used.length < 20)
  const refund = await take(one, ['back', 3])
  t.equal((await take(one, 'back')).allowed, false)
  refund.refund()
  await until(async () => (await take(one, ['back', 3])).allowed)
})

t.test('follows a sentinel to the server that takes over', { ...needsRedis, buffered: true }, async t => {
  const redis = await startSentinel()
  t.teardown(() => redis.stop())
  const limiters = limitersOf({ sentinel: { master: redis.master, nodes: [redis.node] } })
  t.teardown(() => limiters.close())
  const limiter = limiters('s', [policy({ ...SLOW, burst: 1e6 })])
  await until(async () => (await take(limiter, 'a')).by === 'redis')
  await redis.failOver()
  await until(async () => (await take(limiter, 'a')).by === 'redis')
  t.pass()
})
