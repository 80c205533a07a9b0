import t from 'tap'
import { CONFIG_ERRORS, ConfigError, ConfigErrors } from '../../../src/contract/config-error.ts'

t.test('says where, what and its code', async t => {
  const error = new ConfigError('GW_CONFIG_INVALID', '/rate', 'expected a rate')
  t.match(error, { name: 'ConfigError', code: 'GW_CONFIG_INVALID', pointer: '/rate', detail: 'expected a rate', file: '', place: '' })
  t.equal(error.message, 'rate: expected a rate [GW_CONFIG_INVALID]')
  t.ok(error instanceof Error)
})

t.test('says what the code means where nothing better is known', async t => {
  t.equal(new ConfigError('GW_CONFIG_DUPLICATE', '/a/b').message, `a/b: ${CONFIG_ERRORS.GW_CONFIG_DUPLICATE} [GW_CONFIG_DUPLICATE]`)
})

t.test('is of the whole configuration where it has no place', async t => {
  t.equal(new ConfigError('GW_CONFIG_UNREADABLE', '').message, 'configuration: the file cannot be read [GW_CONFIG_UNREADABLE]')
  t.equal(new ConfigError('GW_CONFIG_UNREADABLE', '', 'gone', 'a.yaml').message, 'a.yaml: gone [GW_CONFIG_UNREADABLE]')
})

t.test('takes the way to the room before its own pointer', async t => {
  const under = new ConfigError('GW_CONFIG_NO_EFFECT', '/burst', 'why').under({ file: 'routes.yaml', pointer: '/routes/0/filters/1/rate-limit' })
  t.match(under, { code: 'GW_CONFIG_NO_EFFECT', pointer: '/routes/0/filters/1/rate-limit/burst', detail: 'why', file: 'routes.yaml', place: '' })
  t.equal(under.message, 'routes.yaml routes/0/filters/1/rate-limit/burst: why [GW_CONFIG_NO_EFFECT]')
})

t.test('names line and column, and the path as people read it', async t => {
  const located = new ConfigError('GW_CONFIG_INVALID', '/routes/0/id', 'why', 'routes.yaml').located('routes.yaml:14:9', 'routes/orders/id')
  t.match(located, { pointer: '/routes/0/id', file: 'routes.yaml', place: 'routes.yaml:14:9' })
  t.equal(located.message, 'routes.yaml:14:9 routes/orders/id: why [GW_CONFIG_INVALID]')
  t.equal(located.located('routes.yaml:1:1', '').message, 'routes.yaml:1:1: why [GW_CONFIG_INVALID]')
})

t.test('several are one error with a line for each', async t => {
  const errors = [new ConfigError('GW_CONFIG_INVALID', '/a', 'one'), new ConfigError('GW_CONFIG_INVALID', '/b', 'two')]
  const all = new ConfigErrors(errors)
  t.match(all, { name: 'ConfigErrors', message: 'a: one [GW_CONFIG_INVALID]\nb: two [GW_CONFIG_INVALID]' })
  t.equal(all.errors, errors)
})
