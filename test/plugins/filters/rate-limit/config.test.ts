import t from 'tap'
import rateLimit from '../../../../plugins/filters/rate-limit/index.ts'
import { mount } from '../../../../src/testing/index.ts'
import { fakeLimiter, type FakeUse } from './fake-limiter.ts'

/** What one use makes of its config. */
function made (config: unknown): FakeUse {
  const { limiter, uses } = fakeLimiter()
  mount(rateLimit, config, {}, { services: { limiter } })
  return uses[0]!
}

t.test('makes one limit of a rate alone, of a list one decision', async t => {
  const policies = (config: unknown) => made(config).policies
  const plain = { mode: 'exact', onError: 'local', instances: 1 }
  t.same(policies('100/s'), [{ name: 'principal', ratePerSecond: 100, burst: 100, ...plain }])
  t.same(policies({ rate: '1000/h' }), [{ name: 'principal', ratePerSecond: 1000 / 3600, burst: 1000, ...plain }])
  t.same(policies({ rate: '0.5/m' }), [{ name: 'principal', ratePerSecond: 0.5 / 60, burst: 1, ...plain }])
  t.same(policies({ rate: '1.5/s', by: 'address' }), [{ name: 'address', ratePerSecond: 1.5, burst: 2, ...plain }])
  t.same(policies({ rate: '100/d', burst: 7, name: 'daily', mode: 'leased', onError: 'closed', instances: 4, by: { header: 'X-A' } }),
    [{ name: 'daily', ratePerSecond: 100 / 86400, burst: 7, mode: 'leased', onError: 'closed', instances: 4 }])
  t.same(policies(['10/s', '1000/h', { rate: '5/s', by: { cookie: 'sid' } }]).map(({ name, burst }) => [name, burst]), [['principal', 10], ['principal-2', 1000], ['cookie', 5]])
  t.same(policies({ limits: ['10/s', { rate: '1000/h', mode: 'local', name: 'hourly' }], by: 'address', mode: 'leased', instances: 3 }), [
    { name: 'address', ratePerSecond: 10, burst: 10, mode: 'leased', onError: 'local', instances: 3 },
    { name: 'hourly', ratePerSecond: 1000 / 3600, burst: 1000, mode: 'local', onError: 'local', instances: 3 }
  ])
})

t.test('the same limits on the same route are the same buckets in every gateway', async t => {
  const scope = (config: unknown) => made(config).scope
  const config = { rate: '10/s', by: 'address' }
  t.equal(scope(config), scope({ by: 'address', rate: '10/s' }))
  t.equal(scope(config), scope({ ...config, onError: 'open', name: 'other', headers: 'none', cost: 2 }), 'how it is enforced makes no other bucket')
  t.equal(scope(config), scope({ limits: [config] }))
  t.match(scope(config), /^route test /)
  for (const other of [{ ...config, rate: '11/s' }, { ...config, burst: 11 }, { ...config, by: 'route' }, { ...config, by: { address: { ipv6: 56 } } }, [config, config]]) t.not(scope(config), scope(other), JSON.stringify(other))
  t.equal(scope({ ...config, shared: 'api' }), scope({ ...config, shared: 'api' }))
  t.match(scope({ ...config, shared: 'api' }), /^shared api /)
  t.notMatch(scope({ ...config, by: { header: 'X-Secret-Name' } }), /secret/i)
})

