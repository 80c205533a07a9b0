import { createServer, type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { redisLimiters } from '../../../../../src/adapters/limiter/redis-limiter.ts'
import { systemClock } from '../../../../../src/adapters/system-clock.ts'
import { MetricRegistry } from '../../../../../src/adapters/metric-registry.ts'
import { fakeLog } from '../../../../../src/testing/index.ts'
import { drill, ON_ERROR, type Seen } from './drill.ts'
import { limitersAt, needsRedis, policy, server, take, until } from './limits.ts'

/** What a request may wait at most. */
const BOUND_MS = 25

async function table (): Promise<void> {
  const { seen } = await drill(3000, 1)
  console.log('| Redis | onError | decisions | admitted | by | median ms | 99 % | longest |\n|---|---|---|---|---|---|---|---|')
  for (const phase of new Set(seen.map(one => one.phase))) {
    for (const onError of ON_ERROR) {
      const these = seen.filter(one => one.phase === phase && one.onError === onError)
      const took = these.map(({ tookMs, stalledMs }) => tookMs - stalledMs).sort((a, b) => a - b)
      const at = (share: number): string => took[Math.min(took.length - 1, Math.floor(share * took.length))]!.toFixed(2)
      const by = [...new Set(these.map(one => one.by))].map(name => `${name} ${these.filter(one => one.by === name).length}`).join(', ')
      console.log(`| ${phase} | ${onError} | ${these.length} | ${these.filter(({ allowed }) => allowed).length} | ${by} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`)
    }
  }
}

if (process.argv.includes('--table')) await table()
else {
  // Not for a table: tap would end it after a while
  const { default: t } = await import('tap')
  t.test('nobody waits for Redis when it is stopped, killed and started again, and policies are followed', needsRedis, async t => {
    const { seen, log } = await drill(120, 2)
    const late = seen.filter(({ tookMs, stalledMs }) => tookMs - stalledMs > BOUND_MS)
    t.same(late, [], `of ${seen.length} decisions, the longest ${Math.max(...seen.map(({ tookMs }) => tookMs)).toFixed(1)} ms`)
    const out = seen.filter(({ by }) => by !== 'redis')
    const followed: Record<Seen['onError'], (one: Seen) => boolean> = { open: one => one.allowed, closed: one => !one.allowed, local: one => one.allowed }
    t.same(out.filter(one => one.by !== one.onError || !followed[one.onError](one)), [])
    t.ok(seen.filter(({ by }) => by === 'redis').every(({ allowed }) => allowed))
    for (const phase of ['stopped', 'killed']) t.ok(out.filter(one => one.phase === phase).length > 20, `${phase}: by policy`)
    for (const phase of ['normal', 'back', 'back again']) t.ok(seen.some(one => one.phase === phase && one.by === 'redis'), `${phase}: by Redis`)
    const waited = seen.filter(({ phase, tookMs, stalledMs }) => phase === 'stopped' && tookMs - stalledMs > 5).length
    t.ok(waited < seen.filter(({ phase }) => phase === 'stopped').length / 2, 'only the first wait at all')
    t.match(log.lines[0], { level: 'warn', fields: { 'error.message': /./ }, message: /onError/ })
  })

  t.test('goes by policy at once where nobody listens, and where nothing answers', async t => {
    const silent = createServer(socket => { socket.on('error', () => {}).resume() }).listen(0, '127.0.0.1')
    await new Promise(resolve => silent.once('listening', resolve))
    const gone = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => gone.once('listening', resolve))
    const ports = [silent, gone].map(one => (one.address() as AddressInfo).port)
    await new Promise(resolve => gone.close(resolve))
    t.teardown(() => silent.close())
    for (const port of ports) {
      const limiters = redisLimiters({ url: `redis://127.0.0.1:${port}`, timeout: 250, prefix: '' }, { clock: systemClock, log: fakeLog() })
      t.teardown(() => limiters.close())
      t.match(await take(limiters('s', [policy({ onError: 'open' })]), 'a'), { allowed: true, by: 'open', buckets: [{ allowed: true, retryAfterMs: 0 }] })
      const decision = limiters('s', [policy({ onError: 'closed' })]).take([{ key: 'a', cost: 1 }])
      t.notOk(decision instanceof Promise, 'the second does not wait')
      t.match(decision, { allowed: false, by: 'closed', buckets: [{ allowed: false }] })
      const local = limiters('s', [policy({ onError: 'local', burst: 8, instances: 4 })])
      t.match([await take(local, 'a'), await take(local, 'a'), await take(local, 'a')], [{ allowed: true, by: 'local', buckets: [{ remaining: 1 }] }, { allowed: true }, { allowed: false, by: 'local' }], 'by its share')
    }
  })

  t.test('goes by each policy of a decision, and charges none where one refuses', needsRedis, async t => {
    const redis = await server(t)
    const limiters = await limitersAt(t, redis.url)
    const policies = [policy({ name: 'a', onError: 'local', burst: 4, instances: 2 }), policy({ name: 'b', onError: 'open' })]
    const [passing, refusing] = [limiters('s', policies), limiters('s', [...policies, policy({ name: 'c', onError: 'closed' })])]
    const held = limiters('held', [policy({ name: 'here', mode: 'local', burst: 3 }), policies[1]!])
    await redis.stop()
    t.match(await take(refusing, 'k', 'k', 'k'), { allowed: false, by: 'closed', buckets: [{ allowed: true, remaining: 2 }, { allowed: true }, { allowed: false }] })
    t.match(await take(passing, 'k', 'k'), { allowed: true, by: 'local', buckets: [{ remaining: 1 }, {}] })
    t.match(await take(passing, 'k', 'k'), { allowed: true, buckets: [{ remaining: 0 }, {}] })
    t.match(await take(passing, 'k', 'k'), { allowed: false, by: 'local' })
    const one = await take(held, 'k', 'k')
    t.match(one, { allowed: true, by: 'open', buckets: [{ remaining: 2 }, {}] })
    one.refund()
    t.match(await take(held, 'k', 'k'), { allowed: true, buckets: [{ remaining: 2 }, {}] })
  })

  t.test('goes by policy where the server answers with errors, and counts how it goes', needsRedis, async t => {
    const redis = await server(t)
    const [registry, log] = [new MetricRegistry(), fakeLog()]
    const limiters = await limitersAt(t, redis.url, { metrics: registry.scope({}), log })
    const admin = new Redis(redis.url)
    t.teardown(() => admin.quit())
    const limiter = limiters('s', [policy({ onError: 'open', burst: 100 })])
    await admin.replicaof('127.0.0.1', 1)
    t.match(await take(limiter, 'secret-key'), { allowed: true, by: 'open' })
    t.match(log.lines[0], { level: 'warn', fields: { 'error.message': /READONLY/ } })
    t.notMatch(JSON.stringify(log.lines), /secret-key/)
    await admin.replicaof('NO', 'ONE')
    await until(async () => (await take(limiter, 'secret-key')).by === 'redis')
    const count = (outcome: string): number => registry.samples().find(({ name, labels }) => name === 'gatehouse_rate_limit_redis_calls_total' && labels.outcome === outcome)?.value ?? 0
    t.ok(count('answered') >= 2 && count('failed') >= 1)
  })

  t.test('uses the tokens of its lease while Redis is away', needsRedis, async t => {
    const redis = await server(t)
    const limiter = (await limitersAt(t, redis.url))('s', [policy({ mode: 'leased', ratePerSecond: 1e6, burst: 1000 })])
    await until(async () => (await Promise.all(Array.from({ length: 20 }, () => take(limiter, 'a')))).every(({ by }) => by === 'lease'))
    // More are on their way
    await new Promise(resolve => setTimeout(resolve, 10))
    redis.signal('SIGSTOP')
    t.match(await take(limiter, 'a'), { allowed: true, by: 'lease' })
    const after = await Promise.all(Array.from({ length: 1000 }, () => take(limiter, 'a')))
    t.match(after.at(-1), { allowed: false, by: 'closed' })
    redis.signal('SIGCONT')
  })
}
