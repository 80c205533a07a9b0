import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import removeJsonAttributes from '../../../plugins/filters/remove-json-attributes-response-body/index.ts'
import { withoutAttributes } from '../../../plugins/filters/remove-json-attributes-response-body/without-attributes.ts'
import { GatewayError, HeaderList, heldBody, problem, type Reply } from '../../../src/contract/index.ts'
import { mount, reply, type TestReply } from '../../../src/testing/index.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const answer = (config: unknown, upstream: TestReply | (() => Promise<Reply>)) => mount(removeJsonAttributes, config, upstream).call()

for (const [recursive, before, after] of [
  [false, '{"a":1,"x":2,"b":3}', '{"a":1,"b":3}'],
  [false, '{"x":1}', '{}'],
  [false, '{ "x" : 1 }', '{}'],
  [false, '{"x":1,"y":2}', '{}'],
  [false, '{"x":1, "a":2}', '{ "a":2}'],
  [false, '{"a":1 , "x":2 }', '{"a":1 }'],
  [false, '{"x":1,"y":2,"a":3,"x":4,"b":5,"y":6}', '{"a":3,"b":5}'],
  [false, '{"\\u0078":1,"a":2}', '{"a":2}'],
  [false, '{"a":"x","xx":1,"X":2}', '{"a":"x","xx":1,"X":2}'],
  [false, '{"a":{"x":1},"x":{"x":[1,{"x":2}]}}', '{"a":{"x":1}}'],
  [false, '[{"x":1}]', '[{"x":1}]'],
  [false, '{"a":"\\",\\"x\\":1,","x":2}', '{"a":"\\",\\"x\\":1,"}'],
  [false, '{"a":"\\\\","x":"}","b":[]}', '{"a":"\\\\","b":[]}'],
  [false, '{"n":12345678901234567890,"f":1.0,"e":1e400,"x":0,"s":"\\u00e9é"}', '{"n":12345678901234567890,"f":1.0,"e":1e400,"s":"\\u00e9é"}'],
  [false, '{"2":0,"1":0,"x":0,"__proto__":0}', '{"2":0,"1":0,"__proto__":0}'],
  [true, '{"a":{"x":1,"b":[{"x":2},{"c":3,"x":4}]}}', '{"a":{"b":[{},{"c":3}]}}'],
  [true, '{"x":{"x":1},"y":[{"x":1}],"a":1}', '{"a":1}'],
  [true, '{"a":1,"x":{"b":[{"x":1},2]},"c":{"y":[]}}', '{"a":1,"c":{}}'],
  [true, '[[{"x":1}],"x",{"a":["x","y"]}]', '[[{}],"x",{"a":["x","y"]}]'],
  [true, '"x"', '"x"'],
  [true, ' [ ] ', ' [ ] '],
  [true, 'null', 'null']
] as const) {
  t.test(`x and y taken ${recursive ? 'everywhere ' : ''}out of ${before} leave ${after}`, async t => {
    const { status, text } = await answer({ attributes: ['x', 'y'], recursive }, { headers: JSON_TYPE, body: before })
    t.same([status, text], [200, after])
  })
}

t.test('what is left of any JSON is what parsing it, deleting and writing it would give', async t => {
  const remove = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(remove)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'x' && key !== '"').map(([key, inner]) => [key, remove(inner)]))
  }
  const key = fc.oneof(fc.constantFrom('x', '"', 'a', '\\', '{', ','), fc.string())
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof({ depthSize: 'small' }, fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(null, true), fc.array(tie('tree')), fc.dictionary(key, tie('tree')))
  }))
  fc.assert(fc.property(tree, fc.constantFrom(undefined, 2, '\t'), (value, space) => {
    const out = withoutAttributes(JSON.stringify(value, null, space), new Set(['x', '"']), true)
    t.same(JSON.parse(out!), JSON.parse(JSON.stringify(remove(value))))
  }), { numRuns: 200 })
})

