import t from 'tap'
import remoteAddr from '../../../plugins/predicates/remote-addr/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [sources, peer, expected] of [
  ['192.0.2.0/24', '192.0.2.77', true],
  ['192.0.2.0/24', '192.0.3.1', false],
  ['192.0.2.5/24', '192.0.2.77', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  [['192.0.2.7', '198.51.100.0/24'], '198.51.100.9', true],
  ['::1', '::1', true],
  ['::1', '::2', false],
  ['2001:db8::/32', '2001:db8:1::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['fe80::/10', 'fe80::1%eth0', true]
] as const) {
  t.test(`${JSON.stringify(sources)} ${expected ? 'takes' : 'leaves'} ${peer}`, async t => {
    t.equal(await mount(remoteAddr, sources).match({ client: { peer } }), expected)
  })
}

t.test('asks the socket, whatever headers and trusted proxies say of the client', async t => {
  const { match } = mount(remoteAddr, { sources: '203.0.113.7' })
  t.notOk(await match({ headers: { 'x-forwarded-for': '203.0.113.7' }, client: { peer: '192.0.2.1', address: '203.0.113.7', trusted: true } }))
  t.ok(await match({ client: { peer: '203.0.113.7', address: '192.0.2.1' } }))
})

t.test('loads the sources of Spring, gathered or as one text', async t => {
  const { toConfig } = remoteAddr.spring!
  for (const sources of [['192.0.2.7', '198.51.100.0/24'], '192.0.2.7, 198.51.100.0/24']) {
    const { match } = mount(remoteAddr, toConfig!({ sources }))
    t.ok(await match({ client: { peer: '192.0.2.7' } }))
    t.ok(await match({ client: { peer: '198.51.100.1' } }))
    t.notOk(await match({ client: { peer: '192.0.2.8' } }))
  }
  t.throws(() => mount(remoteAddr, toConfig!({})), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remote-addr/sources' }] })
})

t.test('names the source that is none', async t => {
  for (const wrong of ['', 'localhost', '192.0.2.7/33', '192.0.2.7/', '::1/129', '192.0.2', '10.0.0.0/-1']) {
    t.throws(() => mount(remoteAddr, ['192.0.2.7', wrong]), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remote-addr/1' }] }, wrong)
    t.throws(() => mount(remoteAddr, { sources: [wrong] }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/remote-addr/sources/0' }] }, wrong)
  }
  t.throws(() => mount(remoteAddr, []), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => mount(remoteAddr), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})
