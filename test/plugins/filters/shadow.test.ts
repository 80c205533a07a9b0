import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import t from 'tap'
import header from '../../../plugins/predicates/header/index.ts'
import { GatewayError, lend, problem, type Dispatch, type ErrorCode, type Exchange, type Step } from '../../../src/contract/index.ts'
import { CALM, exchange, reply, type TestRequest } from '../../../src/testing/index.ts'
import { GONE, mirrored, produced, waits, type Setup } from './shadow/mounted.ts'

/** Reads the body of the request, as an upstream does, and answers. */
const drains: Dispatch = async x => {
  if (x.body.held === null && x.body.present) for await (const chunk of x.body.outgoing() as Readable) if (chunk === null) break
  return reply({ body: 'live' })
}

t.test('what does not go together, or has no effect, is an error of the configuration', async t => {
  const wrong: readonly (readonly [unknown, string, string, string?])[] = [
    [{ to: 'nobody' }, 'GW_CONFIG_UNKNOWN_UPSTREAM', '/to'],
    [{ to: [{ upstream: 'nobody' }] }, 'GW_CONFIG_UNKNOWN_UPSTREAM', '/to/0/upstream'],
    [{ to: 'http://ann:secret@10.0.0.7' }, 'GW_CONFIG_INVALID', '/to'],
    [{ to: ['next', { upstream: 'https://10.0.0.7/v2' }] }, 'GW_CONFIG_INVALID', '/to/1/upstream'],
    [{ to: ['next', 'next'] }, 'GW_CONFIG_INVALID', '/to/1'],
    [{ to: ['next', { upstream: 'other', id: 'next' }] }, 'GW_CONFIG_INVALID', '/to/1'],
    [{ to: [{ upstream: 'next', id: 'replay' }], compare: {} }, 'GW_CONFIG_INVALID', '/to/0'],
    [{ to: [{ upstream: 'next', role: 'secondary' }] }, 'GW_CONFIG_INVALID', '/to'],
    [{ to: ['next', { upstream: 'other', role: 'secondary', share: '5%' }] }, 'GW_CONFIG_INVALID', '/to/1/role'],
    [{ to: ['next', { upstream: 'other', role: 'secondary' }], compare: false }, 'GW_CONFIG_NO_EFFECT', '/compare'],
    [{ to: 'next', mode: ['sync', 'async'] }, 'GW_CONFIG_INVALID', '/mode'],
    [{ to: 'next', mode: 'selective' }, 'GW_CONFIG_INVALID', '/mode', '`match` or `when`'],
    [{ to: 'next', mode: ['async', 'parallel'] }, 'GW_CONFIG_INVALID', '/mode/1', 'two entries'],
    [{ to: 'next', mode: ['async', 'temporal'] }, 'GW_CONFIG_INVALID', '/mode/1'],
    [{ to: 'next', mode: ['conditional'] }, 'GW_CONFIG_INVALID', '/mode'],
    [{ to: 'next', mode: ['staged'] }, 'GW_CONFIG_INVALID', '/mode'],
    [{ to: 'next', mode: ['split'] }, 'GW_CONFIG_INVALID', '/mode'],
    [{ to: 'next', mode: 'twice' }, 'GW_CONFIG_INVALID', '/mode'],
    [{ to: 'next', compareBudget: '10ms' }, 'GW_CONFIG_NO_EFFECT', '/compareBudget'],
    [{ to: 'next', expose: true }, 'GW_CONFIG_NO_EFFECT', '/expose'],
    [{ to: 'next', mode: 'sync', compareBudget: '1001ms' }, 'GW_CONFIG_INVALID', '/compareBudget'],
    [{ to: 'next', mode: 'sync', compare: false }, 'GW_CONFIG_NO_EFFECT', '/mode'],
    [{ to: 'next', mode: 'sync', delay: '1s' }, 'GW_CONFIG_NO_EFFECT', '/delay'],
    [{ to: 'next', mode: 'sync', after: { statuses: ['5xx'] } }, 'GW_CONFIG_NO_EFFECT', '/after'],
    [{ to: 'next', stages: [{ percent: '5%' }], sample: '10%' }, 'GW_CONFIG_NO_EFFECT', '/sample'],
    [{ to: 'next', stages: [{ percent: '5%' }], compare: false }, 'GW_CONFIG_NO_EFFECT', '/stages'],
    [{ to: 'next', stages: [{ percent: '5%' }, { percent: '5%' }] }, 'GW_CONFIG_INVALID', '/stages/1/percent'],
    [{ to: 'next', body: '1025KiB' }, 'GW_CONFIG_INVALID', '/body'],
    [{ to: 'next', pipeline: true }, 'GW_CONFIG_NO_EFFECT', '/pipeline'],
    [{ to: 'next', after: {} }, 'GW_CONFIG_INVALID', '/after'],
    [{ to: 'next', after: { when: 'request.method == "GET"' } }, 'GW_CONFIG_NO_EFFECT', '/after/when'],
    [{ to: 'next', after: { when: 'reply.status == 1 && body.a == 1' } }, 'GW_CONFIG_NO_EFFECT', '/after/when'],
    [{ to: 'next', when: 'reply.status == 200' }, 'GW_CONFIG_NO_EFFECT', '/when'],
    [{ to: 'next', delay: '1s', queue: { count: 0 } }, 'GW_CONFIG_NO_EFFECT', '/queue/count'],
    [{ to: 'next', headers: { set: { 'X-Gatehouse-Shadow': 'no' } } }, 'GW_CONFIG_INVALID', '/headers/set/X-Gatehouse-Shadow'],
    [{ to: 'next', headers: { remove: ['X-Request-Id'] } }, 'GW_CONFIG_INVALID', '/headers/remove/0'],
    [{ to: 'next', headers: { set: { 'content-length': '1' } } }, 'GW_CONFIG_INVALID', '/headers/set/content-length'],
    [{ to: 'next', salt: 'a' }, 'GW_CONFIG_NO_EFFECT', '/salt'],
    [{ to: 'next', methods: ['GET', 'POST'] }, 'GW_CONFIG_INVALID', '/methods/1', 'POST is not safe'],
    [{ to: ['sandbox', 'next'], methods: ['DELETE'] }, 'GW_CONFIG_INVALID', '/methods/0', '"next"']
  ]
  for (const [config, code, pointer, why] of wrong) {
    t.throws(() => mirrored(config), { errors: [{ code, pointer, ...why !== undefined && { message: new RegExp(why) } }] }, `${JSON.stringify(config)} at ${pointer}`)
  }
  t.doesNotThrow(() => mirrored({ to: 'sandbox', methods: ['POST', 'DELETE'] }))
})

