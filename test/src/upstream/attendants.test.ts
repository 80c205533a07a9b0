import { join } from 'node:path'
import t, { type Test } from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import type { Clock } from '../../../src/contract/index.ts'
import { UpstreamSchema, type UpstreamConfig } from '../../../src/contract/route-file.ts'
import { validate } from '../../../src/contract/validate.ts'
import { fakeClock, fakeLog, fakeRandom } from '../../../src/testing/index.ts'
import { attendants } from '../../../src/upstream/attendants.ts'
import { systemNames } from '../../../src/upstream/discovery/names.ts'
import { address, fakePool } from './fake-pool.ts'

/** Time stands still: who sleeps wakes up only where nobody waits any more. */
const still: Clock = { ...fakeClock(1000), sleep: (_ms, signal) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('over')) }) }) }

function looking (t: Test, written: object, file = 'routes.yaml') {
  const registry = new MetricRegistry()
  const log = fakeLog()
  const watched: string[] = []
  const fake = fakePool([address('a'), address('b')])
  const made = attendants({
    clock: still,
    random: fakeRandom(0.5),
    log,
    metrics: () => registry.scope({}),
    names: systemNames,
    watch: paths => {
      watched.push(...paths)
      return () => { watched.length = 0 }
    }
  })
  const config = validate(UpstreamSchema, { endpoints: ['http://a', 'http://b'], ...written }).value as UpstreamConfig
  const all = made.map(make => make(fake.pool, { name: 'orders', config, file })).filter(one => one !== null)
  const close = () => { for (const one of all) one.close() }
  t.teardown(close)
  return { ...fake, all, log, registry, watched, close, start: () => { for (const one of all) one.start() } }
}

t.test('an upstream that asks for nothing is left alone', async t => {
  t.same(looking(t, {}).all, [])
})

t.test('an endpoint whose calls fail is out of rotation, and that is logged and counted', async t => {
  const { pool, get, start, close, log, registry } = looking(t, { ejection: { consecutive: 1 } })
  start()
  t.ok(get('a').heard)
  get('a').heard!.ended({ status: 0, code: 'GW_UPSTREAM_UNREACHABLE', headMs: 1 })
  t.same([get('a').ejected, pool.panic], [true, false])
  t.match(log.lines, [{ level: 'warn', fields: { 'gatehouse.upstream': 'orders', 'gatehouse.endpoint': 'http://a' } }])
  t.match(registry.samples(), [{ name: 'gatehouse_endpoint_changes_total', labels: { upstream: 'orders', change: 'ejected' }, value: 1 }])
  pool.setMembers([address('c')])
  t.ok(get('c').heard, 'those that come later are watched too')
  close()
  t.equal(registry.size, 0)
})

t.test('health checks begin with the start', async t => {
  const { all, start, close } = looking(t, { health: {} })
  t.equal(all.length, 1)
  start()
  close()
})

t.test('what is wrong is told before anything begins', async t => {
  t.throws(() => looking(t, { health: { statuses: [204] } }), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/health/statuses' })
  t.throws(() => looking(t, { ejection: { time: '10m', maxTime: '1m' } }), { code: 'GW_CONFIG_INVALID', pointer: '/ejection/maxTime' })
  t.throws(() => looking(t, { discover: { dns: 'http://10.0.0.1' } }), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/discover/0/dns' })
})

t.test('addresses that are found are members, from files beside the route file', async t => {
  const folder = t.testdir({ 'endpoints.yaml': '- http://c\n- { url: http://d, weight: 2 }\n' })
  const { pool, all, start, close, watched } = looking(t, { discover: { file: 'endpoints.yaml' } }, join(folder, 'routes.yaml'))
  await all[0]!.ready
  t.equal(pool.members.length, 2, 'not before the start')
  start()
  await all[0]!.ready
  t.same(pool.members.map(({ endpoint, weight }) => [endpoint.origin, weight]), [['http://a', 1], ['http://b', 1], ['http://c', 1], ['http://d', 2]])
  t.same(watched, [join(folder, 'endpoints.yaml')])
  close()
  t.same(watched, [])
})
