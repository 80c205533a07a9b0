import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { ShadowView } from '../../plugins/filters/shadow/shadow-view.ts'
import { snapshots } from '../../plugins/filters/snapshot/client/index.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { route, running, until, type Running } from '../resilience/running.ts'
import { upstream } from '../resilience/upstream.ts'
import { UNHURRIED } from './mirrored.ts'
import { ordersService } from './orders-service.ts'

const WRITES = 'gatehouse_snapshots_total'
const READS = 'gatehouse_snapshot_reads_total'
const MARK = { 'x-gatehouse-shadow': 'next;leg=1' }

interface World {
  readonly live: Running
  /** The gateway that the shadow asks: another process would share as much with the first. */
  readonly other: Running
  /** The address of the shadow. */
  readonly next: string
  /** Asks the shadow as the gateway does. */
  copy (id: string): Promise<Record<string, unknown>>
  /** How often Redis was asked for a snapshot. */
  looks (): Promise<number>
  readonly stock: Awaited<ReturnType<typeof upstream>>
}

/** A stock that sells one with each look, two gateways that share a Redis, and the live service and its shadow behind them. */
async function world (t: Test, url: string, stockUses: readonly unknown[], ordersUses: readonly unknown[] = []): Promise<World> {
  let left = 10
  let customers = 0
  const stock = await upstream(t, (_req, res) => { res.writeHead(200, { 'content-type': 'application/json' }).end(`{"left":${left--}}`) })
  const redis = new Redis(url)
  t.teardown(() => { redis.disconnect() })
  const snap = snapshots({ redis })
  const places = { live: '', other: '' }
  const service = (version: 'live' | 'other') => ordersService(t, { version, gateway: () => places[version], snap, customer: async () => `customer ${++customers}` })
  const [orders, next] = await Promise.all([service('live'), service('other')])
  const setup = { gateway: { redis: { url, timeout: '2s' } }, upstreams: { next: { endpoints: [next] } }, routes: [route('orders', ordersUses, orders), route('stock', stockUses, stock.url)] }
  const [live, other] = await Promise.all([running(t, setup), running(t, setup)])
  places.live = `http://127.0.0.1:${live.port}`
  places.other = `http://127.0.0.1:${other.port}`
  const copy = async (id: string) => await (await fetch(`${next}/orders/7`, { headers: { 'x-request-id': id, ...MARK } })).json() as Record<string, unknown>
  const looks = async () => Number(/cmdstat_hget:calls=(\d+)/.exec(await redis.info('commandstats'))![1])
  return { live, other, next, copy, looks, stock }
}

t.test('a shadow reads what the live service has read, by another gateway too', { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { live, other, next, copy, looks, stock } = await world(t, redis.url, ['snapshot'])

  const answer = await live.ask('/orders/7', { headers: { 'x-request-id': 'r1' } })
  t.match(answer, { status: 200, body: { id: '7', left: 10, customer: 'customer 1' }, headers: { 'x-version': 'live' } })
  t.notOk('x-gatehouse-snapshot' in answer.headers)
  t.same(await copy('r1'), { id: '7', left: 10, customer: 'customer 1' }, 'although it has changed meanwhile')
  t.equal(stock.count, 1)
  t.same([live.metric(WRITES, { outcome: 'recorded' }), other.metric(READS, { outcome: 'hit' })], [1, 1])

  const before = await looks()
  const early = copy('r2')
  await until(async () => await looks() > before)
  t.match((await live.ask('/orders/7', { headers: { 'x-request-id': 'r2' } })).body, { left: 9, customer: 'customer 2' })
  t.match(await early, { left: 9, customer: 'customer 2' }, 'and waits where it is first')

  const own = await fetch(`${next}/orders/7`, { headers: { 'x-request-id': 'r3' } })
  t.match(await own.json(), { left: 8, customer: 'customer 3' }, 'what is no copy is told what is so now')
})

t.test('with snapshots a shadow differs by its version alone', { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const mirror = [{ shadow: { ...UNHURRIED, to: 'next', compare: { noise: { replay: '0%' } } } }]
  const differences = async (stockUses: readonly unknown[]) => {
    const { live } = await world(t, redis.url, stockUses, mirror)
    const ledger = async () => ((await live.operate('/shadow/orders/next')).body as unknown as ShadowView).ledger!
    for (let i = 0; i < 3; i++) t.match(await live.ask('/orders/7'), { status: 200, headers: { 'x-version': 'live' } })
    await until(async () => (await ledger()).compared === 3)
    // The machine of a test may make one of them slow
    return (await ledger()).differences.map(({ path }) => path).filter(path => !path.startsWith('latency'))
  }
  t.same(await differences([]), ['body/left'], 'without them by the time as well')
  t.same(await differences(['snapshot']), [])
})

t.test('nobody else can read it', { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { live, stock } = await world(t, redis.url, [{ snapshot: { wait: '1ms' } }])
  await live.ask('/stock/7', { headers: { 'x-request-id': 'r1' } })
  await until(() => live.metric(WRITES, { outcome: 'recorded' }) === 1)
  const copied = await live.ask('/stock/7', { headers: { 'x-request-id': 'r1', ...MARK } })
  t.match(copied, { headers: { 'x-gatehouse-snapshot': 'hit' }, body: { left: 10 } })

  const edge = await running(t, { gateway: { redis: { url: redis.url }, trustedProxies: [] }, routes: [route('stock', ['snapshot'], stock.url)] })
  const forged = await edge.ask('/stock/7', { headers: { 'x-request-id': 'r1', ...MARK } })
  t.same([forged.body, 'x-gatehouse-snapshot' in forged.headers], [{ left: 9 }, false], 'a client is no shadow')
  t.equal(stock.asked.at(-1)!.headers['x-gatehouse-shadow'], undefined)
  t.same([edge.metric(WRITES), edge.metric(READS)], [0, 0])
})

t.test('a live answer is the same whatever becomes of its snapshot', { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { live, stock } = await world(t, redis.url, [{ snapshot: { maxBytes: '8KiB', miss: 'refuse', wait: '1ms' } }])
  const large = 'x'.repeat(300_000)
  stock.answering = (_req, res) => { res.end(large) }
  t.match((await live.ask('/stock/7', { headers: { 'x-request-id': 'r1' } })).body, { text: large }, 'too large')
  await until(() => live.metric(WRITES, { outcome: 'too-large' }) === 1)
  t.match(await live.ask('/stock/7', { headers: { 'x-request-id': 'r1', ...MARK } }), { status: 504, headers: { 'x-gatehouse-snapshot': 'miss' }, body: { code: 'GW_NO_SNAPSHOT' } })

  stock.answering = (_req, res) => {
    res.writeHead(200, { 'content-length': '10' })
    res.write('01234', () => { res.destroy() })
  }
  await t.rejects(live.ask('/stock/7', { headers: { 'x-request-id': 'r2' } }), 'broken off')
  await until(() => live.metric(WRITES, { outcome: 'broken' }) === 1)

  stock.answering = (_req, res) => { res.end('well') }
  redis.signal('SIGSTOP')
  t.match((await live.ask('/stock/7', { headers: { 'x-request-id': 'r3' } })).body, { text: 'well' }, 'a Redis that is frozen')
  t.equal(live.metric(WRITES, { outcome: 'store-failed' }), 0, 'it was not waited for')
  redis.signal('SIGCONT')
  await until(() => live.metric(WRITES, { outcome: 'recorded' }) === 1)
})
