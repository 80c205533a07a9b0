import t from 'tap'
import circuitBreaker from '../../../../plugins/filters/circuit-breaker/index.ts'
import { GatewayError, heldBody, problem, type Dispatch, type Exchange, type Fallback, type Reply } from '../../../../src/contract/index.ts'
import { run } from '../../../../src/plan/run.ts'
import { exchange, fakeDetours, mount, reply, type TestRequest } from '../../../../src/testing/index.ts'
import { breaking, opened } from './breaking.ts'

const MARK = 'x-gatehouse-fallback'
const SORRY = { reply: { status: 200, json: { items: [] } } }

/** A body that still arrives. */
function stream (over: Partial<Extract<Reply['body'], { cancel: unknown }>> = {}) {
  const cancelled: Error[] = []
  return { cancelled, body: { ended: false, hold: async () => null, copy: (max: number) => heldBody(null).copy(max), cancel: (reason: Error) => { cancelled.push(reason) }, ...over } }
}

t.test('a fixed answer stands in while the breaker is open', async t => {
  const { call, upstream, counted, decisions } = await opened({ fallback: { ...SORRY, on: 'open' } })
  const { reply: answer, text, x } = await call()
  t.same([answer.status, answer.code, text, upstream.asked], [200, null, '{"items":[]}', 0])
  t.same([...answer.headers], [['content-type', 'application/json'], ['cache-control', 'no-store'], [MARK, 'reply']])
  t.same(x.fallback, { kind: 'reply', filter: 'circuit-breaker', code: 'GW_CIRCUIT_OPEN', status: 503 })
  t.same(counted('gatehouse_fallbacks_total', 'kind'), { reply: 1 })
  t.same([decisions('passed'), decisions('answered')], [2, 1])
})

t.test('a fixed answer is the same for all, whatever becomes of one', async t => {
  const { call } = await opened({ fallback: { reply: { status: 503, body: 'Back soon.', headers: { 'Retry-After': '60', 'Cache-Control': 'max-age=5', 'Content-Type': 'text/x' } } } })
  const { reply: first } = await call()
  first.headers.set('x-changed', '1')
  const { reply: second, text } = await call()
  t.same([second.status, text, [...second.headers]], [503, 'Back soon.', [['retry-after', '60'], ['cache-control', 'max-age=5'], ['content-type', 'text/x'], [MARK, 'reply']]])
  const empty = await opened({ fallback: { reply: { status: 204 } } })
  t.same((({ reply: { status, body } }) => [status, body])(await empty.call()), [204, null])
  const plain = await opened({ fallback: { reply: { body: 'sorry' } } })
  t.equal((await plain.call()).reply.headers.get('content-type'), 'text/plain; charset=utf-8')
})

t.test('an answer stands in for every failure', async t => {
  const { call, upstream } = breaking({ state: 'metrics-only', fallback: SORRY })
  const fallbackOf = async (answer: typeof upstream.answer, request?: TestRequest): Promise<Fallback | null> => {
    upstream.answer = answer
    return (await call(request)).x.fallback
  }
  for (const code of ['GW_UPSTREAM_UNREACHABLE', 'GW_HEAD_TIMEOUT', 'GW_TOTAL_TIMEOUT', 'GW_NO_ENDPOINT', 'GW_OVERLOADED', 'GW_CIRCUIT_OPEN'] as const) {
    t.match(await fallbackOf(x => problem(code, x.id)), { kind: 'reply', code }, code)
  }
  t.match(await fallbackOf({ status: 503 }), { code: null, status: 503 })
  for (const code of ['GW_CLIENT_GONE', 'GW_BODY_TOO_LARGE', 'GW_REQUEST_TIMEOUT', 'GW_UNAUTHENTICATED'] as const) {
    t.equal(await fallbackOf(x => problem(code, x.id)), null, code)
  }
  for (const status of [200, 404, 500, 501]) t.equal(await fallbackOf({ status }), null, String(status))
})

t.test('stands in only for what it was told', async t => {
  const onOpen = await opened({ fallback: { ...SORRY, on: 'open' } })
  t.equal((await onOpen.call()).status, 200)
  onOpen.clock.advance(10_000)
  t.equal((await onOpen.call()).text, 'down', 'a failure is none')
  const onFailure = breaking({ fallback: { ...SORRY, on: ['failure'] } })
  onFailure.upstream.answer = { status: 503 }
  t.equal((await onFailure.call()).status, 200)
  t.equal((await onFailure.call()).status, 200)
  t.match((await onFailure.call()).reply, { code: 'GW_CIRCUIT_OPEN' })
})

