import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import t from 'tap'
import { GatewayError, networks } from '../../../src/contract/index.ts'
import { FieldRules } from '../../../src/http/field-rule.ts'
import { guard, type Admitted, type GuardOptions } from '../../../src/http/guard.ts'

const OPTIONS: GuardOptions = { trusted: networks([], ''), hops: 1, headers: 100, targetBytes: 8192, rules: new FieldRules() }
const TRUSTING: GuardOptions = { ...OPTIONS, trusted: networks(['10.0.0.0/8', '::1'], ''), hops: 4 }

interface Head { method?: string, url?: string, httpVersion?: string, fields?: readonly string[], peer?: string, encrypted?: boolean, socket?: object }

const head = ({ method = 'GET', url = '/', httpVersion = '1.1', fields = ['Host', 'a.test'], peer = '192.0.2.1', encrypted = false, socket = { remoteAddress: peer, remotePort: 1, encrypted } }: Head = {}): IncomingMessage =>
  ({ method, url, httpVersion, rawHeaders: fields, socket }) as never

const admit = (request: Head = {}, options = OPTIONS): Admitted => guard(head(request), options)
const code = (request: Head, options = OPTIONS): string | null => {
  try {
    guard(head(request), options)
    return null
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return error.code
  }
}

t.test('tells what a request is', async t => {
  const { id, headers, trailerSieves, ...admitted } = admit({ url: '/a/%41?x=1', fields: ['Host', 'A.Test:81', 'X-B', 'c', 'Content-Length', '12', 'Expect', '100-Continue', 'Upgrade', 'WebSocket'] })
  t.match(id, /^[0-9a-f-]{36}$/)
  t.same(headers.flat, ['x-b', 'c'])
  t.same(admitted, {
    method: 'GET',
    path: '/a/A',
    query: 'x=1',
    flags: 0,
    scheme: 'http',
    authority: 'A.Test:81',
    host: 'a.test',
    length: 12,
    chunked: false,
    expect: '100-continue',
    upgrade: 'websocket',
    client: { address: '192.0.2.1', peer: '192.0.2.1', port: 1, trusted: false, tls: false, certificate: null },
    ownCookies: null
  })
})

t.test('sees the scheme of the socket, and that of a trusted proxy', async t => {
  t.equal(admit({ encrypted: true }).scheme, 'https')
  const fields = ['Host', 'a', 'X-Forwarded-Proto', 'http, https']
  t.equal(admit({ fields }).scheme, 'http')
  t.equal(admit({ fields, peer: '10.1.1.1' }, TRUSTING).scheme, 'https')
  t.equal(admit({ fields: ['Host', 'a', 'Forwarded', 'for=1;proto=http, for=2;Proto="HTTPS"'], peer: '::ffff:10.1.1.1' }, TRUSTING).scheme, 'https')
  t.equal(admit({ fields: ['Host', 'a', 'X-Forwarded-Proto', 'gopher'], peer: '::1', encrypted: true }, TRUSTING).scheme, 'https')
})

t.test('what a connection has said of itself is not taken for what the next request says', async t => {
  const socket = { remoteAddress: '192.0.2.1', remotePort: 1 }
  t.equal(code({ socket, fields: ['Host', ''] }), 'GW_BAD_HOST', 'not even before the first')
  t.equal(admit({ socket, fields: ['Host', 'A.test:1'] }).host, 'a.test')
  t.equal(admit({ socket, fields: ['Host', 'A.test:1'] }).host, 'a.test')
  t.equal(admit({ socket, fields: ['Host', 'b.test'] }).host, 'b.test')
  t.equal(code({ socket, fields: ['Host', 'b..test'] }), 'GW_BAD_HOST')
  t.equal(code({ socket, fields: ['Host', 'b..test'] }), 'GW_BAD_HOST')
  t.equal(admit({ socket, fields: ['Host', 'b.test'] }).authority, 'b.test')
})

