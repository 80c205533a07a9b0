import fc from 'fast-check'
import t from 'tap'
import { celExpressions } from '../../../src/adapters/cel-expressions.ts'
import { capture, HeaderList, type ExpressionInput, type Reply } from '../../../src/contract/index.ts'
import { exchange, reply, type TestRequest } from '../../../src/testing/index.ts'

const { condition } = celExpressions
const holds = (source: string, request: TestRequest = {}, input?: ExpressionInput) => condition(source).evaluate(exchange(request), input)
const answer = (headers: Record<string, string> = {}, status = 200): Reply => reply({ status, headers })
const FAILED = { name: 'GatewayError', code: 'GW_EXPRESSION_FAILED' }

for (const [source, request, expected] of [
  ['request.id == "test-request"', {}, true],
  ['request.method == "PUT"', { method: 'PUT' }, true],
  ['request.path == "/a%20b"', { target: '/a%20b' }, true],
  ['request.host == "shop.test"', { host: 'Shop.Test:8080' }, true],
  ['request.scheme == "https"', { scheme: 'https' }, true],
  ['request.query["q"] == "a b"', { target: '/?q=a+b' }, true],
  ['request.query["q"] == "1"', { target: '/?q=1&q=2' }, true],
  ['request.headers["x-tag"] == "1, 2"', { headers: { 'x-tag': ['1', '2'] } }, true],
  ['request.cookies["id"] == "7"', { headers: { cookie: 'id=7; id=8' } }, true],
  ['client.address == "203.0.113.7" && client.peer == "10.0.0.1" && client.tls', { client: { address: '203.0.113.7', peer: '10.0.0.1', tls: true } }, true],
  ['client.tls', {}, false],
  ['route.id == ""', {}, true],
  ['size(request.headers) == 2', { headers: { a: ['1', '2'], b: '3' } }, true],
  ['request.headers.all(name, name.startsWith("x-"))', { headers: { 'x-a': '1', 'x-b': '2' } }, true],
  ['dyn(1 > 0)', {}, true]
] as const) {
  t.test(`${source} is ${expected} for ${JSON.stringify(request)}`, async t => {
    t.equal(holds(source, request), expected)
  })
}

t.test('reads what is absent as empty text, however it is written', async t => {
  for (const source of [
    'request.headers["x"] == ""', 'request.headers.x == ""', 'request.query["x"] == ""', 'request.query.x == ""', 'request.cookies["x"] == ""', 'request.cookies.x == ""',
    '(request.headers)["x"] == ""', '(request).headers["x"] == ""', '((request).query).x == ""', 'request . headers [ "x" ] == ""', 'request.headers[("x")] == ""',
    'request.headers // in brackets )[\n["x"] == ""', 'request\n.query// )\n.x == ""', '!(request.headers["x"] + "a" == "")', 'request.headers["x" + "y"] == ""',
    'request.headers[request.headers["x"]] == ""', '["x", "y"].all(name, request.headers[name] == "")', 'cel.bind(name, "x", request.query[name] == "")',
    'request.headers["x"].size() == 0', '(request.method == "GET" ? request.query.x : "y") == ""', '[request.headers["x"]] == [""]', '{"a": request.query.x}.a == ""'
  ]) t.equal(holds(source), true, source)
  t.equal(holds('reply.headers["x"] == "" && reply.headers.x == ""', {}, { reply: answer() }), true)
})

t.test('reads what is there, however it is written', async t => {
  const request = { target: '/?page=2', headers: { 'x-tier': 'gold', cookie: 'session="s1"' } }
  for (const source of [
    'request.headers["x-tier"] == "gold"', 'request.headers["X-Tier"] == "gold"', 'request.header("X-TIER") == "gold"', 'request.query.page == "2"', 'request.parameter("page") == "2"',
    'request.cookies.session == "s1"', 'request.cookie("session") == "s1"', '(request.query)["page"] == "2"', '["page"].exists(name, request.query[name] == "2")', '"2" == request.query["pa" + "ge"]'
  ]) t.equal(holds(source, request), true, source)
  t.equal(holds('reply.headers["x-a"] == "1" && reply.header("X-A") == "1"', {}, { reply: answer({ 'X-A': '1' }) }), true)
})

t.test('tells absent from empty by `in` and `has`', async t => {
  const request = { target: '/?x=', headers: { 'x-a': '', cookie: 'c=' } }
  for (const source of ['"x" in request.query', 'has(request.query.x)', '"x-a" in request.headers', '"c" in request.cookies', 'has(request.cookies.c)']) {
    t.equal(holds(source, request), true, source)
    t.equal(holds(source), false, `not ${source}`)
  }
})

