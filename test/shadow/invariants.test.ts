import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { verifyPassport } from '../../plugins/filters/passport/verifier/index.ts'
import { ask as askAt, configOf, route, running, until } from '../resilience/running.ts'
import { breaks, drips, fails, hangs, resets, upstream, type Answering } from '../resilience/upstream.ts'
import { rawClient } from '../wire/harness/raw-client.ts'
import { json, mirrored, UNHURRIED } from './mirrored.ts'

/** Nobody is asked twice, so that what comes is the client's. */
const QUIET = { noise: { replay: '0%' } }
const PATIENT = { window: 1000, minimumCalls: 1000 }
const LARGE = Buffer.alloc(10 * 1024 ** 2, 'a large live answer, and what it says ')
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const KEY = 'a-key-that-was-handed-to-acme'
const API_KEY = { authenticate: { ways: [{ 'api-key': { keys: [{ id: 'a', hash: `sha256:${sum(Buffer.from(KEY))}`, subject: 'acme' }] } }] } }
const isCopy = ({ headers }: IncomingMessage): boolean => headers['x-gatehouse-shadow'] !== undefined
const SANDBOX = { more: { next: { sandbox: true } } }

/** Sends megabytes until somebody has had enough of them. */
const floods: Answering = (_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json' })
  const more = () => { if (!res.destroyed && res.write(LARGE.subarray(0, 1024 ** 2))) setImmediate(more) }
  res.on('drain', more)
  more()
}

/** Live answers of every form, by path. */
const forms: Answering = (req, res) => {
  const path = req.url!.split('/').at(-1)
  if (path === 'chunked') {
    res.writeHead(200, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], trailer: 'x-sum' })
    for (let i = 0; i < 20; i++) res.write('x'.repeat(5000))
    res.addTrailers({ 'x-sum': '1' })
    res.end()
  } else if (path === 'unchanged') res.writeHead(304, { etag: '"a"' }).end()
  else if (path === 'failed') res.writeHead(500, { 'content-type': 'text/plain' }).end('no')
  else res.writeHead(200, { 'content-type': 'application/json', 'X-Mixed-Case': 'Yes' }).end('{"a":1}')
}