t.test('Host is a name or an address, and a port', async t => {
  const host = (value: string): string => admit({ fields: ['Host', value] }).host
  t.same(['a', 'a.b-c.test', 'A_B.test', 'a.test.', '1.2.3.4:80', '[::1]', '[2001:DB8::1]:65535', 'a:0'].map(host),
    ['a', 'a.b-c.test', 'a_b.test', 'a.test', '1.2.3.4', '[::1]', '[2001:db8::1]', 'a'])
  for (const bad of ['', ' ', 'a b', 'a,b', 'a/b', 'a@b', 'a:', 'a:b', 'a:65536', '[::1', '[::1]x', '[g::1]', '[1.2.3.4]', 'a..b', '-', '.a', 'a%41', 'a\\b', 'a?', 'a#', 'ü', `${'a.'.repeat(140)}b`]) {
    t.equal(code({ fields: ['Host', bad] }), 'GW_BAD_HOST', bad.slice(0, 20))
  }
})

t.test('a request target is a path, or the same in absolute form', async t => {
  const path = (url: string, method = 'GET'): string => {
    const { path, query } = admit({ url, method })
    return `${path}${query && '?'}${query}`
  }
  t.same(['/', '/a?b?c', 'http://a.test/x', 'HTTP://A.TEST', 'http://a.test?x'].map(url => path(url)), ['/', '/a?b?c', '/x', '/', '/?x'])
  t.same([path('*', 'OPTIONS'), path('http://a.test', 'OPTIONS'), path('http://a.test/', 'OPTIONS')], ['*', '*', '/'])
  for (const url of ['', '*', 'a', '?a', 'http://', 'http:///x', 'http://b.test/', 'https://a.test/', 'http://a.test:80/', 'http://u@a.test/', 'a.test:80', '/a?\xe9', '/a?b c', '/a?b#c']) t.equal(code({ url }), 'GW_BAD_TARGET', url)
  t.equal(code({ url: 'a.test:443', method: 'CONNECT' }), 'GW_METHOD_NOT_SUPPORTED')
  t.equal(code({ url: `/${'a'.repeat(8192)}` }), 'GW_TARGET_TOO_LONG')
  t.equal(code({ url: 'https://a.test/', peer: '10.1.1.1' }, TRUSTING), null, 'the scheme in front of a trusted proxy is not ours to know')
})

t.test('the body ends in one place only', async t => {
  const framed = (httpVersion: string, ...fields: string[]) => code({ httpVersion, fields: ['Host', 'a', ...fields] })
  t.equal(framed('1.1', 'Transfer-Encoding', 'Chunked'), null)
  t.equal(framed('1.0', 'Content-Length', '1'), null)
  for (const [version, ...fields] of [['1.0', 'Transfer-Encoding', 'chunked'], ['1.1', 'Transfer-Encoding', 'gzip, chunked'], ['1.1', 'Transfer-Encoding', ''], ['1.1', 'Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked'],
    ['1.1', 'Content-Length', '1', 'Content-Length', '1'], ['1.1', 'Content-Length', '0', 'Transfer-Encoding', 'chunked'], ['1.1', 'Content-Length', '1, 1'], ['1.1', 'Content-Length', '+1'], ['1.1', 'Content-Length', '1'.repeat(16)]] as const) {
    t.equal(framed(version, ...fields), 'GW_BAD_FRAMING', fields.join(' '))
  }
})

t.test('only HTTP/1.1 and HTTP/1.0 are spoken', async t => {
  for (const httpVersion of ['0.9', '1.2', '2.0', '3.0', '1.10']) t.equal(code({ httpVersion }), 'GW_HTTP_VERSION')
})

t.test('field lines are counted', async t => {
  const fields = (count: number): string[] => ['Host', 'a', ...Array.from({ length: count }, () => ['A', 'b']).flat()]
  t.equal(code({ fields: fields(99) }), null)
  t.equal(code({ fields: fields(100) }), 'GW_HEADERS_TOO_LARGE')
})

/** Names that matter, in odd spellings, and any others. */
const names = fc.oneof(
  fc.constantFrom('Host', 'host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Expect', 'Upgrade', 'Forwarded', 'X-Request-Id', 'TE', 'Trailer', 'Cookie', 'Origin', 'X-Gatehouse-Id', 'x-passport', 'Proxy-Authorization', 'constructor', 'toString'),
  fc.mixedCase(fc.constantFrom('x-forwarded-for', 'x-forwarded-user', 'keep-alive', 'http2-settings', 'x-real-ip', 'authorization')),
  fc.string({ unit: fc.constantFrom(..."abXY-_.!#$%&'*+^`|~09"), minLength: 1, maxLength: 70 }))
