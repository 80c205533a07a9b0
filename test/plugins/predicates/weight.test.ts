import t from 'tap'
import weight from '../../../plugins/predicates/weight/index.ts'
import { fakeServices, mount } from '../../../src/testing/index.ts'

const made = (config: unknown) => weight.create(config, { routeId: 'test', upstreams: [], services: fakeServices() })

t.test('tells the machine the share of its route', async t => {
  t.same(made({ group: 'orders', weight: 95 }).share, { group: 'orders', weight: 95 })
  t.same(made({ group: 'orders', weight: 0 }).share, { group: 'orders', weight: 0 })
})

t.test('takes every request: who gets it is drawn among the members', async t => {
  t.ok(await mount(weight, { group: 'orders', weight: 95 }).match())
  t.ok(await mount(weight, { group: 'orders', weight: 0 }).match())
})

t.test('loads what Spring writes', async t => {
  const { args, toConfig } = weight.spring!
  t.same(args, ['weight.group', 'weight.weight'])
  t.same(toConfig!({ 'weight.group': 'orders', 'weight.weight': '8' }), { group: 'orders', weight: 8 })
  t.same(toConfig!({ group: 'orders', weight: '8' }), { group: 'orders', weight: 8 })
  const pointer = '/weight/weight'
  for (const wrong of ['', 'eight', '8.5', '-8']) {
    t.throws(() => mount(weight, toConfig!({ group: 'orders', weight: wrong })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer }] }, wrong)
  }
  t.throws(() => mount(weight, toConfig!({ group: 'orders' })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/weight' }] })
})

t.test('refuses weights that are none, and a group without a name', async t => {
  for (const wrong of [-1, 0.5, '5', null]) {
    t.throws(() => mount(weight, { group: 'orders', weight: wrong }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/weight/weight' }] }, String(wrong))
  }
  t.throws(() => mount(weight, { group: '', weight: 1 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/weight/group' }] })
  t.throws(() => mount(weight, { weight: 1 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/weight' }] })
  t.throws(() => mount(weight, { group: 'orders', weigth: 1 }), { errors: [{ code: 'GW_CONFIG_INVALID' }, { code: 'GW_CONFIG_UNKNOWN_KEY' }] })
})
