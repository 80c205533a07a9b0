import t from 'tap'
import stripPrefix from '../../../plugins/filters/strip-prefix/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [parts, target, path] of [
  [1, '/api/orders/7', '/orders/7'],
  [2, '/api/orders/7', '/7'],
  [3, '/api/orders/7', '/'],
  [9, '/api/orders/7', '/'],
  [1, '/api/orders/', '/orders/'],
  [1, '/api/', '/'],
  [2, '/api/', '/'],
  [1, '/', '/'],
  [1, '/api../admin', '/admin'],
  [1, '/api..', '/'],
  [1, '/a%2Fb/c', '/c'],
  [1, '/a;v=1/c;v=2', '/c;v=2'],
  [1, '/a/b%20c', '/b%20c']
] as const) {
  t.test(`${parts} off ${target} leaves ${path}`, async t => {
    const { x, status } = await mount(stripPrefix, parts).call({ target: `${target}?q=1` })
    t.equal(status, 200)
    t.equal(x.path, path)
    t.equal(x.query, 'q=1')
    t.equal(x.headers.has('x-forwarded-prefix'), false)
  })
}

t.test('a path that would become unsafe is refused by the machine', async t => {
  t.match((await mount(stripPrefix, 1).call({ target: '/a/../admin' })).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
  t.match((await mount(stripPrefix, 1).call({ target: '/a/%2e%2e/admin' })).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
})

t.test('takes one part off by default', async t => {
  t.equal((await mount(stripPrefix).call({ target: '/a/b' })).x.path, '/b')
})

for (const [parts, target, prefix] of [
  [1, '/api/orders', '/api'],
  [2, '/a/b/c', '/a/b'],
  [5, '/a/b/', '/a/b'],
  [1, '/a', '/a'],
  [1, '/', undefined]
] as const) {
  t.test(`tells upstream that ${prefix ?? 'nothing'} was taken off ${target}`, async t => {
    const { x } = await mount(stripPrefix, { parts, forwardPrefix: true }).call({ target })
    t.equal(x.headers.get('x-forwarded-prefix'), prefix)
  })
}

t.test('joins the prefix to the one that is there', async t => {
  const { x } = await mount(stripPrefix, { forwardPrefix: true }).call({ target: '/a/b', headers: { 'x-forwarded-prefix': '/outer' } })
  t.same(x.headers.all('x-forwarded-prefix'), ['/outer/a'])
})

t.test('loads what Spring writes', async t => {
  const { toConfig } = stripPrefix.spring!
  t.equal((await mount(stripPrefix, toConfig!({ parts: '2' })).call({ target: '/a/b/c' })).x.path, '/c')
  t.equal((await mount(stripPrefix, toConfig!({})).call({ target: '/a/b/c' })).x.path, '/b/c')
  t.throws(() => mount(stripPrefix, toConfig!({ parts: 'two' })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/strip-prefix/parts' }] })
})

t.test('refuses a number that is none', async t => {
  for (const parts of [0, -1, 1.5, '1', true]) t.throws(() => mount(stripPrefix, parts), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/strip-prefix' }] }, String(parts))
})
