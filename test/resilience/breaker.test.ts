import { request } from 'node:http'
import t, { type Test } from 'tap'
import { route, running, tally, times, until, type Running } from './running.ts'
import { breaks, drips, fails, hangs, resets, upstream, upstreams, well, type Answering } from './upstream.ts'

/** Opens after three calls of which half failed, and soon tries again with one. */
const QUICK = { window: 3, minimumCalls: 3, openFor: '40ms', halfOpenCalls: 1 }
/** The same, and stays open. */
const LASTING = { ...QUICK, openFor: '1h' }
const NAME = 'orders/circuit-breaker'

/** A gateway with a breaker in front of this upstream. */
async function guarded (t: Test, url: string, config: object = QUICK, more: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  return await running(t, { routes: [route('orders', [{ 'circuit-breaker': config }], url, more)] })
}

const isOpen = async ({ breaker }: Running) => (await breaker(NAME)).state === 'open'

/** A request whose client leaves once `when` resolves. */
async function left (port: number, path: string, when: () => Promise<void>): Promise<void> {
  const req = request({ host: '127.0.0.1', port, path, agent: false }).on('error', () => {})
  req.end()
  await when()
  req.destroy()
}

const BAD: readonly { readonly what: string, readonly answering: Answering, readonly sees: string, readonly more?: Readonly<Record<string, unknown>> }[] = [
  { what: 'hangs', answering: hangs, sees: '504 GW_TOTAL_TIMEOUT', more: { timeout: '150ms' } },
  { what: 'hangs before its head', answering: hangs, sees: '504 GW_HEAD_TIMEOUT', more: { timeouts: { head: '150ms' } } },
  { what: 'drips', answering: drips, sees: 'cut', more: { timeout: '150ms' } },
  { what: 'resets', answering: resets, sees: '502 GW_UPSTREAM_RESET' },
  { what: 'breaks its answers off', answering: breaks, sees: 'cut' },
  { what: 'fails', answering: fails, sees: '503' }
]

for (const { what, answering, sees, more } of BAD) {
  t.test(`an upstream that ${what} is left alone until it is well`, async t => {
    const up = await upstream(t, answering)
    const here = await guarded(t, up.url, QUICK, more)
    const { ask, breaker, log, metric } = here
    const seen = async () => {
      const { status, body } = await ask('/orders').catch(() => ({ status: 'cut', body: {} as Record<string, unknown> }))
      return `${status} ${body['code'] ?? ''}`.trim()
    }
    t.same(await times(3, seen), [sees, sees, sees])
    t.ok(up.count <= 3)
    const before = up.count
    const opened = await log.find(({ message }) => message === 'circuit breaker opened')
    t.match(opened, { 'log.level': 'warn', 'gatehouse.breaker': NAME, 'gatehouse.breaker.calls': 3, 'gatehouse.breaker.failures': 3 })
    await until(async () => (await breaker(NAME)).running === 0)

    up.answering = well('recovered')
    const answers = []
    do answers.push(await ask('/orders')); while (answers.at(-1)!.status !== 200)
    for (const refused of answers.slice(0, -1)) t.match(refused, { status: 503, headers: { 'retry-after': '1' }, body: { code: 'GW_CIRCUIT_OPEN' } })
    t.match(await breaker(NAME), { state: 'closed', calls: 0, running: 0 })
    t.equal(metric('gatehouse_breaker_changes_total', { route: 'orders', to: 'open' }), 1)
    t.equal(metric('gatehouse_breaker_changes_total', { to: 'closed' }), 1)
    t.equal(up.count, before + 1)
  })
}

t.test('one that is not well yet is left alone again, for longer', async t => {
  const up = await upstream(t, fails)
  const here = await guarded(t, up.url, { ...QUICK, openFor: '30ms', maxOpenFor: '1h' })
  const { ask, breaker, log } = here
  await times(3, () => ask('/orders'))
  await until(async () => (await breaker(NAME)).state === 'half-open')
  t.same(tally(await times(5, () => ask('/orders'))), { 503: 1, '503 GW_CIRCUIT_OPEN': 4 }, 'one may try')
  t.equal(up.count, 4)
  await log.find(line => line['gatehouse.breaker.open_for_ms'] === 60)
  t.pass('twice as long')
})

