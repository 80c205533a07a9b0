import t, { type Test } from 'tap'
import type { DiffReport } from '../../../src/cli/diff/diff-report.ts'
import { cli, type Ran } from './cli-io.ts'

const HEAD = `version: 1
issuers: { main: { issuer: "https://idp.example.com", audiences: [api] } }
upstreams:
  orders: { endpoints: [http://10.0.0.1] }
  next: { endpoints: [http://10.0.0.2] }
routes:
`
const ORDERS = '  - { id: orders, predicates: [path: /orders/**], upstream: orders }\n'

/** A line of the Common Log Format for each request. */
const log = (...requests: string[]): string => requests.map(request => `192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] "${request} HTTP/1.1" 200 12\n`).join('')

interface Setup { readonly was: string, readonly is: string, readonly log: string, readonly args?: readonly string[] }

const diff = (t: Test, { was, is, log, args = [] }: Setup): Promise<Ran> =>
  cli(['diff', 'old.yaml', 'new.yaml', '--replay', 'access.log', ...args], { cwd: t.testdir({ 'old.yaml': was.startsWith('version') ? was : HEAD + was, 'new.yaml': is.startsWith('version') ? is : HEAD + is, 'access.log': log }) })

async function report (t: Test, setup: Setup): Promise<DiffReport & { status: number }> {
  const { status, out } = await diff(t, { ...setup, args: [...setup.args ?? [], '--json'] })
  return { status, ...JSON.parse(out) as DiffReport }
}

t.test('requests that go elsewhere are told, the most frequent first', async t => {
  const was = `${ORDERS}  - { id: old, predicates: [path: /old], upstream: orders }
  - { id: cart, predicates: [path: /cart/**], filters: [strip-prefix: 1], upstream: orders }
`
  const is = `  - { id: orders, predicates: [path: /orders/**], upstream: next }
  - { id: old, predicates: [path: /old], filters: [{ respond: { status: 410 } }] }
  - { id: cart, predicates: [path: /cart/**], filters: [prefix-path: /v2], upstream: orders }
  - { id: new, predicates: [path: /new], upstream: next }
`
  const { status, out, err } = await diff(t, { was, is, log: `${log('GET /orders/7', 'GET /orders/7', 'GET /orders/8?x=1', 'POST /cart/1', 'POST /cart/1', 'GET /old', 'GET /new', 'GET /none')}rubbish\n` })
  t.equal(err, '')
  t.equal(status, 1)
  t.equal(out, `CHANGED
  COUNT  REQUEST        WAS                         IS
      3  GET /orders/7  orders -> orders /orders/7  orders -> next /orders/7
      2  POST /cart/1   cart -> orders /1           cart -> orders /v2/cart/1
      1  GET /old       old -> orders /old          old: 410
      1  GET /new       404 GW_NO_ROUTE             new -> next /new

1 line could not be read

8 requests, 6 distinct: 1 the same, 7 changed, 0 undecided
`)
})

t.test('nothing has changed where nothing has', async t => {
  const same = await diff(t, { was: ORDERS, is: `  - { id: nobody, predicates: [path: /nobody], upstream: next }\n${ORDERS}`, log: log('GET /orders/7', 'GET /a/../b', 'GET /%zz', 'GET /none') })
  t.match(same, { status: 0, out: '4 requests, 4 distinct: 4 the same, 0 changed, 0 undecided\n' })
})

t.test('filters refuse nothing that a log cannot tell of', async t => {
  const guarded = (upstream: string) => `  - id: orders
    predicates: [path: /orders/**]
    filters: [authenticate, { authorize: { scopes: [orders.read] } }, { rate-limit: { rate: 1/h, burst: 1 } }, { request-size: 1B }]
    upstream: ${upstream}
`
  const requests = log('GET /orders/1', 'GET /orders/2', 'GET /orders/3')
  t.match(await report(t, { was: guarded('orders'), is: guarded('next'), log: requests }), { status: 1, changed: 3, groups: [{ distinct: 3, was: { upstream: 'orders', path: '/orders/1' }, is: { upstream: 'next', status: null } }] })
  t.match(await report(t, { was: ORDERS, is: guarded('orders'), log: requests }), { status: 0, same: 3 })
})

