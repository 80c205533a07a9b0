import { passes, refuses, request, seen, type WireCase } from './wire-case.ts'

const line = (text: string, more = ''): string => `${text}\r\nHost: gw.test\r\n${more}\r\n`
const notSupported = (name: string, text: string): WireCase => ({ name, send: line(text), answers: ['GW_METHOD_NOT_SUPPORTED'], stays: true, upstream: [] })

const versions: readonly WireCase[] = [
  passes('HTTP/1.1', line('GET /x HTTP/1.1'), seen('GET /x')),
  { name: 'HTTP/1.0', send: line('GET /x HTTP/1.0'), answers: [200], stays: false, upstream: [seen('GET /x')] },
  { name: 'HTTP/1.0 without Host', send: 'GET /x HTTP/1.0\r\n\r\n', answers: [200], stays: false, upstream: [seen('GET /x', { forwarded: ['127.0.0.1', 'http', null, '80'] })] },
  { name: 'HTTP/1.0 that wants to stay', send: line('GET /x HTTP/1.0', 'Connection: keep-alive\r\n'), answers: [200], stays: false, upstream: [seen('GET /x')] },
  refuses('HTTP/2.0', line('GET /x HTTP/2.0'), 'GW_HTTP_VERSION'),
  refuses('HTTP/0.9 with a version', line('GET /x HTTP/0.9'), 'GW_HTTP_VERSION'),
  refuses('HTTP/1.2', line('GET /x HTTP/1.2'), 'GW_HTTP_VERSION'),
  refuses('HTTP/3.0', line('GET /x HTTP/3.0'), 'GW_HTTP_VERSION'),
  refuses('no version', 'GET /x\r\n\r\n', 'GW_HTTP_VERSION'),
  refuses('a version in small letters', line('GET /x http/1.1'), 'GW_BAD_REQUEST'),
  refuses('a version without its name', line('GET /x 1.1'), 'GW_BAD_REQUEST'),
  refuses('a version of three numbers', line('GET /x HTTP/1.1.1'), 'GW_BAD_REQUEST'),
  refuses('words behind the version', line('GET /x HTTP/1.1 HTTP/1.0'), 'GW_BAD_REQUEST'),
  refuses('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GW_BAD_REQUEST')
]