t.test('its modes are what its keys make of it', async t => {
  const modes: readonly (readonly [object, string])[] = [
    [{ to: 'next' }, 'async'],
    [{ to: 'next', mode: 'async' }, 'async'],
    [{ to: 'next', mode: ['sync'] }, 'sync'],
    [{ to: 'next', mode: ['split', 'sync', 'selective'], sample: '5%', when: 'request.method == "GET"' }, 'sync+selective+split'],
    [{ to: ['next', { upstream: 'other', share: '5%' }], delay: '1s', after: { statuses: ['5xx'] } }, 'async+parallel+temporal+conditional+split'],
    [{ to: 'next', stages: [{ percent: '5%' }] }, 'async+staged'],
    [{ to: 'next', windows: [{ cron: '0 * * * *', for: '1h' }] }, 'async+temporal']
  ]
  for (const [config, mode] of modes) {
    const { view, close } = mirrored(config)
    t.equal(view('next').mode, mode)
    await close()
  }
})

t.test('a copy goes without what proves the caller, and is marked', async t => {
  const headers = { authorization: 'a', cookie: 'a=b', 'proxy-authorization': 'c', dpop: 'd', signature: 's', 'signature-input': 's', 'x-api-key': 'k', 'idempotency-key': 'i', 'x-mine': 'yes', 'x-token': 'lent', 'x-debug': '1' }
  const stripped = mirrored({ to: ['next', { upstream: 'other', id: 'v3' }], headers: { set: { 'X-Env': 'test', 'X-Mine': 'changed' }, remove: 'x-debug' } })
  const x = exchange({ headers, target: '/a?b=c' })
  lend(x, 'x-token', 'of live')
  await stripped.go(x)
  const shown = ({ headers: { flat } }: Exchange) => Object.fromEntries(flat.flatMap((name, i) => i % 2 === 0 ? [[name, flat[i + 1]]] : []))
  t.same(stripped.copies.map(shown), [
    { 'x-mine': 'changed', 'x-env': 'test', 'x-gatehouse-shadow': 'next;leg=1' },
    { 'x-mine': 'changed', 'x-env': 'test', 'x-gatehouse-shadow': 'v3;leg=2' }
  ])
  t.match(stripped.copies[0], { id: x.id, method: 'GET', path: '/a', query: 'b=c', gates: null, informant: null })
  t.same(shown(x), { ...headers, 'x-token': 'of live' }, 'the live request has all of it')

  const relayed = mirrored({ to: 'next', credentials: 'relay' })
  const y = exchange({ headers })
  lend(y, 'x-token', 'of live')
  await relayed.go(y)
  t.same(shown(relayed.copies[0]!), { ...headers, 'x-token': 'of live', 'x-gatehouse-shadow': 'next;leg=1' })
  t.same(relayed.decided(), { 'next sent -': 1 })
})

