import t from 'tap'
import { route, running, tally, times, until } from './running.ts'
import { fails, resets, upstream, upstreams, well } from './upstream.ts'
import { witnessed } from './witness.ts'

const LASTING = { window: 3, minimumCalls: 3, openFor: '1h' }
const breaker = (fallback: object, more: object = {}) => ({ 'circuit-breaker': { ...LASTING, ...more, fallback } })

t.test('another upstream answers, of what has failed and of what is kept away', async t => {
  const [a, b] = [await upstream(t, resets), await upstream(t, well('instead'))]
  const { ask, log, metric } = await running(t, { upstreams: { first: { endpoints: [a.url] }, second: { endpoints: [b.url] } }, routes: [route('orders', [breaker({ upstream: 'second' })], 'first')] })
  const answers = await times(3, () => ask('/orders?a=1', { headers: { 'x-mine': 'yes' } }))
  for (const answer of [...answers, await ask('/orders?a=1', { headers: { 'x-mine': 'yes' } })]) t.match(answer, { status: 200, headers: { 'x-gatehouse-fallback': 'upstream' }, body: { text: 'instead' } })
  t.equal(a.count, 3)
  t.match(b.asked.map(({ url, headers }) => [url, headers['x-mine']]), Array(4).fill(['/orders?a=1', 'yes']))
  await until(() => log.lines.filter(({ message }) => message === 'request').length === 4)
  const lines = log.lines.filter(({ message }) => message === 'request')
  t.match(lines[0], { 'http.response.status_code': 200, 'gatehouse.route': 'orders', 'gatehouse.upstream': b.url, 'gatehouse.fallback': 'upstream', 'gatehouse.fallback_for': 'GW_UPSTREAM_RESET', 'gatehouse.attempts': 2 })
  t.match(lines[3], { 'gatehouse.fallback_for': 'GW_CIRCUIT_OPEN', 'gatehouse.attempts': undefined })
  t.equal(metric('gatehouse_fallbacks_total', { kind: 'upstream' }), 4)

  b.answering = resets
  t.match(await ask('/orders'), { status: 503, headers: { 'x-gatehouse-fallback': undefined }, body: { code: 'GW_CIRCUIT_OPEN' } }, 'where that fails too, the first error')
  t.notMatch(await log.find(line => line['error.code'] === 'GW_CIRCUIT_OPEN'), { 'gatehouse.fallback': /./ })
})

t.test('a body that was sent is gone, unless it is held', async t => {
  const [a, b] = [await upstream(t, fails), await upstream(t, well('instead'))]
  const held = { 'cache-request-body': '1KiB' }
  const { ask } = await running(t, {
    routes: [
      route('streamed', [breaker({ upstream: b.url })], a.url), route('held', [held, breaker({ upstream: b.url })], a.url),
      route('streamed-on', [breaker({ route: 'other' })], a.url), route('held-on', [held, breaker({ route: 'other' })], a.url),
      route('other', [], b.url)
    ]
  })
  const post = (path: string) => ask(path, { method: 'POST', headers: { 'content-length': 5 }, body: 'hello' })
  for (const path of ['/streamed', '/streamed-on']) t.match(await post(path), { status: 503, headers: { 'x-gatehouse-fallback': undefined }, body: { text: 'no' } }, path)
  t.equal(b.count, 0)
  for (const path of ['/held', '/held-on']) t.match(await post(path), { status: 200, body: { text: 'instead' } }, path)
  t.same(b.asked.map(({ body }) => body()), ['hello', 'hello'])
})

t.test('another route answers with its filters, which hear of the end once', async t => {
  const [a, b] = await upstreams(t, 2) as [Awaited<ReturnType<typeof upstream>>, Awaited<ReturnType<typeof upstream>>]
  a.answering = fails
  const other = [{ witness: 'other' }, 'fallback-headers', { 'set-request-header': { name: 'X-Other', value: 'yes' } }, { 'set-response-header': { name: 'X-From', value: 'other' } }]
  const { ask, log, metric } = await running(t, {
    routes: [route('orders', [{ witness: 'orders' }, breaker({ route: 'other' })], a.url), route('other', other, b.url), route('by-path', [breaker({ path: '/other/{id}' })], a.url, { predicates: [{ path: '/by-path/{id}' }] })]
  })
  witnessed.length = 0
  const forged = { headers: { 'execution-exception-type': 'forged' } }
  t.match(await ask('/orders/7?q=1', forged), { status: 200, headers: { 'x-gatehouse-fallback': 'route', 'x-from': 'other' }, body: { text: 'b' } })
  await until(() => witnessed.length >= 6)
  t.same([...witnessed].sort(), ['orders done complete', 'orders request /orders/7', 'orders response 200', 'other done complete', 'other request /orders/7', 'other response 200'])
  t.match(b.asked, [{ url: '/orders/7?q=1', headers: { 'x-other': 'yes', 'execution-exception-type': 'HTTP_503' } }])
  t.equal(a.asked[0]!.headers['execution-exception-type'], undefined)
  t.match(await log.find(({ message }) => message === 'request'), { 'gatehouse.route': 'orders', 'gatehouse.fallback': 'route', 'gatehouse.fallback_for': 'HTTP_503', 'url.path': '/orders/7' })

  t.match(await ask('/other/7', forged), { status: 200, headers: { 'x-gatehouse-fallback': undefined } })
  t.equal(b.asked[1]!.headers['execution-exception-type'], undefined, 'whoever comes by himself is told nothing')
  t.match(await ask('/by-path/7?q=1'), { status: 200, headers: { 'x-gatehouse-fallback': 'route', 'x-from': 'other' }, body: { text: 'b' } })
  t.equal(b.asked[2]!.url, '/other/7?q=1')
  t.equal(metric('gatehouse_fallbacks_total', { kind: 'route' }), 2)
})