t.test('lets go of the answer that it takes the place of', async t => {
  for (const [ended, times] of [[false, 1], [true, 0]] as const) {
    const { body, cancelled } = stream({ ended })
    const { call, upstream } = breaking({ fallback: SORRY })
    upstream.answer = () => ({ ...reply({ status: 503 }), body })
    const { text } = await call()
    t.equal(text, '{"items":[]}')
    t.equal(Math.min(cancelled.length, 1), times)
  }
})

/** With another upstream, route and path to go to. `seen` are those that went there. */
function withDetours (fallback: Readonly<Record<string, unknown>>, answer: Dispatch = async () => reply({ status: 200, body: 'other' })) {
  const seen: { way: string, x: Exchange, origin: string | null, gates: Exchange['gates'], fallback: Fallback | null }[] = []
  const way = (name: string): Dispatch => async x => {
    seen.push({ way: name, x, origin: x.origin, gates: x.gates, fallback: x.fallback })
    return await answer(x)
  }
  const detours = fakeDetours(Object.fromEntries(['upstream:b', 'route:sorry', 'path:/sorry', 'path:/sorry/7', 'path:/sorry/'].map(name => [name, way(name)])))
  return { ...breaking({ fallback }, { services: { detours } }), seen }
}

for (const [fallback, name, kind] of [[{ upstream: 'b' }, 'upstream:b', 'upstream'], [{ route: 'sorry' }, 'route:sorry', 'route'], [{ path: '/sorry' }, 'path:/sorry', 'route']] as const) {
  t.test(`${name} stands in`, async t => {
    const { call, upstream, seen, counted } = withDetours(fallback)
    upstream.answer = x => problem('GW_UPSTREAM_RESET', x.id)
    const { reply: answer, text, x } = await call()
    t.same([answer.status, answer.code, text, answer.headers.get(MARK)], [200, null, 'other', kind])
    const expected = { kind, filter: 'circuit-breaker', code: 'GW_UPSTREAM_RESET', status: 502 }
    t.match(seen, [{ way: name, fallback: expected, gates: null }])
    t.same(x.fallback, expected)
    t.same(counted('gatehouse_fallbacks_total', 'kind'), { [kind]: 1 })
  })
}

t.test('a path may have the variables of the route', async t => {
  const { call, upstream, seen } = withDetours({ path: '/sorry/{id}' })
  upstream.answer = { status: 503 }
  await call({ params: { id: '7' } })
  await call()
  t.same(seen.map(({ way }) => way), ['path:/sorry/7', 'path:/sorry/'])
})

t.test('the other upstream is asked, whatever a filter has set in place of the first', async t => {
  const { plan, services, seen, upstream } = withDetours({ upstream: 'b' })
  upstream.answer = { status: 503 }
  const x = exchange()
  x.origin = 'http://elsewhere.test'
  await run(plan, x, { log: services.log, timed: false })
  t.same([seen[0]!.origin, x.origin], [null, 'http://elsewhere.test'])
})

t.test('where the fallback fails too, the client is told of the first failure', async t => {
  const { call, upstream, counted } = withDetours({ route: 'sorry' }, async x => problem('GW_FORWARD_LOOP', x.id))
  upstream.answer = { status: 503, body: 'down' }
  const { text, reply: { headers }, x } = await call()
  t.same([text, headers.has(MARK), x.fallback], ['down', false, null])
  t.same(counted('gatehouse_fallbacks_failed_total', 'kind'), { route: 1 })
  const within = mount(circuitBreaker, { fallback: { route: 'sorry' } }, { status: 503 }, { services: { detours: fakeDetours({ 'route:sorry': async one => problem('GW_NO_ROUTE', one.id) }) } })
  const inner = exchange()
  inner.fallback = { kind: 'route', filter: 'circuit-breaker', code: null, status: 500 }
  await run(within.plan, inner, { log: within.services.log, timed: false })
  t.equal(inner.fallback.status, 500, 'what it stands in for itself is not forgotten')
})

t.test('an answer of the other upstream is one, whatever it says', async t => {
  const { call, upstream } = withDetours({ upstream: 'b' }, async () => reply({ status: 503, body: 'down too' }))
  upstream.answer = { status: 503, body: 'down' }
  t.equal((await call()).text, 'down too')
})

