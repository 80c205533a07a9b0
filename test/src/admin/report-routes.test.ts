import t, { type Test } from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../src/adapters/breaker/opossum-breaker.ts'
import { ReportRegistry } from '../../../src/adapters/report-registry.ts'
import { adminServer } from '../../../src/admin/admin-server.ts'
import type { Report } from '../../../src/contract/index.ts'
import { TableKeeper } from '../../../src/plan/table-keeper.ts'
import { fakeClock, fakeLog, fakeRandom } from '../../../src/testing/index.ts'

/** An admin listener that shows reports. */
async function start (t: Test) {
  const reports = new ReportRegistry()
  const breakers = opossumBreakers({ clock: fakeClock(), log: fakeLog() }).board
  const admin = adminServer({ state: { draining: false, listening: true, revision: 1 }, keeper: new TableKeeper(fakeRandom()), metrics: new MetricRegistry(), breakers, reports, inFlight: () => 0, onReload: null, published: () => [{ path: '/moved.json', jwks: () => ({ keys: [] }) }], redact: text => text.replaceAll('s3cret', '***'), locate: fault => fault })
  t.teardown(() => admin.close())
  const { host, port } = await admin.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (target: string, init: RequestInit = {}) => {
    const res = await fetch(`http://${host}:${port}${target}`, init)
    const text = await res.text()
    return { status: res.status, text, body: (text === '' ? null : JSON.parse(text)) as Record<string, any> }
  }
  return { ask, reports }
}

/** A report that tells its name, and does something about it. */
const report = (name: string, over: Partial<Report> = {}): Report => ({ summary: () => ({ mode: 'async' }), view: () => ({ shown: name }), actions: {}, ...over })

t.test('lists what a room publishes, and nothing where no route uses it', async t => {
  const { ask, reports } = await start(t)
  t.match(await ask('/shadow'), { status: 404, body: { status: 'nothing here' } })
  reports.declare('shadow')
  t.same((await ask('/shadow')).body, { total: 0, reports: [] })

  const orders = reports.scope('shadow', 'orders')
  orders.publish('next', report('next'))
  orders.publish('broken', report('broken', { summary: () => { throw new Error('a bug') } }))
  reports.scope('shadow', 'shop:v1.a_b-c').publish('next.v2', report('v2', { summary: () => ({ route: 'another', compared: 7, text: 'at http://user:pw@host/' }) }))
  reports.scope('other', 'orders').publish('next', report('of another room'))
  t.same((await ask('/shadow')).body, {
    total: 3,
    reports: [
      { mode: 'async', route: 'orders', name: 'next' },
      { status: 'cannot be shown', route: 'orders', name: 'broken' },
      { compared: 7, text: 'at http://***@host/', route: 'shop:v1.a_b-c', name: 'next.v2' }
    ]
  })
  reports.declare('shadow')
  t.equal((await ask('/shadow')).body['total'], 3, 'declared once more, with each configuration')
  t.match(await ask('/shadow', { method: 'HEAD' }), { status: 200, text: '' })
})

t.test('lists a thousand reports, and says how many there are', async t => {
  const { ask, reports } = await start(t)
  let summed = 0
  const scope = reports.scope('shadow', 'orders')
  for (let i = 0; i < 1200; i++) scope.publish(`s${i}`, report('one', { summary: () => ({ n: ++summed }) }))
  const { body } = await ask('/shadow')
  t.match(body, { total: 1200, reports: [{ name: 's0' }] })
  t.same([body['reports'].length, summed], [1000, 1000])
})

