import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../src/adapters/breaker/opossum-breaker.ts'
import { adminServer } from '../../../src/admin/admin-server.ts'
import { TableKeeper } from '../../../src/plan/table-keeper.ts'
import { fakeClock, fakeLog, fakeRandom } from '../../../src/testing/index.ts'

t.test('shows the upstreams in use and how their endpoints are, without what belongs to nobody', async t => {
  const upstreams = [{ name: 'orders', panic: false, members: [{ origin: 'http://10.0.0.7:8080', healthy: false, zone: 'secret-zone' }] }]
  const admin = adminServer({
    state: { draining: false, listening: true, revision: 1 },
    keeper: new TableKeeper(fakeRandom()),
    metrics: new MetricRegistry(),
    breakers: opossumBreakers({ clock: fakeClock(), log: fakeLog() }).board,
    upstreams: () => upstreams,
    inFlight: () => 0,
    onReload: null,
    published: () => [],
    redact: text => text.replace('secret', '***'),
    locate: fault => fault
  })
  t.teardown(() => admin.close())
  const { port } = await admin.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`http://127.0.0.1:${port}/upstreams`)
  t.same([answer.status, await answer.json()], [200, { upstreams: [{ name: 'orders', panic: false, members: [{ origin: 'http://10.0.0.7:8080', healthy: false, zone: '***-zone' }] }] }])
})