const values = fc.oneof(fc.constantFrom('a', 'a.test', 'close', 'x-a, keep-alive', 'chunked', '5', '100-continue', '1.2.3.4', 'for=1', ''), fc.string({ unit: fc.integer({ min: 32, max: 255 }).filter(code => code !== 127).map(code => String.fromCharCode(code)), maxLength: 20 }))
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'CONNECT', 'TRACE'),
  url: fc.oneof(fc.constantFrom('/', '*', 'http://a.test/x', '/a/../b', 'a:1'), fc.string({ maxLength: 30 }).map(text => `/${text}`), fc.string({ maxLength: 10 })),
  httpVersion: fc.constantFrom('1.1', '1.0'),
  fields: fc.array(fc.tuple(names, values), { maxLength: 12 }).map(lines => ['Host', 'a.test', ...lines.flat()]),
  peer: fc.constantFrom('192.0.2.1', '10.0.0.1', '')
})

t.test('whatever comes is let in or refused with a code', async t => {
  t.doesNotThrow(() => { fc.assert(fc.property(requests, request => { code(request, TRUSTING) }), { numRuns: 3000 }) })
})

t.test('what is let in holds nothing that ends here, is another\'s to say, or is spelled like it', async t => {
  let admitted = 0
  t.doesNotThrow(() => {
    fc.assert(fc.property(requests, request => {
      if (code(request, TRUSTING) !== null) return true
      admitted++
      const { headers, client } = guard(head(request), TRUSTING)
      return headers.names().every(name => name === name.toLowerCase() && !name.includes('_') &&
      !/^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|http2-settings|proxy-.*|x-gatehouse.*|x-passport.*)$/.test(name.replace(/[^a-z0-9]/g, '-')) &&
      (client.trusted || !/^(forwarded|x-real-ip|x-forwarded.*)$/.test(name.replace(/[^a-z0-9]/g, '-'))))
    }), { numRuns: 3000 })
  })
  t.ok(admitted > 100)
})

t.test('a mark of copies is believed of our own gateways, and of nobody else', async t => {
  const fields = ['Host', 'a', 'X-Gatehouse-Shadow', 'next;leg=1', 'X-Gatehouse-Id', '1', 'Connection', 'X-Gatehouse-Shadow, close']
  t.same(admit({ fields, peer: '10.1.1.1' }, TRUSTING).headers.flat, ['x-gatehouse-shadow', 'next;leg=1'], 'and a Connection line cannot unsay it')
  t.same(admit({ fields }, TRUSTING).headers.flat, [])
  t.same(admit({ fields }).headers.flat, [])
  for (const alias of ['X_Gatehouse_Shadow', 'x-gatehouse.shadow']) t.equal(code({ fields: ['Host', 'a', alias, 'next;leg=1'], peer: '10.1.1.1' }, TRUSTING), 'GW_BAD_HEADER', alias)
  t.same(admit({ fields: ['Host', 'a', 'X-Gatehouse-Shadowed', '1', 'X-Gatehouse-Shadow-More', '1'], peer: '10.1.1.1' }, TRUSTING).headers.flat, [])
  t.equal(TRUSTING.rules.drops('x-gatehouse-shadow'), true, 'trailer fields never say it')
})

t.test('takes headers that filters of this gateway write from clients, in every spelling', async t => {
  const rules = new FieldRules({ headers: ['x-identity'], cookie: null })
  const fields = ['Host', 'a', 'X-Identity', '1', 'x-IDENTITY-claims', '2', 'X-Identityless', '3']
  t.same(guard(head({ fields }), { ...OPTIONS, rules }).headers.flat, ['x-identityless', '3'])
  for (const alias of ['x_identity', 'x.identity', 'X-Identity.claims', 'x~identity']) {
    t.throws(() => guard(head({ fields: ['Host', 'a', alias, '1'] }), { ...OPTIONS, rules }), { code: 'GW_BAD_HEADER' }, alias)
  }
})

t.test('takes the gateway\'s own cookies out of the request', async t => {
  const rules = new FieldRules({ headers: [], cookie: '__Host-gw' })
  const { headers, ownCookies } = guard(head({ fields: ['Host', 'a', 'Cookie', 'a=1; __Host-gw=s', 'cookie', '__Host-gw.1=t'] }), { ...OPTIONS, rules })
  t.same(headers.flat, ['cookie', 'a=1'])
  t.same([...ownCookies!], [['__Host-gw', 's'], ['__Host-gw.1', 't']])
})