t.test('who is calling is said anew on the copy when it is sent, for the shadow', async t => {
  const said: unknown[] = []
  const anew: Record<string, Step> = {
    next: async x => {
      said.push([clock.now() - 1_700_000_000_000, x.headers.get('authorization'), x.headers.get('x-gatehouse-shadow')])
      x.headers.put('x-passport', 'for next')
    },
    other: () => { throw new GatewayError('GW_HEADERS_TOO_LARGE') },
    sandbox: () => new Promise(() => {})
  }
  const { go, clock, copies, decided, view } = mirrored({ to: ['next', 'other', 'sandbox'], delay: '10m', timeout: '2s', breaker: { minimumCalls: 1 } }, { restate: audience => anew[audience]! })
  await go({ headers: { authorization: 'a', 'x-passport': 'for live' } })
  await clock.pass(599_999)
  t.same(said, [])
  await clock.pass(1)
  t.same(said, [[600_000, undefined, 'next;leg=1']])
  t.same(copies.map(({ headers }) => headers.get('x-passport')), ['for next'])
  await clock.pass(2000)
  t.same(decided(), { 'next sent -': 1, 'other failed statement': 1, 'sandbox timeout statement': 1 })
  t.same([view('other').breaker, view('sandbox').inFlight], ['closed', 0], 'no fault of the shadow, and nobody waits for ever')
})