t.test('what headers decide is undecided, unless nothing of it has changed', async t => {
  const canary = '  - { id: canary, predicates: [path: /orders/**, header: X-Beta], upstream: next }\n'
  const elsewhere = '  - { id: orders, predicates: [path: /orders/**], upstream: next }\n'
  const requests = log('GET /orders/7', 'GET /cart')
  t.match(await report(t, { was: canary + ORDERS, is: canary + ORDERS, log: requests }), { status: 0, same: 2 })
  t.match(await report(t, { was: ORDERS, is: canary + ORDERS, log: requests }), {
    status: 1, same: 1, changed: 0, undecided: 1, groups: [{ kind: 'undecided', was: { upstream: 'orders' }, is: { upstream: 'orders' }, decidedBy: ['header "X-Beta" of canary'] }]
  })
  t.match(await report(t, { was: canary + ORDERS, is: canary + elsewhere, log: requests }), { undecided: 1, groups: [{ is: { upstream: 'next' } }] })
  t.match(await report(t, { was: elsewhere, is: elsewhere + canary, log: requests }), { status: 0 }, 'what stands behind it does not matter')
  const { out } = await diff(t, { was: ORDERS, is: canary + ORDERS, log: requests })
  t.match(out, /^UNDECIDED: a predicate goes by what the log does not tell\n.*\n.*\n +by header "X-Beta" of canary\n/)
})

t.test('predicates are watched, whatever they are called', async t => {
  const by = (predicates: string) => `  - { id: special, predicates: ${predicates}, upstream: next }\n${ORDERS}`
  const of = async (predicates: string, request = 'GET /orders/7') => {
    const { same, changed, undecided } = await report(t, { was: ORDERS, is: by(predicates), log: log(request) })
    return { same, changed, undecided }
  }
  const [SAME, CHANGED, UNDECIDED] = [{ same: 1, changed: 0, undecided: 0 }, { same: 0, changed: 1, undecided: 0 }, { same: 0, changed: 0, undecided: 1 }]
  t.same(await of('[{ any: [path: /orders/7, header: X-Beta] }]'), CHANGED)
  t.same(await of('[{ any: [path: /other, header: X-Beta] }]'), UNDECIDED)
  t.same(await of('[header: X-Beta, path: /cart]'), SAME)
  t.same(await of('[header: X-Beta, method: POST]'), SAME)
  t.same(await of('[query: x]', 'GET /orders/7?x=1'), CHANGED)
  t.same(await of('[query: y]', 'GET /orders/7?x=1'), SAME)
  t.same(await of('[cookie: { name: a, matches: b }]'), UNDECIDED)
  t.same(await of('[remote-addr: 10.0.0.0/8]'), UNDECIDED)
  t.same(await of('[{ not: { header: X-Beta } }]'), UNDECIDED)
  t.same(await of('[read-body: body.type == "a"]', 'POST /orders/7'), UNDECIDED)
  t.same(await of('[after: 2100-01-01T00:00:00Z]'), SAME)
  t.match(await report(t, { was: ORDERS, is: by('[after: 2100-01-01T00:00:00Z]'), log: log('GET /orders/7'), args: ['--at', '2101-01-01T00:00:00Z'] }), { changed: 1 })
})

t.test('chance is compared by its weights', async t => {
  const split = (a: number) => `  - { id: orders, predicates: [path: /**], upstream: [{ to: orders, weight: ${a} }, { to: next, weight: 1 }] }\n`
  t.match(await report(t, { was: split(9), is: split(8), log: log('GET /') }), { changed: 1, groups: [{ was: { upstream: '9:orders 1:next' }, is: { upstream: '8:orders 1:next' } }] })
  const group = (a: number, rest = '') => ['orders', 'next'].map((to, i) => `  - { id: ${to}, predicates: [path: /orders/**, weight: { group: g, weight: ${i === 0 ? a : 1} }], upstream: ${to} }\n`).join('') + rest
  const requests = log('GET /orders/7')
  t.match(await report(t, { was: group(9), is: group(9, '  - { id: rest, predicates: [path: /**], upstream: next }\n'), log: requests }), { status: 0 }, 'one of the group takes it')
  t.match(await report(t, { was: group(9), is: group(8), log: requests }), { undecided: 1, groups: [{ decidedBy: ['weight in g of orders', 'weight in g of next'] }] })
  t.match(await report(t, { was: group(0), is: ORDERS.replaceAll('orders', 'next').replace('/next/', '/orders/'), log: requests }), { same: 0 })
})

