import t from 'tap'
import circuitBreaker from '../../../../plugins/filters/circuit-breaker/index.ts'
import { MetricRegistry } from '../../../../src/adapters/metric-registry.ts'
import { opossumBreakers } from '../../../../src/adapters/breaker/opossum-breaker.ts'
import { enterGates, validate, type Dispatch } from '../../../../src/contract/index.ts'
import { exchange, fakeClock, fakeIssuers, fakeOutbound, fakeServices, reply } from '../../../../src/testing/index.ts'

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const PLANS = 10_000

t.test('10,000 plans with open breakers leave nothing behind', async t => {
  const clock = fakeClock()
  const breaker = opossumBreakers({ clock, log: SILENT })
  const registry = new MetricRegistry()
  const outbound = fakeOutbound(() => ({}))
  const written = { window: 1, by: { header: 'X-Key' }, fallback: { reply: { json: {} }, cached: { entries: 10 } }, webhook: 'https://ops.test' }
  const config = validate(circuitBreaker.config, written).value
  const next: Dispatch = async x => {
    for (const one of enterGates(x, 'http://a')!) one.ended({ status: 503, code: null, headMs: 1 })
    return reply({ status: 503 })
  }
  const services = fakeServices({ clock, breaker, outbound })
  const handles = process.getActiveResourcesInfo().length
  const seen = new Map<string, number>()
  const x = exchange({ headers: { 'x-key': 'a' } })
  for (let i = 0; i < PLANS; i++) {
    const metrics = registry.scope({ route: 'r' })
    const phases = circuitBreaker.create(config, { routeId: 'r', upstreams: [], services: { ...services, metrics, issuers: fakeIssuers() } })
    await phases.dispatch!(next)(x)
    const state = breaker.board.list(1).breakers[0]?.state ?? 'none'
    seen.set(state, (seen.get(state) ?? 0) + 1)
    await phases.close!()
    metrics.close()
  }
  t.same([...seen], [['open', PLANS]])
  t.equal(breaker.board.list(1).total, 0)
  t.same(registry.samples(), [])
  t.equal(outbound.calls.length, PLANS, 'each change was told')
  t.equal(process.getActiveResourcesInfo().length, handles, 'no timers, no sockets')
})
