import t from 'tap'
import { route, running, tally, times, until } from './running.ts'
import { hangs, upstream, upstreams, well, type Upstream } from './upstream.ts'

t.test('a second call wins over one that takes too long, which is given up', async t => {
  const [slow, quick] = await upstreams(t, 2) as [Upstream, Upstream]
  slow.answering = hangs
  const { ask, metric, log, breaker } = await running(t, {
    upstreams: { up: { endpoints: [slow.url, quick.url] } },
    routes: [route('o', [{ 'circuit-breaker': { window: 3, minimumCalls: 3 } }, { hedge: { after: '50ms', budget: { min: 50 } } }], 'up')]
  })
  const answers = await times(10, () => ask('/o'))
  t.same(tally(answers), { 200: 10 })
  t.same(new Set(answers.map(({ body }) => body['text'])), new Set(['b']))
  await until(() => slow.gone === slow.count)
  const [sent, won] = ['sent', 'won'].map(outcome => metric('gatehouse_hedges_total', { outcome })) as [number, number]
  t.ok(won >= 5 && sent >= won, 'those that were sent to the slow one first')
  await until(() => log.lines.filter(({ message }) => message === 'request').length === 10)
  for (const line of log.lines.filter(line => line['gatehouse.attempts'] === 2)) t.equal(line['gatehouse.upstream'], quick.url)
  t.match(await breaker('o/circuit-breaker'), { state: 'closed', failures: 0, running: 0 }, 'whoever was given up has not failed')
  slow.answering = well('a')
  const before = slow.count + quick.count
  t.same(tally(await times(4, () => ask('/o', { method: 'POST' }))), { 200: 4 })
  t.equal(slow.count + quick.count, before + 4, 'what is not safe is sent once')
})

t.test('those that find no place wait for one, in turn, and no longer than they may', async t => {
  const release: (() => void)[] = []
  const up = await upstream(t, (req, res) => { release.push(() => { res.end(req.url) }) })
  const { ask, metric, log } = await running(t, { routes: [route('o', [{ 'concurrency-limit': { limit: 1, queue: 2, wait: '10s' } }], up.url), route('short', [{ 'concurrency-limit': { limit: 1, queue: 2, wait: '30ms', by: { header: 'x-key' } } }], up.url)] })
  const order: string[] = []
  const asked = async (path: string) => {
    const answer = await ask(path)
    order.push(path)
    return answer
  }
  const inside = asked('/o/1')
  await until(() => up.count === 1)
  const second = asked('/o/2')
  await until(() => metric('gatehouse_filter_decisions_total', { filter: 'concurrency-limit' }) === 1)
  await new Promise(resolve => { setImmediate(resolve) })
  const third = asked('/o/3')
  let full
  do full = await ask('/o/4', { headers: { connection: 'close' } }); while (full.status === 200)
  t.match(full, { status: 503, headers: { 'retry-after': /^[12]$/ }, body: { code: 'GW_CONCURRENCY_LIMITED' } })
  t.equal(up.count, 1)
  for (let i = 0; i < 3; i++) {
    await until(() => release.length === i + 1)
    release[i]!()
  }
  t.same(tally(await Promise.all([inside, second, third])), { 200: 3 })
  t.same(order[0], '/o/1')
  t.match(await log.find(line => line['event.reason'] === 'full'), { 'error.code': 'GW_CONCURRENCY_LIMITED' })

  const other = ask('/short', { headers: { 'x-key': 'a' } })
  await until(() => up.count === 4)
  t.match(await ask('/short', { headers: { 'x-key': 'a' } }), { status: 503, body: { code: 'GW_CONCURRENCY_LIMITED' } })
  t.match(await log.find(line => line['event.reason'] === 'waited-too-long'), { 'gatehouse.route': 'short' })
  const otherKey = ask('/short', { headers: { 'x-key': 'b' } })
  await until(() => up.count === 5)
  for (const go of release) go()
  t.same(tally(await Promise.all([other, otherKey])), { 200: 2 })
})

