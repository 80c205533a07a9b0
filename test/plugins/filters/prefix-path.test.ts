import t from 'tap'
import prefixPath from '../../../plugins/filters/prefix-path/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [prefix, target, path] of [
  ['/api', '/orders', '/api/orders'],
  ['/api/', '/orders/', '/api/orders/'],
  ['/api', '/', '/api/'],
  ['/a/b%2Dc', '/x', '/a/b-c/x'],
  ['/{{x}}', '/y', '/%7Bx%7D/y']
] as const) {
  t.test(`${prefix} before ${target} is ${path}`, async t => {
    const { x, status } = await mount(prefixPath, prefix).call({ target: `${target}?q=1` })
    t.equal(status, 200)
    t.equal(x.path, path)
    t.equal(x.query, 'q=1')
  })
}

t.test('takes captured variables as they are on the wire, and the path is checked behind it', async t => {
  const { call } = mount(prefixPath, { prefix: '/t/{v}' })
  for (const [v, expected] of [['a%20b', '/t/a%20b/x'], ['', '/t/x'], ['/a/b', '/t/a/b/x'], ['..', 400], ['%2e%2e', 400], ['a%2F..', 400], ['a\\b', 400], ['a?b', 400], ['a#b', 400], ['%00', 400]] as const) {
    const { x, reply } = await call({ target: '/x', params: { v } })
    if (expected === 400) t.match(reply, { status: 400, code: 'GW_UNSAFE_PATH' }, v)
    else t.equal(x.path, expected)
  }
})

t.test('refuses a prefix that is no path', async t => {
  for (const prefix of ['', 'api', '/a b', '/a?b', '/a#b', '/%zz', '/..', '/a/../b', '/./a', '/ü', '/{v']) {
    t.throws(() => mount(prefixPath, prefix), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/prefix-path' }] }, prefix)
  }
  t.throws(() => mount(prefixPath), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('refuses a prefix that changes nothing', async t => {
  t.throws(() => mount(prefixPath, { prefix: '/' }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/prefix-path/prefix' }] })
})

t.test('never refuses by itself, so report has no effect', async t => {
  t.throws(() => mount(prefixPath, '/a', {}, { report: true }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT' }] })
})
