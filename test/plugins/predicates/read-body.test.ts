import { Readable } from 'node:stream'
import t from 'tap'
import readBody from '../../../plugins/predicates/read-body/index.ts'
import { exchange, fakeServices, mount, type TestRequest } from '../../../src/testing/index.ts'

const json = (body: NonNullable<TestRequest['body']>, type = 'application/json'): TestRequest => ({ method: 'POST', headers: { 'content-type': type }, body })
const form = (body: string) => json(body, 'application/x-www-form-urlencoded')
const matches = (condition: string, request: TestRequest) => mount(readBody, condition).match(request)

for (const [condition, request, expected] of [
  ['body.type == "refund"', json('{"type":"refund"}'), true],
  ['body.type == "refund"', json('{"type":"order"}'), false],
  ['body.amount > 1000 && body.lines[0].sku == "a"', json('{"amount":1000.5,"lines":[{"sku":"a"}]}'), true],
  ['body.paid && body.note == null', json('{"paid":true,"note":null}'), true],
  ['has(body.note)', json('{"paid":true}'), false],
  ['"note" in body', json('{"note":null}'), true],
  ['size(body) == 2', json('[1,2]'), true],
  ['body == "text"', json('"text"'), true],
  ['body == null', json('null'), true],
  ['body.type == "refund"', json('{"type":"refund"}', 'application/vnd.shop.v2+json'), true],
  ['body.type == "refund"', json('{"type":"refund"}', 'Application/JSON; Charset="UTF-8"; profile=x'), true],
  ['body.type == "refund"', json('\ufeff{"type":"refund"}'), true],
  ['body.type == "refund"', json('{"\\u0074ype":"ref\\u0075nd"}'), true],
  ['body.type == "refund"', form('type=refund&id=7'), true],
  ['body.type == "re fund"', form('type=re+f%75nd'), true],
  ['body.tag == ["a", "b"]', form('tag=a&id=7&tag=b'), true],
  ['body.type == "refund"', form('type=refund&type=order'), false],
  ['size(body) == 0', form(''), true],
  ['body.contains("urgent")', json('an urgent matter', 'text/plain'), true],
  ['body.contains("urgent")', json('{"urgent":1}', 'text/xml;charset=us-ascii'), true],
  ['body == "ä"', json('ä', 'text/plain; charset=utf-8'), true],
  ['body == ""', json('', 'text/plain'), true],
  ['request.method == "POST" && body.type == "refund"', json('{"type":"refund"}'), true],
  ['body.type == "refund"', json(['{"type":', '"refund"}']), true]
] as const) {
  t.test(`${condition} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(request.headers)} ${String(request.body)}`, async t => {
    t.equal(await matches(condition, request), expected)
  })
}

t.test('does not match a request without a body', async t => {
  t.equal(await matches('body == null', { headers: { 'content-type': 'application/json' } }), false)
  t.equal(await matches('body == ""', { headers: { 'content-type': 'text/plain' } }), false)
})

t.test('does not match a type that it does not read, and leaves its body alone', async t => {
  const headers = [
    {}, { 'content-type': '' }, { 'content-type': 'multipart/form-data; boundary=x' }, { 'content-type': 'application/octet-stream' },
    { 'content-type': 'application/x-ndjson' }, { 'content-type': 'json' }, { 'content-type': 'x/y/z+json' }, { 'content-type': 'text/' },
    { 'content-type': 'text/plain, application/json' }, { 'content-type': ['application/json', 'application/json'] },
    { 'content-type': 'application/json; charset=utf-16' }, { 'content-type': 'application/json; charset = iso-8859-1' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' }, { 'content-type': 'application/json', 'content-encoding': ['identity', 'br'] }
  ]
  const { match } = readBody.create({ condition: 'body != "no such text"', maxBytes: 65536 }, { routeId: 'test', upstreams: [], services: fakeServices() })
  for (const one of headers) {
    const x = exchange({ method: 'POST', headers: one, body: '{}' })
    t.equal(match(x), false, JSON.stringify(one))
    t.equal(x.body.held, null)
  }
  t.equal(await match(exchange({ method: 'POST', headers: { 'content-type': 'application/json', 'content-encoding': 'Identity' }, body: '{}' })), true)
})

t.test('does not match a body that is malformed', async t => {
  for (const text of ['', '{', '{"a":1}}', "{'a':1}", '{"a":1,}', 'NaN', '{"a":01}', '"\u0001"']) t.equal(await matches('body != "no such text"', json(text)), false, text)
  for (const text of ['a=%', 'a=%zz', 'a=%ff', 'a=%C3&b=%A4']) t.equal(await matches('body != "no such text"', form(text)), false, text)
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    t.equal(await matches('body != "no such text"', json(Uint8Array.of(0x22, 0xff, 0x22), type)), false, type)
  }
})

