import t from 'tap'
import { GatewayError, problem, refuse, type Exchange, type Phases, type Reply } from '../../../src/contract/index.ts'
import { finish, run } from '../../../src/plan/run.ts'
import { exchange, reply } from '../../../src/testing/index.ts'
import { END, room, route } from './one-route.ts'

const decisions = (...phases: [Phases, object, Record<string, number>, string][]) => phases

for (const [phases, beside, expected, what] of decisions(
  [{ request: () => {} }, {}, { passed: 1 }, 'a request that passes'],
  [{ request: x => { refuse(x, 'GW_FORBIDDEN') } }, {}, { refused: 1 }, 'one it refuses'],
  [{ request: x => { x.reply = reply() } }, {}, { answered: 1 }, 'one it answers'],
  [{ request: () => { throw new GatewayError('GW_FORBIDDEN') } }, {}, { refused: 1 }, 'one it refuses by what it throws'],
  [{ request: () => { throw new GatewayError('GW_OVERLOADED') } }, {}, { refused: 1 }, 'one it refuses by throwing a code of its own above 500'],
  [{ request: () => { throw new GatewayError('GW_INTERNAL') } }, {}, { failed: 1 }, 'one it fails with a code that is not its own'],
  [{ request: () => { throw new Error('a bug') } }, {}, { failed: 1 }, 'one it fails'],
  [{ request: x => { x.path = '/../etc' } }, {}, { refused: 1 }, 'one whose path it makes unsafe'],
  [{ request: () => {} }, { when: 'request.method == "PUT"' }, { skipped: 1 }, 'one that its condition leaves out'],
  [{ request: () => {} }, { when: 'request.method == "GET"' }, { passed: 1 }, 'one that its condition takes'],
  [{ request: () => {} }, { when: 'params["none"] == "1"' }, { failed: 1 }, 'one its condition cannot be asked about'],
  [{ request: () => {} }, { report: true }, { passed: 1 }, 'one it reports nothing of'],
  [{ request: x => { refuse(x, 'GW_FORBIDDEN') } }, { report: true }, { 'would-refuse': 1 }, 'one it reports'],
  [{ request: () => { throw new GatewayError('GW_FORBIDDEN') } }, { report: true }, { 'would-refuse': 1 }, 'one it reports by what it throws'],
  [{ request: x => { x.reply = reply() } }, { report: true }, { answered: 1 }, 'one it answers although it only reports'],
  [{ request: () => { throw new Error('a bug') } }, { report: true }, { failed: 1 }, 'one it fails although it only reports'],
  [{ request: x => { refuse(x, 'GW_FORBIDDEN') } }, { report: true, when: 'request.method == "PUT"' }, { skipped: 1 }, 'one that its condition leaves out of the report'],

  [{ response: () => {} }, {}, { passed: 1 }, 'a reply that passes'],
  [{ response: x => { x.reply = { ...x.reply!, status: 201 } } }, {}, { passed: 1 }, 'a reply it has replaced by another'],
  [{ response: x => { refuse(x, 'GW_FORBIDDEN') } }, {}, { refused: 1 }, 'a reply it refuses'],
  [{ response: () => { throw new GatewayError('GW_OVERLOADED') } }, {}, { refused: 1 }, 'a reply it refuses by what it throws'],
  [{ response: () => { throw new Error('a bug') } }, {}, { failed: 1 }, 'a reply it fails at'],
  [{ response: x => { x.reply = null } }, {}, { failed: 1 }, 'a reply it loses'],
  [{ response: x => { refuse(x, 'GW_FORBIDDEN') } }, { report: true }, { 'would-refuse': 1 }, 'a reply it reports'],
  [{ response: () => { throw new GatewayError('GW_FORBIDDEN') } }, { report: true }, { 'would-refuse': 1 }, 'a reply it reports by what it throws'],
  [{ response: () => {} }, { when: 'reply.status == 500' }, { skipped: 1 }, 'a reply that its condition leaves out'],
  [{ response: () => {} }, { when: 'reply.status == 200' }, { passed: 1 }, 'a reply that its condition takes'],
  [{ response: () => {} }, { when: 'reply.headers.x == ""' }, { passed: 1 }, 'a reply without the header its condition asks about'],
  [{ response: () => {} }, { when: 'int(reply.header("x") + "x") == 1' }, { failed: 1 }, 'a reply its condition cannot be asked about'],
  [{ response: () => {} }, { when: 'request.method == "PUT"' }, { skipped: 1 }, 'the reply to a request that its condition leaves out'],

  [{ dispatch: next => next }, {}, { passed: 1 }, 'a call it makes'],
  [{ dispatch: next => async x => ({ ...await next(x), status: 201 }) }, {}, { passed: 1 }, 'a call whose reply it changes'],
  [{ dispatch: next => async x => { await next(x); return await next(x) } }, {}, { passed: 1 }, 'a call it makes twice'],
  [{ dispatch: () => async x => problem('GW_OVERLOADED', x.id) }, {}, { refused: 1 }, 'a call it refuses'],
  [{ dispatch: () => async () => { throw new GatewayError('GW_OVERLOADED') } }, {}, { refused: 1 }, 'a call it refuses by what it throws'],
  [{ dispatch: next => async x => { await next(x); return problem('GW_OVERLOADED', x.id) } }, {}, { refused: 1 }, 'a call whose reply it refuses'],
  [{ dispatch: () => async () => reply() }, {}, { answered: 1 }, 'a call it answers itself'],
  [{ dispatch: () => async () => { throw new Error('a bug') } }, {}, { failed: 1 }, 'a call it fails at'],
  [{ dispatch: () => () => { throw new Error('a bug') } }, {}, { failed: 1 }, 'a call it fails at, at once'],
  [{ dispatch: () => async () => null as never }, {}, { failed: 1 }, 'a call that it gives nothing for'],
  [{ dispatch: () => async x => problem('GW_OVERLOADED', x.id) }, { report: true }, { 'would-refuse': 1 }, 'a call it reports'],
  [{ dispatch: next => next }, { when: 'request.method == "PUT"' }, { skipped: 1 }, 'a call that its condition leaves out'],
  [{ dispatch: next => next }, { when: 'request.method == "GET"' }, { passed: 1 }, 'a call that its condition takes'],

  [{ request: () => {}, response: () => {} }, {}, { passed: 1 }, 'an exchange it lets pass twice'],
  [{ request: x => { refuse(x, 'GW_FORBIDDEN') }, response: () => {} }, {}, { refused: 1 }, 'a request it refuses before it sees the reply'],
  [{ request: () => {}, response: x => { refuse(x, 'GW_FORBIDDEN') } }, {}, { refused: 1 }, 'a reply it refuses after the request'],
  [{ request: x => { refuse(x, 'GW_FORBIDDEN') }, response: x => { refuse(x, 'GW_FORBIDDEN') } }, { report: true }, { 'would-refuse': 1 }, 'an exchange it reports twice'],
  [{ request: () => { throw new Error('a bug') }, response: () => {} }, {}, { failed: 1 }, 'a request it fails before it sees the reply'],
  [{ request: () => {}, dispatch: next => next, response: () => {} }, {}, { passed: 1 }, 'an exchange it lets pass three times'],
  [{ request: () => {}, dispatch: () => async x => problem('GW_OVERLOADED', x.id), response: () => {} }, {}, { refused: 1 }, 'a call it refuses between'],
  [{ request: () => {}, dispatch: next => next }, {}, { passed: 1 }, 'a request and the call'],
  [{ request: () => {}, dispatch: () => async () => reply() }, {}, { answered: 1 }, 'a request whose call it answers'],
  [{ request: x => { x.reply = reply() }, dispatch: next => next }, {}, { answered: 1 }, 'a request it answers before the call'],
  [{ done: () => {} }, {}, {}, 'nothing where it only looks on'],
  [{ done: () => {} }, { when: 'request.method == "PUT"' }, { skipped: 1 }, 'that it does not even look on']
)) {
  t.test(`counts ${what} once: ${JSON.stringify(expected)}`, async t => {
    for (const wait of [false, true]) {
      const { request, response } = phases
      const slowly = (step: Phases['request']): Phases['request'] => step && (async x => { await null; await step(x) })
      const made = wait ? { ...phases, ...request && { request: slowly(request)! }, ...response && { response: slowly(response)! } } : phases
      const { call, decisions } = route([room('f', made, ['GW_FORBIDDEN', 'GW_OVERLOADED'])], { filters: [{ f: null, ...beside }] })
      await call()
      t.same(decisions('f'), expected, wait ? 'after a while' : 'at once')
    }
  })
}

