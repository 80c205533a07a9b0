import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { labelledCounter } from '../../../src/contract/index.ts'

t.test('counts by the value of the label; what never happens has no series', async t => {
  const registry = new MetricRegistry()
  const counter = labelledCounter(registry.scope({ route: 'r' }), 'calls_total', 'outcome')
  t.same(registry.samples(), [])
  counter('ok').add()
  counter('ok').add(2)
  counter('failed').add()
  t.same(registry.samples().map(({ labels, value }) => [labels, value]), [[{ outcome: 'ok', route: 'r' }, 3], [{ outcome: 'failed', route: 'r' }, 1]])
})

t.test('asks for each counter once', async t => {
  let asked = 0
  const counter = labelledCounter({ counter: () => ({ add: () => {}, asked: ++asked }), histogram: () => ({ record: () => {} }) }, 'calls_total', 'outcome')
  t.equal(counter('ok'), counter('ok'))
  t.equal(asked, 1)
})
