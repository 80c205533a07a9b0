import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'

const route = { route: 'orders' }

t.test('counts with the labels of the scope and its own', async t => {
  const registry = new MetricRegistry()
  const counter = registry.scope(route).counter('requests', { code: 'GW_FORBIDDEN' })
  counter.add()
  counter.add(2.5)
  t.same(registry.samples(), [{ name: 'requests', labels: { route: 'orders', code: 'GW_FORBIDDEN' }, value: 3.5, count: 0 }])
})

t.test('keeps sum and number of what a histogram recorded', async t => {
  const registry = new MetricRegistry()
  const seconds = registry.scope(route).histogram('seconds')
  seconds.record(0.25)
  seconds.record(0.5)
  t.same(registry.samples(), [{ name: 'seconds', labels: route, value: 0.75, count: 2 }])
})

t.test('shows a series from the moment it is asked for', async t => {
  const registry = new MetricRegistry()
  registry.scope({}).counter('requests')
  t.same(registry.samples(), [{ name: 'requests', labels: {}, value: 0, count: 0 }])
})

t.test('keeps names and labels apart', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope({})
  for (const [name, labels] of [['a', {}], ['b', {}], ['a', { x: '1' }], ['a', { x: '2' }], ['a', { y: '1' }], ['a', { x: '1","y":"1' }], ['a', { x: '1', y: '1' }]] as const) scope.counter(name, labels).add()
  t.equal(registry.size, 7)
  t.same(new Set(registry.samples().map(({ value }) => value)), new Set([1]))
})

t.test('is one series for the same name and labels, in whatever order they are given', async t => {
  const registry = new MetricRegistry()
  registry.scope({ route: 'orders', filter: 'cors' }).counter('requests').add()
  registry.scope({ filter: 'cors', route: 'orders' }).counter('requests').add()
  registry.scope({ route: 'orders' }).counter('requests', { filter: 'cors' }).add()
  t.same(registry.samples(), [{ name: 'requests', labels: { route: 'orders', filter: 'cors' }, value: 3, count: 0 }])
})

t.test('goes on counting while any scope uses the series, and lets go of it with the last', async t => {
  const registry = new MetricRegistry()
  const [before, after] = [registry.scope(route), registry.scope(route)]
  before.counter('requests').add(5)
  const counter = after.counter('requests')
  before.counter('only before').add()

  before.close()
  counter.add()
  t.same(registry.samples(), [{ name: 'requests', labels: route, value: 6, count: 0 }], 'a reload loses no count')

  after.close()
  t.equal(registry.size, 0)
  t.same(registry.samples(), [])
})

t.test('lets go of a series that one scope asked for twice', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope(route)
  t.equal(scope.counter('requests'), scope.counter('requests'))
  scope.close()
  t.equal(registry.size, 0)
})

t.test('lets go of a series that a room asks for with every request', async t => {
  const registry = new MetricRegistry()
  const [scope, other] = [registry.scope(route), registry.scope(route)]
  other.counter('requests')
  for (let i = 0; i < 100; i++) scope.counter('requests').add()
  other.close()
  t.match(registry.samples(), [{ value: 100 }])
  scope.close()
  t.equal(registry.size, 0)
})

t.test('a room cannot count for another route', async t => {
  const registry = new MetricRegistry()
  registry.scope(route).counter('requests', { route: 'admin', code: 'a' }).add()
  t.match(registry.samples(), [{ labels: { route: 'orders', code: 'a' } }])
})

t.test('a room that has a label for every client counts the first thousand', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope(route)
  for (let i = 0; i < 1100; i++) scope.counter('requests', { client: String(i) }).add()
  for (let i = 0; i < 1100; i++) scope.counter('requests', { client: String(i) }).add()
  t.equal(registry.size, 1000)
  t.same(new Set(registry.samples().map(({ value }) => value)), new Set([2]))
  scope.close()
  t.equal(registry.size, 0)
})

t.test('what is asked for after the scope was closed is counted for nobody', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope(route)
  scope.close()
  scope.counter('requests').add()
  t.equal(registry.size, 0)
})

t.test('closes twice as once', async t => {
  const registry = new MetricRegistry()
  const [one, other] = [registry.scope(route), registry.scope(route)]
  one.counter('requests')
  other.counter('requests')
  one.close()
  one.close()
  t.equal(registry.size, 1)
})

t.test('does not mind a series that is counted after its scope was closed', async t => {
  const registry = new MetricRegistry()
  const scope = registry.scope(route)
  const counter = scope.counter('requests')
  scope.close()
  counter.add()
  t.equal(registry.size, 0)
  registry.scope(route).counter('requests')
  t.match(registry.samples(), [{ value: 0 }], 'and begins anew')
})

t.test('gives samples that do not change afterwards', async t => {
  const registry = new MetricRegistry()
  const counter = registry.scope(route).counter('requests')
  const [sample] = registry.samples()
  counter.add()
  t.equal(sample!.value, 0)
})