t.test('whoever leaves the queue, or its place, makes room', async t => {
  const up = await upstream(t, hangs)
  const { ask, metric } = await running(t, { routes: [route('o', [{ 'concurrency-limit': { limit: 1, queue: 1, wait: '10s' } }, { timeout: '40ms' }], up.url)] })
  t.same(tally(await times(2, () => ask('/o'))), { '504 GW_TOTAL_TIMEOUT': 2 })
  t.equal(up.count, 2)
  t.equal(metric('gatehouse_concurrency_wait_seconds', { outcome: 'entered' }) > 0.02, true)
  t.same(tally([await ask('/o')]), { '504 GW_TOTAL_TIMEOUT': 1 })
})

t.test('a timeout filter gives up a try, and what stands around it may try again', async t => {
  const up = await upstream(t, (req, res, count) => { if (req.url === '/again' && count > 1) res.end('here') })
  const { ask, breaker } = await running(t, {
    routes: [route('again', [{ retry: { backoff: { first: '1ms' } } }, { timeout: '40ms' }], up.url), route('once', [{ timeout: { limit: '40ms' } }, { 'circuit-breaker': {} }], up.url)]
  })
  t.match(await ask('/again'), { status: 200, body: { text: 'here' } })
  t.equal(up.count, 2)
  t.match(await ask('/once'), { status: 504, body: { code: 'GW_TOTAL_TIMEOUT' } })
  await until(() => up.gone === 2)
  await until(async () => (await breaker('once/circuit-breaker')).running === 0)
  t.match(await breaker('once/circuit-breaker'), { calls: 1, failures: 1 })
})

t.test('a drill delays and aborts, and nobody upstream is blamed', async t => {
  const up = await upstream(t)
  const { ask, breaker, metric } = await running(t, {
    routes: [
      route('abort', [{ retry: { backoff: { first: '1ms' } } }, { 'circuit-breaker': { window: 1, fallback: { reply: { body: 'instead' }, on: 'open' } } }, { fault: { abort: { status: 500 } } }], up.url),
      route('delay', [{ timeout: '500ms' }, { fault: { delay: { time: '30ms' } } }], up.url), route('late', [{ timeout: '20ms' }, { fault: { delay: { time: '10s' } } }], up.url),
      route('drilled', ['load-shed'], up.url, { filters: [{ fault: { abort: { status: 599 } }, when: '"x-drill" in request.headers' }] })
    ]
  })
  t.match(await ask('/abort'), { status: 500, headers: { 'x-gatehouse-fault': 'abort' }, body: { code: 'GW_FAULT_INJECTED' } })
  t.match([up.count, await breaker('abort/circuit-breaker')], [0, { state: 'closed', calls: 0 }])
  t.equal(metric('gatehouse_retries_total', { outcome: 'retried' }), 0)
  const startMs = performance.now()
  t.match(await ask('/delay'), { status: 200, headers: { 'x-gatehouse-fault': 'delay' } })
  t.ok(performance.now() - startMs > 25)
  t.match(await ask('/late'), { status: 504, body: { code: 'GW_TOTAL_TIMEOUT' } })
  t.match([await ask('/drilled'), await ask('/drilled', { headers: { 'x-drill': '1' } })], [{ status: 200 }, { status: 599 }])
  t.equal(up.count, 2)
})

t.test('under too much load the least important is refused, and the rest served', async t => {
  const up = await upstream(t, (req, res) => { if (req.url !== '/held') res.end('here') })
  const shed = (priority: string) => [{ 'load-shed': { priority, inFlight: 1, delay: 'none', memory: 'none' } }]
  const { ask, metric, log } = await running(t, { routes: [route('held', [], up.url), ...['low', 'high', 'critical'].map(one => route(one, shed(one), up.url))] })
  t.match(await ask('/low'), { status: 200 })
  void times(20, () => ask('/held').catch(() => {}))
  await until(() => up.count === 21)
  const refused = async (path: string) => (await times(4, () => ask(path))).filter(({ status }) => status === 503)
  let low
  do low = await refused('/low'); while (low.length < 4)
  t.match(low[0], { status: 503, headers: { 'retry-after': /^[234]$/ }, body: { code: 'GW_LOAD_SHED' } })
  t.same(tally(await times(4, () => ask('/critical'))), { 200: 4 })
  t.ok(metric('gatehouse_load_shed_total', { priority: 'low' }) >= 4)
  t.match(await log.find(({ message }) => message === 'load shedding begins'), { 'log.level': 'warn', 'gatehouse.load.in_flight': /^\d+$/ })
})
