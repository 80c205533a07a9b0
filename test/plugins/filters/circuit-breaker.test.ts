import t from 'tap'
import circuitBreaker from '../../../plugins/filters/circuit-breaker/index.ts'
import { defineFilter, problem, Config, type CallGate, type Exchange } from '../../../src/contract/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, fakeBreaker, fakeServices, mount, reply } from '../../../src/testing/index.ts'
import { planOf, surroundings } from '../../src/plan/compiled.ts'
import { breaking, opened } from './circuit-breaker/breaking.ts'

t.test('lets calls through, and opens when too many of them fail', async t => {
  const { call, upstream, states, clock } = breaking()
  t.equal((await call()).status, 200)
  upstream.answer = { status: 503, headers: { 'retry-after': '99' }, body: 'down' }
  const failed = await call()
  t.same([failed.status, failed.text, failed.reply.code], [503, 'down', null], 'what upstream says of it is the answer')
  t.same(states(), { 'test/circuit-breaker': 'open' })
  t.equal(upstream.asked, 2)
  clock.advance(500)
  const refused = await call()
  t.match(refused.reply, { status: 503, code: 'GW_CIRCUIT_OPEN' })
  t.equal(refused.reply.headers.get('retry-after'), '10', 'rounded up')
  t.equal(upstream.asked, 2)
})

t.test('tries again after a while, and closes when that goes well', async t => {
  const { call, upstream, states, clock, counted } = await opened()
  clock.advance(10_000)
  t.same(states(), { 'test/circuit-breaker': 'half-open' })
  upstream.answer = { status: 200 }
  t.equal((await call()).status, 200)
  t.same(states(), { 'test/circuit-breaker': 'closed' })
  t.same(counted('gatehouse_breaker_changes_total', 'to'), { open: 1, 'half-open': 1, closed: 1 })
})

t.test('stays open for longer each time that a trial fails, up to a limit', async t => {
  const { call, clock, upstream } = await opened({ maxOpenFor: '25s' })
  const wait = async () => (await call()).reply.headers.get('retry-after')
  const waits: unknown[] = []
  for (let i = 0; i < 4; i++) {
    waits.push(await wait())
    clock.advance(Number(waits.at(-1)) * 1000)
    await call()
  }
  t.same(waits, ['10', '20', '25', '25'])
  t.equal(upstream.asked, 4)
})

t.test('asks whoever comes while a trial runs to come again', async t => {
  const { call, clock, upstream } = await opened({ maxHalfOpen: '3s' })
  clock.advance(10_000)
  const trial = Promise.withResolvers<void>()
  upstream.answer = async () => { await trial.promise; return reply() }
  const first = call()
  const second = await call()
  t.match(second.reply, { code: 'GW_CIRCUIT_OPEN' })
  t.equal(second.reply.headers.get('retry-after'), '3')
  t.equal(upstream.asked, 1)
  trial.resolve()
  t.equal((await first).status, 200)
})

t.test('counts each try of a retry that stands inside', async t => {
  const { services, board } = breaking()
  const thrice = defineFilter({
    name: 'thrice', config: Config({}), create: () => ({ dispatch: next => async x => { await next(x); await next(x); return await next(x) } })
  })
  let asked = 0
  const plan = planOf('r', { filters: [{ 'circuit-breaker': { window: 10, minimumCalls: 2 } }, 'thrice'] }, surroundings([circuitBreaker, thrice], {
    upstream: () => ({
      close: () => {},
      dispatch: async x => {
        const gate = x.gates![0]!
        const watcher = gate.admits(x, 'http://a') ? gate.enter(x, 'http://a') : null
        if (watcher === null) return problem('GW_CIRCUIT_OPEN', x.id)
        asked++
        watcher.ended({ status: 0, code: 'GW_UPSTREAM_RESET', headMs: 1 })
        return problem('GW_UPSTREAM_RESET', x.id)
      }
    })
  }, services))
  const x = exchange()
  const answer = await run(plan, x, { log: services.log, timed: false })
  t.equal(asked, 2, 'the third is not made any more')
  t.equal(answer.code, 'GW_CIRCUIT_OPEN')
  t.equal(answer.headers.get('retry-after'), '5', 'and tells when to come again')
  t.equal(x.gates, null)
  t.match(board.view('r/circuit-breaker'), { state: 'open', notPermitted: 0 })
})

t.test('stands at the calls inside and nowhere else', async t => {
  const seen: (readonly CallGate[] | null)[] = []
  const other: CallGate = { admits: () => true, enter: () => ({ ended: () => {} }) }
  const { plan, services } = mount(circuitBreaker, {}, async x => { seen.push(x.gates); return reply() })
  const passed = async (x: Exchange) => { await run(plan, x, { log: services.log, timed: false }) }
  const [first, second, third] = [exchange(), exchange(), exchange()]
  await passed(first)
  await passed(second)
  t.same([first.gates, second.gates, seen[0]!.length], [null, null, 1])
  t.equal(seen[0], seen[1], 'one list for all requests')
  const others = [other]
  third.gates = others
  await passed(third)
  t.same([third.gates, others.length, seen[2]!.length], [others, 1, 2])
})

