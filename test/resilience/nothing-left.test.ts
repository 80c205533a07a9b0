import { promises } from 'node:dns'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { a, fakeDns, srv } from '../src/upstream/discovery/fake-dns.ts'
import { everything, type Peers } from './everything.ts'
import { configOf, running, times, until, type Running } from './running.ts'
import { upstream, type Upstream } from './upstream.ts'

const RELOADS = 200
/** Each is another one than the one before. */
const VERSIONS = 8

/** What keeps the process alive. */
const handles = (): string[] => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').sort()

/** Closing takes the kernel some turns of the loop; what is still there after that stays. */
async function settled (wanted: readonly string[]): Promise<string[]> {
  for (let i = 0; i < 2000 && handles().join() !== wanted.join(); i++) await new Promise(resolve => { setImmediate(resolve) })
  return handles()
}

/** What peers that have just gone still hold is none of it. */
async function quiet (): Promise<string[]> {
  let found = handles()
  for (let same = 0; same < 50; same++) {
    await new Promise(resolve => { setImmediate(resolve) })
    if (handles().join() === found.join()) continue
    found = handles()
    same = 0
  }
  return found
}

/** DNS as this server has it, for whoever asks for a resolver from now on. */
function resolving (t: Test, server: string): void {
  const { Resolver } = promises
  promises.Resolver = class extends Resolver {
    constructor (options?: ConstructorParameters<typeof Resolver>[0]) {
      super(options)
      this.setServers([server])
    }
  }
  t.teardown(() => { promises.Resolver = Resolver })
}

/** What there is of everything that plans and pools make. */
async function sizes ({ operate, gateway }: Running) {
  const [{ body: { breakers } }, { body: { upstreams } }] = await Promise.all([operate('/breakers'), operate('/upstreams')])
  return { breakers: breakers.length, upstreams: upstreams.map(({ name, members }: { name: string, members: unknown[] }) => `${name} ${members.length}`).sort(), series: gateway.metrics.size }
}

/** Some requests to each route. */
async function served (t: Test, { ask, log }: Running): Promise<void> {
  const answers = await times(12, i => ask(i % 4 === 3 ? '/broken' : '/orders', { headers: { 'x-key': `key-${i}`, 'x-drill': '1' } }))
  for (const [i, { status, headers }] of answers.entries()) {
    t.equal(status, i % 4 === 3 ? 203 : 200, log.text.slice(-2000))
    if (i % 4 === 3) t.equal(headers['x-gatehouse-fallback'], 'route')
  }
}

async function busy (t: Test, peers: Peers, ops: Upstream): Promise<void> {
  const here = await running(t, everything(peers))
  const first = await sizes(here)
  t.match(first, { breakers: 0, upstreams: ['broken 2', 'canary 2', 'orders 6'] })
  await served(t, here)
  await times(4, () => here.ask('/broken'))
  await until(() => ops.count > 0)
  await until(async () => (await sizes(here)).breakers > 1)
  const versions = await times(VERSIONS, i => configOf(everything(peers, i)))
  for (let i = 1; i <= RELOADS; i++) {
    const { faults } = here.gateway.reload(versions[i % VERSIONS]!)
    if (faults.length > 0) t.fail(String(faults))
    if (i % 40 === 0) await served(t, here)
    else if (i % 5 === 0) await new Promise(resolve => { setImmediate(resolve) })
  }
  // All of it anew
  await here.reload({ routes: [] })
  t.same(await sizes(here).then(({ breakers, upstreams }) => [breakers, upstreams]), [0, []])
  await here.reload(everything(peers))
  const same = JSON.stringify(first)
  await until(async () => JSON.stringify(await sizes(here)) === same)
  await served(t, here)
  await here.gateway.close()
}

t.test('nothing is left of a gateway that has looked after bad upstreams, however often it was reloaded', withoutRedis === false ? {} : { skip: withoutRedis }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const operator = new Redis(redis.url)
  t.teardown(() => { operator.disconnect() })
  await operator.ping()
  const [one, two, three, down, ops] = await times(5, () => upstream(t)) as [Upstream, Upstream, Upstream, Upstream, Upstream]
  await down.stop()
  const dns = await fakeDns(t, ({ name, type }) => ({ answers: type === 'SRV' ? [srv(name, 'target.test', three.port)] : type === 'A' ? [a(name, '127.0.0.1')] : [] }))
  resolving(t, dns.server)
  const file = join(t.testdir(), 'endpoints.json')
  writeFileSync(file, JSON.stringify([{ url: three.url, weight: 2 }]))
  const before = await quiet()
  await t.test('a gateway', async t => {
    await busy(t, { a: one.url, b: two.url, down: down.url, redis: { url: redis.url, timeout: '1s' }, webhook: `${ops.url}/hook`, file, domain: 'orders.test', port: one.port }, ops)
  })
  t.same(await settled(before), before)
  await until(async () => (await Promise.all([one, two, three].map(one => one.connections()))).every(count => count === 0))
  t.equal(String(await operator.client('LIST')).trim().split('\n').length, 1, 'no connection to Redis')
  t.ok(dns.asked.some(line => line.includes('SRV _http._tcp.orders.test')) && dns.asked.some(line => line.includes('A orders.test')))
})
