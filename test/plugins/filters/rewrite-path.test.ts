import t from 'tap'
import rewritePath from '../../../plugins/filters/rewrite-path/index.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [regexp, replacement, target, path] of [
  ['/red/?(?<segment>.*)', '/$\\{segment}', '/red/blue', '/blue'],
  ['/red/?(?P<segment>.*)', '/${segment}', '/red', '/'], // eslint-disable-line no-template-curly-in-string -- Java's notation of a group
  ['^/api/v([0-9]+)/(.*)$', '/$2/v$1', '/api/v2/orders', '/orders/v2'],
  ['^/api/v([0-9]+)/(.*)$', '/$\\2', '/api/v2/orders', '/orders'],
  ['(a)', 'b', '/a/a', '/b/b'],
  ['(a)', '$12', '/a', '/a2'],
  ['b+', '($0)', '/abba', '/a(bb)a'],
  ['x', 'y', '/a', '/a'],
  ['^/api', '', '/api/orders', '/orders'],
  ['^/api/', '', '/api/orders', '/orders'],
  ['.*', '', '/api', '/'],
  ['(?i)^/API(/.*)?$', '/x$1', '/api', '/x'],
  ['a', '\\$', '/a/b', '/$/b'],
  ['a', '\\-%2D', '/a/b', '/--/b'],
  ['/(?<a>[^/]+)/(?<b>[^/]+)', '/$\\{b}/$\\{a}', '/x/y/z%20w', '/y/x/z%20w'],
  ['(?P<a>x)?y', '$\\{a}z', '/y', '/z']
] as const) {
  t.test(`${regexp} -> ${replacement} makes ${path} of ${target}`, async t => {
    const { x, status } = await mount(rewritePath, { regexp, replacement }).call({ target: `${target}?q=1` })
    t.equal(status, 200)
    t.equal(x.path, path)
    t.equal(x.query, 'q=1')
  })
}

for (const [regexp, replacement, target] of [
  ['^/api', '', '/api../admin'],
  ['^/api', '/x/', '/api../admin'],
  ['x', '', '/.x./admin'],
  ['-', '', '/%-2e%-2e/admin'],
  ['x', '%2F', '/..x..'],
  ['x', '%5C', '/x']
] as const) {
  t.test(`answers 400 where ${target} would become a traversal`, async t => {
    t.match((await mount(rewritePath, { regexp, replacement }).call({ target })).reply, { status: 400, code: 'GW_UNSAFE_PATH' })
  })
}

for (const [regexp, replacement] of [
  ['/(a)', '/$2'],
  ['/a', '/$1'],
  ['/(?<a>a)', '/$\\{b}'],
  ['/a', '/$\\{b}'],
  ['/a', '/$'],
  ['/a', '/$x'],
  ['/a', '/$&'],
  ['/a', '/{a}'],
  ['/a', '/\\'],
  ['/a', '/\\\\'],
  ['/a', '/$\\{a'],
  ['/a', '/b?c=1'],
  ['/a', '/b c'],
  ['/a', '/b#c'],
  ['/a', '/ü'],
  ['/a', '/%zz']
] as const) {
  t.test(`refuses to start with ${regexp} -> ${replacement}`, async t => {
    t.throws(() => mount(rewritePath, { regexp, replacement }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/rewrite-path/replacement' }] })
  })
}

t.test('names the groups there are where one is missing', async t => {
  t.throws(() => mount(rewritePath, { regexp: '(?<one>.)(?<two>.)', replacement: '$\\{tow}' }), { errors: [{ detail: /one, two/ }] })
  t.throws(() => mount(rewritePath, { regexp: 'a', replacement: '$\\{tow}' }), { errors: [{ detail: /no named groups/ }] })
})

t.test('refuses a pattern that is none, and look-around, which RE2 has not', async t => {
  for (const regexp of ['(', '(a)\\1', '', '(?=a)']) {
    t.throws(() => mount(rewritePath, { regexp, replacement: '/' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/rewrite-path/regexp' }] }, regexp)
  }
})
