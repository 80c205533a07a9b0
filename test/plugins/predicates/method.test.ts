import t from 'tap'
import method from '../../../plugins/predicates/method/index.ts'
import { exchange, mount } from '../../../src/testing/index.ts'

for (const [config, asked, expected] of [
  ['GET', 'GET', true],
  ['GET', 'HEAD', false],
  ['GET', 'POST', false],
  ['GET', 'GETS', false],
  [['GET', 'PUT'], 'PUT', true],
  [{ methods: ['GET', 'PUT'] }, 'DELETE', false],
  [{ methods: 'OPTIONS' }, 'OPTIONS', true],
  ['PROPFIND', 'PROPFIND', true],
  ['X-!1', 'X-!1', true]
] as const) {
  t.test(`${JSON.stringify(config)} ${expected ? 'takes' : 'leaves'} ${asked}`, async t => {
    t.equal(await mount(method, config).match({ method: asked }), expected)
  })
}

t.test('goes by the method that a preflight asks about', async t => {
  const x = exchange({ method: 'OPTIONS' })
  x.routingMethod = 'PUT'
  const { match } = method.create({ methods: ['PUT'] }, { routeId: 'a', upstreams: [], services: mount(method, 'PUT').services })
  t.equal(await match(x), true)
  x.routingMethod = 'OPTIONS'
  t.equal(await match(x), false)
})

t.test('tells the table its methods', async t => {
  const { index, complete } = mount(method, ['GET', 'PUT'])
  t.strictSame(index.methods, ['GET', 'PUT'])
  t.equal(complete, true, 'they are all it takes')
})

for (const [config, pointer, detail] of [
  ['get', '', /"GET"/],
  [['GET', 'Put'], '/1', /"PUT"/],
  [{ methods: 'get' }, '/methods', /"GET"/],
  ['GET PUT', '', /GET/],
  ['', '', /method/],
  [[], '', /method/],
  [7, '', /method/],
  [null, '', /method/]
] as const) {
  t.test(`refuses ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(method, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/method${pointer}`, detail }] })
  })
}

t.test('reads what Spring writes', async t => {
  const { name, args, toConfig } = method.spring!
  t.strictSame([name, args], ['Method', ['...methods']])
  t.strictSame(toConfig!({ methods: ['GET', 'PUT'] }), { methods: ['GET', 'PUT'] })
  t.strictSame(toConfig!({ methods: 'GET, PUT' }), { methods: ['GET', 'PUT'] })
})