t.test('does not match a body that the condition cannot be asked about', async t => {
  for (const text of ['{}', '[]', '{"type":{}}', '7', 'null']) t.equal(await matches('body.type.startsWith("re")', json(text)), false, text)
  t.equal(await matches('body.type', json('{"type":"refund"}')), false, 'a result that is not true or false')
})

t.test('does not match a JSON object with a name twice', async t => {
  for (const text of ['{"a":1,"a":1}', '{"a":2,"\\u0061":1}', '{"a":1,"b":[{"c":0,"c":{}}]}', '{"__proto__":1,"__proto__":2,"a":1}']) {
    t.equal(await matches('body.a == 1', json(text)), false, text)
  }
  t.equal(await matches('body.a == 1', json('{"a":1,"b":{"a":1},"c":":\\":","d:":[":","\\\\"]}')), true, 'colons in strings and names in other objects')
})

t.test('takes names that mean something to JavaScript for names', async t => {
  t.equal(await matches('body.a == 1', json('{"constructor":{"name":"Map"},"a":1}')), true)
  t.equal(await matches('body.constructor == 1 && body["__proto__"] == 2', json('{"constructor":1,"__proto__":2}')), true)
  t.equal(await matches('has(body.admin)', json('{"__proto__":{"admin":true}}')), false)
  t.equal(await matches('has(body.toString) || "constructor" in body', json('{}')), false)
  t.equal(await matches('body["__proto__"] == "1"', form('__proto__=1')), true)
  t.equal(({} as Record<string, unknown>)['admin'], undefined)
})

t.test('does not match JSON that is nested too deep', async t => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  t.equal(await matches('size(body) == 1', json(nested(64))), true)
  t.equal(await matches('size(body) == 1', json(nested(65))), false)
  t.equal(await matches('size(body) == 1', json(nested(32_000))), false)
  t.equal(await matches('size(body) == 1', json('{"a":'.repeat(65) + '1' + '}'.repeat(65))), false)
})

t.test('takes a body of exactly maxBytes, declared or not, and none that is longer', async t => {
  const { match } = mount(readBody, { condition: 'body.a == 1', maxBytes: '7B' })
  t.equal(await match(json('{"a":1}')), true)
  t.equal(await match(json(['{"a"', ':1}'])), true)
  t.equal(await match(json('{"a":1} ')), false)
  t.equal(await match(json(['{"a"', ':1}', ' '])), false)
})

t.test('reads 64KiB unless told otherwise', async t => {
  t.equal(await matches('body != ""', json('x'.repeat(65_536), 'text/plain')), true)
  t.equal(await matches('body != ""', json('x'.repeat(65_537), 'text/plain')), false)
})

for (const [matched, body] of [[true, ['{"a"', ':1}']], [false, ['{"a"', ':2}']], [false, ['not', ' json']], [false, ['{"a":1,"b":"', 'much too', ' long"}']]] as const) {
  t.test(`leaves the whole body for upstream: ${body.join('|')}`, async t => {
    const { match } = readBody.create({ condition: 'body.a == 1', maxBytes: 16 }, { routeId: 'test', upstreams: [], services: fakeServices() })
    const x = exchange(json(body))
    t.equal(await match(x), matched)
    if (x.body.held) t.equal(await match(x), matched, 'also when it is asked again')
    const outgoing = x.body.outgoing()
    const bytes = outgoing instanceof Readable ? Buffer.concat(await outgoing.toArray()) : outgoing
    t.equal(Buffer.from(bytes ?? []).toString(), body.join(''))
  })
}

t.test('fails with the client that breaks off', async t => {
  const { match } = readBody.create({ condition: 'body.a == 1', maxBytes: 16 }, { routeId: 'test', upstreams: [], services: fakeServices() })
  const x = exchange(json('{}'))
  x.body.hold = async () => { throw Object.assign(new Error('gone'), { code: 'GW_BAD_BODY' }) }
  await t.rejects(Promise.resolve(match(x)), { code: 'GW_BAD_BODY' })
})

t.test('refuses a condition that is none, or not about the body', async t => {
  t.throws(() => mount(readBody, 'request.method == "POST"'), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/read-body' }] })
  t.throws(() => mount(readBody, { condition: 'body == reply.code' }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/read-body/condition' }] })
  t.throws(() => mount(readBody, { condition: 'body.a ==' }), { errors: [{ code: 'GW_CONFIG_EXPRESSION', pointer: '/read-body/condition' }] })
  t.throws(() => mount(readBody, { condition: 'body.a', maxBytes: 64 }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/read-body/maxBytes' }] })
  t.throws(() => mount(readBody), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('takes a fault that is not one of the configuration for a broken room', async t => {
  const fails = () => { throw new TypeError('out of order') }
  const services = { expressions: { ...fakeServices().expressions, condition: fails } }
  t.throws(() => mount(readBody, 'body.a', undefined, { services }), { errors: [{ code: 'GW_CONFIG_BAD_ROOM' }] })
})