t.test('routes that stand in for each other come to an end', async t => {
  const up = await upstream(t, fails)
  const { ask, gateway } = await running(t, { routes: [route('one', [{ witness: 'one' }, breaker({ route: 'two' }, { window: 50, minimumCalls: 50 })], up.url), route('two', [breaker({ route: 'one' }, { window: 50, minimumCalls: 50 })], up.url)] })
  witnessed.length = 0
  t.match(await ask('/one'), { status: 503, headers: { 'x-gatehouse-fallback': 'route' }, body: { text: 'no' } })
  t.equal(up.count, 5)
  await until(() => witnessed.filter(line => line.includes('done')).length === 3)
  t.equal(witnessed.filter(line => line.includes('request')).length, 3)
  await gateway.close()
})

t.test('a route that has gone answers for nobody', async t => {
  const up = await upstream(t, fails)
  const setup = (...more: object[]) => ({ routes: [route('orders', [breaker({ route: 'sorry' })], up.url), ...more as never[]] })
  const sorry = (text: string) => route('sorry', [{ respond: { status: 203, body: text } }], null)
  const { ask, reload } = await running(t, setup(sorry('first')))
  t.match(await ask('/orders'), { status: 203, body: { text: 'first' }, headers: { 'x-gatehouse-fallback': 'route' } })
  await reload(setup(sorry('second')))
  t.match(await ask('/orders'), { status: 203, body: { text: 'second' } }, 'another version of it takes its place')
  const { faults } = await reload(setup())
  t.match(faults, [{ code: 'GW_CONFIG_UNKNOWN_ROUTE' }])
  t.same(tally([await ask('/orders')]), { 503: 1 })
})

t.test('a fixed reply, and before it the last good answer', async t => {
  const up = await upstream(t, (req, res, count) => { res.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'max-age=1', etag: `"${count}"` }).end(`answer to ${req.url}`) })
  const { ask, log, metric } = await running(t, { routes: [route('orders', [breaker({ cached: { maxAge: '1h' }, reply: { status: 200, json: { items: [] } } })], up.url), route('only', [breaker({ reply: { body: 'opened' }, on: 'open' })], up.url)] })
  t.match(await ask('/orders/1'), { status: 200, headers: { 'x-gatehouse-fallback': undefined }, body: { text: 'answer to /orders/1' } })
  up.answering = fails
  t.match(await ask('/orders/1'), { status: 200, headers: { 'x-gatehouse-fallback': 'cached', age: /^[01]$/, etag: '"1"', 'content-length': '19' }, body: { text: 'answer to /orders/1' } })
  t.match(await ask('/orders/2'), { status: 200, headers: { 'x-gatehouse-fallback': 'reply', 'cache-control': 'no-store', 'content-type': 'application/json' }, body: { items: [] } })
  const kinds = () => log.lines.filter(({ message }) => message === 'request').map(line => line['gatehouse.fallback'])
  await until(() => kinds().length === 3)
  t.same(kinds(), [undefined, 'cached', 'reply'])
  t.same([metric('gatehouse_fallbacks_total', { kind: 'cached' }), metric('gatehouse_fallbacks_failed_total', { kind: 'cached' })], [1, 1])
  up.answering = resets
  t.same(tally(await times(3, () => ask('/only'))), { '502 GW_UPSTREAM_RESET': 3 })
  await until(async () => (await ask('/only')).headers['x-gatehouse-fallback'] === 'reply')
  t.match(await ask('/only'), { status: 200, body: { text: 'opened' } }, 'on open alone')
})

t.test('what is wrong with an upstream that stands in is shown at the upstream', async t => {
  await t.rejects(running(t, { upstreams: { spare: { endpoints: ['http://127.0.0.1:1'], balance: 'ewma' } }, routes: [route('orders', [breaker({ upstream: 'spare' })], 'http://127.0.0.1:1')] }), {
    errors: [{ code: 'GW_CONFIG_NO_EFFECT', file: 'routes.yaml', pointer: '/upstreams/spare/balance' }]
  })
})
