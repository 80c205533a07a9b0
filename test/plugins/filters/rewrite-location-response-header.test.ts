import t from 'tap'
import rewriteLocation from '../../../plugins/filters/rewrite-location-response-header/index.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, mount } from '../../../src/testing/index.ts'

/** What becomes of the header of a reply to a request sent to api.example.com. */
async function rewritten (config: unknown, location: string, target = '/orders'): Promise<string | undefined> {
  const { call } = mount(rewriteLocation, config, { status: 201, headers: { location } })
  return (await call({ method: 'POST', target, host: 'api.example.com' })).reply.headers.get('location')
}

for (const [location, expected] of [
  ['http://orders.internal:8080/v2/orders/7', 'http://api.example.com/orders/7'],
  ['https://orders.internal/orders/7?v=/v1/#/v1/', 'https://api.example.com/orders/7?v=/v1/#/v1/'],
  ['HTTP://orders.internal/x', 'HTTP://api.example.com/x'],
  ['http://orders.internal', 'http://api.example.com'],
  ['http://orders.internal?x=1', 'http://api.example.com?x=1'],
  ['http://user:secret@orders.internal:1/x', 'http://api.example.com/x'],
  ['http://[::1]:8080/x', 'http://api.example.com/x'],
  ['//orders.internal/v1/x', '//api.example.com/x'],
  ['ftp://orders.internal/v10', 'ftp://api.example.com'],
  ['http://orders.internal/v1a/x', 'http://api.example.com/v1a/x'],
  ['http://orders.internal/a/v1/x', 'http://api.example.com/a/v1/x'],
  ['/v2/orders/7', '/v2/orders/7'],
  ['orders/7', 'orders/7'],
  ['?x=http://a/b', '?x=http://a/b'],
  ['mailto:a@b', 'mailto:a@b'],
  ['myapp://orders.internal/x', 'myapp://orders.internal/x'],
  ['', '']
] as const) {
  t.test(`"${location}" becomes "${expected}"`, async t => {
    t.equal(await rewritten(null, location), expected)
  })
}

for (const [stripVersion, target, expected] of [
  ['as-in-request', '/orders', 'http://api.example.com/x'],
  ['as-in-request', '/v1/orders', 'http://api.example.com/v2/x'],
  ['as-in-request', '/v1', 'http://api.example.com/v2/x'],
  ['as-in-request', '/v1x/orders', 'http://api.example.com/x'],
  ['never', '/orders', 'http://api.example.com/v2/x'],
  ['always', '/v1/orders', 'http://api.example.com/x']
] as const) {
  t.test(`with ${stripVersion} a request for ${target} gets ${expected}`, async t => {
    t.equal(await rewritten({ stripVersion }, 'http://orders.internal/v2/x', target), expected)
  })
}

t.test('goes by the path the client sent, not by what filters made of it', async t => {
  const { plan, services } = mount(rewriteLocation, null, { headers: { location: 'http://a/v2/x' } })
  const x = exchange({ target: '/v1/orders', host: 'h' })
  x.path = '/orders'
  t.equal((await run(plan, x, { log: services.log, timed: false })).headers.get('location'), 'http://h/v2/x')
})

t.test('rewrites every line of the header it is told, and no other', async t => {
  const { call } = mount(rewriteLocation, { header: 'Content-Location' }, { headers: { location: 'http://a/x', 'content-location': ['http://a/x', '/y'] } })
  const { headers } = (await call({ host: 'h' })).reply
  t.same(headers.flat, ['location', 'http://a/x', 'content-location', 'http://h/x', 'content-location', '/y'])
})

t.test('leaves a reply without the header alone', async t => {
  t.same((await mount(rewriteLocation, null, { headers: { a: 'b' } }).call()).reply.headers.flat, ['a', 'b'])
})

t.test('puts the host there that it is told, port and all', async t => {
  t.equal(await rewritten({ host: 'www.example.com:8443' }, 'http://a/x'), 'http://www.example.com:8443/x')
})

t.test('what variables make falls back to the host of the request where it is none', async t => {
  const { call } = mount(rewriteLocation, { host: '{v}' }, { headers: { location: 'http://a/x' } })
  for (const [v, host] of [['shop.example.com', 'shop.example.com'], ['[::1]:80', '[::1]:80'], ['', 'h'], ['evil.com/', 'h'], ['a@b', 'h'], ['a%2fb', 'h'], ['a:b', 'h'], ['a\r\nb', 'h']] as const) {
    const { reply } = await call({ host: 'h', params: { v } })
    t.equal(reply.headers.get('location'), `http://${host}/x`, v)
  }
})

t.test('leaves schemes alone that do not fit as a whole', async t => {
  t.equal(await rewritten({ protocols: 'https|ftps' }, 'http://a/x'), 'http://a/x')
  t.equal(await rewritten({ protocols: 'https|ftps' }, 'https://a/x'), 'https://api.example.com/x')
  t.equal(await rewritten({ protocols: 'http' }, 'https://a/x'), 'https://a/x')
})

t.test('loads what Spring writes, empty arguments too', async t => {
  const { toConfig } = rewriteLocation.spring!
  t.equal(await rewritten(toConfig!({}), 'http://a/v1/x'), 'http://api.example.com/x')
  t.equal(await rewritten(toConfig!({ stripVersion: 'AS_IN_REQUEST', locationHeaderName: 'Location', hostValue: '', protocols: '' }), 'http://a/x'), 'http://api.example.com/x')
  t.equal(await rewritten(toConfig!({ stripVersion: 'NEVER_STRIP', hostValue: 'b', protocols: 'http' }), 'http://a/v1/x'), 'http://b/v1/x')
  t.equal(await rewritten(toConfig!({ stripVersionMode: 'ALWAYS_STRIP' }), 'http://a/v1/x', '/v1/x'), 'http://api.example.com/x')
  t.throws(() => mount(rewriteLocation, toConfig!({ stripVersion: 'SOMETIMES' })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/rewrite-location-response-header/stripVersion' }] })
})

t.test('names the key that is wrong', async t => {
  for (const [key, value] of [['stripVersion', 'AS_IN_REQUEST'], ['header', 'a b'], ['host', '{a'], ['host', ''], ['protocols', '(']] as const) {
    t.throws(() => mount(rewriteLocation, { [key]: value }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/rewrite-location-response-header/${key}` }] }, key)
  }
})