t.test('every request is counted with what became of it and why', async t => {
  const failing = (code: ErrorCode): Dispatch => async x => problem(code, x.id)
  const hangs = waits().call
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const cases: readonly (readonly [object, string, (TestRequest | readonly TestRequest[])?, Setup?])[] = [
    [{}, 'sent -'],
    [{}, 'skipped method', { method: 'POST' }],
    [{ sample: '0%' }, 'skipped sample'],
    [{ match: [{ header: { name: 'x-beta' } }] }, 'skipped match'],
    [{ when: 'request.method == "HEAD"' }, 'skipped when'],
    [{ to: 'sandbox', methods: ['POST'], when: 'body.total > 1' }, 'skipped when', { ...post, body: '{"total":1}' }, { live: drains }],
    [{ to: 'sandbox', methods: ['POST'], when: 'body.total > 1' }, 'skipped when', { ...post, body: '{"total"' }, { live: drains }],
    [{ to: 'sandbox', methods: ['POST'], when: 'body.total > 1' }, 'sent -', { ...post, body: ['{"tot', 'al":2}'] }, { live: drains }],
    [{ when: 'params.none == "a"' }, 'skipped expression'],
    [{ sample: '50%', by: { expression: 'params.none' } }, 'skipped expression'],
    [{ after: { statuses: ['5xx'] } }, 'skipped condition'],
    [{ to: [{ upstream: 'next', segment: { by: { header: 'x-country' }, in: ['DE'] } }] }, 'skipped segment'],
    [{ to: [{ upstream: 'next', share: '1%' }] }, 'skipped share'],
    [{ stages: [{ percent: '5%' }] }, 'skipped stage'],
    [{ sample: '50%', by: { header: 'x-user' }, emptyKey: 'skip' }, 'skipped no-key'],
    [{ windows: [{ cron: '0 0 29 2 *', for: '1m' }] }, 'skipped window'],
    [{}, 'skipped marked', { headers: { 'x-gatehouse-shadow': 'elsewhere;leg=1' } }],
    [{}, 'skipped not-called', {}, { live: undefined as never, upstreams: ['live'] }],
    [{ to: 'sandbox', methods: ['POST'], body: '5B' }, 'skipped body-too-large', { ...post, body: '123456' }, { live: drains }],
    [{ to: 'sandbox', methods: ['POST'], body: '5B' }, 'sent -', { ...post, body: '12345' }, { live: drains }],
    [{ to: 'sandbox', methods: ['POST'], body: '5B' }, 'skipped body-too-large', { ...post, body: ['123', '456'] }, { live: drains }],
    [{}, 'dropped pressure', {}, { services: { load: { ...CALM, eventLoopDelayMs: 51 } } }],
    [{}, 'dropped pressure', {}, { services: { load: { ...CALM, memoryShare: 0.86 } } }],
    [{ maxInFlight: 1, queue: { count: 0 } }, 'dropped full', [{}, {}], { ways: { 'shadow:next': hangs } }],
    [{ delay: '1m', queue: { count: 1 } }, 'dropped queue-count', [{}, {}]],
    [{ maxInFlight: 1, queue: { bytes: '1KiB' } }, 'dropped queue-bytes', [{}, {}], { ways: { 'shadow:next': hangs } }],
    [{ breaker: { minimumCalls: 1 } }, 'dropped circuit-open', [{}, {}], { ways: { 'shadow:next': failing('GW_UPSTREAM_RESET') } }],
    [{}, 'failed connect', {}, { ways: { 'shadow:next': failing('GW_UPSTREAM_UNREACHABLE') } }],
    [{}, 'failed reset', {}, { ways: { 'shadow:next': failing('GW_UPSTREAM_RESET') } }],
    [{}, 'failed protocol', {}, { ways: { 'shadow:next': failing('GW_UPSTREAM_PROTOCOL') } }],
    [{}, 'timeout -', {}, { ways: { 'shadow:next': failing('GW_HEAD_TIMEOUT') } }],
    [{}, 'failed statement', {}, { restate: () => () => { throw new Error('no key') } }],
    [{}, 'failed internal', {}, { ways: { 'shadow:next': async () => { throw new Error('a bug') } } }]
  ]
  for (const [config, decision, requests = {}, setup = {}] of cases) {
    const { live = async () => reply({ body: 'live' }) } = setup
    const { go, decided, view, close, clock } = mirrored({ to: 'next', ...config }, { predicates: [header], ...setup, live })
    if (decision === 'skipped not-called') {
      const x = Object.assign(exchange(), { gates: [{ admits: () => false, enter: () => null }] })
      t.equal((await go(x)).code, 'GW_CIRCUIT_OPEN')
    } else for (const one of Array.isArray(requests) ? requests : [requests]) t.equal((await go(one as TestRequest)).body, 'live', decision)
    const [target] = ['next', 'sandbox'].filter(name => JSON.stringify({ to: 'next', ...config }).includes(name))
    t.equal(decided()[`${target} ${decision}`], 1, `${decision}: ${JSON.stringify(decided())}`)
    const found = view(target!).decisions.find(({ result, reason }) => `${result} ${reason}` === decision)
    t.equal(found?.count, 1)
    const closing = close()
    await clock.pass(5000)
    await closing
  }
})

