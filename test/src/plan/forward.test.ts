import t from 'tap'
import { definePredicate, defineFilter, Config, GatewayError, lend, problem, Type, type Dispatch, type End, type Exchange, type Filter, type Predicate } from '../../../src/contract/index.ts'
import { forwardToPath, forwardToRoute } from '../../../src/plan/forward.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { finish, run } from '../../../src/plan/run.ts'
import { Table } from '../../../src/plan/table.ts'
import { exchange, fakeLog, fakeRandom, reply, type TestRequest } from '../../../src/testing/index.ts'
import { planOf, surroundings, type WrittenRoute } from './compiled.ts'
import { END, room } from './one-route.ts'

const path = definePredicate({
  name: 'path',
  config: Config({ begins: Type.String() }),
  shorthand: 'begins',
  create: ({ begins }) => ({ match: x => x.path.startsWith(begins) })
})

/** The call of a route to another one, as a filter makes it. */
const detour = (name: string, way: () => Dispatch): Filter => room(name, { dispatch: () => async x => await way()(x) })

/** Routes by id, a table of them that can be replaced, and a request through the first. `seen` are the exchanges that went upstream. */
function routes (written: Readonly<Record<string, WrittenRoute>>, rooms: readonly (Filter | Predicate)[], upstream: (x: Exchange) => Promise<ReturnType<typeof reply>> = async () => reply()) {
  const log = fakeLog()
  const seen: Exchange[] = []
  const around = surroundings([path, ...rooms], { upstream: () => ({ dispatch: async x => { seen.push(x); x.attempt++; return await upstream(x) }, close: () => {} }) })
  const made = (more: Readonly<Record<string, WrittenRoute>>) => new Table(Object.entries(more).map(([id, one]) => planOf(id, one, around)), fakeRandom())
  const state = { table: made(written) }
  const plan = (id: string): Plan => state.table.plans.find(one => one.id === id)!
  const options = { table: () => state.table, log }
  return {
    log,
    seen,
    plan,
    options,
    replace: (more: Readonly<Record<string, WrittenRoute>>) => { state.table = made(more) },
    /** `over` gets the exchange before it goes its way. */
    call: async (request: TestRequest = {}, over: (x: Exchange) => void = () => {}) => {
      const first = plan('first')
      const x = exchange(request)
      x.route = first.route
      over(x)
      const answered = await run(first, x, { log, timed: false })
      return { x, reply: answered, end: (end: Partial<End> = {}) => { finish(first, x, { ...END, ...end }, log) } }
    }
  }
}

t.test('sends a request through another route, filters and all', async t => {
  const notes: string[] = []
  const notice = room('notice', { request: x => { notes.push(`in ${x.route!.id}`) }, response: x => { notes.push('out'); x.reply!.headers.set('x-by', x.route!.id) } })
  const made = routes({ first: { filters: ['go'] }, second: { filters: ['notice'] } }, [notice, detour('go', () => forwardToRoute('second', made.options))])
  const { x, reply: answered } = await made.call()
  t.same([answered.status, answered.headers.get('x-by'), notes], [200, 'second', ['in second', 'out']])
  t.equal(x.route!.id, 'first', 'the request still belongs to the first')
  t.same([x.attempt, made.seen.length], [1, 1])
})

t.test('gives the other route the request as the client sent it, without what the first had set for its upstream', async t => {
  const change = room('change', {
    request: x => {
      x.path = '/changed'
      x.query = 'changed=1'
      x.origin = 'http://elsewhere.test'
      x.upstreamHost = 'elsewhere.test'
      x.avoid = ['http://bad.test']
      x.gates = []
      x.headers.set('x-added', '1')
      x.headers.set('x-owned', 'by the first')
      x.params = { id: '7' }
    }
  })
  const owner = room('owner', { request: () => {}, ownHeaders: ['X-Owned'] })
  const made = routes({ first: { filters: ['change', 'go'] }, second: { filters: ['owner'] } }, [change, owner, detour('go', () => forwardToRoute('second', made.options))])
  const { x } = await made.call({ target: '/a?b=c' })
  const inner = made.seen[0]!
  t.same([inner.path, inner.query, inner.originalPath, inner.originalQuery], ['/a', 'b=c', '/a', 'b=c'])
  t.same([inner.origin, inner.upstreamHost, inner.avoid, inner.gates, inner.marks, inner.depth], [null, null, null, null, null, 1])
  t.same([inner.headers.get('x-added'), inner.headers.get('x-owned'), inner.params], ['1', undefined, { id: '7' }])
  t.same([x.path, x.headers.get('x-owned'), x.depth], ['/changed', 'by the first', 0])
})

