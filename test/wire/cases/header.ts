import { passes, refuses, request, seen, type WireCase } from './wire-case.ts'

const get = (...fields: string[]): string => request('GET /x', fields)
const plain = seen('GET /x')
const host = (name: string, value: string, forwarded: readonly [string, string, string, string]): WireCase =>
  passes(name, `GET /x HTTP/1.1\r\nHost: ${value}\r\n\r\n`, seen('GET /x', { forwarded }))
const badHost = (value: string): WireCase => refuses(`Host ${JSON.stringify(value.slice(0, 40))}`, `GET /x HTTP/1.1\r\nHost: ${value}\r\n\r\n`, 'GW_BAD_HOST')
/** A field that upstream does not see. */
const ends = (field: string): WireCase => passes(`${field.split(':', 1)[0]!} ends here`, get(field), plain)
/** A field that upstream sees as it was. */
const kept = (field: string): WireCase => {
  const [name = '', value = ''] = field.split(/:\s*(.*)/s)
  return passes(`${JSON.stringify(field)} is passed on`, get(field), seen('GET /x', { fields: [`${name.toLowerCase()}: ${value}`] }))
}
const twice = (name: string, one: string, two: string): WireCase => refuses(`${name} twice`, get(`${name}: ${one}`, `${name.toLowerCase()}: ${two}`), 'GW_BAD_HEADER')
const imitates = (name: string): WireCase => refuses(`${name} imitates another field`, get(`${name}: x`), 'GW_BAD_HEADER')
const malformed = (name: string, field: string): WireCase => refuses(name, get(field), 'GW_BAD_REQUEST')
const trusts = (name: string, fields: readonly string[], forwarded: readonly [string, string, string, string], more: readonly string[] = []): WireCase =>
  ({ ...passes(`trusted: ${name}`, get(...fields), seen('GET /x', { forwarded, fields: more })), trusted: true })

const hosts: readonly WireCase[] = [
  refuses('no Host', 'GET /x HTTP/1.1\r\n\r\n', 'GW_BAD_HOST'),
  refuses('two Hosts', 'GET /x HTTP/1.1\r\nHost: gw.test\r\nHost: other.test\r\n\r\n', 'GW_BAD_HOST'),
  refuses('the same Host twice', 'GET /x HTTP/1.1\r\nHost: gw.test\r\nhost: gw.test\r\n\r\n', 'GW_BAD_HOST'),
  host('a Host with a port', 'gw.test:8080', ['127.0.0.1', 'http', 'gw.test:8080', '8080']),
  host('a Host in capitals', 'GW.Test', ['127.0.0.1', 'http', 'GW.Test', '80']),
  host('a Host with the dot of the root', 'gw.test.', ['127.0.0.1', 'http', 'gw.test.', '80']),
  host('an address', '192.0.2.7', ['127.0.0.1', 'http', '192.0.2.7', '80']),
  host('an IPv6 address', '[2001:db8::1]:81', ['127.0.0.1', 'http', '[2001:db8::1]:81', '81']),
  badHost(''),
  badHost('gw.test, other.test'),
  badHost('gw.test other.test'),
  badHost('gw.test/x'),
  badHost('user@gw.test'),
  badHost('gw.test:'),
  badHost('gw.test:x'),
  badHost('gw.test:65536'),
  badHost('gw.test:123456'),
  badHost(':80'),
  badHost('gw..test'),
  badHost('.gw.test'),
  badHost('gw%2etest'),
  badHost('gw.test?x'),
  badHost('gw.test#x'),
  badHost('gw.test\\x'),
  badHost('[::1'),
  badHost('[:::]'),
  badHost('[::1%25eth0]'),
  badHost('2001:db8::1'),
  badHost('g\xfc.test'),
  badHost(`${'a'.repeat(300)}.test`),
  refuses('Host by another name', 'GET /x HTTP/1.1\r\nHost: gw.test\r\nHost_: x\r\n\r\n', 'GW_BAD_HEADER'),
  refuses('a space before the colon of Host', 'GET /x HTTP/1.1\r\nHost : gw.test\r\n\r\n', 'GW_BAD_REQUEST'),
  refuses('a folded Host', 'GET /x HTTP/1.1\r\nHost: gw.test\r\n .other\r\n\r\n', 'GW_BAD_REQUEST')
]