t.test('takes every type of JSON, and leaves others', async t => {
  for (const [type, expected] of [
    ['application/json; charset=utf-8', '{}'],
    ['Application/JSON', '{}'],
    ['application/hal+json;a=b', '{}'],
    ['text/json', '{"x":1}'],
    ['application/x-ndjson', '{"x":1}'],
    ['application/jsonp', '{"x":1}'],
    ['text/plain; a=application/json', '{"x":1}'],
    [[], '{"x":1}'],
    [['text/plain', 'application/json'], '{}']
  ] as const) {
    t.equal((await answer('x', { headers: { 'content-type': type }, body: '{"x":1}' })).text, expected, JSON.stringify(type))
  }
})

t.test('removes what describes the former bytes, and only where they changed', async t => {
  const headers = { ...JSON_TYPE, 'content-length': '7', etag: '"a"', 'content-md5': 'b', digest: 'c', 'content-digest': 'd', 'repr-digest': 'e', 'accept-ranges': 'bytes', 'x-a': '1' }
  t.same((await answer('x', { headers, body: '{"x":1}' })).reply.headers.flat, ['content-type', 'application/json', 'x-a', '1'])
  t.same((await answer('y', { headers, body: '{"x":1}' })).reply.headers, HeaderList.from(headers))
})

t.test('removes digests from the trailers too', async t => {
  const trailers = HeaderList.from({ digest: 'a', 'x-b': 'c' })
  t.same((await answer('x', async () => ({ ...reply({ headers: JSON_TYPE, body: '{"x":1}' }), trailers }))).reply.trailers!.flat, ['x-b', 'c'])
})

t.test('asks upstream for the whole answer without coding', async t => {
  const { x } = await mount(removeJsonAttributes, 'x').call({ headers: { 'accept-encoding': 'gzip, br', range: 'bytes=0-1', 'if-range': '"a"' } })
  t.same(x.headers.flat, ['accept-encoding', 'identity'])
})

t.test('reads a body that streams, once it has all of it', async t => {
  const stream = (text: string) => ({
    ended: false,
    async hold (maxBytes: number) {
      this.ended = text.length <= maxBytes
      return this.ended ? Buffer.from(text) : null
    },
    copy: (max: number) => heldBody(null).copy(max),
    cancel: () => { cancelled++ }
  })
  let cancelled = 0
  t.equal((await answer({ attributes: 'x', maxBytes: '7B' }, async () => ({ ...reply({ headers: JSON_TYPE }), body: stream('{"x":1}') }))).text, '{}')
  t.equal(cancelled, 0)
  const { reply: refused } = await answer({ attributes: 'x', maxBytes: '6B' }, async () => ({ ...reply({ headers: JSON_TYPE }), body: stream('{"x":1}') }))
  t.match(refused, { status: 502, code: 'GW_REPLY_TOO_LARGE' })
  t.equal(cancelled, 1)
})

t.test('refuses a held body that is too large', async t => {
  for (const body of ['{"x":1}', Buffer.from('{"x":1}')]) {
    t.match((await answer({ attributes: 'x', maxBytes: '6B' }, { headers: JSON_TYPE, body })).reply, { code: 'GW_REPLY_TOO_LARGE' })
    t.equal((await answer({ attributes: 'x', maxBytes: '7B' }, { headers: JSON_TYPE, body })).text, '{}')
  }
})

t.test('reads 1 MiB by default', async t => {
  const body = (size: number) => `"${'a'.repeat(size - 2)}"`
  t.equal((await answer('x', { headers: JSON_TYPE, body: body(2 ** 20) })).status, 200)
  t.equal((await answer('x', { headers: JSON_TYPE, body: body(2 ** 20 + 1) })).status, 502)
})

