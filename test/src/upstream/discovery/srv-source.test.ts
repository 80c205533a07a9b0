import t from 'tap'
import { systemClock } from '../../../../src/adapters/system-clock.ts'
import type { DiscoveryConfig } from '../../../../src/contract/route-file.ts'
import { manualClock } from '../../../../src/testing/index.ts'
import type { Address } from '../../../../src/upstream/address.ts'
import { srvSource } from '../../../../src/upstream/discovery/srv-source.ts'
import { a, fakeDns, namesOf, srv, type DnsHandler } from './fake-dns.ts'
import { sourceDeps } from './source-deps.ts'

const NAME = '_http._tcp.orders.example'
const config = (more: Partial<Extract<DiscoveryConfig, { srv: string }>> = {}) => ({ srv: NAME, scheme: 'http' as const, ...more })

/** What a source hears from a server that answers so. */
async function found (t: Parameters<typeof fakeDns>[0], handler: DnsHandler, more: Parameters<typeof config>[0] = {}) {
  const { server, asked } = await fakeDns(t, handler)
  const deps = sourceDeps({ names: namesOf(server), clock: { ...manualClock(), ...systemClock } })
  const told: (readonly Address[])[] = []
  const source = srvSource(config(more), '/discover/0')(deps, addresses => { told.push(addresses) })
  await source.asked
  source.close()
  return { told, asked, lines: deps.log.lines }
}

t.test('targets are endpoints with their port, weight and rank; they are asked by the name of the service', async t => {
  const { told, asked } = await found(t, () => ({
    answers: [srv(NAME, 'two.example', 8082, { priority: 20, weight: 7 }), srv(NAME, 'one.example', 8081, { priority: 10, weight: 1 })],
    additionals: [a('one.example', '10.0.0.1'), a('two.example', '2001:db8::2')]
  }), { zone: 'eu-1' })
  t.same(told, [[
    { url: 'http://10.0.0.1:8081', name: 'orders.example:8081', weight: 1, zone: 'eu-1', priority: 0 },
    { url: 'http://[2001:db8::2]:8082', name: 'orders.example:8082', weight: 1, zone: 'eu-1', priority: 1 }
  ]])
  t.same(asked, [`udp SRV ${NAME}`])
})

t.test('a certificate is that of the service, and its usual port is not part of the name', async t => {
  const { told } = await found(t, () => ({ answers: [srv(NAME, 'one.example', 443)], additionals: [a('one.example', '10.0.0.1')] }), { scheme: 'https' })
  t.match(told, [[{ url: 'https://10.0.0.1', name: 'orders.example' }]])
})

t.test('addresses that did not come along are asked for', async t => {
  const { told, asked } = await found(t, ({ name, type }) => {
    if (type === 'SRV') return { answers: [srv(NAME, 'one.example', 80), srv(NAME, 'two.example', 80)], additionals: [a('one.example', '10.0.0.1')] }
    return { answers: type === 'A' ? [a(name, '10.0.0.2')] : [] }
  })
  t.match(told, [[{ url: 'http://10.0.0.1' }, { url: 'http://10.0.0.2' }]])
  t.same(asked.slice(1).sort(), ['udp A two.example', 'udp AAAA two.example'])
})

t.test('a target that cannot be found is left out while there are others', async t => {
  const answers = [srv(NAME, 'one.example', 80), srv(NAME, 'two.example', 80)]
  const some = await found(t, ({ name, type }) => type === 'SRV' ? { answers } : name.startsWith('one') ? { code: 2 } : { answers: type === 'A' ? [a(name, '10.0.0.2')] : [] })
  t.match(some.told, [[{ url: 'http://10.0.0.2' }]])
  const none = await found(t, ({ type }) => type === 'SRV' ? { answers } : { code: 2 })
  t.same([none.told, none.lines.map(({ level }) => level)], [[], ['warn']])
})

t.test('a service that is not there has no endpoints', async t => {
  const { told, lines } = await found(t, () => ({ answers: [srv(NAME, '.', 0)] }))
  t.same([told, lines.length], [[], 1])
})

t.test('asks again when the shortest TTL is over, that of an address too', async t => {
  const { server } = await fakeDns(t, ({ name, type }) => type === 'SRV' ? { answers: [srv(NAME, 'one.example', 80, { ttl: 60 })] } : { answers: type === 'A' ? [a(name, '10.0.0.1', 9)] : [] })
  const deps = sourceDeps({ names: namesOf(server) })
  const source = srvSource(config(), '')(deps, () => {})
  await source.asked
  await deps.clock.pass(0)
  t.same(deps.clock.sleeping, [9000])
  source.close()
  t.same(deps.clock.sleeping, [])
})

t.test('what is no name of a service is an error where it stands', async t => {
  for (const bad of ['_http._tcp', '_http._tcp.', '_http..orders', '-'.repeat(64) + '.example', 'a.'.repeat(130) + 'b', '_http._tcp.1.2.3.999']) {
    t.throws(() => srvSource(config({ srv: bad }), '/discover/1'), { code: 'GW_CONFIG_INVALID', pointer: '/discover/1/srv' }, bad)
  }
  t.ok(srvSource(config({ srv: 'orders.service.consul.' }), ''))
})