t.test('shows a report, its names as they are or encoded', async t => {
  const { ask, reports } = await start(t)
  reports.scope('shadow', 'shop:v1.a_b-c').publish('next/50%', report('s3cret'))
  reports.scope('shadow', 'shop').publish('slow', report('slow', { view: async () => ({ shown: 'later' }) }))
  for (const route of ['shop:v1.a_b-c', 'shop%3Av1%2Ea_b-c']) t.match(await ask(`/shadow/${route}/next%2F50%25`), { status: 200, body: { shown: '***' } }, route)
  t.same((await ask('/shadow/shop/slow')).body, { shown: 'later' })
  for (const target of ['/shadow/shop/next', '/shadow/orders/slow', '/shadow/shop/toString']) t.match(await ask(target), { status: 404, body: { status: 'no report has this name' } }, target)
  for (const target of ['/shadow/shop', '/shadow/shop/slow/view', '/shadow/', '/sheddow/shop/slow', '/constructor', '/routes/shop/slow']) t.match(await ask(target), { status: 404, body: { status: 'nothing here' } }, target)
  t.same((await ask('/moved.json')).body, { keys: [] }, 'public keys of that path')
  t.equal((await ask('/shadow', { headers: { origin: 'https://evil.test' } })).status, 403)
})

t.test('shows the newest of two reports with one name, and the other again when that is withdrawn', async t => {
  const { ask, reports } = await start(t)
  const [old, next] = [reports.scope('shadow', 'orders'), reports.scope('shadow', 'orders')]
  const shown = async () => (await ask('/shadow/orders/a')).body['shown'] ?? null
  old.publish('a', report('old'))
  next.publish('a', report('first'))
  next.publish('a', report('next'))
  t.equal(await shown(), 'next')
  t.equal((await ask('/shadow')).body['total'], 1)
  next.close()
  t.equal(await shown(), 'old', 'a configuration that was not put in force')
  const third = reports.scope('shadow', 'orders')
  third.publish('a', report('third'))
  old.close()
  old.close()
  t.equal(await shown(), 'third', 'a plan that has drained')
  third.close()
  third.publish('a', report('too late'))
  t.equal(await shown(), null)
  t.same((await ask('/shadow')).body, { total: 0, reports: [] })
})

t.test('says why a report cannot be shown, and no more', async t => {
  const { ask, reports } = await start(t)
  const scope = reports.scope('shadow', 'orders')
  scope.publish('throws', report('a', { view: () => { throw new Error('of s3cret') } }))
  const failure: unknown = 'a text'
  scope.publish('rejects', report('b', { view: async () => { throw failure } }))
  t.match(await ask('/shadow/orders/throws'), { status: 500, text: '{"status":"of ***"}' })
  t.match(await ask('/shadow/orders/rejects'), { status: 500, text: '{"status":"a text"}' })
})

t.test('does what a report offers, with or without a body', async t => {
  const { ask, reports } = await start(t)
  let count = 0
  const actions = { reset: () => ({ count: ++count }), promote: async () => { throw new Error('it is at the last stage') } }
  reports.scope('shadow', 'orders').publish('next', report('next', { actions }))
  const post = async (target: string, init: RequestInit = {}) => await ask(target, { method: 'POST', ...init })
  t.match(await post('/shadow/orders/next/reset'), { status: 200, body: { count: 1 } })
  t.match(await post('/shadow/orders/next/reset', { headers: { 'content-type': 'application/json' }, body: '' }), { status: 200, body: { count: 2 } })
  t.match(await post('/shadow/orders/next/reset', { headers: { 'content-type': 'a/b' }, body: '{' }), { status: 200, body: { count: 3 } })
  t.match(await post('/shadow/orders/next/promote'), { status: 409, text: '{"status":"it is at the last stage"}' })
  for (const name of ['rollback', 'toString', '__proto__']) t.same((await post(`/shadow/orders/next/${name}`)).body, { status: 'no such action', known: ['reset', 'promote'] }, name)
  t.match(await post('/shadow/orders/other/reset'), { status: 404, body: { status: 'no report has this name' } })
  t.match(await post('/other/orders/next/reset'), { status: 404, body: { status: 'nothing here' } })
  t.equal((await ask('/shadow/orders/next/reset')).status, 404)
  t.equal((await post('/shadow/orders/next')).status, 404)
  t.equal((await post('/shadow/orders/next/reset', { headers: { origin: 'https://evil.test' } })).status, 403)
  t.equal(count, 3)
})