t.test('counts a call it answers itself while it goes on once', async t => {
  const late = Promise.withResolvers<void>()
  const { call, decisions } = route([room('f', { dispatch: next => async x => { void next(x); return reply() } })], {
    filters: ['f'],
    upstream: async () => { await late.promise; return reply() }
  })
  await call()
  t.same(decisions('f'), { answered: 1 })
  late.resolve()
})

t.test('what is only reported goes on as if nothing had been, and is logged', async t => {
  let asked = 0
  const { call, log, services } = route([room('f', { request: x => { refuse(x, 'GW_FORBIDDEN') } }, ['GW_FORBIDDEN'])], {
    filters: [{ f: null, report: true }],
    upstream: async () => { asked++; return reply({ status: 201 }) }
  })
  t.equal((await call()).reply.status, 201)
  t.equal(asked, 1)
  t.same(log.lines, [])
  t.same(services.log.lines, [{
    level: 'info', message: 'would have refused', fields: { 'error.code': 'GW_FORBIDDEN', 'gatehouse.route': 'r', 'gatehouse.filter': 'f', 'http.request.id': 'test-request' }
  }])
})

t.test('a reply that is only reported goes out as it was', async t => {
  const { call } = route([room('f', { response: x => { refuse(x, 'GW_FORBIDDEN') } }, ['GW_FORBIDDEN'])], { filters: [{ f: null, report: true }], upstream: async () => reply({ body: 'as it was' }) })
  t.match((await call()).reply, { status: 200, body: 'as it was' })
})

