import t from 'tap'
import circuitBreaker from '../../../../plugins/filters/circuit-breaker/index.ts'
import { mount } from '../../../../src/testing/index.ts'

t.test('names the key that is wrong', async t => {
  const wrong = (config: unknown, pointer: string, code = 'GW_CONFIG_INVALID', options = {}) =>
    t.throws(() => mount(circuitBreaker, config, {}, options), { errors: [{ code, pointer: `/circuit-breaker${pointer}` }] }, JSON.stringify(config))
  for (const [key, values] of Object.entries({
    window: [0, 1.5, 10_001, '0s', 'a', true],
    minimumCalls: [0, 'a'],
    failureRate: ['0%', 50, '101%'],
    slowCall: [1, '0ms'],
    openFor: ['0s', 5],
    halfOpenCalls: [0],
    maxHalfOpen: [1],
    by: ['nothing', { nope: 1 }],
    keys: [0, 10_001],
    emptyKey: ['refuse'],
    state: ['open'],
    webhook: ['ftp://a'],
    name: ['a b', '']
  })) for (const value of values) t.throws(() => mount(circuitBreaker, { [key]: value }), { errors: [{ code: 'GW_CONFIG_INVALID' }] }, `${key}: ${JSON.stringify(value)}`)
  for (const value of [399, 600, '3xx', '600-700', 502.5]) t.throws(() => mount(circuitBreaker, { statuses: [value] }), { errors: [{ code: 'GW_CONFIG_INVALID' }] }, String(value))
  wrong({ statuses: [502, '504-500'] }, '/statuses/1')
  wrong({ slowCall: '1s', slowRate: '0%' }, '/slowRate')
  wrong({ slowRate: '50%' }, '/slowRate', 'GW_CONFIG_NO_EFFECT')
  wrong({ openFor: '10s', maxOpenFor: '9s' }, '/maxOpenFor')
  wrong({ window: 5, minimumCalls: 6 }, '/minimumCalls')
  wrong({ keys: 5 }, '/keys', 'GW_CONFIG_NO_EFFECT')
  for (const by of ['host', 'endpoint', 'address', { address: { ipv4: 24 } }]) wrong({ by, emptyKey: 'allow' }, '/emptyKey', 'GW_CONFIG_NO_EFFECT')
  wrong({ by: { expression: '1 +' } }, '/by/expression', 'GW_CONFIG_EXPRESSION')
  wrong({ fallback: { reply: {} } }, '/fallback', 'GW_CONFIG_NO_EFFECT', { report: true })
  wrong({ nope: 1 }, '/nope', 'GW_CONFIG_UNKNOWN_KEY')
  t.doesNotThrow(() => mount(circuitBreaker, { window: 5 }), 'fewer calls than are needed by default')
})

t.test('loads what Spring says of it', async t => {
  const { args, toConfig } = circuitBreaker.spring!
  t.same(args, ['name'])
  t.same(toConfig!({}), {})
  t.same(toConfig!({ name: 'orders', fallbackUri: 'forward:/sorry/{id}', statusCodes: ['500', 'NOT_FOUND', ' bad_gateway'], resumeWithoutError: 'false' }),
    { name: 'orders', fallback: { path: '/sorry/{id}' }, statuses: [500, 404, 502] })
  t.same(toConfig!({ statusCodes: '500,SERVICE_UNAVAILABLE' }), { statuses: [500, 503] })
  t.doesNotThrow(() => mount(circuitBreaker, toConfig!({ name: 'orders', fallbackUri: 'forward:/sorry' })))
  t.throws(() => mount(circuitBreaker, toConfig!({ statusCodes: 'NOPE' })), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => toConfig!({ resumeWithoutError: 'true' }), { code: 'GW_CONFIG_NO_EQUIVALENT', pointer: '/resumeWithoutError' })
  for (const uri of ['http://a/b', 'forward:b', 'forward:/a?b=c']) t.throws(() => toConfig!({ fallbackUri: uri }), { code: 'GW_CONFIG_NO_EQUIVALENT', pointer: '/fallbackUri' }, uri)
})
