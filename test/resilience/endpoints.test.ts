import t from 'tap'
import { route, running, tally, times, until, type Running } from './running.ts'
import { fails, hangs, upstream, upstreams, well, type Upstream } from './upstream.ts'

const texts = (answers: readonly { body: Readonly<Record<string, unknown>> }[]) => answers.map(({ body }) => body['text'] as string)
const urls = (all: readonly Upstream[]) => all.map(({ url }) => url)
const counts = (all: readonly Upstream[]) => all.map(({ count }) => count)
const one = (id: string, upstream: unknown, ...uses: unknown[]) => [route(id, uses, upstream)]
const askedWith = ({ ask }: Running, headersOf: (value: string) => Record<string, string>) => async (value: string) => (await ask('/o', { headers: headersOf(value) })).body['text'] as string
const EJECTION = { consecutive: 1, time: '1h', maxTime: '1h' }
const NO_PANIC = { panicBelow: '0%', spillBelow: '50%', ejection: { ...EJECTION, maxShare: '100%' } }

t.test('a client stays with its endpoint by a cookie, and goes to another when that dies', async t => {
  const all = await upstreams(t, 3)
  const setup = (more: object = {}) => ({
    upstreams: { up: { endpoints: urls(all), sticky: {}, ejection: EJECTION, ...more } }, keyRings: { sticky: 'ephemeral' }, routes: one('o', 'up', { retry: { backoff: { first: '1ms' } } })
  })
  const { ask, reload } = await running(t, setup())
  const first = await ask('/o', { headers: { cookie: 'mine=1' } })
  const [set = ''] = first.headers['set-cookie'] ?? []
  t.match(set, /^__Host-gatehouse-endpoint=[\w-]{22}; .*Secure; HttpOnly/)
  t.notMatch(set, /127\.0\.0\.1/)
  const cookie = set.split(';', 1)[0]!
  const again = await times(12, () => ask('/o', { headers: { cookie: `mine=1; ${cookie}` } }))
  t.same(texts(again), texts(Array(12).fill(first)))
  t.notOk(again.some(({ headers }) => headers['set-cookie']), 'told once')
  const [home, ...others] = [...all].sort((a, b) => b.count - a.count) as [Upstream, ...Upstream[]]
  t.equal(home.asked.at(-1)!.headers.cookie, 'mine=1', 'upstream does not see it')
  t.match(texts(await times(6, () => ask('/o', { headers: { cookie: cookie.replace(/.{4}$/, 'AAAA') } }))).sort(), ['a', 'a', 'b', 'b', 'c', 'c'], 'one that is made up leads nowhere')

  await reload(setup({ connections: 500 }))
  t.equal((await ask('/o', { headers: { cookie } })).body['text'], home.name, 'a reload keeps everybody where they are')
  await home.stop()
  const moved = await ask('/o', { headers: { cookie } })
  t.equal(moved.status, 200)
  t.ok(others.some(({ name }) => name === moved.body['text']))
  const next = moved.headers['set-cookie']![0]!.split(';', 1)[0]!
  t.same(new Set(texts(await times(6, () => ask('/o', { headers: { cookie: next } })))), new Set(texts([moved])))
})

t.test('a canary keeps its users, and more of them are those and others', async t => {
  const [all, canary] = await upstreams(t, 2) as [Upstream, Upstream]
  const setup = (share: number) => ({
    upstreams: { all: { endpoints: [all.url] }, canary: { endpoints: [canary.url] } },
    routes: one('o', { split: [{ to: 'all', weight: 100 - share }, { to: 'canary', weight: share }], by: { cookie: 'user' } })
  })
  const here = await running(t, setup(5))
  const sideOf = askedWith(here, user => ({ cookie: `a=b; user=${user}` }))
  const users = Array.from({ length: 200 }, (_, i) => `user-${i}`)
  const canaries = async () => {
    const sides = new Map<string, string>()
    for (let i = 0; i < users.length; i += 50) await Promise.all(users.slice(i, i + 50).map(async user => { sides.set(user, await sideOf(user)) }))
    return new Set(users.filter(user => sides.get(user) === 'b'))
  }
  const few = await canaries()
  t.ok(few.size >= 3 && few.size <= 20, `${few.size} of 200`)
  t.same(await canaries(), few, 'the same the next time')
  await here.reload(setup(10))
  const more = await canaries()
  t.same([...few].filter(user => !more.has(user)), [])
  t.ok(more.size > few.size && more.size <= 35, `${more.size} of 200`)
})

