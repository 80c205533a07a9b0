import { passes, refuses, request, seen, type WireCase } from './wire-case.ts'

const CHUNKED = 'Transfer-Encoding: chunked'
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const HELLO = '5\r\nhello\r\n0\r\n\r\n'

const post = (fields: readonly string[], body = ''): string => request('POST /x', fields, body)
const chunks = (body: string): string => post([CHUNKED], body)
const hello = seen('POST /x', { body: 'hello' })
const helloInChunks = seen('POST /x', { body: 'hello', framing: 'chunked' })

const badLength = (value: string): WireCase => refuses(`Content-Length ${JSON.stringify(value)}`, post([`Content-Length: ${value}`], 'hello'), 'GW_BAD_FRAMING')
const badCoding = (value: string): WireCase => refuses(`Transfer-Encoding ${JSON.stringify(value)}`, post([`Transfer-Encoding: ${value}`], HELLO + SMUGGLED), 'GW_BAD_FRAMING')
const badChunk = (name: string, body: string): WireCase => refuses(name, chunks(body + SMUGGLED), 'GW_BAD_FRAMING')

const lengths: readonly WireCase[] = [
  passes('a body with a length', post(['Content-Length: 5'], 'hello'), hello),
  passes('a length with spaces around', post(['Content-Length:   5  '], 'hello'), hello),
  passes('a length with zeros before', post(['Content-Length: 005'], 'hello'), hello),
  passes('a length of none', post(['Content-Length: 0']), seen('POST /x', { framing: 'length' })),
  passes('a POST without length has no body', post([]), seen('POST /x', { framing: 'length' })),
  passes('a body in pieces', [post(['Content-Length: 5'], 'he'), 'l', 'lo'], hello),
  badLength('+5'),
  badLength('-5'),
  badLength('0x5'),
  badLength('5a'),
  badLength('5 5'),
  badLength('5, 5'),
  badLength('5,6'),
  badLength('99999999999999999999'),
  badLength('1e1'),
  badLength('5.0'),
  badLength('\xd9\xa5'),
  refuses('Content-Length without a value', post(['Content-Length:'], 'hello'), 'GW_BAD_FRAMING'),
  refuses('the same Content-Length twice', post(['Content-Length: 5', 'Content-Length: 5'], 'hello'), 'GW_BAD_FRAMING'),
  refuses('two Content-Lengths', post(['Content-Length: 5', 'Content-Length: 6'], 'hello!'), 'GW_BAD_FRAMING'),
  refuses('two Content-Lengths in two cases', post(['Content-Length: 5', 'content-length: 0'], 'hello'), 'GW_BAD_FRAMING'),
  { ...refuses('a body shorter than its length', post(['Content-Length: 6'], 'hello'), 'GW_BAD_BODY'), halfClose: true, cut: 'hello' },
  { name: 'bytes behind the body that are no request', send: post(['Content-Length: 5'], 'hello!!!\r\n\r\n'), answers: [200], stays: false, upstream: [hello] },
  passes('a request inside a body', post([`Content-Length: ${SMUGGLED.length}`], SMUGGLED), seen('POST /x', { body: SMUGGLED })),
  passes('a request behind an empty body', post(['Content-Length: 0'], SMUGGLED), seen('POST /x', { framing: 'length' }), seen('GET /smuggled'))
]