t.test('is taken out where the call inside fails', async t => {
  const { plan, services } = mount(circuitBreaker, {}, async () => { throw new Error('a bug') })
  const x = exchange()
  t.equal((await run(plan, x, { log: services.log, timed: false })).code, 'GW_INTERNAL')
  t.equal(x.gates, null)
})

t.test('leaves the refusal of another breaker further in as it is', async t => {
  const { call } = breaking({}, {})
  t.equal((await call()).status, 200)
  const inner = breaking({ by: 'endpoint' })
  inner.upstream.answer = async x => problem('GW_CIRCUIT_OPEN', x.id, undefined, { 'retry-after': '77' })
  const answer = await inner.call()
  t.equal(answer.reply.headers.get('retry-after'), '77')
  t.equal(inner.decisions('refused'), 0)
})

t.test('has one breaker for each endpoint, so that others are chosen while one is open', async t => {
  const { plan, services, states, upstream } = breaking({ by: 'endpoint' })
  const [bad, good] = ['http://bad.test', 'http://good.test']
  upstream.answer = x => reply({ status: x.endpoint === bad ? 503 : 200 })
  const ask = async (endpoint: string) => {
    const x = exchange()
    x.endpoint = endpoint
    return await run(plan, x, { log: services.log, timed: false })
  }
  for (const endpoint of [bad, bad, good, good]) await ask(endpoint)
  t.same(states(), { 'test/circuit-breaker/http://bad.test': 'open', 'test/circuit-breaker/http://good.test': 'closed' })
  const refused = await ask(bad)
  t.equal(refused.code, 'GW_CIRCUIT_OPEN')
  t.equal(refused.headers.get('retry-after'), '10')
  t.equal((await ask(good)).status, 200)
})

t.test('asks of an endpoint that was never called nothing', async t => {
  let gate: CallGate | undefined
  const { call, states } = breaking({ by: 'endpoint' })
  const probe = mount(circuitBreaker, { by: 'endpoint' }, async x => { gate = x.gates![0]; return reply() }, {})
  await probe.call()
  t.equal(gate!.admits(exchange(), 'http://never.test'), true)
  await call()
  t.same(Object.keys(states()), ['test/circuit-breaker/http://upstream.test'])
})

t.test('has one breaker for each key', async t => {
  const { call, upstream, states } = breaking({ by: 'host' })
  upstream.answer = x => reply({ status: x.host === 'a.test' ? 503 : 200 })
  for (const host of ['a.test', 'a.test', 'b.test', 'b.test', 'b.test']) await call({ host })
  t.equal((await call({ host: 'a.test' })).reply.code, 'GW_CIRCUIT_OPEN')
  t.equal((await call({ host: 'b.test' })).status, 200)
  t.same(Object.values(states()).sort(), ['closed', 'open'])
  t.notMatch(Object.keys(states()).join(), /a\.test/, 'keys come from clients: names do not tell them')
  t.match(Object.keys(states())[0], /^test\/circuit-breaker\/[0-9a-f]{16}$/)
})

t.test('has one breaker for each value of an expression', async t => {
  const { call, upstream } = breaking({ by: { expression: 'request.headers["x-function"]' } })
  upstream.answer = x => reply({ status: x.headers.get('x-function') === 'pay' ? 503 : 200 })
  const call_ = (name: string) => call({ headers: { 'x-function': name } })
  for (let i = 0; i < 2; i++) await call_('pay')
  t.equal((await call_('pay')).reply.code, 'GW_CIRCUIT_OPEN')
  t.equal((await call_('list')).status, 200)
})

t.test('requests without the key share a breaker, or have none', async t => {
  const shared = await opened({ by: { header: 'X-Tenant' } })
  t.equal((await shared.call()).reply.code, 'GW_CIRCUIT_OPEN')
  t.same(shared.states(), { 'test/circuit-breaker/none': 'open' })
  const passing = await opened({ by: { header: 'X-Tenant' }, emptyKey: 'allow' })
  t.equal((await passing.call()).text, 'down')
  t.same(passing.states(), {})
})

t.test('keeps a bounded number of breakers, and an open one longer than closed ones', async t => {
  const { call, upstream, states } = breaking({ by: { header: 'X-Key' }, keys: 3 })
  const ask = (key: string) => call({ headers: { 'x-key': key } })
  upstream.answer = { status: 503 }
  await ask('bad')
  await ask('bad')
  upstream.answer = {}
  for (let i = 0; i < 50; i++) await ask(`key-${i}`)
  t.equal(Object.keys(states()).length, 3)
  t.equal((await ask('bad')).reply.code, 'GW_CIRCUIT_OPEN')
})

