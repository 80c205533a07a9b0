import t from 'tap'
import { times, until } from '../resilience/running.ts'
import { fails, hangs } from '../resilience/upstream.ts'
import { json, mirrored } from './mirrored.ts'

const POST = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"total":120,"country":"DE"}' }

t.test('async: the copy goes out when the client has its answer, and both are compared', async t => {
  const { ask, live, shadows: [next], view, decided } = await mirrored(t, { to: 'next' })
  live.answering = json({ id: 1, price: 10 })
  next!.answering = json({ id: 1, price: 11 })
  t.match(await ask('/orders/7?q=1', { headers: { authorization: 'Bearer secret', cookie: 'a=b', 'idempotency-key': '1', 'x-mine': 'yes' } }), { status: 200, body: { price: 10 } })
  await until(() => decided('next', 'sent') === 1)
  t.match(next!.asked[0], { method: 'GET', url: '/orders/7?q=1', headers: { 'x-mine': 'yes', 'x-gatehouse-shadow': 'next;leg=1', authorization: undefined, cookie: undefined, 'idempotency-key': undefined } })
  t.equal(next!.asked[0]!.headers['x-request-id'], live.asked[0]!.headers['x-request-id'], 'known by the same id')
  t.match(live.asked[0]!.headers, { authorization: 'Bearer secret', 'x-gatehouse-shadow': undefined })
  await until(async () => (await view('next')).ledger!.compared === 1)
  t.match(await view('next'), { mode: 'async', role: 'candidate', ledger: { differences: [{ path: 'body/price', kind: 'number', raw: { count: 1 } }] } })
})

t.test('sync: the answer waits for the comparison, and for no longer than it may', async t => {
  const { ask, live, shadows: [next] } = await mirrored(t, { to: 'next', mode: 'sync', compareBudget: '1s', expose: true, compare: { noise: { replay: '0%' } } })
  const verdict = async (path = '/orders/1') => (await ask(path)).headers['x-gatehouse-shadow-diff']
  t.equal(await verdict(), 'equal')
  next!.answering = json({ from: 'shadow' })
  t.equal(await verdict(), 'diff')
  live.answering = (_req, res) => { res.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(300_000)) }
  t.equal(await verdict(), 'late', 'an answer too long to wait for goes at once')

  const hung = await mirrored(t, { to: 'next', mode: 'sync', compareBudget: '60ms', expose: true })
  hung.shadows[0]!.answering = hangs
  t.match(await hung.ask('/orders/1'), { status: 200, headers: { 'x-gatehouse-shadow-diff': 'late' }, body: { from: 'live' } })
})

t.test('selective: only what predicates and the expression select, over header, query and body', async t => {
  const byHeaders = await mirrored(t, { to: 'next', match: [{ query: { name: 'mirror' } }, { any: [{ header: { name: 'x-beta' } }, { path: '/orders/beta/**' }] }], when: 'request.method == "GET"' })
  for (const [path, headers] of [['/orders/1', {}], ['/orders/1?mirror', {}], ['/orders/beta/1?mirror', {}], ['/orders/1?mirror', { 'x-beta': '1' }]] as const) await byHeaders.ask(path, { headers })
  await until(() => byHeaders.decided('next', 'sent') === 2 && byHeaders.decided('next', 'skipped', 'match') === 2)
  t.same(byHeaders.shadows[0]!.asked.map(({ url }) => url).sort(), ['/orders/1?mirror', '/orders/beta/1?mirror'])

  const byBody = await mirrored(t, { to: 'next', methods: ['GET', 'POST'], when: 'body.total > 100' }, { more: { next: { sandbox: true } } })
  for (const body of ['{"total":120}', '{"total":20}', 'no json']) await byBody.ask('/orders', { ...POST, body })
  await byBody.ask('/orders')
  await until(() => byBody.decided('next', 'sent') === 1 && byBody.decided('next', 'skipped', 'when') === 3)
  t.same(byBody.shadows[0]!.asked.map(({ body }) => body()), ['{"total":120}'])
  t.same(byBody.live.asked.map(({ body }) => body()), ['{"total":120}', '{"total":20}', 'no json', ''])
})

