import t from 'tap'
import retry from '../../../plugins/filters/retry/index.ts'
import { problem, type CallGate } from '../../../src/contract/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, mount, reply } from '../../../src/testing/index.ts'
import { asked, mounted, OK, UNAVAILABLE, type Answer } from './retry/mounted.ts'

t.test('a good answer is passed on as it is, and nothing is counted', async t => {
  t.match(await asked(null, [OK]), { status: 200, text: 'here', calls: 1, counted: {}, slept: [], x: { attempt: 1, avoid: null } })
})

t.test('a failed try is made again until one is good', async t => {
  t.match(await asked(null, [UNAVAILABLE, OK]), { status: 200, text: 'here', calls: 2, counted: { retried: 1, recovered: 1 }, x: { attempt: 2 } })
  t.match(await asked(null, [UNAVAILABLE, 'GW_UPSTREAM_RESET', OK]), { status: 200, calls: 3, counted: { retried: 2, recovered: 1 } })
})

t.test('makes three tries by default, and passes the last answer on', async t => {
  t.match(await asked(null, [{ status: 503 }, { status: 502 }, { status: 504, body: 'last' }]), { status: 504, text: 'last', calls: 3, counted: { retried: 2, exhausted: 1 } })
  t.equal((await asked(4, [UNAVAILABLE])).calls, 4)
  t.equal((await asked({ attempts: 2 }, [UNAVAILABLE])).calls, 2)
})

t.test('tries again after 502, 503 and 504 of upstream, and after no other answer', async t => {
  for (const status of [502, 503, 504]) t.equal((await asked(null, [{ status }])).calls, 3, String(status))
  for (const status of [200, 304, 404, 408, 429, 500, 501, 505]) t.equal((await asked(null, [{ status, headers: { 'retry-after': '0' } }])).calls, 1, String(status))
})

t.test('which answers, the route says: one by one, from to, by the hundred', async t => {
  for (const [statuses, again, not] of [[[429], 429, 503], [['500-502'], 501, 503], [['5xx', 404], 599, 403], ['4xx', 499, 500]] as const) {
    t.equal((await asked({ statuses }, [{ status: again }])).calls, 3, `${statuses} ${again}`)
    t.equal((await asked({ statuses }, [{ status: not }])).calls, 1, `${statuses} ${not}`)
  }
})

t.test('tries again where no answer came', async t => {
  for (const code of ['GW_UPSTREAM_UNREACHABLE', 'GW_CONNECT_TIMEOUT', 'GW_UPSTREAM_TLS', 'GW_UPSTREAM_RESET', 'GW_HEAD_TIMEOUT', 'GW_IDLE_TIMEOUT', 'GW_TOTAL_TIMEOUT'] as const) t.equal((await asked(null, [code])).calls, 3, code)
  for (const code of ['GW_UPSTREAM_PROTOCOL', 'GW_OVERLOADED'] as const) t.equal((await asked(null, [code])).calls, 1, code)
  t.equal((await asked({ exceptions: ['protocol'] }, ['GW_UPSTREAM_PROTOCOL'])).calls, 3)
  t.equal((await asked({ exceptions: 'overloaded' }, ['GW_OVERLOADED'])).calls, 3)
  t.equal((await asked({ exceptions: ['timeout'] }, ['GW_UPSTREAM_RESET'])).calls, 1)
  t.equal((await asked({ exceptions: [] }, ['GW_UPSTREAM_RESET'])).calls, 1)
  t.equal((await asked({ statuses: [] }, [UNAVAILABLE])).calls, 1)
})

t.test('what the gateway itself has refused is not tried again', async t => {
  for (const code of ['GW_CIRCUIT_OPEN', 'GW_NO_ENDPOINT', 'GW_CONCURRENCY_LIMITED', 'GW_LOAD_SHED', 'GW_RATE_LIMITED', 'GW_CLIENT_GONE', 'GW_BAD_BODY', 'GW_STOPPING'] as const) {
    t.match(await asked({ statuses: ['2xx', '4xx', '5xx'] }, [code]), { calls: 1, counted: {} }, code)
  }
})

t.test('what a drill answers is judged by its status, as if upstream had answered', async t => {
  t.match(await asked(null, ['GW_FAULT_INJECTED', OK]), { status: 200, calls: 2, counted: { retried: 1, recovered: 1 } })
  const drilled = async (status: number) => (await asked(null, [async x => ({ ...problem('GW_FAULT_INJECTED', x.id), status })])).calls
  t.same(await Promise.all([500, 502, 404].map(drilled)), [1, 3, 1])
  t.equal((await asked({ budget: { share: '0%', min: 1 } }, ['GW_FAULT_INJECTED'])).calls, 2, 'from the same budget')
})

