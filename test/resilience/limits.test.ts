import { EventEmitter } from 'node:events'
import t, { type Test } from 'tap'
import { closeRedis } from '../../src/adapters/redis-connection.ts'
import type { Answered } from '../identity/ask.ts'
import { startCluster } from '../peers/redis-cluster.ts'
import { startSentinel } from '../peers/redis-sentinel.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { route, running, tally, times, until, type Running } from './running.ts'
import { stalls } from './stalls.ts'

const needsRedis = withoutRedis === false ? {} : { skip: withoutRedis }
t.jobs = 3
const beside = { ...needsRedis, buffered: true }

const OK = { respond: { status: 200, body: 'here' } }
const BY_KEY = { header: 'X-Key' }
/** No token comes back while a test runs. */
const SLOW = { rate: '1/d', by: BY_KEY }
const limited = (id: string, config: object) => route(id, [{ 'rate-limit': config }, OK], null)
const keyed = (key: string) => ({ headers: { 'x-key': key } })
const byRedis = ({ metric }: Running) => metric('gatehouse_rate_limit_decisions_total', { by: 'redis' })
const decided = ({ metric }: Running, by: string) => metric('gatehouse_rate_limit_decisions_total', { by })

/** Resolves when Redis decides again. */
async function connected (here: Running, path: string): Promise<void> {
  const before = byRedis(here)
  await until(async () => {
    await here.ask(path, keyed(`first ${performance.now()}`))
    return byRedis(here) > before
  })
}

/** As many pass as the limit says. Where the machine is so busy that an answer of Redis comes too late, a request may have been charged and refused (`onError: closed`). */
function isExact (t: Test, answers: readonly Answered[], limit: number, message = ''): void {
  const { 200: admitted = 0, '503 GW_RATE_LIMIT_UNAVAILABLE': late = 0, ...others } = tally(answers)
  t.ok(admitted <= limit && admitted + late >= limit, `${message} ${admitted} of ${limit}, ${late} late`)
  t.ok(Object.keys(others).every(what => what === '429 GW_RATE_LIMITED'))
}

/** Gateways with the same routes and the same Redis. */
async function gateways (t: Test, count: number, redis: object, routes: readonly object[]): Promise<Running[]> {
  return await times(count, () => running(t, { gateway: { redis: { timeout: '1s', ...redis }, accessLog: false }, routes: routes as never[] }))
}

t.test('several gateways admit what the limit says and no more, and ask no further where that is known', beside, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const both = await gateways(t, 2, { url: redis.url }, [limited('exact', { ...SLOW, burst: 20, onError: 'closed' }), limited('leased', { ...SLOW, burst: 40, mode: 'leased', onError: 'closed', instances: 2 })])
  for (const one of both) await connected(one, '/exact')
  const asked = async (path: string, count: number) => (await times(count, i => both[i % 2]!.ask(path, keyed('a'))))
  const answers = await asked('/exact', 60)
  isExact(t, answers, 20)
  const refused = answers.find(({ status }) => status === 429)!
  t.match(refused.headers, { 'retry-after': /^\d{5}$/, 'ratelimit-policy': '"header";q=20;w=1728000', ratelimit: /^"header";r=0;t=\d{5}$/ })
  const counted = () => ['redis', 'remembered'].map(by => both.reduce((sum, one) => sum + decided(one, by), 0)) as [number, number]
  const [asking, remembered] = counted()
  t.same(tally(await asked('/exact', 20)), { '429 GW_RATE_LIMITED': 20 })
  t.same(counted(), [asking, remembered + 20])

  const [bound, held] = [40 + 2 * (10 - 1), 2 * (10 - 1)]
  let [admitted, late] = [0, 0]
  for (let i = 0; i < 10; i++) {
    const { 200: more = 0, '503 GW_RATE_LIMIT_UNAVAILABLE': lost = 0 } = tally(await asked('/leased', 20))
    admitted += more
    late += lost
  }
  t.ok(admitted <= bound, `${admitted} of ${bound} at most`)
  t.ok(admitted + late >= 40 - held)
  t.ok(both.every(one => decided(one, 'lease') > 0))
})

t.test('a reload keeps what is in the buckets, and another limit begins anew', beside, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const setup = (burst: number, metadata = {}) => ({ gateway: { redis: { url: redis.url, timeout: '1s' } }, routes: [{ ...limited('o', { ...SLOW, burst, onError: 'closed' }), metadata }] })
  const here = await running(t, setup(4))
  await connected(here, '/o')
  const passing = async (limit: number) => { isExact(t, await times(3, () => here.ask('/o', keyed('a'))), limit) }
  await passing(3)
  await here.reload(setup(4, { team: 'a' }))
  await passing(1)
  await here.reload(setup(5))
  await passing(3)
})

const ON_ERROR = ['open', 'closed', 'local'] as const