const syntax: readonly WireCase[] = [
  kept('X-A: b c\td'),
  kept('X-A: \xe9\xff'),
  kept('X-A: '),
  kept('Constructor: x'),
  kept('X-A: ${jndi:ldap://x}'), // eslint-disable-line no-template-curly-in-string -- the text as it is
  passes('spaces around a value are not part of it', get('X-A:  \t b \t '), seen('GET /x', { fields: ['x-a: b'] })),
  passes('two lines stay two', get('X-A: 1', 'x-a: 2', 'Cookie: a=1', 'Cookie: b=2'), seen('GET /x', { fields: ['x-a: 1', 'x-a: 2', 'cookie: a=1', 'cookie: b=2'] })),
  malformed('a name with a space', 'X A: b'),
  malformed('a space before the colon', 'X-A : b'),
  malformed('no colon', 'X-A'),
  malformed('no name', ': b'),
  malformed('a folded line', 'X-A: b\r\n c'),
  malformed('NUL in a value', 'X-A: b\0c'),
  malformed('a control character in a value', 'X-A: b\x01c'),
  malformed('DEL in a value', 'X-A: b\x7fc'),
  malformed('a bare CR in a value', 'X-A: b\rc'),
  malformed('a bare LF in a value', 'X-A: b\nc'),
  malformed('a name with a slash', 'X/A: b'),
  malformed('a name with 8 bits', 'X-\xe9: b'),
  malformed('a name in brackets', '(X): b'),
  passes('100 field lines', get(...Array.from({ length: 99 }, (_, i) => `X-${i}: y`)), seen('GET /x', { fields: Array.from({ length: 99 }, (_, i) => `x-${i}: y`) })),
  refuses('101 field lines', get(...Array.from({ length: 100 }, (_, i) => `X-${i}: y`)), 'GW_HEADERS_TOO_LARGE'),
  refuses('2000 field lines', get(...Array.from({ length: 2000 }, () => 'X: y')), 'GW_HEADERS_TOO_LARGE'),
  refuses('a value of 17 KiB', get(`X-A: ${'b'.repeat(17_408)}`), 'GW_HEADERS_TOO_LARGE'),
  refuses('a name of 17 KiB', get(`${'b'.repeat(17_408)}: b`), 'GW_HEADERS_TOO_LARGE'),
  imitates('X_Forwarded_For'),
  imitates('X-Forwarded_Proto'),
  imitates('X_A'),
  imitates('_'),
  imitates('__proto__'),
  imitates('X.Forwarded.For'),
  imitates('X-Forwarded.Host'),
  imitates('X!Forwarded!For'),
  imitates('X.Gatehouse.User'),
  imitates('X_Passport'),
  imitates('Content.Length'),
  twice('Authorization', 'Bearer a', 'Bearer b'),
  twice('Content-Type', 'text/plain', 'text/html'),
  twice('User-Agent', 'a', 'b'),
  twice('Origin', 'http://a', 'http://b'),
  twice('Range', 'bytes=0-1', 'bytes=2-3'),
  twice('Referer', 'a', 'b')
]

