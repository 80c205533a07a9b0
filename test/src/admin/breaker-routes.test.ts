import t, { type Test } from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../src/adapters/breaker/opossum-breaker.ts'
import { adminServer } from '../../../src/admin/admin-server.ts'
import { BREAKER_DEFAULTS } from '../../../src/contract/index.ts'
import { TableKeeper } from '../../../src/plan/table-keeper.ts'
import { fakeClock, fakeLog, fakeRandom } from '../../../src/testing/index.ts'

const NAME = 'orders/circuit-breaker/http://10.0.0.7:8080'
const AT = `/breakers/${encodeURIComponent(NAME)}`

/** An admin listener and breakers to show. */
async function start (t: Test) {
  const clock = fakeClock(Date.UTC(2026, 0, 1))
  const breakers = opossumBreakers({ clock, log: fakeLog() })
  const make = (name: string) => breakers({ name, ...BREAKER_DEFAULTS, maxConcurrent: 8 })
  const admin = adminServer({ state: { draining: false, listening: true, revision: 1 }, keeper: new TableKeeper(fakeRandom()), metrics: new MetricRegistry(), breakers: breakers.board, inFlight: () => 0, onReload: null, published: () => [], redact: text => text.replaceAll('s3cret', '***'), locate: fault => fault })
  t.teardown(() => admin.close())
  const { host, port } = await admin.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (target: string, init: RequestInit = {}) => {
    const res = await fetch(`http://${host}:${port}${target}`, init)
    return { status: res.status, body: await res.json() as Record<string, any> }
  }
  const post = (target: string, body: string | object | undefined, type = 'application/json') =>
    ask(target, { method: 'POST', headers: { 'content-type': type }, ...body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) } })
  return { ask, post, make }
}

t.test('lists breakers, those first that are not closed', async t => {
  const { ask, make } = await start(t)
  t.same(await ask('/breakers'), { status: 200, body: { total: 0, breakers: [] } })
  make('idle')
  const open = make(NAME)
  for (let i = 0; i < 10; i++) await open.run(async () => { throw new Error('down') }).catch(() => {})
  open.enter()
  t.same(await ask('/breakers'), {
    status: 200,
    body: {
      total: 2,
      breakers: [
        { name: NAME, state: 'open', calls: 10, failures: 10, slow: 0, failureRate: 1, slowRate: 0, running: 0, notPermitted: 1, full: 0, openUntil: '2026-01-01T00:00:05.000Z' },
        { name: 'idle', state: 'closed', calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null, running: 0, notPermitted: 0, full: 0, openUntil: null }
      ]
    }
  })
})

t.test('lists no more than a thousand, and says how many there are', async t => {
  const { ask, make } = await start(t)
  for (let i = 0; i < 1500; i++) make(`orders/${i}`)
  make('the one').force('disabled')
  const { body } = await ask('/breakers')
  t.match(body, { total: 1501, breakers: [{ name: 'the one' }] })
  t.equal(body['breakers'].length, 1000)
})

t.test('shows one by its name, with slashes as they are or encoded', async t => {
  const { ask, make } = await start(t)
  make(NAME)
  make('users s3cret 50%/ü')
  for (const target of [AT, `/breakers/${NAME}`]) t.match(await ask(target), { status: 200, body: { name: NAME, state: 'closed' } })
  t.match(await ask(`/breakers/${encodeURIComponent('users s3cret 50%/ü')}`), { status: 200, body: { name: 'users *** 50%/ü' } })
  const long = 'x'.repeat(2000)
  make(long)
  t.equal((await ask(`/breakers/${long}`)).status, 200)
})

t.test('forces a breaker, and gives it back', async t => {
  const { post, make } = await start(t)
  const breaker = make(NAME)
  for (const state of ['forced-open', 'disabled', 'metrics-only'] as const) {
    t.match(await post(AT, { state }), { status: 200, body: { name: NAME, state } })
    t.equal(breaker.state, state)
  }
  t.match(await post(AT, { state: null }), { status: 200, body: { state: 'closed' } })
  t.equal(breaker.state, 'closed')
  t.match(await post(AT, { state: 'disabled' }, 'application/x-www-form-urlencoded'), { status: 200 }, 'what curl calls JSON')
  t.equal(breaker.state, 'disabled')
})

t.test('refuses what is no state, and says what is', async t => {
  const { post, ask, make } = await start(t)
  const breaker = make(NAME)
  for (const body of [
    { state: 'open' }, { state: 'closed' }, { state: '' }, { state: 7 }, { state: ['disabled'] }, {}, { state: 'disabled', for: '5m' }, { State: 'disabled' },
    '', 'disabled', '"disabled"', 'null', '[]', '{"state":"disabled"', '{"state":null,"state":"disabled"}', 'state=disabled'
  ]) {
    t.same(await post(AT, body), { status: 400, body: { status: 'the body must be { "state": ... } and nothing else', allowed: ['forced-open', 'disabled', 'metrics-only', null] } }, JSON.stringify(body))
  }
  t.equal((await ask(AT, { method: 'POST' })).status, 400)
  t.equal((await post(AT, `{"state":"disabled","x":"${'y'.repeat(20_000)}"}`)).status, 413)
  t.equal(breaker.state, 'closed')
})

t.test('knows no breaker that is closed for good or was never made', async t => {
  const { post, ask, make } = await start(t)
  make(NAME).close()
  for (const target of [AT, '/breakers/', '/breakers/other', '/breakers/__proto__']) {
    t.same(await post(target, { state: 'disabled' }), { status: 404, body: { status: 'no breaker has this name' } }, target)
    t.same(await ask(target), { status: 404, body: { status: 'no breaker has this name' } }, target)
  }
  for (const method of ['PUT', 'DELETE', 'PATCH']) t.equal((await ask(AT, { method })).status, 404, method)
  t.equal((await ask('/breakers/%zz')).status, 400)
  t.equal((await post('/breakers', { state: 'disabled' })).status, 404)
})

t.test('lets no web page force one', async t => {
  const { ask, make } = await start(t)
  const breaker = make(NAME)
  t.equal((await ask(AT, { method: 'POST', body: '{"state":"forced-open"}', headers: { 'content-type': 'text/plain', origin: 'https://evil.test' } })).status, 403)
  t.equal(breaker.state, 'closed')
})