/** Everything that comes over the wire for one request, but the date and the bounds of chunks, which are no part of a message (RFC 9112 7.1). */
async function bytesOf (port: number, method: string, path: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: gw.test\r\nTE: trailers\r\nX-Request-Id: r1\r\nConnection: close\r\n\r\n`)
  return (await buffer(socket)).toString('latin1').replace(/\r\ndate: [^\r]*/i, '').replaceAll(/\r\n[0-9a-f]+\r\n(?=x)/g, '')
}

t.test('I1: live answers are the same, byte by byte, whatever becomes of the shadow', async t => {
  const live = await upstream(t, forms)
  const next = await upstream(t)
  const shadow = { ...UNHURRIED, to: 'next', timeout: '40ms', breaker: PATIENT, compare: QUIET }
  const { port, metric } = await running(t, {
    upstreams: { next: { endpoints: [next.url] } },
    routes: [route('plain', [], live.url), route('async', [{ shadow }], live.url), route('sync', [{ shadow: { ...shadow, mode: 'sync', compareBudget: '2ms' } }], live.url)]
  })
  const requests = [['GET', 'json'], ['HEAD', 'json'], ['GET', 'chunked'], ['GET', 'unchanged'], ['GET', 'failed']] as const
  const expected = await Promise.all(requests.map(([method, path]) => bytesOf(port, method, `/plain/${path}`)))
  t.match(expected, [/\{"a":1\}$/, /\r\n\r\n$/, /x-sum: 1/i, /^HTTP\/1.1 304/, /^HTTP\/1.1 500/])
  const cookies: Answering = (_req, res) => { res.writeHead(200, { 'set-cookie': 'shadow=1', 'x-shadow': 'yes' }).end('another') }
  const cases: Record<string, Answering | null> = { up: forms, other: cookies, hung: hangs, dripping: drips, flooding: floods, resetting: resets, broken: breaks, failing: fails, down: null }
  let asked = 0
  for (const [name, answering] of Object.entries(cases)) {
    if (answering === null) await next.stop()
    else next.answering = answering
    for (const mode of ['async', 'sync']) {
      const answers = await Promise.all(requests.map(([method, path]) => bytesOf(port, method, `/${mode}/${path}`)))
      for (const [i, answer] of answers.entries()) t.ok(answer === expected[i], `${name}, ${mode}: ${requests[i]!.join(' ')}`)
      asked += answers.length
    }
    await until(() => metric('gatehouse_shadow_total') === asked)
  }
})

t.test('I1: requests that follow one another on a connection do not wait for the shadow', async t => {
  const { port, view, shadows: [next], live } = await mirrored(t, { to: 'next', timeout: '1m', compare: QUIET })
  next!.answering = hangs
  const client = await rawClient(t, port)
  for (let i = 0; i < 20; i++) t.equal((await client.ask('GET /orders/1 HTTP/1.1\r\nHost: gw.test\r\n\r\n')).status, 200)
  await until(() => next!.count === 20)
  t.same([live.count, (await view('next')).inFlight], [20, 20])
})

t.test('I1: a large answer that is compared comes whole', async t => {
  const { port, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', compare: { ...QUIET, maxBytes: '1MiB' } })
  live.answering = next!.answering = (_req, res) => { res.writeHead(200, { 'content-type': 'text/plain' }).end(LARGE) }
  const req = request({ port, path: '/orders/large', agent: false }).end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  t.equal(sum(await buffer(res)), sum(LARGE))
  await until(() => decided('next', 'sent') === 1)
  await until(async () => (await view('next')).inFlight === 0)
  t.equal(next!.gone, 1, 'no more of the other is read than may be compared')
})

t.test('I2: what is refused is not mirrored, wherever the filter stands', async t => {
  const refusals: readonly (readonly [object, number])[] = [
    [{ 'rate-limit': { rate: '1/h', burst: 1, by: 'address' } }, 429],
    [API_KEY, 401],
    [{ fault: { abort: { status: 503 } } }, 503]
  ]
  for (const [filter, status] of refusals) {
    for (const place of ['before', 'after']) {
      const { ask, live, shadows: [next], decided } = await mirrored(t, { to: 'next', compare: QUIET }, { [place]: [filter] })
      const answers = [await ask('/orders/1'), await ask('/orders/1')]
      t.equal(answers[1]!.status, status)
      await until(() => decided('next', 'sent') === live.count)
      t.same([live.count, next!.count, decided('next', 'sent')], Array(3).fill(status === 429 ? 1 : 0), `${JSON.stringify(filter)} ${place}`)
    }
  }
})

t.test('I2: where the breaker is open or there is no place, nothing is mirrored', async t => {
  for (const place of ['before', 'after']) {
    const broken = await mirrored(t, { to: 'next', compare: QUIET }, { [place]: [{ 'circuit-breaker': { window: 2, minimumCalls: 2, openFor: '1m' } }] })
    broken.live.answering = fails
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await broken.ask('/orders/1')).body['code'] ?? 'asked')
    t.same(statuses, ['asked', 'asked', 'GW_CIRCUIT_OPEN', 'GW_CIRCUIT_OPEN'])
    await until(() => broken.decided('next', 'sent') === 2)
    t.same([broken.live.count, broken.shadows[0]!.count], [2, 2])

    const { ask, live, shadows: [next], decided } = await mirrored(t, { to: 'next', compare: QUIET }, { [place]: [{ 'concurrency-limit': 1 }] })
    let answer = () => {}
    live.answering = (_req, res) => { answer = () => { res.end('late') } }
    const first = ask('/orders/1')
    await until(() => live.count === 1)
    t.equal((await ask('/orders/2')).body['code'], 'GW_CONCURRENCY_LIMITED')
    answer()
    await first
    await until(() => decided('next', 'sent') === 1)
    t.equal(next!.count, 1)
  }
})

t.test('I2: what stands in for a live answer is neither mirrored nor compared', async t => {
  const other = await upstream(t, json({ from: 'the stand-in' }))
  for (const fallback of [{ upstream: other.url }, { reply: { status: 200, json: { from: 'nobody' } } }]) {
    const { ask, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', compare: QUIET }, { after: [{ 'circuit-breaker': { window: 1, minimumCalls: 1, openFor: '1m', fallback } }] })
    live.answering = fails
    for (let i = 0; i < 3; i++) t.equal((await ask('/orders/1')).status, 200)
    await until(() => decided('next', 'sent') === 1 && decided('next', 'skipped', 'not-called') === 2)
    await until(async () => (await view('next')).inFlight === 0)
    t.same([live.count, next!.count, (await view('next')).ledger!.compared], [1, 1, 0])
  }
})

t.test('I2: what is tried again, or hedged, is mirrored once', async t => {
  for (const place of ['before', 'after']) {
    const { ask, live, shadows: [next], decided, view } = await mirrored(t, { to: 'next', compare: QUIET }, { [place]: [{ retry: { attempts: 3, backoff: { first: '1ms' }, budget: { share: '100%', min: 100 } } }] })
    live.answering = (req, res, count) => { (count % 3 === 0 ? json({ from: 'live' }) : fails)(req, res, count) }
    for (let i = 1; i <= 3; i++) t.equal((await ask('/orders/1')).status, 200)
    await until(async () => (await view('next')).ledger!.equal === 3)
    t.same([live.count, next!.count, decided('next', 'sent')], [9, 3, 3], `the answer that the client got is compared: retry ${place}`)

    const hedged = await mirrored(t, { to: 'next', compare: QUIET }, { [place]: [{ hedge: { after: '10ms', budget: { share: '100%', min: 10 } } }] })
    hedged.live.answering = (req, res, count) => { if (count > 1) json({ from: 'live' })(req, res, count) }
    t.equal((await hedged.ask('/orders/1')).status, 200)
    await until(async () => (await hedged.view('next')).ledger!.equal === 1)
    t.same([hedged.live.count, hedged.shadows[0]!.count], [2, 1], `hedge ${place}`)
  }
})

t.test('I3: a shadow at the very upstream that serves live requests takes nothing of theirs', async t => {
  const orders = await upstream(t, (req, res) => { if (!isCopy(req)) res.end('live') })
  const { ask, metric, operate } = await running(t, {
    upstreams: { orders: { endpoints: [orders.url], connections: 1 } },
    routes: [route('orders', [{ shadow: { ...UNHURRIED, to: 'orders', timeout: '1m', maxInFlight: 2, queue: { count: 1 }, compare: QUIET } }], 'orders')]
  })
  for (let i = 0; i < 10; i++) t.match(await ask('/orders/1'), { status: 200, body: { text: 'live' } })
  t.equal(metric('gatehouse_shadow_total', { result: 'dropped' }), 7)
  const { body: { upstreams } } = await operate('/upstreams')
  t.same(upstreams.map(({ name, lane = 'live' }: { name: string, lane?: string }) => `${name} ${lane}`).sort(), ['orders live', 'orders shadow/orders'])
})

t.test('I3: a shadow that fails is left alone for a while, and asked again', async t => {
  const { ask, shadows: [next], decided, view } = await mirrored(t, { to: 'next', breaker: { window: 2, minimumCalls: 2, openFor: '300ms' }, compare: QUIET })
  next!.answering = resets
  const again = async (count: number) => { for (let i = 0; i < count; i++) await ask('/orders/1') }
  await again(2)
  await until(() => decided('next', 'failed', 'reset') === 2)
  t.equal((await view('next')).breaker, 'open')
  await again(3)
  t.equal(decided('next', 'dropped', 'circuit-open'), 3)
  next!.answering = json({ from: 'live' })
  await until(async () => (await view('next')).breaker === 'half-open')
  await again(3)
  await until(async () => decided('next', 'sent') === 3 && (await view('next')).breaker === 'closed')
})

/** Sends this much in pieces, with no length told beforehand. */
async function uploads (port: number, pieces: readonly Buffer[], pauseMs = 0): Promise<{ status: number, text: string }> {
  const req = request({ port, path: '/orders/upload', method: 'POST', agent: false, headers: { 'content-type': 'text/plain' } })
  for (const piece of pieces) {
    req.write(piece)
    if (pauseMs > 0) await new Promise(resolve => { setTimeout(resolve, pauseMs) })
  }
  req.end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  return { status: res.statusCode!, text: (await buffer(res)).toString() }
}

/** Says what it got of a body. */
const measures: Answering = async (req: IncomingMessage, res: ServerResponse) => { res.end(sum(await buffer(req).catch(() => Buffer.from('broken')))) }

t.test('I4: bodies of any length go to the live upstream, and copies are of those that could be kept', async t => {
  const { port, live, shadows: [next], decided } = await mirrored(t, { to: 'next', methods: 'POST', body: '64KiB', compare: QUIET }, SANDBOX)
  live.answering = next!.answering = measures
  const large = Array.from({ length: 80 }, (_, i) => Buffer.alloc(64 * 1024, String(i)))
  t.same(await uploads(port, large), { status: 200, text: sum(Buffer.concat(large)) }, 'chunked, far too long')
  await until(() => decided('next', 'skipped', 'body-too-large') === 1)
  const fits = Buffer.alloc(64 * 1024, 'x')
  const bodies = [[fits], [fits.subarray(0, 1), fits.subarray(1)], Array<Buffer>(8).fill(Buffer.from('slow'))]
  for (const [i, pieces] of bodies.entries()) {
    t.same(await uploads(port, pieces, i === 2 ? 3 : 0), { status: 200, text: sum(Buffer.concat(pieces)) })
    await until(() => decided('next', 'sent') === i + 1)
    t.equal(sum(Buffer.from(next!.asked.at(-1)!.body(), 'latin1')), sum(Buffer.concat(pieces)), 'the copy is the same')
  }
  t.equal((await uploads(port, [fits, Buffer.from('x')])).status, 200)
  t.equal((await askAt(port, '/orders', { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })).status, 200)
  await until(() => decided('next', 'skipped', 'body-too-large') === 3)
  t.equal(next!.count, 3)
})

t.test('I4: a client that breaks off in the middle of its body leaves nothing to be mirrored', async t => {
  for (const abort of ['drop', 'keep']) {
    const { port, live, decided, shadows: [next], view } = await mirrored(t, { to: 'next', methods: 'POST', abort, compare: QUIET }, SANDBOX)
    live.answering = hangs
    const client = (await rawClient(t, port)).send('POST /orders/1 HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\nhello')
    await until(() => live.count === 1)
    client.socket.resetAndDestroy()
    await until(() => decided('next', abort === 'drop' ? 'dropped' : 'skipped', abort === 'drop' ? 'client-gone' : 'body-broken') === 1)
    t.match([next!.count, await view('next')], [0, { inFlight: 0, waiting: 0 }])
  }
})

t.test('I5: what is not safe is mirrored to a sandbox only', async t => {
  const setup = (sandbox: boolean) => ({ upstreams: { live: { endpoints: ['http://127.0.0.1:1'] }, next: { endpoints: ['http://127.0.0.1:1'], sandbox } }, routes: [route('orders', [{ shadow: { to: 'next', methods: ['GET', 'PUT'] } }], 'live')] })
  await t.rejects(running(t, setup(false)), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/routes/0/filters/0/shadow/methods/1', message: /PUT is not safe/ }] })
  t.ok(await configOf(setup(true)))
  const { ask } = await running(t, setup(true))
  t.equal((await ask('/orders')).status, 502)
})

t.test('I6: the shadow gets a passport of its own, and nothing that proves the caller to live', async t => {
  for (const bind of [false, true]) {
    const { ask, operate, live, shadows: [next], decided } = await mirrored(t, { to: 'next', compare: QUIET }, {
      keyRings: { passport: 'ephemeral' },
      gateway: { trustedProxies: [] },
      before: [API_KEY],
      after: [{ passport: { ttl: '5s', ...bind && { bind: 'request' } } }]
    })
    t.equal((await ask('/orders/1', { headers: { 'x-api-key': KEY, cookie: 'a=b', 'x-gatehouse-shadow': 'forged;leg=1', 'x-passport': 'forged' } })).status, 200)
    await until(() => decided('next', 'sent') === 1)
    const jwks = (await operate('/keys/passport')).body as never
    const [ours, theirs] = [live, next!].map(({ asked }) => asked[0]!.headers)
    const passport = (headers: typeof ours, audience: string) => verifyPassport(headers!['x-passport'], { jwks, audience, bound: bind, ...bind && { request: { method: 'GET', path: '/orders/1' } } })
    t.match(await passport(ours, 'orders'), { sub: 'acme', aud: 'orders', shd: undefined })
    t.match(await passport(theirs, 'next'), { sub: 'acme', aud: 'next', shd: true })
    await t.rejects(passport(theirs, 'orders'), { code: 'audience' })
    await t.rejects(passport(ours, 'next'), { code: 'audience' })
    t.notMatch(JSON.stringify(theirs), /handed|a=b|forged/)
    t.equal(ours!['x-gatehouse-shadow'], undefined)
    t.equal(theirs!['x-request-id'], ours!['x-request-id'])
  }
})

t.test('I7: nothing of a shadow that fails is seen where live requests are looked after', async t => {
  const look = async (answering: Answering) => {
    const { ask, live, shadows: [next], decided, operate, log, breaker } = await mirrored(t, { to: 'orders', timeout: '20ms', breaker: PATIENT, compare: QUIET }, {
      before: [{ 'rate-limit': { rate: '100/h', burst: 100, by: 'address' } }, { 'circuit-breaker': { window: 10, minimumCalls: 1 } }, { retry: { backoff: { first: '1ms' } } }],
      more: {}
    })
    live.answering = (req, res, count) => { (isCopy(req) ? answering : json({ from: 'live' }))(req, res, count) }
    const limits = []
    for (let i = 0; i < 5; i++) limits.push((await ask('/orders/1')).headers['ratelimit'])
    await until(() => decided('orders', 'sent') + decided('orders', 'failed') + decided('orders', 'timeout') === 5)
    t.equal(next!.count, 0)
    const { body: { upstreams } } = await operate('/upstreams')
    const { body: { breakers } } = await operate('/breakers')
    const pool = upstreams.find(({ name, lane }: { name: string, lane?: string }) => name === 'orders' && lane === undefined)
    const lines = log.lines.filter(({ message }) => message === 'request').map(line => [line['http.response.status_code'], line['error.code']])
    const states = breakers.map(({ name }: { name: string }) => name).filter((name: string) => !name.includes('shadow'))
    const views = await Promise.all(states.map(async (name: string) => {
      const { state, calls, failures } = await breaker(name) as unknown as Record<string, unknown>
      return [name, state, calls, failures]
    }))
    return JSON.stringify({ limits, lines, views, pool: { panic: pool.panic, members: pool.members.map(({ health, ejected, failures }: Record<string, unknown>) => [health, ejected, failures]) } })
  }
  const expected = await look(json({ from: 'live' }))
  t.match(JSON.parse(expected), { lines: Array(5).fill([200, null]) })
  for (const answering of [fails, hangs, resets, breaks]) t.equal(await look(answering), expected)
})