const hopByHop: readonly WireCase[] = [
  ends('Keep-Alive: timeout=5'),
  ends('Proxy-Connection: keep-alive'),
  ends('Proxy-Authorization: Basic eDp5'),
  ends('Proxy-X: y'),
  ends('Proxy: http://evil.test'),
  ends('TE: trailers'),
  ends('Trailer: X-Sum'),
  ends('Upgrade: websocket'),
  ends('HTTP2-Settings: AAMAAABkAAQAAP'),
  ends('Connection: keep-alive'),
  ends('Connection: '),
  passes('Connection names a field', get('Connection: X-A', 'X-A: b', 'X-B: c'), seen('GET /x', { fields: ['x-b: c'] })),
  passes('Connection names fields in two lines', get('Connection: x-a', 'X-A: b', 'Connection: X-B,, ', 'X-B: c', 'X-C: d'), seen('GET /x', { fields: ['x-c: d'] })),
  passes('Connection names what the gateway writes', get('Connection: x-forwarded-for, x-forwarded-host, via, x-request-id, host, forwarded'), plain),
  { name: 'Connection: close, and a field', send: get('Connection: close, X-A', 'X-A: b'), answers: [200], stays: false, upstream: [plain] },
  passes('8000 names in Connection', get(`Connection: ${'x,'.repeat(7500)}`, 'X-A: b'), seen('GET /x', { fields: ['x-a: b'] })),
  passes('an upgrade to HTTP/2 is not made', get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP'), plain),
  passes('an upgrade to TLS is not made', get('Connection: Upgrade', 'Upgrade: TLS/1.3, HTTP/1.1'), plain),
  passes('an upgrade with a body is not made', request('POST /x', ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'], 'hello'), seen('POST /x', { body: 'hello' })),
  { name: 'Expect of what nobody knows', send: get('Expect: the-unexpected'), answers: ['GW_EXPECTATION_FAILED'], stays: true, upstream: [] },
  { name: 'two expectations', send: request('POST /x', ['Expect: x', 'Expect: 100-continue', 'Content-Length: 5']), answers: ['GW_EXPECTATION_FAILED'], stays: false, upstream: [] },
  { name: 'Expect without a body', send: get('Expect: 100-continue'), answers: [200], stays: false, upstream: [plain] }
]

const identity: readonly WireCase[] = [
  ends('X-Forwarded-For: 203.0.113.9'),
  ends('X-Forwarded-Host: evil.test'),
  ends('X-Forwarded-Proto: https'),
  ends('X-Forwarded-Port: 444'),
  ends('X-Forwarded-Prefix: /admin'),
  ends('X-Forwarded-User: root'),
  ends('X-Forwarded: for=1'),
  ends('Forwarded: for=203.0.113.9;proto=https'),
  ends('X-Real-IP: 203.0.113.9'),
  ends('True-Client-IP: 203.0.113.9'),
  ends('CF-Connecting-IP: 203.0.113.9'),
  ends('X-Original-URL: /admin'),
  ends('X-Rewrite-URL: /admin'),
  ends('X-Envoy-Original-Path: /admin'),
  ends('X-Request-Id: mine'),
  ends('X-Gatehouse-User: root'),
  ends('X-Gatehouse: root'),
  ends('X-Passport: forged'),
  ends('X-Passport-Signature: forged'),
  passes('Via is continued', get('Via: 1.0 fred'), seen('GET /x', { fields: ['via: 1.0 fred'] })),
  trusts('X-Forwarded-For is continued', ['X-Forwarded-For: 203.0.113.9'], ['203.0.113.9, 127.0.0.1', 'http', 'gw.test', '80']),
  trusts('X-Forwarded-For in two lines is one', ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 203.0.113.8'], ['203.0.113.9, 203.0.113.8, 127.0.0.1', 'http', 'gw.test', '80']),
  trusts('scheme, host and port are believed', ['X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test', 'X-Forwarded-Port: 8443'], ['127.0.0.1', 'https', 'shop.test', '8443']),
  trusts('a scheme that is none is not', ['X-Forwarded-Proto: javascript'], ['127.0.0.1', 'http', 'gw.test', '80']),
  trusts('X-Forwarded-Prefix is passed on', ['X-Forwarded-Prefix: /shop'], ['127.0.0.1', 'http', 'gw.test', '80'], ['x-forwarded-prefix: /shop']),
  trusts('the identity fields are nobody\'s but ours', ['X-Gatehouse-User: root', 'X-Passport: forged'], ['127.0.0.1', 'http', 'gw.test', '80']),
  {
    ...passes('trusted: absolute form of the scheme behind the proxy', request('GET https://gw.test/x', ['X-Forwarded-Proto: https']), seen('GET /x', { forwarded: ['127.0.0.1', 'https', 'gw.test', '443'] })),
    trusted: true
  }
]

/** Names, values, Host, what ends at this hop and what only the gateway may say (RFC 9110 5, 7.6; edge-http.md 1.2, 1.3). */
export const header: readonly WireCase[] = [...hosts, ...syntax, ...hopByHop, ...identity]