t.test('knows the reply on the way out only', async t => {
  const late = condition('reply.status >= 500 && reply.code == "GW_INTERNAL"')
  t.match(late, { usesReply: true, usesBody: false })
  t.equal(late.evaluate(exchange(), { reply: { ...answer({}, 500), code: 'GW_INTERNAL' } }), true)
  t.equal(late.evaluate(exchange(), { reply: answer({}, 500) }), false)
  t.throws(() => late.evaluate(exchange()), FAILED)
})

t.test('tells which expressions look at reply and body, also inside of macros', async t => {
  t.match(condition('request.method == "GET"'), { usesReply: false, usesBody: false })
  t.match(condition('["a"].exists(name, reply.headers[name] == "")'), { usesReply: true, usesBody: false })
  t.match(condition('has(body.a)'), { usesReply: false, usesBody: true })
  t.match(condition('cel.bind(b, body, b.a == 1)'), { usesReply: false, usesBody: true })
})

t.test('reads params by field and index; one that was not captured is an error', async t => {
  const x = exchange()
  capture(x, Object.assign(Object.create(null) as Record<string, string>, { id: '7', constructor: 'c', ['__proto__']: 'p' }))
  for (const source of ['params.id == "7"', 'params["id"] == "7"', '"id" in params', 'has(params.id)', 'params.constructor == "c"', 'params["__proto__"] == "p"', 'size(params) == 3']) {
    t.equal(condition(source).evaluate(x), true, source)
  }
  t.throws(() => holds('params.id == "7"'), FAILED)
  t.throws(() => holds('params.constructor == ""'), FAILED)
  t.equal(holds('has(params.constructor) || "toString" in params'), false)
})

t.test('knows the route once it is chosen', async t => {
  const x = exchange()
  x.route = { id: 'orders', metadata: {} }
  t.equal(condition('route.id == "orders"').evaluate(x), true)
})

t.test('searches by matches, in RE2 syntax and in linear time', async t => {
  const request = { target: `/${'a'.repeat(8000)}!`, headers: { 'x-a': 'abc' } }
  for (const [source, expected] of [
    ['request.headers["x-a"].matches("b")', true],
    ['request.headers["x-a"].matches("^b")', false],
    ['("x" + request.headers["x-a"]).matches("^xabc$")', true],
    ['("x" + "b") . // matches(\nmatches("b")', true],
    ['!request.headers["x-a"].matches("z") && request.query["q"].matches("^$")', true],
    ['["^z", "^a"].exists(p, request.headers["x-a"].matches(p))', true],
    ['request.headers.exists(name, name.matches("^x-"))', true],
    ['"matches".matches("^matches$")', true],
    ['request.path.matches("(a+)+$")', false],
    ['request.path.matches("^/(a|a)*$")', false]
  ] as const) t.equal(holds(source, request), expected, source)
})

t.test('compiles each pattern once, and forgets the oldest of many', async t => {
  for (let i = 0; i < 300; i++) t.equal(holds(`"v${i}".matches("^v${i}$")`), true)
  t.equal(holds('"v0".matches("^v0$")'), true)
})

t.test('refuses a pattern that is none, or that the request could choose', async t => {
  for (const [source, detail] of [
    ['request.path.matches("(")', /RE2/],
    ['request.path.matches("(?=a)")', /RE2/],
    ['["a"].all(x, x.matches("\\\\1"))', /RE2/],
    ['request.path.matches(request.headers["x"])', /request/],
    ['request.path.matches("^" + params.id)', /params/],
    ['request.path.matches(body)', /body/]
  ] as const) t.throws(() => condition(source, '/when'), { code: 'GW_CONFIG_EXPRESSION', pointer: '/when', detail }, source)
  t.throws(() => holds('body.exists(p, "a".matches(p))', {}, { body: ['('] }), FAILED)
  t.throws(() => holds('body.exists(p, "a".matches(p))', {}, { body: ['a'.repeat(1025)] }), FAILED)
})

t.test('bounds the work of duration, which a request could make endless', async t => {
  const request = { headers: { 'x-wait': '90s', 'x-long': '1'.repeat(8000) } }
  t.equal(holds('duration(request.headers["x-wait"]) > duration("1m")', request), true)
  t.equal(holds('duration("1h") == duration("60m") && "duration(" != ""', request), true)
  t.throws(() => holds('duration(request.headers["x-long"]) > duration("1m")', request), FAILED)
  t.throws(() => holds('duration(request.path) > duration("1m")', request), FAILED)
})

