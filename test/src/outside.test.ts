import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { MetricRegistry } from '../../src/adapters/metric-registry.ts'
import { BREAKER_DEFAULTS } from '../../src/contract/breaker.ts'
import type { Settings } from '../../src/contract/settings.ts'
import { Outside } from '../../src/outside.ts'
import { fakeLog } from '../../src/testing/index.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { loadNative } from './config/load.ts'

const settingsOf = async (gateway: string): Promise<Settings> => (await loadNative(`gateway: ${gateway}`)).config.settings
const outsideOf = async (t: Test, gateway: string) => {
  const log = fakeLog()
  const outside = new Outside(await settingsOf(gateway), log, new MetricRegistry(), () => 0)
  t.teardown(() => outside.close())
  return { outside, log }
}

t.test('keeps state in this process where no Redis is named', async t => {
  for (const gateway of ['{}', '{ redis: { url: "" } }']) {
    const { outside: { store } } = await outsideOf(t, gateway)
    t.equal(store.shared, false)
    t.equal(await store.add('a', '', 1000), true)
    t.equal(await store.add('a', '', 1000), false)
  }
  const [{ outside: one }, { outside: two }] = [await outsideOf(t, '{}'), await outsideOf(t, '{}')]
  await one.store.set('a', 'b', 1000)
  t.equal(await two.store.get('a'), null, 'each gateway for itself')
})

t.test('shares state by Redis, and leaves it when it is closed', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const gateway = `{ redis: { url: "${redis.url}", timeout: 2s } }`
  const [{ outside: one }, { outside: two }] = [await outsideOf(t, gateway), await outsideOf(t, gateway)]
  t.equal(one.store.shared, true)
  await one.store.set('a', 'b', 10_000)
  t.equal(await two.store.get('a'), 'b')
  await one.close()
  await one.close()
  await t.rejects(one.store.get('a'), { name: 'StoreUnavailable' })
  t.equal(await two.store.get('a'), 'b')
})

t.test('shows operators the breakers that live', async t => {
  const { outside, log } = await outsideOf(t, '{}')
  const breaker = outside.breaker({ name: 'a', ...BREAKER_DEFAULTS, maxConcurrent: 1 })
  t.match(outside.breakers.list(9), { total: 1, breakers: [{ name: 'a', state: 'closed' }] })
  outside.breakers.force('a', 'forced-open')
  t.equal(breaker.enter(), 'open')
  t.match(log.lines, [{ level: 'warn', message: 'circuit breaker taken over' }])
  breaker.close()
  t.equal(outside.breakers.list(9).total, 0)
})

t.test('shares state wherever Redis is, behind sentinels and in a cluster too', async t => {
  for (const where of ['sentinel: { master: gate, nodes: "127.0.0.1:1" }', 'cluster: "127.0.0.1:1"']) {
    const { outside: { store } } = await outsideOf(t, `{ redis: { ${where}, timeout: 50ms } }`)
    t.equal(store.shared, true, where)
    await t.rejects(store.get('a'), { name: 'StoreUnavailable' }, 'and where it cannot be asked, nobody is let in by what this process knows')
  }
})

t.test('ends its calls when it is closed', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { outside } = await outsideOf(t, '{}')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked = outside.outbound.ask({ url, timeoutMs: 60_000, maxBytes: 1000 })
  const [socket] = await once(server, 'connection') as [Socket]
  socket.resume()
  const closed = once(socket, 'close')
  await Promise.all([t.rejects(asked, { name: 'OutboundError' }), outside.close()])
  await closed
  await t.rejects(outside.outbound.ask({ url, timeoutMs: 60_000, maxBytes: 1000 }), { name: 'OutboundError', fault: 'unreachable' })
})

t.test('has work done in another thread, until it is closed', async t => {
  const { outside } = await outsideOf(t, '{}')
  const job = import.meta.resolve('./adapters/aside/job.ts')
  t.not(await outside.aside.run(job, { do: 'thread' }, { timeoutMs: 60_000 }), 0)
  const ended = t.rejects(outside.aside.run(job, { do: 'spin' }, { timeoutMs: 60_000 }), { name: 'AsideError', fault: 'failed' })
  await outside.close()
  await ended
})

t.test('refuses an address that leads nowhere', async t => {
  const settings = await settingsOf('{ redis: { url: "redis://127.0.0.1/a/b" } }')
  t.throws(() => new Outside(settings, fakeLog(), new MetricRegistry(), () => 0), { name: 'ConfigError', code: 'GW_CONFIG_INVALID', pointer: '/url' })
  const cluster = await settingsOf('{ redis: { cluster: "127.0.0.1:1", database: 1 } }')
  t.throws(() => new Outside(cluster, fakeLog(), new MetricRegistry(), () => 0), { name: 'ConfigError', code: 'GW_CONFIG_NO_EFFECT', pointer: '/database' })
})