t.test('one that fails half the time opens it, and one that fails less does not', async t => {
  const up = await upstream(t, (req, res, count) => (count % 2 === 0 ? fails : well('well'))(req, res, count))
  const half = await guarded(t, up.url, { ...LASTING, window: 10, minimumCalls: 10, failureRate: '50%' })
  const more = await guarded(t, up.url, { ...LASTING, window: 10, minimumCalls: 10, failureRate: '51%' })
  t.same(tally(await times(10, () => more.ask('/orders'))), { 200: 5, 503: 5 })
  await until(async () => (await more.breaker(NAME)).calls === 10)
  t.match(await more.breaker(NAME), { state: 'closed', failureRate: 0.5, notPermitted: 0 })
  await times(10, () => half.ask('/orders'))
  await until(async () => await isOpen(half))
  t.same(tally(await times(20, () => half.ask('/orders'))), { '503 GW_CIRCUIT_OPEN': 20 })
  t.equal(up.count, 20)
  t.match(await half.breaker(NAME), { state: 'open', notPermitted: 20 })
})

t.test('what clients and the gateway do never counts', async t => {
  const up = await upstream(t, (req, res, count) => {
    if (req.url === '/orders/wait') return hangs(req, res, count)
    if (req.url === '/orders/drip') return drips(req, res, count)
    res.writeHead(req.url === '/orders/missing' ? 404 : 400).end()
  })
  const { ask, port, breaker, metric, log } = await running(t, { routes: [route('orders', [{ 'circuit-breaker': { ...LASTING, statuses: ['500-599'] } }, { 'request-size': '10B' }, { 'concurrency-limit': { limit: 50 } }], up.url)] })
  for (const path of ['wait', 'drip']) {
    const before = up.count
    await times(4, () => left(port, `/orders/${path}`, () => until(() => up.count === before + 4)))
    await until(() => up.gone === before + 4)
  }
  await until(async () => (await breaker(NAME)).running === 0)
  t.equal(log.lines.filter(line => line['gatehouse.outcome'] === 'client-gone').length, 8)
  t.same(tally(await times(4, () => ask('/orders/missing'))), { 404: 4 })
  t.same(tally(await times(4, () => ask('/orders', { method: 'POST', headers: { 'content-length': 20 }, body: 'x'.repeat(20) }))), { '413 GW_BODY_TOO_LARGE': 4 })
  t.equal(up.count, 12)
  const chunked = await times(4, () => ask('/orders/wait', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x'.repeat(20) }))
  t.same(tally(chunked), { '413 GW_BODY_TOO_LARGE': 4 })
  await until(async () => (await breaker(NAME)).running === 0)
  t.match(await breaker(NAME), { state: 'closed', calls: 0, failures: 0, notPermitted: 0 })
  t.equal(metric('gatehouse_breaker_changes_total'), 0)
})

t.test('by endpoint, one that is open is not asked', async t => {
  const [a, b] = await upstreams(t, 2) as [Awaited<ReturnType<typeof upstream>>, Awaited<ReturnType<typeof upstream>>]
  a.answering = fails
  const { ask, breaker, operate } = await running(t, { upstreams: { up: { endpoints: [a.url, b.url] } }, routes: [route('orders', [{ 'circuit-breaker': { ...LASTING, by: 'endpoint' } }], 'up')] })
  await times(6, () => ask('/orders'))
  await until(async () => (await breaker(`${NAME}/${encodeURIComponent(a.url)}`)).state === 'open')
  t.same(tally(await times(20, () => ask('/orders'))), { 200: 20 })
  t.equal(a.count, 3)
  b.answering = fails
  await until(async () => {
    await ask('/orders')
    return (await breaker(`${NAME}/${encodeURIComponent(b.url)}`)).state === 'open'
  })
  t.match(await ask('/orders'), { status: 503, headers: { 'retry-after': /^\d+$/ }, body: { code: 'GW_CIRCUIT_OPEN' } })
  t.match((await operate('/breakers')).body, { total: 2, breakers: [{ state: 'open' }, { state: 'open' }] })
})

t.test('tries of a retry count one by one, and go on where the breaker lets them', async t => {
  const up = await upstream(t, fails)
  const { ask, breaker, metric } = await running(t, { routes: [route('orders', [{ retry: { attempts: 5, backoff: { first: '1ms' }, budget: { min: 9 } } }, { 'circuit-breaker': LASTING }], up.url)] })
  t.same(tally([await ask('/orders')]), { '503 GW_CIRCUIT_OPEN': 1 })
  t.equal(up.count, 3)
  t.match(await breaker(NAME), { state: 'open', notPermitted: 1 })
  t.equal(metric('gatehouse_retries_total', { outcome: 'retried' }), 3)
})

t.test('operators take a breaker over, also through a reload, and give it back', async t => {
  const up = await upstream(t)
  const setup = (more: Readonly<Record<string, unknown>> = {}) => ({ routes: [route('orders', [{ 'circuit-breaker': QUICK }], up.url, more)] })
  const { ask, operate, reload, log } = await running(t, setup())
  const move = async (state: unknown) => await operate(`/breakers/${encodeURIComponent(NAME)}`, { method: 'POST', body: JSON.stringify({ state }) })
  t.match(await operate('/breakers'), { status: 200, body: { total: 1, breakers: [{ name: NAME, state: 'closed' }] } })
  t.match(await move('forced-open'), { status: 200, body: { name: NAME, state: 'forced-open' } })
  t.match(await ask('/orders'), { status: 503, headers: { 'retry-after': '1' }, body: { code: 'GW_CIRCUIT_OPEN' } })
  await reload(setup({ metadata: { team: 'a' } }))
  t.same(tally([await ask('/orders')]), { '503 GW_CIRCUIT_OPEN': 1 }, 'the new plan has it forced too')
  t.match((await operate('/breakers')).body, { total: 1 })
  t.match(await move(null), { status: 200, body: { state: 'closed' } })
  t.same(tally([await ask('/orders')]), { 200: 1 })
  up.answering = fails
  t.match(await move('disabled'), { body: { state: 'disabled' } })
  t.same(tally(await times(9, () => ask('/orders'))), { 503: 9 })
  t.match(await move('metrics-only'), { body: { state: 'metrics-only' } })
  t.same(tally(await times(9, () => ask('/orders'))), { 503: 9 })
  t.match([await move('broken'), await operate('/breakers/nobody')], [{ status: 400 }, { status: 404 }])
  t.equal(log.lines.filter(({ message }) => message === 'circuit breaker taken over').length, 3)
})

t.test('somebody who wants to know is told of each change', async t => {
  const ops = await upstream(t, (_req, res) => { res.writeHead(204).end() })
  const up = await upstream(t, fails)
  const { ask, metric } = await guarded(t, up.url, { ...QUICK, webhook: `${ops.url}/hook?key=secret` })
  await times(3, () => ask('/orders'))
  await until(() => ops.count === 1 && metric('gatehouse_breaker_webhooks_total', { outcome: 'sent' }) === 1)
  const told = JSON.parse(ops.asked[0]!.body())
  t.match(ops.asked[0], { method: 'POST', url: '/hook?key=secret', headers: { 'content-type': 'application/json' } })
  t.match(told, { name: NAME, route: 'orders', from: 'closed', to: 'open', openForMs: 40, at: /^\d{4}-/ })
  up.answering = well('again')
  await until(async () => (await ask('/orders')).status === 200)
  await until(() => ops.asked.some(({ body }) => body().includes('"to":"closed"')))
  t.match(JSON.parse(ops.asked.at(-1)!.body()), { from: 'half-open', to: 'closed', openForMs: null })
})