t.test('names the key that is wrong', async t => {
  for (const [config, code, pointer] of [
    [null, 'GW_CONFIG_INVALID', ''],
    [{ by: 'address' }, 'GW_CONFIG_INVALID', ''],
    [100, 'GW_CONFIG_INVALID', ''],
    ['100', 'GW_CONFIG_INVALID', ''],
    ['0/s', 'GW_CONFIG_INVALID', ''],
    [['1/s', '0/s'], 'GW_CONFIG_INVALID', '/1'],
    [{ rate: '0.0/s' }, 'GW_CONFIG_INVALID', '/rate'],
    [{ rate: '1/s', burst: 0 }, 'GW_CONFIG_INVALID', '/burst'],
    [{ rate: '1/d', burst: 10_000 }, 'GW_CONFIG_INVALID', '/burst'],
    [{ rate: '999999999999/s' }, 'GW_CONFIG_INVALID', '/rate'],
    [{ rate: '0.00001/d' }, 'GW_CONFIG_INVALID', '/rate'],
    [{ rate: '1/s', by: 'adress' }, 'GW_CONFIG_INVALID', '/by'],
    [{ rate: '1/s', by: { expression: 'nothing' } }, 'GW_CONFIG_EXPRESSION', '/by/expression'],
    [{ rate: '1/s', by: { expression: 'reply.status' } }, 'GW_CONFIG_NO_EFFECT', '/by/expression'],
    [{ limits: ['1/s', { rate: '1/s', by: { expression: 'nothing' } }] }, 'GW_CONFIG_EXPRESSION', '/limits/1/by/expression'],
    [{ limits: ['1/s'], by: { expression: 'nothing' } }, 'GW_CONFIG_EXPRESSION', '/by/expression'],
    [{ rate: '1/s', cost: 0 }, 'GW_CONFIG_NO_EFFECT', '/cost'],
    [{ rate: '1/s', cost: 2 }, 'GW_CONFIG_INVALID', '/cost'],
    [{ rate: '1/s', cost: { GET: 1, POST: 2 } }, 'GW_CONFIG_INVALID', '/cost/POST'],
    [{ rate: '1/s', cost: { '*': 0, GET: 0 } }, 'GW_CONFIG_NO_EFFECT', '/cost'],
    [{ rate: '1/s', cost: 'nothing' }, 'GW_CONFIG_EXPRESSION', '/cost'],
    [{ rate: '1/s', cost: 'reply.status' }, 'GW_CONFIG_NO_EFFECT', '/cost'],
    [{ rate: '1/s', mode: 'local', onError: 'open' }, 'GW_CONFIG_NO_EFFECT', '/onError'],
    [{ rate: '1/s', onError: 'closed', instances: 2 }, 'GW_CONFIG_NO_EFFECT', '/instances'],
    [{ rate: '1/s', by: 'route', emptyKey: 'allow' }, 'GW_CONFIG_NO_EFFECT', '/emptyKey'],
    [{ rate: '1/s', by: { address: {} }, emptyKey: 'allow' }, 'GW_CONFIG_NO_EFFECT', '/emptyKey'],
    [{ rate: '1/s', by: 'route', shared: 'all' }, 'GW_CONFIG_NO_EFFECT', '/shared'],
    [{ rate: '1/s', limits: ['1/s'] }, 'GW_CONFIG_NO_EFFECT', '/rate'],
    [{ burst: 1, limits: ['1/s'] }, 'GW_CONFIG_NO_EFFECT', '/burst'],
    [{ name: 'a', limits: ['1/s'] }, 'GW_CONFIG_NO_EFFECT', '/name'],
    [{ by: 'address', limits: [{ rate: '1/s', by: 'route' }] }, 'GW_CONFIG_NO_EFFECT', '/by'],
    [{ limits: [{ rate: '1/s', mode: 'local', onError: 'open' }] }, 'GW_CONFIG_NO_EFFECT', '/limits/0/onError'],
    [[{ rate: '1/s', name: 'a' }, { rate: '2/s', name: 'a' }], 'GW_CONFIG_DUPLICATE', '/1/name'],
    [{ rate: '1/s', name: 'a"b' }, 'GW_CONFIG_INVALID', '/name'],
    [{ rate: '1/s', headers: 'x' }, 'GW_CONFIG_INVALID', '/headers'],
    [{ rate: '1/s', bucket: 1 }, 'GW_CONFIG_UNKNOWN_KEY', '/bucket'],
    [{ limits: [{ burst: 1 }] }, 'GW_CONFIG_INVALID', '/limits/0']
  ] as const) t.throws(() => made(config), { errors: [{ code, pointer: `/rate-limit${pointer}` }] }, JSON.stringify(config))
})
