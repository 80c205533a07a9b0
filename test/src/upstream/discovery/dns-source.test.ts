import t from 'tap'
import type { Address } from '../../../../src/upstream/address.ts'
import { dnsSource } from '../../../../src/upstream/discovery/dns-source.ts'
import { a, fakeDns, namesOf } from './fake-dns.ts'
import { sourceDeps } from './source-deps.ts'

const config = (dns: string, more = {}) => ({ dns, weight: 1, priority: 0, ...more })

t.test('each address is an endpoint that keeps the name', async t => {
  const { server } = await fakeDns(t, ({ name, type }) => ({ answers: [type === 'A' ? a(name, '10.0.0.1') : a(name, '2001:db8::1')] }))
  const told: (readonly Address[])[] = []
  const source = dnsSource(config('https://orders.svc:8443', { weight: 3, zone: 'eu-1', priority: 2 }), '/discover/0')(sourceDeps({ names: namesOf(server) }), addresses => { told.push(addresses) })
  await source.asked
  source.close()
  const place = { name: 'orders.svc:8443', weight: 3, zone: 'eu-1', priority: 2 }
  t.same(told, [[{ url: 'https://10.0.0.1:8443', ...place }, { url: 'https://[2001:db8::1]:8443', ...place }]])
})

t.test('a usual port is not part of the name', async t => {
  const { server } = await fakeDns(t, ({ name, type }) => ({ answers: type === 'A' ? [a(name, '10.0.0.1')] : [] }))
  for (const [dns, url, name] of [['http://orders.svc', 'http://10.0.0.1', 'orders.svc'], ['https://orders.svc:443/', 'https://10.0.0.1', 'orders.svc']] as const) {
    const told: (readonly Address[])[] = []
    const source = dnsSource(config(dns), '')(sourceDeps({ names: namesOf(server) }), addresses => { told.push(addresses) })
    await source.asked
    source.close()
    t.match(told, [[{ url, name, zone: null }]])
  }
})

t.test('other addresses take the place of the first when the TTL is over', async t => {
  let addresses = ['10.0.0.1', '10.0.0.2']
  const { server, asked } = await fakeDns(t, ({ name, type }) => ({ answers: type === 'A' ? addresses.map(one => a(name, one, 7)) : [] }))
  const deps = sourceDeps({ names: namesOf(server) })
  const told: string[] = []
  let heard = Promise.withResolvers<void>()
  const source = dnsSource(config('http://orders.svc:8080'), '')(deps, all => {
    told.push(all.map(({ url }) => url.slice(7)).join(' '))
    heard.resolve()
  })
  await source.asked
  addresses = ['10.0.0.3', '10.0.0.2']
  await deps.clock.pass(6999)
  t.equal(asked.length, 2)
  heard = Promise.withResolvers()
  await deps.clock.pass(1)
  await heard.promise
  t.same(told, ['10.0.0.1:8080 10.0.0.2:8080', '10.0.0.2:8080 10.0.0.3:8080'])
  t.equal(asked.length, 4, 'nobody in between keeps answers')
  source.close()
  t.same(deps.clock.sleeping, [])
})

t.test('an address that no URL can hold is left out', async t => {
  const deps = sourceDeps({ names: { ...sourceDeps().names, lookup: async () => [{ address: 'fe80::1%eth0' }, { address: '127.0.0.1' }] } })
  const told: (readonly Address[])[] = []
  const source = dnsSource(config('http://localhost:8080'), '')(deps, addresses => { told.push(addresses) })
  await source.asked
  source.close()
  t.match(told, [[{ url: 'http://127.0.0.1:8080', name: 'localhost:8080' }]])
  t.equal(told[0]!.length, 1)
})

t.test('an address needs no discovery, and what is no origin has none', async t => {
  for (const dns of ['http://10.0.0.1:8080', 'http://[::1]:8080']) t.throws(() => dnsSource(config(dns), '/discover/2'), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/discover/2/dns' })
  t.throws(() => dnsSource(config('http://orders:99999'), '/discover/2'), { code: 'GW_CONFIG_INVALID', pointer: '/discover/2/dns' })
})
