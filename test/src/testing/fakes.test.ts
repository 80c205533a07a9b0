import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { ReportRegistry } from '../../../src/adapters/report-registry.ts'
import { exchange, fakeClock, fakeDetours, fakeLog, fakeRandom, fakeServices, reply } from '../../../src/testing/index.ts'

t.test('the clock stands still until it is moved, and nobody waits for it', async t => {
  const clock = fakeClock(1000)
  const { signal } = new AbortController()
  t.same([clock.now(), clock.now(), clock.monotonic()], [1000, 1000, 1000])
  await clock.sleep(250, signal)
  clock.advance(5)
  t.same([clock.now(), clock.monotonic(), clock.slept], [1255, 1255, [250]])
  clock.set(7)
  t.equal(clock.now(), 7)
  t.equal(fakeClock().now(), 0)
})

t.test('sleep ends with the reason of the signal, as the real one does', async t => {
  const clock = fakeClock()
  await t.rejects(clock.sleep(250, AbortSignal.abort(new Error('gone'))), { message: 'gone' })
  t.same([clock.slept, clock.now()], [[], 0])
})

t.test('draws what it is told, over and over', async t => {
  const random = fakeRandom(0.1, 0.9)
  t.same([random.next(), random.next(), random.next()], [0.1, 0.9, 0.1])
  t.equal(fakeRandom().next(), 0)
})

t.test('keeps every line of the log', async t => {
  const log = fakeLog()
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({ 'error.code': level }, `a ${level}`)
  t.same(log.lines, ['debug', 'info', 'warn', 'error'].map(level => ({ level, fields: { 'error.code': level }, message: `a ${level}` })))
})

t.test('gives every service a room may want, each of which can be another', async t => {
  const services = fakeServices()
  services.metrics.counter('a').add(2)
  t.match(services.registry.samples(), [{ name: 'a', value: 2 }])
  t.equal(services.expressions.condition('request.method == "GET"').evaluate(exchange()), true)
  const registry = new MetricRegistry()
  const clock = fakeClock(5)
  const over = fakeServices({ registry, clock })
  over.metrics.counter('b').add()
  t.equal(over.clock, clock)
  t.match(registry.samples(), [{ name: 'b' }])
})

t.test('what is published can be seen on the board', async t => {
  const { reports, board } = fakeServices()
  reports.publish('a', { summary: () => ({ n: 1 }), view: () => ({}), actions: {} })
  t.match(board.list('test'), [{ route: 'test', name: 'a', summary: { n: 1 } }])
  const own = new ReportRegistry()
  fakeServices({ board: own }).reports.publish('b', { summary: () => ({}), view: () => ({}), actions: {} })
  t.ok(own.find('test', 'test', 'b'))
})

t.test('other ways lead where the test says, and nowhere else', async t => {
  const way = async () => reply({ status: 299 })
  const detours = fakeDetours({ 'upstream:a': way, 'shadow:next': way, 'shadow:sandbox-1': way, 'route:r': way, 'path:/p': way })
  const { call, ...next } = detours.shadow('next', 'lane', '/to')
  t.same(next, { upstream: 'next', sandbox: false })
  t.equal(detours.shadow('sandbox-1', 'lane', '/to').sandbox, true)
  for (const one of [call, detours.upstream('a', ''), detours.route('r', ''), detours.path('/p')]) t.equal((await one(exchange())).status, 299)
  t.equal((await detours.path('/q')(exchange())).code, 'GW_NO_ROUTE')
  t.throws(() => detours.shadow('a', 'lane', '/to'), { code: 'GW_CONFIG_UNKNOWN_UPSTREAM', pointer: '/to' })
})