t.test('a path that a filter makes unsafe is refused even where it only reports', async t => {
  const { call } = route([room('f', { request: x => { x.path = '/a/../b'; refuse(x, 'GW_FORBIDDEN') } }, ['GW_FORBIDDEN'])], { filters: [{ f: null, report: true }] })
  t.match((await call()).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
})

for (const [limit, body, beside, status, expected] of [
  [4, ['1234'], {}, 200, { passed: 1 }],
  [4, ['12', '34', '5'], {}, 413, { refused: 1 }],
  [4, '12345', {}, 413, { refused: 1 }],
  [4, '1234', {}, 200, { passed: 1 }],
  [4, ['1234'], { report: true }, 200, { passed: 1 }],
  [4, ['12', '34', '5'], { report: true }, 200, { 'would-refuse': 1 }],
  [4, '12345', { report: true }, 200, { 'would-refuse': 1 }]
] as const) {
  t.test(`a limit of ${limit} bytes is ${Object.keys(expected)[0]} with ${JSON.stringify(body)}${'report' in beside ? ', reported' : ''}, and counted once`, async t => {
    const limits = room('limits', { request: x => { x.limitBody(limit + 1); x.limitBody(limit); x.limitBody(limit) } }, ['GW_BODY_TOO_LARGE'])
    const { plan, log, decisions } = route([limits, room('later', { request: x => { x.limitBody(100) } }, ['GW_BODY_TOO_LARGE']), room('other', { request: () => {} })], { filters: [{ limits: null, ...beside }, 'later', 'other'], upstream: reads })
    const x = exchange({ method: 'POST', body })
    const { status: answered, code } = await run(plan, x, { log, timed: false })
    t.equal(answered, status)
    t.same(decisions('other'), status === 413 && typeof body === 'string' ? {} : { passed: 1 })
    t.same(decisions('limits'), Array.isArray(body) ? {} : typeof body === 'string' && body.length > limit ? expected : {}, 'it is known when the body has ended, or its length is')
    finish(plan, x, { ...END, code, bytesIn: (x.body as unknown as { received: number }).received }, log)
    t.same(decisions('limits'), expected)
    t.same(decisions('later'), status === 413 && typeof body === 'string' ? {} : { passed: 1 })
  })
}

/** Takes in the body as a real upstream would, and fails as the call would. */
async function reads (x: Exchange): Promise<Reply> {
  const outgoing = x.body.outgoing()
  if (outgoing !== null && !(outgoing instanceof Uint8Array)) for await (const chunk of outgoing) if (x.aborted) return problem((x.aborted as GatewayError).code, String(chunk))
  return x.aborted ? problem((x.aborted as GatewayError).code, x.id) : reply()
}

t.test('a limit outside of a request phase is nobody\'s decision', async t => {
  const { call, decisions } = route([room('a', { request: () => {} }), room('f', { dispatch: next => async x => { x.limitBody(1); return await next(x) } })])
  t.equal((await call()).reply.status, 200)
  t.same([decisions('a'), decisions('f')], [{ passed: 1 }, { passed: 1 }])
})