t.test('lends no credential of the first route to the upstream of another', async t => {
  const lends = room('lends', { request: x => { lend(x, 'authorization', 'Bearer ours'); lend(x, 'authorization', 'Bearer newer') } })
  const made = routes({ first: { filters: ['lends', 'go'] }, second: {} }, [lends, detour('go', () => x => forwardToRoute('second', made.options)(x.fork()))])
  const { x } = await made.call({ headers: { authorization: 'Bearer theirs' } })
  t.same([made.seen[0]!.headers.get('authorization'), made.seen[0]!.lent], [undefined, []])
  t.same([x.headers.get('authorization'), x.lent], ['Bearer newer', ['authorization']])
})

t.test('looks a request up again under another path', async t => {
  const made = routes(
    { first: { predicates: [{ path: '/a' }], filters: ['go'] }, second: { predicates: [{ path: '/sorry' }] } },
    [detour('go', () => forwardToPath('/sorry', made.options))]
  )
  await made.call({ target: '/a?b=c' })
  const inner = made.seen[0]!
  t.same([inner.path, inner.query, inner.originalPath, inner.route!.id], ['/sorry', 'b=c', '/a', 'second'])
})

t.test('answers 404 where nothing takes the other path', async t => {
  const made = routes({ first: { predicates: [{ path: '/a' }], filters: ['go'] } }, [detour('go', () => forwardToPath('/sorry', made.options))])
  t.equal((await made.call({ target: '/a' })).reply.code, 'GW_NO_ROUTE')
})

t.test('takes no path that could be understood in more than one way', async t => {
  const made = routes({ first: { predicates: [{ path: '/a' }], filters: ['go'] }, all: {} }, [detour('go', () => forwardToPath(to, made.options))])
  let to = ''
  for (to of ['/b/../c', '/b/%2e%2e/c', 'b', '/%00', '/b\\c', '/%252e', '']) t.equal((await made.call({ target: '/a' })).reply.code, 'GW_UNSAFE_PATH', to)
  to = '/b//c%41'
  await made.call({ target: '/a' })
  t.equal(made.seen[0]!.path, '/b/cA')
})

t.test('lets only those paths into a route that it allows', async t => {
  const second = (allowPath: WrittenRoute['allowPath'] = []) => ({ first: { predicates: [{ path: '/first' }], filters: ['go'] }, second: { allowPath } })
  const by = (go: () => Dispatch) => {
    const made = routes(second(), [detour('go', go)])
    return made
  }
  const byPath: ReturnType<typeof by> = by(() => forwardToPath('/a%2Fb', byPath.options))
  t.equal((await byPath.call({ target: '/first' })).reply.code, 'GW_UNSAFE_PATH')
  byPath.replace(second(['encoded-slash']))
  t.equal((await byPath.call({ target: '/first' })).reply.status, 200)
  const byId: ReturnType<typeof by> = by(() => forwardToRoute('second', byId.options))
  t.equal((await byId.call({ target: '/first;a=b' })).reply.code, 'GW_UNSAFE_PATH')
  byId.replace(second(['semicolon']))
  t.equal((await byId.call({ target: '/first;a=b' })).reply.status, 200)
})

t.test('tells a predicate that fails from one that does not hold', async t => {
  const fails = definePredicate({ name: 'fails', config: Config({}), create: () => ({ match: () => { throw new Error('a bug') } }) })
  const limits = definePredicate({ name: 'limits', config: Config({}), create: () => ({ match: async () => { throw new GatewayError('GW_BODY_TOO_LARGE') } }) })
  for (const [predicate, code] of [[fails, 'GW_PREDICATE_FAILED'], [limits, 'GW_BODY_TOO_LARGE']] as const) {
    const made = routes({ first: { predicates: [{ path: '/a' }], filters: ['go'] }, second: { predicates: [predicate.name] } }, [predicate, detour('go', () => forwardToPath('/b', made.options))])
    t.equal((await made.call({ target: '/a' })).reply.code, code)
    t.equal(made.log.lines.length, code === 'GW_PREDICATE_FAILED' ? 1 : 0)
  }
})