t.test('parallel: each shadow is compared for itself, and one that hangs holds up nobody', async t => {
  const { ask, shadows: [a, b, c], view, decided } = await mirrored(t, { to: ['a', { upstream: 'b', maxInFlight: 1, timeout: '5s' }, { upstream: 'c', timeout: '50ms' }], queue: { count: 0 }, compare: { noise: { replay: '0%' } } }, { names: ['a', 'b', 'c'] })
  b!.answering = hangs
  c!.answering = (_req, res) => { setTimeout(() => { res.end() }, 100) }
  for (let i = 0; i < 3; i++) await ask('/orders/1')
  await until(() => decided('a', 'sent') === 3 && decided('b', 'dropped', 'full') === 2 && decided('c', 'timeout') === 3)
  t.same([a!.count, b!.count, c!.count], [3, 1, 3])
  t.match(a!.asked[0]!.headers, { 'x-gatehouse-shadow': 'a;leg=1' })
  t.match(c!.asked[0]!.headers, { 'x-gatehouse-shadow': 'c;leg=3' })
  await until(async () => (await view('a')).ledger!.equal === 3)
  t.match(await view('b'), { mode: 'async+parallel', inFlight: 1, ledger: { compared: 0 } })
})

t.test('temporal: copies wait for their time, with jitter, and inside of windows only', async t => {
  const { ask, shadows: [next], view, decided } = await mirrored(t, { to: 'next', delay: { of: '80ms', jitter: '50%' }, queue: { count: 2 } })
  const startMs = performance.now()
  const answers = await times(3, i => ask(`/orders/${i}`))
  t.ok(performance.now() - startMs < 1000)
  t.match(answers, [{ status: 200 }, { status: 200 }, { status: 200 }])
  await until(() => decided('next', 'dropped', 'queue-count') === 1)
  t.match(await view('next'), { mode: 'async+temporal', waiting: 2 })
  await until(() => decided('next', 'sent') === 2)
  t.ok(performance.now() - startMs >= 40)
  t.equal(next!.count, 2)

  const never = await mirrored(t, { to: 'next', windows: [{ cron: '0 0 29 2 *', for: '1m' }] })
  await never.ask('/orders')
  t.equal(never.decided('next', 'skipped', 'window'), 1)
  const avoided = await mirrored(t, { to: 'next', except: [{ cron: '0 0 29 2 *', for: '1m' }] })
  await avoided.ask('/orders')
  await until(() => avoided.decided('next', 'sent') === 1)
})

t.test('conditional: decided by how the live request went', async t => {
  const { ask, live, shadows: [next], decided } = await mirrored(t, { to: 'next', after: { statuses: ['5xx'], slowerThan: '250ms', faults: ['reset'], header: { name: 'x-cache', matches: 'miss' }, when: 'reply.status == 404' } })
  await ask('/orders/well')
  for (const [path, answering] of [
    ['/orders/failed', fails],
    ['/orders/slow', (_req: unknown, res: import('node:http').ServerResponse) => { setTimeout(() => { res.end('slow') }, 300) }],
    ['/orders/reset', (req: import('node:http').IncomingMessage) => { req.socket.resetAndDestroy() }],
    ['/orders/missed', (_req: unknown, res: import('node:http').ServerResponse) => { res.writeHead(200, { 'x-cache': 'miss' }).end() }],
    ['/orders/unknown', json({}, 404)]
  ] as const) {
    live.answering = answering
    await ask(path)
  }
  await until(() => decided('next', 'sent') === 5)
  t.same(next!.asked.map(({ url }) => url), ['/orders/failed', '/orders/slow', '/orders/reset', '/orders/missed', '/orders/unknown'])
  t.equal(decided('next', 'skipped', 'condition'), 1)
})

t.test('pipeline: the second shadow is asked only if the first has answered well', async t => {
  const { ask, shadows: [a, b], decided } = await mirrored(t, { to: ['a', 'b'], pipeline: true }, { names: ['a', 'b'] })
  await ask('/orders/1')
  await until(() => decided('b', 'sent') === 1)
  a!.answering = fails
  await ask('/orders/2')
  await until(() => decided('b', 'skipped', 'pipeline') === 1)
  t.same([a!.count, b!.count], [2, 1])
})

t.test('split: each share and each segment to its own shadow', async t => {
  const { ask, decided } = await mirrored(t, {
    to: [{ upstream: 'a', share: '50%' }, { upstream: 'b', share: '50%' }, { upstream: 'c', segment: { by: { header: 'CF-IPCountry' }, in: ['DE', 'AT'] } }],
    by: { header: 'x-user' }
  }, { names: ['a', 'b', 'c'] })
  for (let i = 0; i < 40; i++) await ask('/orders', { headers: { 'x-user': `user-${i}`, 'cf-ipcountry': i % 4 === 0 ? 'DE' : 'FR' } })
  await until(() => decided('a', 'sent') + decided('b', 'sent') === 40 && decided('c', 'sent') === 10)
  t.ok(decided('a', 'sent') > 5 && decided('b', 'sent') > 5)
  t.equal(decided('c', 'skipped', 'segment'), 30)
})
