import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { countedRefusals } from '../../../src/contract/index.ts'
import { exchange } from '../../../src/testing/index.ts'

t.test('refuses, and counts why', async t => {
  const registry = new MetricRegistry()
  const refuse = countedRefusals(registry.scope({}))
  const x = exchange()
  refuse(x, 'GW_IDENTITY_UNAVAILABLE', 'unavailable', '', { 'retry-after': '5' })
  refuse(exchange(), 'GW_UNAUTHENTICATED', 'expired', 'Bearer')
  refuse(exchange(), 'GW_UNAUTHENTICATED', 'expired', 'Bearer')
  t.match(x.reply, { status: 503, code: 'GW_IDENTITY_UNAVAILABLE' })
  t.equal(x.reply!.headers.first('retry-after'), '5')
  t.equal(x.reason, 'unavailable')
  t.same(registry.samples().map(({ name, labels, value }) => [name, labels, value]), [
    ['gatehouse_credentials_refused_total', { reason: 'unavailable' }, 1],
    ['gatehouse_credentials_refused_total', { reason: 'expired' }, 2]
  ])
})

t.test('counts under another name where the refusal is of another kind', async t => {
  const registry = new MetricRegistry()
  countedRefusals(registry.scope({}), 'gatehouse_authorization_refused_total')(exchange(), 'GW_FORBIDDEN', 'role')
  t.match(registry.samples(), [{ name: 'gatehouse_authorization_refused_total', labels: { reason: 'role' }, value: 1 }])
})