t.test('sends nothing on in circles', async t => {
  const made = routes({ first: { filters: ['go'] } }, [detour('go', () => forwardToRoute('first', made.options))])
  t.equal((await made.call()).reply.code, 'GW_FORWARD_LOOP')
  t.same([made.seen.length, made.plan('first').life.inFlight], [0, 4])
  const byPath = routes({ first: { filters: ['go'] } }, [detour('go', () => forwardToPath('/', byPath.options))])
  t.equal((await byPath.call()).reply.code, 'GW_FORWARD_LOOP')
})

t.test('knows a route by its id in the table of the moment', async t => {
  const made = routes({ first: { filters: ['go'] }, second: {} }, [detour('go', () => way)])
  const way = forwardToRoute('second', made.options)
  t.equal((await made.call()).reply.status, 200)
  made.replace({ first: { filters: ['go'] } })
  t.equal((await made.call()).reply.code, 'GW_ROUTE_INVALID', 'it is gone')
  made.replace({ first: { filters: ['go'] }, second: {} })
  t.equal((await made.call()).reply.status, 200)
  t.equal(made.seen.at(-1)!.route, made.plan('second').route)
})

t.test('tells the filters of both routes of the end, each once, and the plans', async t => {
  const ends: string[] = []
  const done = (name: string) => room(name, { done: (x, { code, bytesOut }) => { ends.push(`${name} ${x.route!.id} ${code} ${bytesOut}`) } })
  const made = routes({ first: { filters: ['outer', 'go'] }, second: { filters: ['inner'] } }, [done('outer'), done('inner'), detour('go', () => forwardToRoute('second', made.options))])
  const { end } = await made.call()
  const second = made.plan('second')
  t.same([ends, second.life.inFlight], [[], 1])
  second.life.retire()
  end({ code: 'GW_UPSTREAM_RESET', bytesOut: 7 })
  t.same([ends, second.life.inFlight], [['outer first GW_UPSTREAM_RESET 7', 'inner second GW_UPSTREAM_RESET 7'], 0])
  await second.life.closed
})

t.test('keeps the plan while its filters still work though the exchange is over', async t => {
  const waits = Promise.withResolvers<void>()
  const ends: string[] = []
  const slow = room('slow', { request: async () => { await waits.promise }, done: () => { ends.push('slow') } })
  const early = room('early', { dispatch: () => async x => { void forwardToRoute('second', made.options)(x); return reply({ status: 203 }) } })
  const made = routes({ first: { filters: ['early'] }, second: { filters: ['slow'] } }, [slow, early])
  const { end, reply: answered } = await made.call()
  t.equal(answered.status, 203)
  end()
  t.same([ends, made.plan('second').life.inFlight], [[], 1])
  waits.resolve()
  await new Promise(resolve => { setImmediate(resolve) })
  t.same([ends, made.plan('second').life.inFlight], [['slow'], 0])
})

t.test('sends nobody on whom nobody waits for', async t => {
  const made = routes({ first: { filters: ['go'] }, second: {} }, [detour('go', () => forwardToRoute('second', made.options))])
  t.equal((await made.call({}, x => { x.abort(new GatewayError('GW_TOTAL_TIMEOUT')) })).reply.code, 'GW_TOTAL_TIMEOUT')
  t.equal((await made.call({}, x => { x.abort(new Error('gone')) })).reply.code, 'GW_CLIENT_GONE')
  t.equal((await made.call({}, x => { x.timing.end = 5 })).reply.code, 'GW_CLIENT_GONE', 'the answer is out')
  t.same([made.seen.length, made.plan('second').life.inFlight], [0, 0])
})

t.test('sends nobody on whose answer goes out while another route is looked for', async t => {
  const read = Promise.withResolvers<boolean>()
  const reads = definePredicate({ name: 'reads', config: Config({}), create: () => ({ match: () => read.promise }) })
  const late = Promise.withResolvers<ReturnType<typeof reply>>()
  const early = room('early', { dispatch: () => async x => { late.resolve(forwardToPath('/b', made.options)(x)); return reply({ status: 203 }) } })
  const made = routes({ first: { predicates: [{ path: '/a' }], filters: ['early'] }, second: { predicates: ['reads'] } }, [reads, early])
  const { x, end } = await made.call({ target: '/a' })
  x.timing.end = 5
  end()
  read.resolve(true)
  t.equal((await late.promise).code, 'GW_CLIENT_GONE')
  t.equal(made.plan('second').life.inFlight, 0, 'its plan can be closed')
})