t.test('a protocol switch is not mirrored', async t => {
  const { go, decided } = mirrored({ to: 'next' })
  await go(Object.assign(exchange(), { upgrade: 'websocket' }))
  t.same(decided(), { 'next skipped upgrade': 1 })
})

t.test('a body that breaks off is not mirrored', async t => {
  const { go, decided } = mirrored({ to: 'sandbox', methods: ['POST'] }, { live: async x => { (x.body.outgoing() as Readable).destroy(); return reply({ status: 413 }) } })
  t.equal((await go({ method: 'POST', body: ['123', '456'] })).status, 413)
  t.same(decided(), { 'sandbox skipped body-broken': 1 })
})

t.test('pipeline: those after one that has failed are not asked', async t => {
  const { go, decided } = mirrored({ to: ['next', 'other', 'sandbox'], pipeline: true }, { ways: { 'shadow:next': async () => reply({ status: 500 }) } })
  await go()
  t.same(decided(), { 'next sent -': 1, 'other skipped pipeline': 1, 'sandbox skipped pipeline': 1 })
})

t.test('what waited meets the windows and the load of its time', async t => {
  const load = { ...CALM }
  const { go, clock, decided } = mirrored({ to: 'next', delay: '2m', except: [{ cron: '14 22 * * *', for: '1m' }] }, { services: { load } })
  clock.set(Date.parse('2026-01-01T22:12:30Z'))
  await go()
  await clock.pass(120_000)
  t.same(decided(), { 'next skipped window': 1 })
  await clock.pass(60_000)
  await go()
  load.memoryShare = 0.9
  await clock.pass(120_000)
  t.same(decided(), { 'next skipped window': 1, 'next dropped pressure': 1 })
})

t.test('a client that goes before upstream was called leaves nothing to be mirrored', async t => {
  const { go, decided } = mirrored({ to: 'next', abort: 'keep' })
  const x = exchange()
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  await go(x, GONE)
  t.same(decided(), { 'next skipped client-gone': 1 })
})

t.test('closing drops what waits, lets what runs end, and then ends it', async t => {
  const { asked, call } = waits()
  const { go, clock, decided, close } = mirrored({ to: ['next', { upstream: 'other', timeout: '10s' }], maxInFlight: 1, timeout: '500ms' }, { ways: { 'shadow:next': call, 'shadow:other': call } })
  for (let i = 0; i < 3; i++) await go()
  t.equal(asked.length, 2)
  let closed = false
  const closing = close().then(() => { closed = true })
  await clock.pass(0)
  t.same(decided(), { 'next dropped closing': 2, 'other dropped closing': 2 })
  asked[1]!.answer(reply({ body: 'live' }))
  await clock.pass(499)
  t.same([closed, decided()], [false, { 'next dropped closing': 2, 'other dropped closing': 2, 'other sent -': 1 }])
  await clock.pass(1)
  await clock.pass(1)
  await closing
  t.same(clock.sleeping, [], 'no timer is left')

  // One that listens to nobody
  const deaf = mirrored({ to: 'next', timeout: '500ms' }, { ways: { 'shadow:next': () => new Promise(() => {}) } })
  await deaf.go()
  const ending = deaf.close()
  await deaf.clock.pass(1501)
  await ending
  t.same(deaf.clock.sleeping, [])
})

t.test('every reason of the vocabulary is one that a request may have', async t => {
  const source = readFileSync(new URL('../../../plugins/filters/shadow/outcome.ts', import.meta.url), 'utf8')
  const reasons = [...source.slice(source.indexOf('export type Reason')).matchAll(/'([a-z-]+)'/g)].map(([, reason]) => reason!)
  t.ok(reasons.length > 20)
  const seen = new Set([...produced].map(decision => decision.split(' ')[1]))
  t.same(reasons.filter(reason => !seen.has(reason)), [])
})
