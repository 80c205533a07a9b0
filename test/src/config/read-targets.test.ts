import t from 'tap'
import { faultsOf, loadNative } from './load.ts'

const UPSTREAMS = 'upstreams: { orders: { endpoints: http://a }, next: { endpoints: http://b } }'
const load = (upstream: string) => loadNative(`${UPSTREAMS}\nroutes:\n  - { id: a, predicates: [{ path: /a }], upstream: ${upstream} }\n  - { id: b, predicates: [{ path: /b }], upstream: [orders, next] }`)
const told = async (upstream: string) => (await faultsOf(load(upstream))).map(line => line.replace(/^\S+ /, ''))

t.test('a split says what decides among its targets', async t => {
  for (const [by, wanted] of [['principal', 'principal'], ['{ cookie: user }', { cookie: 'user' }], ['{ address: {} }', { address: { ipv4: 32, ipv6: 64 } }]] as const) {
    const { config: { routes } } = await load(`{ split: [{ to: orders, weight: 95 }, { to: next, weight: 5 }], by: ${by} }`)
    t.same(routes.map(({ targets, splitBy }) => [targets.map(({ to, weight }) => [to, weight]), splitBy]), [[[['orders', 95], ['next', 5]], wanted], [[['orders', 1], ['next', 1]], null]])
  }
})

t.test('the places of its targets are those in the list', async t => {
  const { config: { routes } } = await load('{ split: [orders, next], by: host }')
  t.same(routes[0]!.targets.map(({ origin }) => origin.pointer), ['/routes/0/upstream/split/0', '/routes/0/upstream/split/1'])
})

t.test('what decides among one has no effect', async t => {
  const fault = 'routes/a/upstream/by: there is only one target: all requests go there [GW_CONFIG_NO_EFFECT]'
  t.same(await told('{ split: [{ to: orders }], by: host }'), [fault])
  t.same(await told('{ split: orders, by: host }'), [fault])
  t.same(await told('{ split: [{ to: orders, weight: 100 }, { to: next, weight: 0 }], by: host }'), [], 'a canary may stand at 0')
})

t.test('what is wrong with a split is told at its place, all at once', async t => {
  t.match(await told('{ split: [orders, next] }'), [/^routes\/a\/upstream: "by" is missing: principal, .* \[GW_CONFIG_INVALID\]$/])
  t.match(await told('{ by: host }'), [/^routes\/a\/upstream: "split" is missing: a list of \{ to, weight \} \[GW_CONFIG_INVALID\]$/])
  t.match(await told('{ split: [orders, nxt], by: { header: 7 }, at: 5 }'), [/split\/1: no upstream is named "nxt" - did you mean "next"\?/, /by.*\[GW_CONFIG_INVALID\]/, /at: unknown key "at"/])
  t.match(await told('{ split: [{ to: orders, weight: 0 }, { to: next, weight: 0 }], by: host }'), [/split: at least one weight must be above 0/])
})

t.test('an upstream without an address is told of, whether a route uses it or not', async t => {
  t.match(await faultsOf(loadNative('upstreams: { idle: { keepAlive: 1s } }\nroutes: []')), [/upstreams\/idle: "endpoints" is missing/])
})
