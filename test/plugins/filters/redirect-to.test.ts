import t from 'tap'
import redirectTo from '../../../plugins/filters/redirect-to/index.ts'
import { mount } from '../../../src/testing/index.ts'

async function location (config: unknown, params: Record<string, string> = {}, target = '/'): Promise<string | undefined> {
  const { reply } = await mount(redirectTo, config, async () => { throw new Error('upstream was called') }).call({ target, params })
  return reply.headers.get('location')
}

t.test('answers with the redirect and calls no upstream', async t => {
  const { call, decisions } = mount(redirectTo, 'https://www.example.com/x')
  const { reply, text, x } = await call({ target: '/y?q=1' })
  t.match(reply, { status: 302, code: null, body: null })
  t.same(reply.headers.flat, ['location', 'https://www.example.com/x'])
  t.same([text, x.attempt, decisions('answered')], ['', 0, 1])
})

t.test('answers with each of the redirects there are', async t => {
  for (const status of [301, 302, 303, 307, 308]) t.equal((await mount(redirectTo, { status, url: '/x' }).call()).status, status)
})

for (const [url, params, expected] of [
  ['/welcome', {}, '/welcome'],
  ['https://a.example.com', {}, 'https://a.example.com'],
  ['https://a.example.com:8443?x=1#y', {}, 'https://a.example.com:8443?x=1#y'],
  ['http://[::1]:80/x', {}, 'http://[::1]:80/x'],
  ['/orders/{id}?from={id}#at-{id}', { id: 'a%20b' }, '/orders/a%20b?from=a%20b#at-a%20b'],
  ['/x?a={v}&b=2', { v: '1&b=3;c#d+e' }, '/x?a=1%26b%3D3%3Bc%23d%2Be&b=2'],
  ['/x?a={none}', {}, '/x?a='],
  ['/%7e/%7Bx%7D', {}, '/%7e/%7Bx%7D']
] as const) {
  t.test(`${url} with ${JSON.stringify(params)} is ${expected}`, async t => {
    t.equal(await location(url, params), expected)
  })
}

for (const rest of ['/evil.example', '//evil.example', '///evil.example/x']) {
  t.test(`a path captured as ${rest} makes no other host`, async t => {
    t.equal(await location('/{rest}', { rest }), rest.replace(/^\/+/, '/'))
    t.equal(await location('https://a.example.com/{rest}', { rest }), `https://a.example.com${rest.replace(/^\/+/, '/')}`)
  })
}

for (const [url, target, expected] of [
  ['/x', '/?a=1&b=%20+', '/x?a=1&b=%20+'],
  ['/x', '/', '/x'],
  ['/x?c=3', '/?a=1', '/x?c=3&a=1'],
  ['/x?c=3#top', '/?a=1', '/x?c=3&a=1#top'],
  ['https://a.example.com', '/?a=1', 'https://a.example.com?a=1']
] as const) {
  t.test(`${url} with the query of ${target} is ${expected}`, async t => {
    t.equal(await location({ url, includeRequestParams: true }, {}, target), expected)
  })
}

t.test('refuses a variable that clients could choose the host with', async t => {
  for (const url of ['https://{host}/', 'https://{a}.example.com/', 'https://a.example.com{b}/', 'https://a:{port}/', 'https://{user}@a/']) {
    t.throws(() => mount(redirectTo, url), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/redirect-to', detail: /choose/ }] }, url)
  }
})

t.test('refuses a URL that is none to redirect to', async t => {
  for (const url of ['', 'x', '{url}', '{scheme}://a/', '//evil.example/x', '/\\evil.example', 'ftp://a/', 'javascript:alert(1)', 'https://', 'https:///x', 'https://u:p@a/', 'https://a b/', '/a b', '/a\r\nb', '/ü', '/%zz', '/{a', '/{{a}}', '/?{{a}}', '/#}}', '/?{a', '?a=1', '#a']) {
    t.throws(() => mount(redirectTo, { url }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/redirect-to/url' }] }, url)
  }
})

t.test('refuses a status that is no redirect', async t => {
  for (const status of [300, 304, 305, 200, '302']) t.throws(() => mount(redirectTo, { status, url: '/x' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/redirect-to/status' }] }, String(status))
})

t.test('loads what Spring writes', async t => {
  const { toConfig } = redirectTo.spring!
  t.same(toConfig!({ status: '301', url: '/x', includeRequestParams: 'true' }), { status: 301, url: '/x', includeRequestParams: true })
  t.same(toConfig!({ status: 'SEE_OTHER', url: '/x', includeRequestParams: 'false' }), { status: 303, url: '/x', includeRequestParams: false })
  t.equal((await mount(redirectTo, toConfig!({ status: '302', url: 'https://a.example.com' })).call()).status, 302)
  for (const status of ['304', 'NOT_MODIFIED', '200']) t.throws(() => mount(redirectTo, toConfig!({ status, url: '/x' })), { errors: [{ pointer: '/redirect-to/status' }] })
})