const methods: readonly WireCase[] = [
  refuses('a method in small letters', line('get /x HTTP/1.1'), 'GW_METHOD_NOT_IMPLEMENTED'),
  refuses('a method nobody knows', line('FOO /x HTTP/1.1'), 'GW_METHOD_NOT_IMPLEMENTED'),
  refuses('TRACK', line('TRACK /x HTTP/1.1'), 'GW_METHOD_NOT_IMPLEMENTED'),
  refuses('a method with a colon', line('GET: /x HTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('no method', line(' /x HTTP/1.1'), 'GW_BAD_REQUEST'),
  notSupported('TRACE', 'TRACE /x HTTP/1.1'),
  refuses('CONNECT', 'CONNECT gw.test:443 HTTP/1.1\r\nHost: gw.test:443\r\n\r\n', 'GW_METHOD_NOT_SUPPORTED'),
  refuses('CONNECT elsewhere', 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n', 'GW_METHOD_NOT_SUPPORTED'),
  refuses('CONNECT to a path', 'CONNECT /x HTTP/1.1\r\nHost: gw.test\r\n\r\n', 'GW_METHOD_NOT_SUPPORTED'),
  passes('PROPFIND', line('PROPFIND /x HTTP/1.1'), seen('PROPFIND /x', { framing: 'length' })),
  passes('PATCH', line('PATCH /x HTTP/1.1'), seen('PATCH /x', { framing: 'length' }))
]

const targets: readonly WireCase[] = [
  { name: 'OPTIONS *', send: line('OPTIONS * HTTP/1.1'), answers: [204], stays: true, upstream: [] },
  { name: 'OPTIONS of the authority', send: line('OPTIONS http://gw.test HTTP/1.1'), answers: [204], stays: true, upstream: [] },
  passes('OPTIONS of a path', line('OPTIONS /x HTTP/1.1'), seen('OPTIONS /x')),
  refuses('GET *', line('GET * HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('OPTIONS *x', line('OPTIONS *x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('OPTIONS *?x', line('OPTIONS *?x HTTP/1.1'), 'GW_BAD_TARGET'),
  passes('absolute form', line('GET http://gw.test/x?y HTTP/1.1'), seen('GET /x?y')),
  passes('absolute form in capitals', line('GET HTTP://GW.TEST/x HTTP/1.1'), seen('GET /x')),
  passes('absolute form without a path', line('GET http://gw.test HTTP/1.1'), seen('GET /')),
  passes('absolute form without a path, with a query', line('GET http://gw.test?x HTTP/1.1'), seen('GET /?x')),
  { name: 'absolute form of a guarded path', send: line('GET http://gw.test//%61dmin HTTP/1.1'), answers: ['GW_FORBIDDEN'], stays: true, upstream: [] },
  refuses('absolute form of another host', line('GET http://other.test/x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('absolute form of another port', line('GET http://gw.test:81/x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('absolute form with a user', line('GET http://u@gw.test/x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('absolute form of another scheme', line('GET https://gw.test/x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('absolute form of a foreign scheme', line('GET ftp://gw.test/x HTTP/1.1'), 'GW_BAD_TARGET'),
  refuses('authority form', line('GET gw.test:80 HTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('no slash', line('GET x HTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('a query only', line('GET ?x HTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('no target', line('GET HTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('a space in the target', line('GET /x y HTTP/1.1'), 'GW_BAD_REQUEST'),
  passes('two spaces before the version (RFC 9112 3 lets recipients take them)', line('GET /x  HTTP/1.1'), seen('GET /x')),
  refuses('tabs for spaces', line('GET\t/x\tHTTP/1.1'), 'GW_BAD_REQUEST'),
  refuses('NUL in the target', line('GET /x\0y HTTP/1.1'), 'GW_BAD_REQUEST'),
  passes('a target of 8 KiB', line(`GET /${'x'.repeat(8191)} HTTP/1.1`), seen(`GET /${'x'.repeat(8191)}`)),
  refuses('a target of more than 8 KiB', line(`GET /${'x'.repeat(8192)} HTTP/1.1`), 'GW_TARGET_TOO_LONG'),
  refuses('a target of 20 KiB', line(`GET /${'x'.repeat(20_480)} HTTP/1.1`), 'GW_TARGET_TOO_LONG')
]

const lines: readonly WireCase[] = [
  passes('an empty line before the request (RFC 9112 2.2)', `\r\n${request('GET /x')}`, seen('GET /x')),
  passes('an empty line between two requests', `${request('GET /1')}\r\n${request('GET /2')}`, seen('GET /1'), seen('GET /2')),
  refuses('bare LFs only', 'GET /x HTTP/1.1\nHost: gw.test\n\n', 'GW_BAD_REQUEST'),
  refuses('a bare CR behind the request line', 'GET /x HTTP/1.1\rHost: gw.test\r\n\r\n', 'GW_BAD_REQUEST'),
  refuses('white space before the first field', 'GET /x HTTP/1.1\r\n Host: gw.test\r\n\r\n', 'GW_BAD_REQUEST'),
  refuses('a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'GW_BAD_REQUEST'),
  refuses('words', 'hello there\r\n\r\n', 'GW_BAD_REQUEST'),
  { ...refuses('half a request line', 'GET /x HT', 'GW_BAD_REQUEST'), halfClose: true },
  { name: 'nothing at all', send: '', halfClose: true, answers: [], stays: false, upstream: [] }
]

/** Version, method and target (RFC 9112 3). */
export const requestLine: readonly WireCase[] = [...versions, ...methods, ...targets, ...lines]