for (const [source, detail] of [
  ['request.method ==', /not a valid CEL expression/],
  ['request.verb == "GET"', /verb/],
  ['request.constructor == "GET"', /constructor/],
  ['nobody == 1', /nobody/],
  ['process.exit()', /process/],
  ['constructor["x"] == ""', /constructor/],
  ['request.headers["a"] == 1', /string == int/],
  ['request.headers[1] == ""', /header\(int\)/],
  ['request.path.matches(1)', /string\.matches\(int\)/],
  ['reply.status == "200"', /int == string/],
  ['request == request', /Request/],
  ['request.method', /true or false, this is string/],
  ['size(request.path)', /true or false, this is int/],
  ['', /not a valid CEL expression/],
  ['while == 1', /while/],
  [`"${'a'.repeat(9)}`, /not a valid CEL expression/]
] as const) {
  t.test(`refuses ${JSON.stringify(source)} as a condition`, async t => {
    t.throws(() => condition(source, '/filters/0/when'), { name: 'ConfigError', code: 'GW_CONFIG_EXPRESSION', pointer: '/filters/0/when', detail })
    t.throws(() => condition(source), { code: 'GW_CONFIG_EXPRESSION', pointer: '' })
  })
}

t.test('bounds the size of an expression', async t => {
  for (const source of ['('.repeat(65) + 'true' + ')'.repeat(65), 'true' + ' || true'.repeat(1000), `[${'1,'.repeat(1001)}] == []`, 'request' + '.path'.repeat(65) + ' == ""', '['.repeat(100_000)]) {
    t.throws(() => condition(source), { code: 'GW_CONFIG_EXPRESSION', detail: /Exceeded/ }, source.slice(0, 20))
  }
})

t.test('is a GatewayError where it cannot be evaluated, and recovers', async t => {
  const fails = condition('["1", request.headers["n"]].map(n, int(n)).exists(n, n == 1)')
  t.throws(() => fails.evaluate(exchange({ headers: { n: 'x' } })), { ...FAILED, cause: { name: 'EvaluationError' } })
  t.equal(fails.evaluate(exchange({ headers: { n: '2' } })), true)
  t.throws(() => holds('1 / size(request.query) == 1'), FAILED)
  t.throws(() => holds('dyn(1)'), FAILED)
  t.throws(() => holds('body.a', {}, { body: { a: 'true' } }), FAILED)
  t.throws(() => holds('request[params.key] == ""'), FAILED)
})

t.test('asks about a body as JSON has it', async t => {
  const body: unknown = JSON.parse('{"type":"refund","amount":12.5,"count":2,"lines":[{"sku":"a"},{"sku":"b"}],"note":null,"paid":true,"nested":{"a":{"b":1}}}')
  for (const source of [
    'body.type == "refund"', 'body.amount > 12', 'body.count == 2', 'body.lines.exists(line, line.sku == "b")', 'body.lines[1].sku == "b"', 'size(body.lines) == 2', 'body.note == null', 'body.paid',
    'body.nested.a.b == 1', 'body["nested"]["a"] == {"b": 1}', '"type" in body && has(body.type)', '!("none" in body || has(body.none))', 'body.all(name, name != "")', '"refund" in [body.type]'
  ]) t.equal(holds(source, {}, { body }), true, source)
  t.equal(holds('body == "text"', {}, { body: 'text' }), true)
  t.equal(holds('body == null'), true)
  t.equal(holds('body == null', {}, { body: null }), true)
  t.equal(holds('size(body) == 1 && body["k"].a == 1', {}, { body: new Map([['k', new Map([['a', 1]])]]) }), true)
  t.equal(holds('size(body) == 1', {}, { body: Object.assign(Object.create(null), { a: 1 }) }), true)
  t.equal(holds('size(body) == 2', {}, { body: Uint8Array.of(1, 2) }), true)
})