t.test('counts the statuses it was told', async t => {
  const opensAt = async (statuses: unknown, status: number) => {
    const { call, upstream, states } = breaking({ statuses })
    upstream.answer = { status }
    await call()
    await call()
    return states()['test/circuit-breaker'] === 'open'
  }
  t.same(await Promise.all([500, 501, 502, 503, 504, 505, 429].map(status => opensAt([502, 503, 504], status))), [false, false, true, true, true, false, false])
  t.same(await Promise.all([499, 500, 555, 599].map(status => opensAt('500-599', status))), [false, true, true, true])
  t.same(await Promise.all([429, 430, 500].map(status => opensAt([429, '500-504'], status))), [true, false, true])
})

t.test('opens when too many calls are slow', async t => {
  const { call, upstream, clock, states } = breaking({ slowCall: '100ms', slowRate: '100%' })
  upstream.answer = async () => { clock.advance(101); return reply() }
  await call()
  await call()
  t.same(states(), { 'test/circuit-breaker': 'open' })
  const quick = breaking({ slowCall: '100ms' })
  quick.upstream.answer = async () => { quick.clock.advance(100); return reply() }
  for (let i = 0; i < 4; i++) await quick.call()
  t.same(quick.states(), { 'test/circuit-breaker': 'closed' })
})

t.test('goes by the calls of the last while', async t => {
  const { call, upstream, clock, states } = breaking({ window: '10s', minimumCalls: 2 })
  upstream.answer = { status: 503 }
  await call()
  clock.advance(11_000)
  await call()
  t.same(states(), { 'test/circuit-breaker': 'closed' })
  await call()
  t.same(states(), { 'test/circuit-breaker': 'open' })
})

t.test('never counts what the client or the gateway has done', async t => {
  for (const code of ['GW_CLIENT_GONE', 'GW_OVERLOADED', 'GW_BAD_REQUEST', 'GW_BODY_TOO_LARGE', 'GW_REQUEST_TIMEOUT', 'GW_CONCURRENCY_LIMITED', 'GW_INTERNAL'] as const) {
    const { call, upstream, board } = breaking()
    upstream.answer = x => problem(code, x.id)
    for (let i = 0; i < 4; i++) t.equal((await call()).reply.code, code)
    t.match(board.view('test/circuit-breaker'), { state: 'closed', calls: 0, running: 0 }, code)
  }
})

t.test('is in the state that the file puts it in', async t => {
  const open = breaking({ state: 'forced-open' })
  const refused = await open.call()
  t.match(refused.reply, { code: 'GW_CIRCUIT_OPEN' })
  t.equal(refused.reply.headers.get('retry-after'), '10')
  for (const state of ['disabled', 'metrics-only']) {
    const room = await opened({ state })
    t.equal((await room.call()).text, 'down')
    t.same(room.states(), { 'test/circuit-breaker': state })
  }
})

t.test('has no part in calls that its condition does not hold for', async t => {
  const { call, upstream } = await opened({}, { when: 'request.method == "GET"' })
  t.equal((await call()).reply.code, 'GW_CIRCUIT_OPEN')
  upstream.answer = {}
  t.equal((await call({ method: 'PUT' })).status, 200)
})

t.test('counts what it decides', async t => {
  const { call, decisions, clock } = await opened()
  await call()
  t.same([decisions('passed'), decisions('refused')], [2, 1])
  clock.advance(10_000)
})

t.test('names its breakers, a second one on the route by a number', async t => {
  const names: string[] = []
  const services = fakeServices({ breaker: ({ name }) => { names.push(name); return fakeBreaker({ name }) } })
  const use = (name?: string) => ({ 'circuit-breaker': name === undefined ? {} : { name } })
  const around = surroundings([circuitBreaker], {}, services)
  planOf('a', { filters: [use(), use(), use('slow')] }, around)
  planOf('b', { filters: [use()] }, around)
  t.same(names, ['a/circuit-breaker', 'a/circuit-breaker-2', 'a/slow', 'b/circuit-breaker'])
})

t.test('leaves nothing behind', async t => {
  const { close, states, call, services } = await opened({ by: 'host' })
  await call({ host: 'b.test' })
  t.equal(Object.keys(states()).length, 2)
  await close()
  t.same(states(), {})
  t.same(services.registry.samples().filter(({ name }) => name.startsWith('gatehouse_breaker')), [])
  const byEndpoint = await opened({ by: 'endpoint' })
  await byEndpoint.close()
  t.same(byEndpoint.states(), {})
})