t.test('ends with the exchange that it is made for', async t => {
  const asked = Promise.withResolvers<Exchange>()
  const upstream = async (x: Exchange) => {
    asked.resolve(x)
    await new Promise(resolve => { x.onAbort({ abort: resolve }) })
    return problem('GW_CLIENT_GONE', x.id)
  }
  const made = routes({ first: { filters: ['go'] }, second: {} }, [detour('go', () => forwardToRoute('second', made.options))], upstream)
  let x!: Exchange
  const called = made.call({}, one => { x = one })
  await asked.promise
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal((await called).reply.code, 'GW_CLIENT_GONE')
})

t.test('ends in the time of the other route, or of the first where less is left', async t => {
  const upstream = async (x: Exchange) => {
    await new Promise(resolve => { x.onAbort({ abort: resolve }) })
    return problem((x.aborted as GatewayError).code, x.id)
  }
  const made = routes({ first: { filters: ['go'] }, second: { timeoutMs: 1 } }, [detour('go', () => forwardToRoute('second', made.options))], upstream)
  const { x, reply: answered, end } = await made.call()
  t.equal(answered.code, 'GW_TOTAL_TIMEOUT')
  t.same([x.aborted, x.deadline], [null, Infinity], 'the first has its own')
  t.ok(made.seen[0]!.deadline < performance.now() + 1)
  end()
  const quick = routes({ first: { filters: ['go'] }, second: { timeoutMs: 60_000 } }, [detour('go', () => forwardToRoute('second', quick.options))])
  const called = await quick.call({}, one => { one.deadline = 5 })
  t.equal(quick.seen[0]!.deadline, 5)
  called.end()
  t.same(process.getActiveResourcesInfo().filter(one => one === 'Timeout'), [], 'no timer is left')
})

t.test('takes a body along that was not sent yet, or is held', async t => {
  for (const before of [async () => {}, async (x: Exchange) => { await x.body.hold(100); x.body.outgoing() }]) {
    const bodies: unknown[] = []
    const go = room('go', { dispatch: () => async x => { await before(x); return await forwardToRoute('second', made.options)(x) } })
    const made = routes({ first: { filters: ['go'] }, second: {} }, [go], async x => { bodies.push(String(await x.body.hold(100)), x.gates); return reply() })
    t.equal((await made.call({ method: 'POST', body: 'text' })).reply.status, 200)
    t.same(bodies, ['text', null])
  }
})

t.test('makes no second call with a body that is gone, but other routes may answer without one', async t => {
  const go = room('go', { dispatch: () => async x => { x.body.outgoing(); return await forwardToRoute('second', made.options)(x) } })
  const respond = defineFilter({ name: 'respond', config: Config({}), create: () => ({ request: x => { x.reply = reply({ status: 203 }) } }) })
  const made = routes({ first: { filters: ['go'] }, second: {} }, [go, respond])
  await made.call({ method: 'POST', body: 'text' })
  const [gate] = made.seen[0]!.gates!
  t.same([gate!.admits(made.seen[0]!, 'http://a'), gate!.enter(made.seen[0]!, 'http://a')], [false, null])
  made.replace({ first: { filters: ['go'] }, second: { filters: ['respond'] } })
  t.equal((await made.call({ method: 'POST', body: 'text' })).reply.status, 203)
})

t.test('tells the access log of the first what the other has done', async t => {
  const reasons = room('reasons', { request: x => { x.reason = 'theirs' } })
  const made = routes({ first: { filters: ['go'] }, second: { filters: [] } }, [reasons, detour('go', () => forwardToRoute('second', made.options))], async x => {
    x.endpoint = 'http://b.test'
    x.upstream = 'b'
    return reply()
  })
  const called = await made.call({}, x => { x.attempt = 2; x.reason = 'ours' })
  t.same([called.x.attempt, called.x.endpoint, called.x.upstream, called.x.reason], [3, 'http://b.test', 'b', 'ours'])
  made.replace({ first: { filters: ['go'] }, second: { filters: ['reasons'] } })
  t.equal((await made.call({}, x => { x.reason = 'ours' })).x.reason, 'theirs')
})

t.test('carries along whom it stands in for', async t => {
  const made = routes({ first: { filters: ['go'] }, second: {} }, [detour('go', () => forwardToRoute('second', made.options))])
  const fallback = { kind: 'route', filter: 'circuit-breaker', code: 'GW_CIRCUIT_OPEN', status: 503 } as const
  await made.call({}, x => { x.fallback = fallback })
  t.equal(made.seen[0]!.fallback, fallback)
})
