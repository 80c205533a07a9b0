import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { fakeLog } from '../../../src/testing/index.ts'
import { memberChanges } from '../../../src/upstream/member-changes.ts'
import { fakeMember } from './fake-member.ts'

t.test('each change is a line, a count and another rotation', async t => {
  const log = fakeLog()
  const registry = new MetricRegistry()
  let changes = 0
  const tell = memberChanges({ upstream: 'orders', log, metrics: registry.scope({ upstream: 'orders' }), changed: () => { changes++ } })
  const member = fakeMember('http://10.0.0.7:8080')
  for (const change of ['unhealthy', 'healthy', 'ejected', 'returned', 'returned'] as const) tell(member, change, { 'gatehouse.reason': 'test' })
  t.same(log.lines.map(({ level }) => level), ['warn', 'info', 'warn', 'info', 'info'])
  t.match(log.lines[0]!.fields, { 'gatehouse.upstream': 'orders', 'gatehouse.endpoint': 'http://10.0.0.7:8080', 'gatehouse.reason': 'test' })
  t.equal(new Set(log.lines.map(({ message }) => message)).size, 4)
  t.match(registry.samples().find(({ labels }) => labels['change'] === 'returned'), { name: 'gatehouse_endpoint_changes_total', labels: { upstream: 'orders' }, value: 2 })
  t.equal(changes, 5)
})