for (const [what, body] of [
  ['cut off', '{"x":1,"a":'],
  ['not JSON', '<x>'],
  ['several values', '{"x":1}{"x":1}'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['UTF-16', Buffer.from('{"x":1}', 'utf16le')],
  ['nested too deep', '['.repeat(1001) + ']'.repeat(1001)],
  ['nested absurdly deep', '{"x":'.repeat(150000) + '1' + '}'.repeat(150000)]
] as const) {
  t.test(`refuses a body that is ${what}`, async t => {
    const { reply, text } = await answer({ attributes: 'x', maxBytes: '2MiB' }, { headers: JSON_TYPE, body })
    t.match(reply, { status: 502, code: 'GW_BAD_REPLY_BODY' })
    t.notMatch(text, /"x"/)
  })
}

t.test('takes what is nested just deep enough', async t => {
  const body = '['.repeat(1000) + ']'.repeat(1000)
  t.equal((await answer({ attributes: 'x', recursive: true }, { headers: JSON_TYPE, body })).text, body)
})

t.test('refuses a body that is coded, and takes one that says it is not', async t => {
  for (const coding of ['gzip', 'identity, gzip', ['identity', 'br']]) {
    const { reply } = await answer('x', { headers: { ...JSON_TYPE, 'content-encoding': coding }, body: gzipSync('{"x":1}') })
    t.match(reply, { status: 502, code: 'GW_BAD_REPLY_BODY' })
  }
  t.equal((await answer('x', { headers: { ...JSON_TYPE, 'content-encoding': 'Identity' }, body: '{"x":1}' })).text, '{}')
})

t.test('reads past a byte order mark', async t => {
  t.equal((await answer('x', { headers: JSON_TYPE, body: '\ufeff{"x":1,"a":2}' })).text, '{"a":2}')
})

t.test('lets an answer without a body pass', async t => {
  for (const [status, body] of [[204, null], [304, null], [200, '']] as const) {
    const called = await answer('x', { status, headers: { ...JSON_TYPE, etag: '"a"' }, body })
    t.same([called.status, called.reply.headers.get('etag')], [status, '"a"'])
  }
})

t.test('says of a HEAD request what it would say of a GET', async t => {
  const { call } = mount(removeJsonAttributes, 'x', { headers: { ...JSON_TYPE, 'content-length': '7', etag: '"a"' } })
  t.same((await call({ method: 'HEAD' })).reply.headers.flat, ['content-type', 'application/json'])
})

t.test('leaves the errors of the gateway alone', async t => {
  const called = await answer(['title', 'code'], async () => problem('GW_NO_ENDPOINT', 'id'))
  t.match(JSON.parse(called.text), { code: 'GW_NO_ENDPOINT', title: /./ })
})

t.test('an upstream that breaks off is what it is', async t => {
  const body = { ended: false, hold: async () => { throw new GatewayError('GW_UPSTREAM_RESET') }, copy: (max: number) => heldBody(null).copy(max), cancel: () => {} }
  t.match((await answer('x', async () => ({ ...reply({ headers: JSON_TYPE }), body }))).reply, { status: 502, code: 'GW_UPSTREAM_RESET' })
})

t.test('only counts with report', async t => {
  const { call, decisions } = mount(removeJsonAttributes, 'x', { headers: JSON_TYPE, body: '{' }, { report: true })
  t.same([(await call()).text, decisions('would-refuse')], ['{', 1])
})

t.test('loads what Spring writes, with the flag at the end of the list or by name', async t => {
  const load = removeJsonAttributes.spring!.toConfig!
  t.same(load({ fieldList: ['a', 'b', 'true'] }), { attributes: ['a', 'b'], recursive: true })
  t.same(load({ fieldList: ['a', 'false'] }), { attributes: ['a'], recursive: false })
  t.same(load({ fieldList: ['a', 'b'] }), { attributes: ['a', 'b'], recursive: false })
  t.same(load({ fieldList: 'a, b', deleteRecursively: 'true' }), { attributes: ['a', 'b'], recursive: true })
  t.same(load({ fieldList: ['a', 'true'], deleteRecursively: 'false' }), { attributes: ['a', 'true'], recursive: false })
  t.throws(() => mount(removeJsonAttributes, load({})), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('names the key that is wrong', async t => {
  t.throws(() => mount(removeJsonAttributes, []), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  t.throws(() => mount(removeJsonAttributes, { attributes: ['a', ''] }), { errors: [{ pointer: '/remove-json-attributes-response-body/attributes/1' }] })
  t.throws(() => mount(removeJsonAttributes, { attributes: 'a', maxBytes: 5 }), { errors: [{ pointer: '/remove-json-attributes-response-body/maxBytes' }] })
})