t.test('an answer that upstream has not given is not tried again', async t => {
  // As a filter inside answers by itself, or in the place of upstream
  const { plan } = mount(retry, null)
  let calls = 0
  const wrapped = plan.filters[0]!.phases.dispatch!(async x => {
    calls++
    if (x.method === 'HEAD') x.fallback = { kind: 'reply', filter: 'circuit-breaker', code: 'GW_CIRCUIT_OPEN', status: 503 }
    if (x.method === 'HEAD') x.attempt++
    return reply(UNAVAILABLE)
  })
  t.match(await wrapped(exchange()), UNAVAILABLE)
  t.match(await wrapped(exchange({ method: 'HEAD' })), UNAVAILABLE)
  t.equal(calls, 2)
})

t.test('a request that stands in for another is tried again like any other', async t => {
  const { plan } = mount(retry, null)
  const wrapped = plan.filters[0]!.phases.dispatch!(async x => {
    x.attempt++
    return reply(UNAVAILABLE)
  })
  const x = Object.assign(exchange(), { fallback: { kind: 'route', filter: 'circuit-breaker', code: null, status: 503 } })
  await wrapped(x)
  t.equal(x.attempt, 3)
})

t.test('only methods that may be repeated are, or requests that say so', async t => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']) t.equal((await asked(null, [UNAVAILABLE], { method })).calls, 3, method)
  for (const method of ['POST', 'PATCH', 'PROPFIND']) {
    t.equal((await asked(null, [UNAVAILABLE], { method })).calls, 1, method)
    t.equal((await asked(null, [UNAVAILABLE], { method, headers: { 'Idempotency-Key': 'k' } })).calls, 3, `${method} with a key`)
  }
  t.equal((await asked(null, [UNAVAILABLE], { method: 'POST', headers: { 'Idempotency-Key': '' } })).calls, 1, 'an empty key is none')
  t.equal((await asked({ methods: 'POST' }, [UNAVAILABLE], { method: 'POST' })).calls, 3)
  t.equal((await asked({ methods: ['POST'] }, [UNAVAILABLE])).calls, 1)
  t.equal((await asked({ keyHeader: 'X-Once' }, [UNAVAILABLE], { method: 'POST', headers: { 'x-once': '1' } })).calls, 3)
  t.equal((await asked({ keyHeader: false }, [UNAVAILABLE], { method: 'POST', headers: { 'idempotency-key': '1' } })).calls, 1)
})

t.test('a request that wants to switch protocols is not tried again', async t => {
  const { plan, services } = mounted(null, [UNAVAILABLE])
  const x = Object.assign(exchange(), { upgrade: 'websocket' })
  await run(plan, x, { log: services.log, timed: false })
  t.equal(x.attempt, 1)
})

t.test('asks other endpoints first on a further try', async t => {
  const from = (endpoint: string): Answer => async x => {
    x.endpoint = endpoint
    return reply(UNAVAILABLE)
  }
  const { seen } = await asked({ attempts: 4 }, [from('http://a.test'), from('http://b.test'), from('http://a.test'), OK])
  t.same(seen.map(({ avoid }) => avoid), [null, ['http://a.test'], ['http://a.test', 'http://b.test'], ['http://a.test', 'http://b.test']])
})

t.test('every call is seen by whoever has a say in calls', async t => {
  const statuses: number[] = []
  const gate: CallGate = { admits: () => true, enter: () => ({ ended: ({ status }) => statuses.push(status) }) }
  const { plan, services } = mounted(null, [UNAVAILABLE, OK])
  const x = exchange()
  x.gates = [gate]
  await run(plan, x, { log: services.log, timed: false })
  t.same(statuses, [503, 200])
})

t.test('a phase that fails inside fails as it does without', async t => {
  const { plan } = mount(retry, null)
  const wrapped = plan.filters[0]!.phases.dispatch!(async () => { throw new TypeError('a bug') })
  await t.rejects(wrapped(exchange()), TypeError)
})

t.test('configurations that make no sense are refused', async t => {
  const refused = (config: unknown, code: string, pointer: string) => { t.throws(() => mount(retry, config), { errors: [{ code, pointer: `/retry${pointer}` }] }, JSON.stringify(config)) }
  refused({ attempts: 1 }, 'GW_CONFIG_INVALID', '/attempts')
  refused({ attempts: 21 }, 'GW_CONFIG_INVALID', '/attempts')
  refused({ statuses: [], exceptions: [] }, 'GW_CONFIG_NO_EFFECT', '/statuses')
  refused({ statuses: [502, '504-500'] }, 'GW_CONFIG_INVALID', '/statuses/1')
  refused({ statuses: ['1xx'] }, 'GW_CONFIG_INVALID', '/statuses/0')
  refused({ statuses: [600] }, 'GW_CONFIG_INVALID', '/statuses/0')
  refused({ exceptions: ['conect'] }, 'GW_CONFIG_INVALID', '/exceptions/0')
  refused({ methods: ['get'] }, 'GW_CONFIG_INVALID', '/methods/0')
  refused({ backoff: { first: '2s' } }, 'GW_CONFIG_INVALID', '/backoff/max')
  refused({ backoff: { jitter: 'some' } }, 'GW_CONFIG_INVALID', '/backoff/jitter')
  refused({ perTry: '0ms' }, 'GW_CONFIG_INVALID', '/perTry')
  refused({ keyHeader: true }, 'GW_CONFIG_INVALID', '/keyHeader')
})
