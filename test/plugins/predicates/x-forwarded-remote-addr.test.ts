import t from 'tap'
import xForwardedRemoteAddr from '../../../plugins/predicates/x-forwarded-remote-addr/index.ts'
import { mount } from '../../../src/testing/index.ts'

const peer = '10.0.0.1'
/** Whether a client is taken for one in 203.0.113.0/24, with the peer a trusted proxy. */
const taken = (chain: string | string[], maxTrustedIndex: number) =>
  mount(xForwardedRemoteAddr, { sources: '203.0.113.0/24', maxTrustedIndex })
    .match({ headers: { 'x-forwarded-for': chain }, client: { peer, address: peer, trusted: true } })

t.test('goes by the client that the gateway has worked out', async t => {
  const { match } = mount(xForwardedRemoteAddr, ['203.0.113.0/24', '2001:db8::1'])
  t.ok(await match({ client: { peer, address: '203.0.113.7', trusted: true } }))
  t.ok(await match({ client: { peer, address: '2001:db8::1', trusted: true } }))
  t.notOk(await match({ client: { peer, address: '2001:db8::2', trusted: true } }))
  t.notOk(await match({ client: { peer: '203.0.113.7', address: '192.0.2.1', trusted: true } }))
  t.notOk(await match({ headers: { 'x-forwarded-for': '203.0.113.7' }, client: { peer, address: '192.0.2.1', trusted: true } }))
})

t.test('counts entries from the right with maxTrustedIndex', async t => {
  t.ok(await taken('192.0.2.1, 203.0.113.7', 1))
  t.notOk(await taken('203.0.113.7, 192.0.2.1', 1))
  t.ok(await taken('192.0.2.1, 203.0.113.7, 198.51.100.1', 2))
  t.notOk(await taken('203.0.113.7, 192.0.2.1, 198.51.100.1', 2))
  t.ok(await taken('203.0.113.7, 198.51.100.1', 2))
})

t.test('counts over all lines, and not the empty elements', async t => {
  t.ok(await taken(['203.0.113.7', '198.51.100.1'], 2))
  t.ok(await taken('203.0.113.7 ,, 198.51.100.1,', 2))
})

t.test('never takes the left-most entry of a list that is too short', async t => {
  t.notOk(await taken('203.0.113.7', 2))
  t.notOk(await taken('203.0.113.7,', 2))
  t.notOk(await taken('', 1))
})

t.test('matches nothing where the list is too short, not even by the address of the proxy', async t => {
  const { match } = mount(xForwardedRemoteAddr, { sources: peer, maxTrustedIndex: 2 })
  const client = { peer, address: '192.0.2.1', trusted: true }
  t.notOk(await match({ client }))
  t.notOk(await match({ headers: { 'x-forwarded-for': '192.0.2.1' }, client }))
  t.notOk(await match({ headers: { 'x-forwarded-for': '192.0.2.1, 198.51.100.1' }, client }))
})

t.test('believes no header of a peer that is not trusted', async t => {
  const { match } = mount(xForwardedRemoteAddr, { sources: '203.0.113.7', maxTrustedIndex: 1 })
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  t.notOk(await match({ headers, client: { peer: '192.0.2.1', address: '192.0.2.1', trusted: false } }))
  t.ok(await match({ headers: { 'x-forwarded-for': '192.0.2.1' }, client: { peer: '203.0.113.7', address: '203.0.113.7', trusted: false } }))
})

t.test('reads entries that carry a port, and takes no other text for an address', async t => {
  t.ok(await taken('203.0.113.7:4711', 1))
  const { match } = mount(xForwardedRemoteAddr, { sources: ['2001:db8::/32', peer], maxTrustedIndex: 1 })
  const matches = (chain: string) => match({ headers: { 'x-forwarded-for': chain }, client: { peer, trusted: true } })
  for (const entry of ['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:4711']) t.ok(await matches(entry), entry)
  for (const entry of ['unknown', '_hidden', '[', '[]', '[2001:db8::1', '10.0.0.1:', '10.0.0.1:80:80', '2001:db8::1/32', '::ffff:192.0.2.1']) t.notOk(await matches(entry), entry)
})

t.test('loads what Spring writes', async t => {
  const { toConfig } = xForwardedRemoteAddr.spring!
  t.ok(await mount(xForwardedRemoteAddr, toConfig!({ sources: ['203.0.113.0/24', '192.0.2.1'] })).match({ client: { address: '192.0.2.1' } }))
  const { match } = mount(xForwardedRemoteAddr, toConfig!({ sources: '198.51.100.1, 203.0.113.7', maxTrustedIndex: '2' }))
  t.ok(await match({ headers: { 'x-forwarded-for': '203.0.113.7, 192.0.2.1' }, client: { peer, trusted: true } }))
  const pointer = '/x-forwarded-remote-addr/maxTrustedIndex'
  for (const maxTrustedIndex of ['0', '-1', '1.5', 'two', '']) {
    t.throws(() => mount(xForwardedRemoteAddr, toConfig!({ sources: '192.0.2.1', maxTrustedIndex })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer }] }, maxTrustedIndex)
  }
  t.throws(() => mount(xForwardedRemoteAddr, toConfig!({})), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('names the source that is none', async t => {
  t.throws(() => mount(xForwardedRemoteAddr, ['192.0.2.1', 'proxy']), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/x-forwarded-remote-addr/1' }] })
  t.throws(() => mount(xForwardedRemoteAddr, { sources: '192.0.2.1/40', maxTrustedIndex: 1 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/x-forwarded-remote-addr/sources' }] })
})