t.test('the other upstream gets the body if it is held or was not sent yet', async t => {
  for (const [what, used, asked] of [
    ['not sent', () => {}, 1],
    ['held', async (x: Exchange) => { await x.body.hold(100); x.body.outgoing() }, 1],
    ['gone', (x: Exchange) => { x.body.outgoing() }, 0]
  ] as const) {
    const { call, upstream, seen } = withDetours({ upstream: 'b' })
    upstream.answer = async x => { await used(x); return problem('GW_UPSTREAM_RESET', x.id) }
    const { reply: answer } = await call({ method: 'POST', body: 'text' })
    t.same([seen.length, answer.code], [asked, asked === 1 ? null : 'GW_UPSTREAM_RESET'], what)
  }
})

t.test('the last good answer stands in, and another where there is none', async t => {
  const { call, upstream, counted } = breaking({ fallback: { cached: {}, reply: { body: 'sorry' } } })
  upstream.answer = { body: 'good' }
  await call({ target: '/a' })
  upstream.answer = { status: 503 }
  const cached = await call({ target: '/a' })
  t.same([cached.text, cached.status, cached.reply.headers.get(MARK), cached.x.fallback?.kind], ['good', 200, 'cached', 'cached'])
  const other = await call({ target: '/b' })
  t.same([other.text, other.reply.headers.get(MARK), other.x.fallback?.kind], ['sorry', 'reply', 'reply'])
  t.same(counted('gatehouse_fallbacks_total', 'kind'), { cached: 1, reply: 1 })
})

t.test('without a good answer the error is the answer', async t => {
  const { call, upstream } = breaking({ fallback: { cached: {} } })
  upstream.answer = { status: 503, body: 'down' }
  const { text, x } = await call()
  t.same([text, x.fallback], ['down', null])
})

t.test('an answer that breaks off while it is held is a failure', async t => {
  const broken = stream({ hold: async () => { throw new GatewayError('GW_IDLE_TIMEOUT') } }).body
  const answer = () => ({ ...reply({ headers: { 'content-length': '5' } }), body: broken })
  const standing = breaking({ fallback: { cached: {}, ...SORRY } })
  standing.upstream.answer = answer
  t.equal((await standing.call()).text, '{"items":[]}')
  const onOpen = breaking({ fallback: { cached: {}, on: 'open' } })
  onOpen.upstream.answer = answer
  t.equal((await onOpen.call()).reply.code, 'GW_IDLE_TIMEOUT')
  const bug = breaking({ fallback: { cached: {} } })
  bug.upstream.answer = () => ({ ...reply({ headers: { 'content-length': '5' } }), body: stream({ hold: async () => { throw new Error('a bug') } }).body })
  t.equal((await bug.call()).reply.code, 'GW_FILTER_FAILED')
})

t.test('stands in for requests without the key too', async t => {
  const { call, upstream } = breaking({ by: { header: 'X-Tenant' }, emptyKey: 'allow', fallback: SORRY })
  upstream.answer = { status: 503 }
  t.equal((await call()).status, 200)
})

t.test('names the key that is wrong', async t => {
  const wrong = (fallback: unknown, pointer: string, code = 'GW_CONFIG_INVALID') =>
    t.throws(() => mount(circuitBreaker, { fallback }, {}, { services: { detours: fakeDetours({ 'upstream:b': async () => reply() }) } }), { errors: [{ code, pointer: `/circuit-breaker/fallback${pointer}` }] }, JSON.stringify(fallback))
  wrong({}, '')
  wrong({ reply: {}, upstream: 'b' }, '/upstream', 'GW_CONFIG_NO_EFFECT')
  wrong({ cached: {}, reply: {}, path: '/a' }, '/path', 'GW_CONFIG_NO_EFFECT')
  wrong({ upstream: 'c' }, '/upstream', 'GW_CONFIG_UNKNOWN_UPSTREAM')
  wrong({ route: 'c' }, '/route', 'GW_CONFIG_UNKNOWN_ROUTE')
  wrong({ route: 'test' }, '/route')
  for (const path of ['a', '/a?b', '/a#b', '/a b', '/{']) wrong({ path }, '/path')
  wrong({ reply: { status: 199 } }, '/reply/status')
  wrong({ reply: { body: 'a', json: 1 } }, '/reply/body', 'GW_CONFIG_NO_EFFECT')
  wrong({ reply: { status: 204, json: 1 } }, '/reply/json', 'GW_CONFIG_NO_EFFECT')
  wrong({ reply: { headers: { connection: 'close' } } }, '/reply/headers/connection')
  wrong({ cached: { maxAge: 5 } }, '/cached/maxAge')
  wrong({ cached: { entries: 0 } }, '/cached/entries')
  wrong({ reply: {}, on: ['always'] }, '/on/0')
})