t.test('nobody waits for a Redis that is stopped or gone, policies are followed, and it heals', beside, async t => {
  let redis = await startRedis()
  t.teardown(() => redis.stop())
  const [here] = await gateways(t, 1, { url: redis.url }, [...ON_ERROR.map(onError => limited(onError, { rate: '1/d', burst: 3000, by: 'route', onError })), route('free', [OK], null)]) as [Running]
  const stalled = stalls(t)
  const timed = async (path: string) => {
    const [startMs, before] = [performance.now(), stalled()]
    const { status } = await here.ask(path)
    return { path, status, tookMs: performance.now() - startMs - (stalled() - before) }
  }
  /** Requests of each policy, one after the other. */
  const phase = async (count: number) => (await Promise.all(['free', ...ON_ERROR].map(async path => {
    const seen = []
    for (let i = 0; i < count; i++) seen.push(await timed(`/${path}`))
    return seen
  }))).flat()
  const healed = async () => { for (const one of ON_ERROR) await until(async () => (await here.ask(`/${one}`)).status === 200 && connected(here, `/${one}`).then(() => true)) }
  const longest = (seen: readonly { tookMs: number }[]) => Math.max(...seen.map(({ tookMs }) => tookMs))
  const statuses = (seen: readonly { path: string, status: number }[]) => Object.fromEntries(ON_ERROR.map(one => [one, [...new Set(seen.filter(({ path }) => path === `/${one}`).map(({ status }) => status))]]))

  await healed()
  const usual = await phase(40)
  t.match(statuses(usual), { open: [200], local: [200] })
  t.ok(byRedis(here) > 60)
  const boundMs = 25 + longest(usual)
  const outage = async (name: string) => {
    const seen = await phase(40)
    t.same(statuses(seen), { open: [200], closed: [503], local: [200] }, name)
    t.ok(longest(seen) <= boundMs, `${name}: ${longest(seen).toFixed(1)} of ${boundMs.toFixed(1)} ms`)
    for (const one of ON_ERROR) t.ok(decided(here, one) > 0, `${name}: by ${one}`)
  }
  redis.signal('SIGSTOP')
  await outage('stopped')
  redis.signal('SIGCONT')
  await healed()
  await redis.stop()
  await outage('killed')
  redis = await startRedis({ port: redis.port })
  await healed()
  t.match(await here.log.find(({ message }) => String(message).includes('onError')), { 'log.level': 'warn' })
})

/** Limits of one route that are one decision. */
const several = (id: string) => limited(id, { by: BY_KEY, onError: 'closed', limits: [{ rate: '1/d', burst: 5, name: 'key' }, { rate: '1/d', burst: 12, by: 'route', name: 'route' }, { rate: '1/d', burst: 1000, by: 'address', name: 'address' }] })

/** What one refuses none is charged for. */
async function isOneDecision (t: Test, all: readonly Running[], path: string): Promise<void> {
  const before = all.map(byRedis)
  const asked = async (key: string, count: number, limit: number) => { isExact(t, await times(count, i => all[i % all.length]!.ask(path, keyed(key))), limit, path) }
  await asked('a', 15, 5)
  await asked('b', 3, 3)
  // The route had twelve
  await asked('c', 10, 4)
  t.ok(all.every((one, i) => byRedis(one) > before[i]!))
}

t.test('several limits are one decision, of one slot, with a cluster', beside, async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  const both = await gateways(t, 2, { cluster: [cluster.nodes[0]!] }, [limited('warm', { ...SLOW, burst: 3000 }), ...['one', 'two', 'three'].map(several)])
  for (const one of both) while ((await times(30, i => one.ask('/warm', keyed(`warm ${i}`)))) && decided(one, 'redis') < 90) await connected(one, '/warm')
  for (const path of ['/one', '/two', '/three']) await isOneDecision(t, both, path)
  const keys = (await times(3, async node => await cluster.ask(node, 'KEYS', '*') as string[])).flat()
  t.ok(keys.length > 30 && keys.every(key => key.startsWith('gatehouse:')))
  const shared = [...Map.groupBy(keys, key => /\{.*\}/.exec(key)![0]).values()].filter(({ length }) => length > 1)
  t.same(shared.map(({ length }) => length), [5, 5, 5], 'three keys of clients, the route and the address: one slot for each use')
})

t.test('and with a sentinel, before and after it has another server take over', beside, async t => {
  const sentinel = await startSentinel()
  t.teardown(() => sentinel.stop())
  const both = await gateways(t, 2, { sentinel: { master: sentinel.master, nodes: [sentinel.node] } }, [limited('warm', { ...SLOW, burst: 3000 }), several('before'), several('after')])
  for (const one of both) await connected(one, '/warm')
  await isOneDecision(t, both, '/before')
  await sentinel.failOver()
  for (const one of both) await connected(one, '/warm')
  await isOneDecision(t, both, '/after')
})

t.test('a cluster that has lost its nodes, and says nothing any more, keeps no gateway from closing', beside, async t => {
  const calls: string[] = []
  await closeRedis(Object.assign(new EventEmitter(), { status: 'connect', disconnect: () => { calls.push('disconnect') } }) as never)
  t.same(calls, ['disconnect'])
})
