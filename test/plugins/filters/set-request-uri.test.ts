import t from 'tap'
import setRequestUri from '../../../plugins/filters/set-request-uri/index.ts'
import { parseQuery } from '../../../src/contract/index.ts'
import { mount, type MountOptions } from '../../../src/testing/index.ts'

async function through (config: unknown, params: Record<string, string> = {}, options: MountOptions = {}) {
  return await mount(setRequestUri, config, {}, options).call({ target: '/before?q=1', params })
}

for (const [uri, params, origin, path, query] of [
  ['http://a.example.com', {}, 'http://a.example.com', '/', ''],
  ['https://A.Example.com:8443/x/', {}, 'https://a.example.com:8443', '/x/', ''],
  ['http://10.0.0.7:8080/{id}', { id: 'a%20b' }, 'http://10.0.0.7:8080', '/a%20b', ''],
  ['http://[2001:DB8::1]:80/x', {}, 'http://[2001:db8::1]:80', '/x', ''],
  ['http://my_service/x?a=1&b', {}, 'http://my_service', '/x', 'a=1&b'],
  ['http://localhost?a={id}', { id: '7' }, 'http://localhost', '/', 'a=7'],
  ['http://a/{rest}?', { rest: '/b/c' }, 'http://a', '/b/c', ''],
  ['http://a/%7e/{{x}}?a+b=%20', {}, 'http://a', '/~/%7Bx%7D', 'a+b=%20']
] as const) {
  t.test(`${uri} with ${JSON.stringify(params)} goes to ${origin}${path}?${query}`, async t => {
    const { reply, x } = await through(uri, params)
    t.equal(reply.status, 200)
    t.same([x.origin, x.path, x.query], [origin, path, query])
  })
}

for (const [v, allowHosts, origin] of [
  ['acme', '*.example.com', 'http://acme.example.com:81'],
  ['ACME', '*.Example.com', 'http://acme.example.com:81'],
  ['a.b', '*.example.com', 'http://a.b.example.com:81'],
  ['a', ['a.example.com', 'b.example.com'], 'http://a.example.com:81'],
  ['c', ['a.example.com', 'b.example.com'], null],
  ['x-1', ['*.other.com', '*.example.com'], 'http://x-1.example.com:81']
] as const) {
  t.test(`a client that asks for ${v} where ${JSON.stringify(allowHosts)} is allowed ${origin === null ? 'is refused' : `gets to ${origin}`}`, async t => {
    const { reply, x } = await through({ uri: 'http://{v}.example.com:81/x', allowHosts }, { v })
    t.equal(x.origin, origin)
    if (origin === null) t.match(reply, { status: 400, code: 'GW_BAD_TARGET' })
  })
}

for (const v of ['', '.', '..', 'a..', '-a', 'a-', 'a:80', 'a:80@evil', 'evil.com/', 'evil.com#', 'evil.com?', 'a@b', 'a%2ecom', '%00', 'a b', 'ü', '[::1]', 'a_b', 'a'.repeat(64), 'a.'.repeat(130) + 'a', 'evil.com\\']) {
  t.test(`a host made of ${JSON.stringify(v.slice(0, 20))} is refused`, async t => {
    const { reply, x } = await through({ uri: 'http://{v}.example.com/', allowHosts: ['*.example.com'] }, { v })
    t.match(reply, { status: 400, code: 'GW_BAD_TARGET' })
    t.equal(x.origin, null)
    t.equal(x.path, '/before')
  })
}

t.test('a name that only ends like an allowed one is refused', async t => {
  for (const v of ['evilexample.com', 'example.com.evil.org', 'example.com', '169.254.169.254', 'localhost']) {
    t.match((await through({ uri: 'http://{v}/', allowHosts: '*.example.com' }, { v })).reply, { code: 'GW_BAD_TARGET' }, v)
  }
})

t.test('only counts with report, and lets the request go where the route says', async t => {
  const { call, decisions } = mount(setRequestUri, { uri: 'http://{v}/', allowHosts: 'a' }, {}, { report: true })
  const { x, status } = await call({ target: '/before', params: { v: 'b' } })
  t.equal(status, 200)
  t.same([x.origin, x.path], [null, '/before'])
  t.equal(decisions('would-refuse'), 1)
})

t.test('a variable in the query is one value, and is not escaped twice', async t => {
  const { x } = await through('http://a/?id={v}&k=1&n={w}', { v: '1&admin=true#x', w: 'a%20b' })
  t.same(parseQuery(x.query).map(({ name, value }) => [name, value]), [['id', '1&admin=true#x'], ['k', '1'], ['n', 'a b']])
  t.equal((await through('http://a/?id={none}')).x.query, 'id=')
})

t.test('a variable in the path cannot climb out of it', async t => {
  for (const v of ['..', '%2e%2e', '..;x', 'a\\b', 'a?b']) t.match((await through('http://a/x/{v}/y', { v })).reply, { status: 400, code: 'GW_UNSAFE_PATH' }, v)
})

t.test('refuses a host that clients could choose without limit', async t => {
  for (const uri of ['http://{v}/', 'http://{v}.example.com', 'http://a.{v}']) {
    t.throws(() => mount(setRequestUri, { uri }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-request-uri/uri', detail: /allowHosts/ }] }, uri)
  }
})

t.test('refuses a URI that is none to be called', async t => {
  for (const uri of ['', '/x', 'a.example.com', 'ftp://a/', 'lb://a', '{s}://a/', 'http://', 'http:///x', 'http://a:{port}/', 'http://u:p@a/', 'http://{v}@a/', 'http://a:0/', 'http://a:65536/', 'http://a:/', 'http://a b/', 'http://ü/', 'http://-a/', 'http://a{{b}}/', 'http://{a/', 'http://a/#x', 'http://a/b c', 'http://a/%zz', 'http://a/{b', 'http://a/?{{b}}', 'http://a/?{b', 'http://a/?{1}', 'http://[::1/']) {
    t.throws(() => mount(setRequestUri, { uri, allowHosts: uri.includes('{v}') ? ['*.a'] : undefined }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-request-uri/uri' }] }, uri)
  }
})

t.test('refuses allowHosts that are none, or have no effect', async t => {
  for (const host of ['*', '*a', 'a.*', 'a/', 'a:80', '']) {
    t.throws(() => mount(setRequestUri, { uri: 'http://{v}/', allowHosts: [host] }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/set-request-uri/allowHosts/0' }] }, host)
  }
  t.throws(() => mount(setRequestUri, { uri: 'http://a/{v}', allowHosts: ['a'] }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/set-request-uri/allowHosts' }] })
})

t.test('loads what Spring writes, and takes the rest of the name for what is allowed', async t => {
  const load = (template: string) => setRequestUri.spring!.toConfig!({ template })
  t.same(load('http://{app}.example.com:80/x'), { uri: 'http://{app}.example.com:80/x', allowHosts: ['*.example.com'] })
  t.same(load('http://a.example.com/{x}'), { uri: 'http://a.example.com/{x}', allowHosts: undefined })
  t.equal((await through(load('http://{app}.example.com'), { app: 'a' })).x.origin, 'http://a.example.com')
  for (const uri of ['http://{app}', 'http://{app}.com', 'http://a.{app}', 'lb://{app}.example.com']) t.throws(() => mount(setRequestUri, load(uri)), { errors: [{ code: 'GW_CONFIG_INVALID' }] }, uri)
  t.throws(() => mount(setRequestUri, setRequestUri.spring!.toConfig!({})), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})