t.test('requests stay in the zone while it is up, and in the first priority', async t => {
  const [near, far, last] = await upstreams(t, 3) as [Upstream, Upstream, Upstream]
  const endpoints = [{ url: near.url, zone: 'here' }, { url: far.url, zone: 'there' }, { url: last.url, zone: 'here', priority: 1 }]
  const here = await running(t, { gateway: { zone: 'here' }, upstreams: { up: { endpoints, ...NO_PANIC } }, routes: one('o', 'up', { retry: { backoff: { first: '1ms' } } }) })
  const { ask, operate, metric, log } = here
  await times(10, () => ask('/o'))
  t.same(counts([near, far, last]), [10, 0, 0])
  await near.stop()
  t.same(tally(await times(10, () => ask('/o'))), { 200: 10 })
  t.same(counts([far, last]), [10, 0])
  t.match((await operate('/upstreams')).body, { upstreams: [{ name: 'up', panic: false, members: [{ origin: near.url, up: false, ejected: true }, { up: true }, { up: true, priority: 1 }] }] })
  await far.stop()
  t.same(tally(await times(10, () => ask('/o'))), { 200: 10 })
  t.equal(last.count, 10)
  await last.stop()
  await ask('/o')
  t.match(await ask('/o'), { status: 502, body: { code: 'GW_UPSTREAM_UNREACHABLE' } }, 'ejection alone leaves nobody without an endpoint')
  t.equal(metric('gatehouse_endpoint_changes_total', { upstream: 'up', change: 'ejected' }), 3)
  t.match(await log.find(line => line['gatehouse.endpoint'] === far.url), { 'log.level': 'warn', 'gatehouse.reason': 'consecutive failures' })
})

t.test('health checks take an endpoint out and bring it back', async t => {
  const [a, b] = await upstreams(t, 2) as [Upstream, Upstream]
  const health = { path: '/healthz', interval: '10ms', unhealthy: 2, healthy: 2, body: '^[ab]$' }
  const { ask, operate } = await running(t, { upstreams: { up: { endpoints: urls([a, b]), health, panicBelow: '0%' } }, routes: one('o', 'up') })
  const ups = async () => ((await operate('/upstreams')).body['upstreams'] as { members: { up: boolean }[] }[])[0]!.members.map(({ up }) => up)
  const orders = () => a.asked.filter(({ url }) => url === '/o').length
  await times(4, () => ask('/o'))
  t.equal(orders(), 2)
  a.answering = well('ill')
  await until(async () => !(await ups())[0])
  await times(4, () => ask('/o'))
  t.equal(orders(), 2)
  b.answering = fails
  await until(async () => !(await ups())[1])
  t.match(await ask('/o'), { status: 503, body: { code: 'GW_NO_ENDPOINT' } })
  a.answering = well('a')
  await until(async () => (await ups())[0])
  t.match(texts(await times(4, () => ask('/o'))), ['a', 'a', 'a', 'a'])
})

t.test('a key goes to the same endpoint, also after another one has left', async t => {
  const all = await upstreams(t, 3)
  const setup = (some: readonly Upstream[]) => ({ upstreams: { up: { endpoints: urls(some), balance: { 'consistent-hash': { by: { header: 'x-cart' }, bound: 10 } } } }, routes: one('o', 'up') })
  const here = await running(t, setup(all))
  const homeOf = askedWith(here, cart => ({ 'x-cart': cart }))
  const carts = Array.from({ length: 60 }, (_, i) => `cart-${i}`)
  const homes = await Promise.all(carts.map(homeOf))
  t.same(new Set(homes).size, 3)
  t.same(await Promise.all(carts.map(homeOf)), homes)
  await here.reload(setup(all.slice(1)))
  const after = await Promise.all(carts.map(homeOf))
  t.same(after.filter((_, i) => homes[i] !== 'a'), homes.filter(home => home !== 'a'), 'nobody else moves')
  t.notOk(after.includes('a'))
})

t.test('an endpoint takes so many calls and has so many wait, and no more', async t => {
  const release: (() => void)[] = []
  const up = await upstream(t, (_req, res) => { release.push(() => { res.end('done') }) })
  const { ask } = await running(t, { upstreams: { up: { endpoints: [up.url], connections: 2, pending: 1 } }, routes: one('o', 'up') })
  const answers = [1, 2, 3].map(() => ask('/o'))
  await until(() => release.length === 2)
  await until(async () => (await ask('/o')).status === 503)
  t.match(await ask('/o'), { status: 503, headers: { 'retry-after': '1' }, body: { code: 'GW_OVERLOADED' } })
  release.shift()!()
  await until(() => release.length === 2)
  for (const go of release) go()
  t.same(tally(await Promise.all(answers)), { 200: 3 })
  t.equal(up.count, 3)
})

t.test('a full endpoint is passed over, and a further try goes to another', async t => {
  const [busy, free] = await upstreams(t, 2) as [Upstream, Upstream]
  busy.answering = hangs
  const { ask, log } = await running(t, {
    upstreams: { narrow: { endpoints: urls([busy, free]), connections: 1, pending: 0 }, wide: { endpoints: urls([busy, free]) } },
    routes: [...one('o', 'narrow'), ...one('again', 'wide', { retry: { backoff: { first: '1ms' }, budget: { share: '100%' } } })]
  })
  const held = ask('/o').catch(() => {})
  await until(() => busy.count + free.count > 0)
  while (busy.count === 0) await ask('/o')
  for (let i = 0; i < 5; i++) t.match(await ask('/o'), { status: 200, body: { text: 'b' } })
  t.equal(busy.count, 1)
  busy.answering = fails
  const before = [busy.count, free.count]
  t.same(tally(await times(10, () => ask('/again'))), { 200: 10 })
  const failed = busy.count - before[0]!
  t.ok(failed >= 5, String(failed))
  t.equal(free.count, before[1]! + 10)
  await until(() => log.lines.filter(line => line['gatehouse.attempts'] === 2).length === failed)
  for (const line of log.lines.filter(line => line['gatehouse.attempts'] === 2)) t.equal(line['gatehouse.upstream'], free.url)
  void held
})