const codings: readonly WireCase[] = [
  passes('a chunked body', chunks(HELLO), helloInChunks),
  passes('a chunked body in many pieces', [post([CHUNKED], '5'), '\r', '\nhe', 'llo\r\n', '0\r\n', '\r\n'], helloInChunks),
  passes('Chunked', post(['Transfer-Encoding: Chunked'], HELLO), helloInChunks),
  passes('chunked with spaces around', post(['Transfer-Encoding:   chunked  '], HELLO), helloInChunks),
  badCoding('gzip, chunked'),
  badCoding('chunked, chunked'),
  badCoding('chunked, identity'),
  badCoding('identity'),
  badCoding('xchunked'),
  badCoding('chunkedx'),
  badCoding('chunked;q=1'),
  badCoding('"chunked"'),
  badCoding('chunked,'),
  badCoding(',chunked'),
  refuses('a control character before chunked', post(['Transfer-Encoding: \x0bchunked'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('a control character behind chunked', post(['Transfer-Encoding: chunked\x0c'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('Transfer-Encoding without a value', post(['Transfer-Encoding:'], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('two Transfer-Encodings', post([CHUNKED, CHUNKED], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('two Transfer-Encodings, the last unknown', post([CHUNKED, 'Transfer-Encoding: cow'], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('Content-Length, then Transfer-Encoding', post(['Content-Length: 4', CHUNKED], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('Transfer-Encoding, then Content-Length', post([CHUNKED, 'Content-Length: 4'], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('Content-Length 0 and Transfer-Encoding', post(['Content-Length: 0', CHUNKED], HELLO + SMUGGLED), 'GW_BAD_FRAMING'),
  refuses('a space before the colon of Transfer-Encoding', post(['Transfer-Encoding : chunked'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('a folded Transfer-Encoding', post(['Transfer-Encoding:\r\n chunked'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('Transfer-Encoding behind a bare LF', post(['X: y\nTransfer-Encoding: chunked'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('Transfer-Encoding behind a bare CR', post(['X: y\rTransfer-Encoding: chunked'], HELLO + SMUGGLED), 'GW_BAD_REQUEST'),
  refuses('Transfer_Encoding', post(['Transfer_Encoding: chunked'], HELLO + SMUGGLED), 'GW_BAD_HEADER'),
  refuses('Transfer.Encoding', post(['Transfer.Encoding: chunked'], HELLO + SMUGGLED), 'GW_BAD_HEADER'),
  refuses('Content_Length', post(['Content_Length: 5'], 'hello'), 'GW_BAD_HEADER'),
  refuses('Transfer-Encoding in HTTP/1.0', `POST /x HTTP/1.0\r\nHost: gw.test\r\n${CHUNKED}\r\n\r\n${HELLO}${SMUGGLED}`, 'GW_BAD_FRAMING')
]

const chunkLines: readonly WireCase[] = [
  passes('a chunk size with zeros before', chunks('0005\r\nhello\r\n0\r\n\r\n'), helloInChunks),
  passes('a chunk size in capitals', chunks('A\r\nhellohello\r\n0\r\n\r\n'), seen('POST /x', { body: 'hellohello', framing: 'chunked' })),
  passes('a last chunk of several zeros', chunks('5\r\nhello\r\n000\r\n\r\n'), helloInChunks),
  passes('a chunk extension ends here', chunks('5;a=b\r\nhello\r\n0;c="d"\r\n\r\n'), helloInChunks),
  passes('a chunked body of nothing', chunks('0\r\n\r\n'), seen('POST /x', { framing: 'length' })),
  passes('trailer fields that nobody announced end here', chunks('5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'), helloInChunks),
  passes('a request behind a chunked body', chunks(HELLO + SMUGGLED), helloInChunks, seen('GET /smuggled')),
  badChunk('a chunk size of 0x5', '0x5\r\nhello\r\n0\r\n\r\n'),
  badChunk('a negative chunk size', '-5\r\nhello\r\n0\r\n\r\n'),
  badChunk('a chunk size with a plus', '+5\r\nhello\r\n0\r\n\r\n'),
  badChunk('a chunk size too large for any number', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'),
  badChunk('a chunk size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'),
  badChunk('no chunk size', '\r\nhello\r\n0\r\n\r\n'),
  badChunk('a chunk size that is no number', 'hello\r\n0\r\n\r\n'),
  badChunk('a space before the chunk size', ' 5\r\nhello\r\n0\r\n\r\n'),
  refuses('a bare LF behind the chunk size', chunks(`5\nhello\r\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a bare CR behind the chunk size', chunks(`5\rhello\r\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  badChunk('a space behind the chunk size', '5 \r\nhello\r\n0\r\n\r\n'),
  refuses('a bare LF in a chunk extension', chunks(`5;a\nhello\r\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a bare LF in a quoted chunk extension', chunks(`5;a="\n"\r\nhello\r\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a chunk longer than its size', chunks(`3\r\nhello\r\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a bare LF behind the chunk', chunks(`5\r\nhello\n0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('nothing behind the chunk', chunks(`5\r\nhello0\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a folded trailer field', chunks(`5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a trailer field without a colon', chunks(`5\r\nhello\r\n0\r\nX\r\n\r\n${SMUGGLED}`), 'GW_BAD_REQUEST'),
  refuses('a chunk extension of 20 KiB', chunks(`5;${'a'.repeat(20_480)}\r\nhello\r\n0\r\n\r\n`), 'GW_BODY_TOO_LARGE'),
  { ...refuses('a chunked body that does not end', chunks('5\r\nhello\r\n'), 'GW_BAD_BODY'), halfClose: true }
]

const methods: readonly WireCase[] = [
  passes('a GET with a body', request('GET /x', ['Content-Length: 5'], 'hello'), seen('GET /x', { body: 'hello' })),
  passes('a GET with a chunked body', request('GET /x', [CHUNKED], HELLO), seen('GET /x', { body: 'hello', framing: 'chunked' })),
  passes('a DELETE with a body', request('DELETE /x', ['Content-Length: 5'], 'hello'), seen('DELETE /x', { body: 'hello' })),
  passes('an OPTIONS with a body', request('OPTIONS /x', ['Content-Length: 5'], 'hello'), seen('OPTIONS /x', { body: 'hello' })),
  passes('a PUT', request('PUT /x', ['Content-Length: 5'], 'hello'), seen('PUT /x', { body: 'hello' })),
  passes('requests one behind the other', `${request('GET /1')}${request('GET /2')}${request('GET /3')}`, seen('GET /1'), seen('GET /2'), seen('GET /3')),
  passes('a POST between two GETs', `${request('GET /1')}${post(['Content-Length: 5'], 'hello')}${request('GET /3')}`, seen('GET /1'), hello, seen('GET /3')),
  { ...passes('Content-Length named by Connection', post(['Connection: content-length', 'Content-Length: 5'], 'hello'), hello) },
  { ...passes('Transfer-Encoding named by Connection', post(['Connection: transfer-encoding', CHUNKED], HELLO), helloInChunks) },
  { name: 'a body behind TRACE', send: request('TRACE /x', ['Content-Length: 5'], 'hello'), answers: ['GW_METHOD_NOT_SUPPORTED'], stays: true, upstream: [] },
  { name: 'a request behind one that is refused', send: `${request('GET /../x')}${SMUGGLED}`, answers: ['GW_UNSAFE_PATH'], stays: false, upstream: [] },
  { name: 'a request in the body of one that is refused', send: post([`Content-Length: ${SMUGGLED.length}`, 'A_b: c'], SMUGGLED), answers: ['GW_BAD_HEADER'], stays: false, upstream: [] },
  { name: 'a request in a later packet behind one that is refused', send: [request('GET /../x'), SMUGGLED], answers: ['GW_UNSAFE_PATH'], stays: false, upstream: [] },
  { name: 'a request behind Connection: close', send: `${request('GET /x', ['Connection: close'])}${SMUGGLED}`, answers: [200], stays: false, upstream: [seen('GET /x')] },
  { name: 'a body in HTTP/1.0', send: 'POST /x HTTP/1.0\r\nHost: gw.test\r\nContent-Length: 5\r\n\r\nhello', answers: [200], stays: false, upstream: [hello] }
]

/** Where a request ends, and what two servers could disagree about there (RFC 9112 6, 7). */
export const framing: readonly WireCase[] = [...lengths, ...codings, ...chunkLines, ...methods]