t.test('takes names in a body that mean something to JavaScript for names', async t => {
  const body: unknown = JSON.parse('{"constructor":"Map","__proto__":{"admin":true},"toString":1,"a":{"constructor":null,"hasOwnProperty":2,"valueOf":{}},"list":[{"constructor":{"name":"Object"},"b":1}]}')
  for (const source of [
    'body.constructor == "Map"', 'body["__proto__"].admin', 'body.toString == 1', 'body.a.constructor == null', 'body.a.hasOwnProperty == 2', 'body.list[0].b == 1', 'size(body) == 5',
    '!has(body.admin)', '!("valueOf" in body)', 'body.list.exists(one, one.constructor.name == "Object")', 'body == body'
  ]) t.equal(holds(source, {}, { body }), true, source)
  for (const source of ['has(body.constructor)', 'has(body.toString)', '"__proto__" in body', '"length" in body']) t.equal(holds(source, {}, { body: {} }), false, source)
  for (const source of ['body.constructor == "Map"', 'body.toString == 1', 'body["__proto__"] == 1']) t.throws(() => holds(source, {}, { body: {} }), FAILED, source)
  t.equal(({} as { admin?: boolean }).admin, undefined)
})

t.test('is a GatewayError for a body that is nested beyond all measure', async t => {
  const body: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  t.throws(() => holds('size(body) == 1', {}, { body }), FAILED)
  t.equal(holds('request.method == "GET"', {}, { body }), true, 'what is not asked about is not looked at')
})

t.test('gives any result as text', async t => {
  const text = (source: string, input?: ExpressionInput) => celExpressions.text(source).evaluate(exchange({ headers: { 'x-a': 'v' } }), input)
  for (const [source, expected] of [
    ['request.headers["x-a"]', 'v'], ['request.headers.none', ''], ['7', '7'], ['9223372036854775807', '9223372036854775807'], ['7u', '7'], ['2.0', '2'], ['2.5', '2.5'],
    ['double("inf")', '+Inf'], ['double("-inf")', '-Inf'], ['double("nan")', 'NaN'], ['1 < 2', 'true'], ['null', 'null'], ['b"caf\\303\\251"', 'café'], ['type(1)', 'Type<int>'],
    ['timestamp("2026-03-01T00:00:00Z")', '2026-03-01T00:00:00Z'], ['timestamp("2026-03-01T01:00:00.25+01:00")', '2026-03-01T00:00:00.250Z'], ['duration("90.5s")', '90.5s'],
    ['[1, 2]', '[1,2]'], ['["a\\"b", "c"]', '["a\\"b","c"]'], ['{"a": [true]}', '{"a":[true]}'], ['{1: null}', '{"1":null}'], ['[double("inf")]', '["+Inf"]'], ['[b"a"]', '["a"]'],
    ['[timestamp("2026-03-01T00:00:00Z")]', '["2026-03-01T00:00:00Z"]'], ['[]', '[]'], ['{}', '{}'], ['request.headers', '{"x-a":"v"}'], ['request.path.split("/")', '["",""]']
  ] as const) t.equal(text(source), expected, source)
  t.equal(text('body', { body: JSON.parse('{"a":{"b":[1.5,null,"x",false]},"__proto__":1}') }), '{"a":{"b":[1.5,null,"x",false]},"__proto__":1}')
  t.equal(text('body.n + 1.0', { body: { n: 1 } }), '2')
})

t.test('gives any body as the JSON it was', async t => {
  const body = celExpressions.text('body')
  const same = condition('body == body')
  fc.assert(fc.property(fc.json(), text => {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return body.evaluate(exchange(), { body: value }) === value
    return JSON.stringify(JSON.parse(body.evaluate(exchange(), { body: value }))) === JSON.stringify(value) && same.evaluate(exchange(), { body: value })
  }))
  t.pass()
})

t.test('refuses a text of what has none', async t => {
  for (const source of ['request', 'client', 'route', 'reply']) t.throws(() => celExpressions.text(source, '/key'), { code: 'GW_CONFIG_EXPRESSION', pointer: '/key' }, source)
  t.throws(() => celExpressions.text('request.verb', '/key'), { code: 'GW_CONFIG_EXPRESSION', pointer: '/key' })
  t.throws(() => celExpressions.text('dyn(request)').evaluate(exchange()), FAILED)
  t.throws(() => celExpressions.text('[request]').evaluate(exchange()), FAILED)
  t.throws(() => celExpressions.text('b"\\377"').evaluate(exchange()), FAILED)
  t.match(celExpressions.text('reply.status'), { usesReply: true, usesBody: false })
})

t.test('changes nothing of the exchange', async t => {
  const x = exchange({ target: '/a?b=c', headers: { 'x-a': '1' } })
  condition('request.headers["x-a"] == "1" && request.query.b == "c"').evaluate(x)
  t.match(x, { path: '/a', query: 'b=c', headers: new HeaderList(['x-a', '1']), reply: null })
})
