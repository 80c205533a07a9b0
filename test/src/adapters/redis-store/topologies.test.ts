import t from 'tap'
import { checkRedis } from '../../../../src/adapters/redis-connection.ts'
import { redisStore, type RedisStore } from '../../../../src/adapters/redis-store.ts'
import type { RedisSettings } from '../../../../src/contract/settings.ts'
import { fakeLog } from '../../../../src/testing/index.ts'
import { startCluster } from '../../../peers/redis-cluster.ts'
import { freePort, redisProcess } from '../../../peers/redis-process.ts'
import { startSentinel } from '../../../peers/redis-sentinel.ts'
import { withoutRedis } from '../../../peers/redis-server.ts'

const settings = (where: Partial<RedisSettings>): RedisSettings => ({ timeout: 2000, prefix: 'test:', ...where })

/** Sooner or later: whoever is asked while a server takes over is refused, as when it is away. */
async function eventually (store: RedisStore, key: string): Promise<void> {
  for (;;) {
    try {
      await store.set(key, 'value', 60_000)
      return
    } catch {
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
  }
}

t.test('Redis behind Sentinel', { skip: withoutRedis }, async t => {
  const peer = await startSentinel({ password: 'of the server', sentinelPassword: 'of the sentinel' })
  t.teardown(() => peer.stop())
  const store = redisStore(settings({ sentinel: { master: peer.master, nodes: [peer.node], password: 'of the sentinel' }, password: 'of the server' }), fakeLog())
  t.teardown(() => store.close())
  await store.set('before', 'value', 60_000)
  t.equal(await store.get('before'), 'value', 'the master is found and asked')
  await peer.failOver()
  await eventually(store, 'after')
  t.equal(await store.get('after'), 'value', 'and the one that takes over')
})

t.test('Redis Cluster', { skip: withoutRedis }, async t => {
  const peer = await startCluster('sesame')
  t.teardown(() => peer.stop())
  const store = redisStore(settings({ cluster: [peer.nodes[0]!], password: 'sesame' }), fakeLog())
  t.teardown(() => store.close())
  const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`)
  for (const key of keys) await store.set(key, `of ${key}`, 60_000)
  t.strictSame(await store.getAll(keys), keys.map(key => `of ${key}`), 'keys of every node')
  t.equal(await store.add('key-1', 'other', 1000), false)
  await store.deleteIf('key-1', 'of key-1')
  t.equal(await store.get('key-1'), null)
  for (const key of ['a', 'b', 'c', 'd']) {
    t.equal(await store.swap(key, null, '1', 60_000), true)
    t.strictSame(await store.tally(`${key} n`, { a: 1, b: 0.5 }, 60_000), { a: 1, b: 0.5 })
    await store.setField(`${key} f`, 'f', key, 60_000)
    t.equal(await store.getField(`${key} f`, 'f'), key)
  }
  const sizes = await Promise.all([0, 1, 2].map(async node => Number(await peer.ask(node, 'DBSIZE'))))
  t.ok(sizes.every(size => size > 0), 'which share them')
})

t.test('a user of its own, who may touch nothing else', { skip: withoutRedis }, async t => {
  const port = await freePort()
  const server = await redisProcess(['--port', String(port), '--user', 'default', 'off', '--user', 'gate', 'on', '>sesame', '~test:*', '+@all'])
  t.teardown(() => server.stop())
  const mine = redisStore(settings({ url: `redis://gate:sesame@127.0.0.1:${port}` }), fakeLog())
  const other = redisStore({ ...settings({ url: `redis://gate:sesame@127.0.0.1:${port}` }), prefix: 'other:' }, fakeLog())
  t.teardown(async () => { await Promise.all([mine.close(), other.close()]) })
  await mine.set('a', 'value', 60_000)
  t.equal(await mine.get('a'), 'value')
  await t.rejects(other.set('a', 'value', 60_000), { name: 'StoreUnavailable', message: /NOPERM/ })
})

for (const [why, wrong, pointer, code] of [
  ['two places', { url: 'redis://h', cluster: ['h:1'] }, '/cluster', 'GW_CONFIG_NO_EFFECT'],
  ['sentinel beside a url', { url: 'redis://h', sentinel: { master: 'm', nodes: ['h:1'] } }, '/sentinel', 'GW_CONFIG_NO_EFFECT'],
  ['a password beside a url', { url: 'redis://h', password: 'a' }, '/password', 'GW_CONFIG_NO_EFFECT'],
  ['a database beside a url', { url: 'redis://h', database: 2 }, '/database', 'GW_CONFIG_NO_EFFECT'],
  ['a database in a cluster', { cluster: ['h:1'], database: 1 }, '/database', 'GW_CONFIG_NO_EFFECT'],
  ['a user without a password', { cluster: ['h:1'], username: 'a' }, '/username', 'GW_CONFIG_INVALID'],
  ['a user of sentinels without a password', { sentinel: { master: 'm', nodes: ['h:1'], username: 'a' } }, '/sentinel/username', 'GW_CONFIG_INVALID'],
  ['a port that is none', { cluster: ['h:1', 'h:70000'] }, '/cluster/1', 'GW_CONFIG_INVALID'],
  ['a certificate without its key', { url: 'rediss://h', tls: { cert: 'x' } }, '/tls/key', 'GW_CONFIG_INVALID'],
  ['authorities that are none', { url: 'rediss://h', tls: { cert: 'x', key: 'y' } }, '/tls', 'GW_CONFIG_INVALID']
] as const) {
  t.test(`refuses ${why}`, async t => {
    t.throws(() => { checkRedis(settings(wrong as Partial<RedisSettings>)) }, { name: 'ConfigError', code, pointer })
  })
}

t.test('reads addresses with and without port, and IPv6', async () => {
  checkRedis(settings({ cluster: ['redis.internal', '10.0.0.1:7000', '[::1]:7001', '[2001:db8::1]'] }))
})