t.test('a host that the log does not tell can be told', async t => {
  const shop = (upstream: string) => `  - { id: shop, predicates: [host: shop.example.com], upstream: ${upstream} }\n${ORDERS}`
  const setup = { was: shop('orders'), is: shop('next'), log: log('GET /orders/7') }
  t.match(await report(t, setup), { undecided: 1 })
  t.match(await report(t, { ...setup, args: ['--host', 'shop.example.com'] }), { changed: 1 })
  t.match(await report(t, { ...setup, args: ['--host', 'other.example.com'] }), { same: 1 })
  const line = '{"http.request.method":"GET","url.domain":"shop.example.com","url.path":"/orders/7"}\n'
  t.match(await report(t, { ...setup, log: line, args: ['--host', 'other.example.com'] }), { changed: 1, groups: [{ example: { host: 'shop.example.com', target: '/orders/7' } }] })
  const query = '  - { id: q, predicates: [query: q], upstream: next }\n'
  t.match(await report(t, { was: ORDERS, is: query + ORDERS, log: line }), { undecided: 1 }, 'nor does it tell the query')
})

t.test('the guard has its say', async t => {
  const open = ORDERS.replace('upstream:', 'allowPath: [encoded-slash], upstream:')
  t.match(await report(t, { was: ORDERS, is: open, log: log('GET /orders/a%2Fb', 'GET /orders/../../x', 'CONNECT /orders/7', 'BREW /orders/7') }), {
    same: 3, changed: 1, groups: [{ was: { status: 400, code: 'GW_UNSAFE_PATH' }, is: { path: '/orders/a%2Fb' } }]
  })
})

t.test('a filter may send it elsewhere', async t => {
  const elsewhere = ORDERS.replace('upstream:', 'filters: [set-request-uri: "http://10.9.9.9"], upstream:')
  t.match(await report(t, { was: ORDERS, is: elsewhere, log: log('GET /orders/7') }), { changed: 1, groups: [{ is: { upstream: 'http://10.9.9.9' } }] })
})

t.test('upstreams that are others under the same name are told, and secrets are not', async t => {
  const file = (address: string) => `${HEAD.replace('10.0.0.1', address)}${ORDERS}`
  const { status, out } = await diff(t, { was: file('10.0.0.1'), is: file('10.0.0.3'), log: log('GET /orders/7') })
  t.same([status, out], [0, 'Upstreams that both files name and that differ: orders\n\n1 request, 1 distinct: 1 the same, 0 changed, 0 undecided\n'])
  const secret = ORDERS.replace('orders', '"$' + '{SECRET}"')
  const cwd = t.testdir({ 'old.yaml': HEAD + ORDERS, 'new.yaml': HEAD + secret, 'access.log': log('GET /orders/7') })
  for (const more of [[], ['--json']]) t.notMatch((await cli(['diff', 'old.yaml', 'new.yaml', '--replay', 'access.log', ...more], { cwd, env: { SECRET: 'hunter2hunter2' } })).out, /hunter2/)
})

t.test('of many kinds the most frequent are shown', async t => {
  const routes = (to: string) => Array.from({ length: 35 }, (_, i) => `  - { id: r${i}, predicates: [path: /r${i}], upstream: ${to} }\n`).join('')
  const setup = { was: routes('orders'), is: routes('next'), log: log(...Array.from({ length: 35 }, (_, i) => `GET /r${i}`)) }
  t.match((await diff(t, setup)).out, /\n {2}and 5 more kinds \(--all\)\n/)
  t.match((await diff(t, { ...setup, args: ['--all'] })).out, /GET \/r34/)
})

t.test('a wrong command line, file or log is told', async t => {
  const cwd = t.testdir({ 'a.yaml': HEAD + ORDERS, 'bad.yaml': 'version: 2\n', 'access.log': log('GET /'), 'empty.log': '', 'rubbish.log': 'x\n', 'wrong.gz': 'x' })
  const told = async (...args: string[]) => await cli(['diff', ...args], { cwd })
  t.match(await told('a.yaml'), { status: 2, err: /which two configurations/ })
  t.match(await told('a.yaml', 'a.yaml', 'a.yaml', '--replay', 'access.log'), { status: 2, err: /which two configurations/ })
  t.match(await told('a.yaml', 'a.yaml'), { status: 2, err: /--replay/ })
  t.match(await told('a.yaml', 'a.yaml', '--replay', 'access.log', '--at', 'noon'), { status: 2, err: /no time/ })
  t.match(await told('a.yaml', 'bad.yaml', '--replay', 'access.log'), { status: 2, err: /bad\.yaml:1/ })
  t.match(await told('a.yaml', 'a.yaml', '--replay', 'none.log'), { status: 1, err: /ENOENT/ })
  t.match(await told('a.yaml', 'a.yaml', '--replay', 'empty.log'), { status: 2, err: /it is empty/ })
  t.match(await told('a.yaml', 'a.yaml', '--replay', 'rubbish.log'), { status: 2, err: /no request that could be read/ })
  t.match(await told('a.yaml', 'a.yaml', '--replay', 'wrong.gz'), { status: 2, err: /cannot be unpacked/ })
})
