import t from 'tap'
import { explainer, TO } from './explainer.ts'

/** What a filter did, by its place. */
const effect = (out: string, number: number): string => new RegExp(`^(?:Filters)? +${number} (.*(?:\\n {12,}.*)*)`, 'm').exec(out)![1]!.replace(/ {2,}/g, ' ')

t.test('tells which route wins, with what its predicates have captured', async t => {
  const { text, json } = explainer(t, `  - { id: order, predicates: [path: "/orders/{id}", method: GET], ${TO} }\n`)
  t.match(await text('GET /orders/7'), 'Route     order (routes.yaml:5:5)\n          path "/orders/{id}" holds\n          method "GET" holds\n          {id} is 7\n')
  t.match(await json('GET /orders/7'), { route: { id: 'order', source: 'routes.yaml:5:5', predicates: ['path "/orders/{id}"', 'method "GET"'], captured: { id: '7' } } })
})

t.test('tells why each earlier route does not take the request, those first that came nearest', async t => {
  const { text, json } = explainer(t, `  - { id: elsewhere, predicates: [path: /x], ${TO} }
  - { id: put, predicates: [path: /a, method: PUT], ${TO} }
  - { id: odd, predicates: [any: [path: /y, method: PUT]], ${TO} }
  - { id: winner, predicates: [path: /a], ${TO} }
  - { id: later, predicates: [path: /a], ${TO} }
`)
  t.match(await text('GET /a'), `Not taken put (routes.yaml:6:5): method "PUT" does not hold
          elsewhere (routes.yaml:5:5): path "/x" does not hold
          odd (routes.yaml:7:5): any of path "/y", method "PUT" does not hold

Route     winner`)
  t.same((await json('GET /a')).lost.routes.map(({ id }) => id), ['put', 'elsewhere', 'odd'])
})

t.test('sums up where very many routes lost', async t => {
  const { text, json } = explainer(t, Array.from({ length: 30 }, (_, i) => `  - { id: r${i}, predicates: [path: /${i}], ${TO} }\n`).join(''))
  const out = await text('GET /none')
  t.match(out, /r19 .*\n {10}and 10 more; --all shows them\n/)
  t.notMatch(out, 'r20')
  t.match(out, 'Route     none takes it')
  t.match(out, 'Answers   404 GW_NO_ROUTE')
  t.match(await text('GET /none', '--all'), /r29 .*\n\nRoute/)
  t.equal((await json('GET /none')).lost.more, 10)
})

t.test('tells what the guard refuses, and why', async t => {
  const { text, json } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  const cases: [string[], string][] = [
    [['GET /a/%2e%2e/b'], '400 GW_UNSAFE_PATH'],
    [['GET /a?b#c'], '400 GW_BAD_TARGET'],
    [['GET /a', '-H', 'Host: a b'], '400 GW_BAD_HOST'],
    [['GET /a', '-H', 'X_Forwarded_For: 1.2.3.4'], '400 GW_BAD_HEADER: a header name has an underscore or imitates a reserved name'],
    [['GET /a', '-H', 'Content-Type: a', '-H', 'Content-Type: b'], '400 GW_BAD_HEADER: content-type is repeated'],
    [['GET /a', '-H', `X: ${'a'.repeat(20_000)}`], '431 GW_HEADERS_TOO_LARGE'],
    [[`GET /${'a'.repeat(9000)}`], '414 GW_TARGET_TOO_LONG'],
    [['GET /a', '-d', 'x', '-H', 'Content-Length: x'], '400 GW_BAD_FRAMING'],
    [['GET /a', '-H', 'Expect: 99-balloons'], '417 GW_EXPECTATION_FAILED'],
    [['TRACE /a'], '405 GW_METHOD_NOT_SUPPORTED'],
    [['CONNECT /a'], '405 GW_METHOD_NOT_SUPPORTED'],
    [['OPTIONS *'], '204 by itself\n          allow: GET']
  ]
  for (const [argv, answer] of cases) {
    const out = await text(...argv)
    t.match(out, `Guard     it is answered before any route is asked\n\nAnswers   ${answer}`)
    t.notMatch(out, /^(Route|Sends|Not taken)/m)
  }
  t.match(await json('GET /a/%2e%2e/b'), { admitted: null, route: null, sent: [], reply: { status: 400, code: 'GW_UNSAFE_PATH' } })
})

t.test('tells what the guard makes of the request', async t => {
  const { text } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  t.match(await text('GET /a/./b/%7Ec?d', '-H', 'X-Forwarded-For: 1.2.3.4', '-H', 'Connection: X-Mine', '-H', 'X-Mine: 1', '-H', 'TE: trailers'),
    'Guard     lets it in as /a/b/~c?d\n          leaves behind: x-forwarded-for, x-mine, te\n')
  t.match(await text('GET /a', '--from', '10.0.0.1', '-H', 'X-Forwarded-For: 203.0.113.9'), 'the client is 203.0.113.9, says the trusted proxy\n')
})

t.test('tells when the path holds what the route does not let in', async t => {
  const { text, json } = explainer(t, `  - { id: a, allowPath: semicolon, predicates: [path: /**], ${TO} }\n`)
  t.match(await text('GET /a%2Fb;c'), 'allowPath of the route does not let in an encoded slash (%2F) in the path\n')
  t.match(await text('GET /a%2Fb'), 'Answers   400 GW_UNSAFE_PATH')
  t.match(await json('GET /a;b'), { route: { refuses: null } })
  const strict = explainer(t, `  - { id: a, predicates: [path: /**], ${TO} }\n`)
  t.match(await strict.text('GET /a%2Fb;c'), 'does not let in an encoded slash (%2F) or a semicolon in the path\n')
})

t.test('tells what each filter changes', async t => {
  const { text, json } = explainer(t, `  - id: a
    predicates: [path: "/a/{id}"]
    filters:
      - strip-prefix: 1
      - add-request-parameter: { name: x, value: "{id}" }
      - set-request-header: { name: X-A, value: new }
      - remove-request-header: X-B
      - preserve-host-header
      - set-request-header: { name: X-C, value: "1" }
        when: request.method == "PUT"
      - shouts
      - onlooker
      - set-status: 201
      - add-response-header: { name: X-D, value: "2" }
      - set-request-uri: http://10.2.2.2/c
    ${TO}
`)
  const out = await text('POST http://shop.example/a/7', '-H', 'X-A: old', '-H', 'X-B: 1', '-d', 'hello')
  t.equal(effect(out, 1), 'strip-prefix path /a/7 -> /7')
  t.equal(effect(out, 2), 'add-request-parameter query = x=7')
  t.equal(effect(out, 3), 'set-request-header header x-a old -> new')
  t.equal(effect(out, 4), 'remove-request-header no header x-b')
  t.equal(effect(out, 5), 'preserve-host-header host = shop.example')
  t.equal(effect(out, 6), 'set-request-header skipped: request.method == "PUT" does not hold')
  t.equal(effect(out, 7), 'shouts body = 5 bytes: HELLO\n header x-shouts = yes')
  t.equal(effect(out, 8), 'onlooker changes nothing')
  t.equal(effect(out, 9), 'set-status acts on the answer:\n status 200 -> 201')
  t.equal(effect(out, 10), 'add-response-header acts on the answer:\n header x-d = 2')
  t.match(effect(out, 11), /^set-request-uri path \/7 -> \/c\n no query\n origin = http:\/\/10\.2\.2\.2$/)
  t.match(out, 'Upstream  http://10.2.2.2, as a filter says\n')
  t.match(out, /Sends {5}POST \/c HTTP\/1\.1\n {10}host: shop\.example\n[^]*\n {10}content-length: 5\n\n {10}HELLO\n$/)
  const { filters } = await json('POST http://shop.example/a/7', '-H', 'X-A: old')
  t.match(filters[0], { name: 'strip-prefix', source: 'routes.yaml:8:9', acts: ['request'], decision: 'passed', request: [{ what: 'path', from: ['/a/7'], to: ['/7'] }], reply: [] })
  t.match(filters[2], { request: [{ what: 'header x-a', from: ['old'], to: ['new'] }] })
  t.match(filters[5], { decision: 'skipped', when: 'request.method == "PUT"' })
})

t.test('tells which filter refuses, and which are not reached', async t => {
  for (const [filter, code] of [['refuses', 'GW_FORBIDDEN'], ['throws-refusal', 'GW_FORBIDDEN'], ['unsafe', 'GW_UNSAFE_PATH'], ['request-size: 1B', 'GW_BODY_TOO_LARGE']]) {
    const { text, json } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [secure-headers, ${filter}, strip-prefix: 1], ${TO} }\n`)
    const out = await text('POST /a', '-d', 'hello')
    t.match(effect(out, 1), /^secure-headers acts on the answer:/)
    t.match(effect(out, 2), `${filter!.split(':', 1)[0]} refuses with ${code}`)
    t.equal(effect(out, 3), 'strip-prefix not reached')
    t.match(out, new RegExp(`^Answers {3}\\d+ ${code}`, 'm'))
    t.notMatch(out, /^(Sends|Upstream)/m)
    t.match(await json('POST /a', '-d', 'hello'), { sent: [], reply: { code } })
  }
})

t.test('tells of a body that turns out too large while it is read', async t => {
  const { text } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [request-size: 1B], ${TO} }\n`)
  const out = await text('POST /a', '-d', 'hello', '-H', 'Transfer-Encoding: chunked')
  t.equal(effect(out, 1), 'request-size refuses with GW_BODY_TOO_LARGE')
  t.match(out, /^Answers {3}413 GW_BODY_TOO_LARGE$/m)
  t.notMatch(out, /^Sends/m)
})

t.test('tells what a filter would have refused that only reports', async t => {
  for (const [filter, code] of [['refuses: {}', 'GW_FORBIDDEN'], ['throws-refusal: {}', 'GW_FORBIDDEN'], ['request-size: 1B', 'GW_BODY_TOO_LARGE'], ['instead: {}', 'GW_OVERLOADED']]) {
    const { text } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [{ ${filter}, report: true }], ${TO} }\n`)
    const out = await text('POST /a', '-d', 'hello')
    t.match(effect(out, 1), `would refuse with ${code}, but only reports`)
    t.match(out, /^Sends/m)
  }
})

t.test('tells of a filter that fails, with its error', async t => {
  for (const [filter, error] of [['fails', 'out of order'], ['fails-around', 'no way through'], ['fails-on-answer', 'text']]) {
    const { text } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [${filter}], ${TO} }\n`)
    const out = await text('/a')
    t.equal(effect(out, 1), `${filter} fails: ${error}`)
    t.match(out, /^Answers {3}500 GW_FILTER_FAILED$/m)
  }
})

t.test('tells of filters around the call, and each time upstream is asked', async t => {
  const { text, json } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [around], ${TO} }\n`)
  t.equal(effect(await text('/a'), 1), 'around acts around the call')
  t.equal((await json('/a')).sent.length, 2)
  const other = explainer(t, `  - { id: a, predicates: [path: /**], filters: [instead, refuses], ${TO} }\n  - { id: b, predicates: [path: /**], filters: [instead], ${TO} }\n`)
  t.equal(effect(await other.text('/a'), 1), 'instead not reached')
})

t.test('tells that upstream would not be asked where a filter answers in its place', async t => {
  const { text } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [instead], ${TO} }\n`)
  const out = await text('/a')
  t.equal(effect(out, 1), 'instead refuses with GW_OVERLOADED\n acts around the call')
  t.match(out, 'Answers   503 GW_OVERLOADED')
})

t.test('shows the answer that the gateway gives by itself', async t => {
  const { text, json } = explainer(t, '  - { id: a, predicates: [path: /**], filters: [respond: { status: 418, body: "short\\nand stout", headers: { X-Pot: tea } }] }\n')
  t.match(await text('/a'), /Answers {3}418 by itself\n {10}content-type: text\/plain; charset=utf-8\n {10}x-pot: tea\n {10}content-length: 15\n\n {10}short\n {10}and stout\n$/)
  t.match(await json('/a'), { reply: { status: 418, code: null, body: 'short\nand stout' }, upstream: null, sent: [] })
})

t.test('shows a problem even where a filter has made something else of it', async t => {
  const { text, json } = explainer(t, `  - { id: a, predicates: [path: /**], filters: [garbles, refuses], ${TO} }\n`)
  t.match(await text('/a'), /Answers {3}403 GW_FORBIDDEN\n$/)
  t.match(await json('/a'), { reply: { code: 'GW_FORBIDDEN', detail: null, body: 'not JSON' } })
  const plain = explainer(t, `  - { id: a, predicates: [path: /**], filters: [refuses], ${TO} }\n`)
  t.match(await plain.text('/a'), 'Answers   403 GW_FORBIDDEN: not you\n')
})

t.test('tells how requests are shared, and who it is this time', async t => {
  const { text, json } = explainer(t, '  - { id: a, predicates: [path: /**], upstream: [{ to: orders, weight: 2 }, { to: http://10.9.9.9, weight: 1 }] }\n')
  t.match(await text('/a'), 'Upstream  orders at http://10.1.1.2:81\n          one of orders 66.7%, http://10.9.9.9 33.3%\n          endpoints: http://10.1.1.1:81 25%, http://10.1.1.2:81 75%\n')
  t.match(await json('/a'), { upstream: { to: 'orders', endpoint: 'http://10.1.1.2:81', byFilter: false, endpoints: [{}, { weight: 3 }] } })
})

t.test('tells what decides among several upstreams, and goes by it', async t => {
  const { text, json } = explainer(t, '  - { id: a, predicates: [path: /**], upstream: { split: [{ to: orders, weight: 1 }, { to: http://10.9.9.9, weight: 1 }], by: { query: user } } }\n')
  t.match(await text('/a?user=ann'), 'one of orders 50%, http://10.9.9.9 50%, by query user\n')
  t.match(await json('/a?user=ann'), { upstream: { splitBy: 'query user' } })
  const ways = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await json(`/a?user=${i}`) as { upstream: { to: string } }).upstream.to))
  t.same([...new Set(ways)].sort(), ['http://10.9.9.9', 'orders'])
  t.match(await json('/a'), { upstream: { to: 'orders' } }, 'without a key by chance, which here is always the first')
})

t.test('tells that there is nobody to ask', async t => {
  const { text } = explainer(t, '  - { id: a, predicates: [path: /**], upstream: idle }\nupstreams: { idle: { endpoints: [{ url: http://10.9.9.9, weight: 0 }] } }\n', '')
  t.match(await text('/a'), 'Answers   503 GW_NO_ENDPOINT')
})

t.test('tells who is drawn from a weighted group', async t => {
  const { text, json } = explainer(t, `  - { id: none, predicates: [path: /**, weight: { group: g, weight: 0 }], ${TO} }
  - { id: half, predicates: [path: /**, weight: { group: g, weight: 5 }], ${TO} }
  - { id: rest, predicates: [path: /**, weight: { group: g, weight: 5 }], ${TO} }
`)
  const out = await text('/a')
  t.match(out, 'none (routes.yaml:5:5): its predicates hold, but another route of the group "g" was drawn\n')
  t.match(out, 'drawn from the group "g": none 0%, half 50%, rest 50%\n')
  t.match(await json('/a'), { route: { id: 'half', group: { name: 'g', members: [{ id: 'none', weight: 0 }, {}, {}] } } })
  const nobody = explainer(t, `  - { id: none, predicates: [path: /**, weight: { group: g, weight: 0 }], ${TO} }\n`)
  t.match(await nobody.text('/a'), 'group "g": none 0%\n')
})

t.test('looks a CORS preflight up by the method it asks about', async t => {
  const { text, json } = explainer(t, `  - { id: plain, predicates: [path: /**, method: PUT], ${TO} }
  - { id: cors, predicates: [path: /**, method: PUT], filters: [cors: { origins: "*", methods: PUT }], ${TO} }
  - { id: options, predicates: [path: /**, method: OPTIONS], filters: [cors: "*"], ${TO} }
`)
  const preflight = ['OPTIONS /a', '-H', 'Origin: https://app.example', '-H', 'Access-Control-Request-Method: PUT']
  const out = await text(...preflight)
  t.match(out, 'plain (routes.yaml:5:5): the request is a CORS preflight, and none of its filters answers one\n')
  t.match(out, 'Route     cors (routes.yaml:6:5), for the method that the preflight asks about\n')
  t.match(out, 'Answers   204 by itself')
  t.match(await json('OPTIONS /a', '-H', 'Origin: https://app.example', '-H', 'Access-Control-Request-Method: DELETE'), { route: { id: 'options', preflight: false } })
  t.match(await json('OPTIONS /a'), { route: { id: 'options', preflight: false } })
})

t.test('tells which predicate fails a request', async t => {
  const { text } = explainer(t, `  - { id: fine, predicates: [broken, path: /b], ${TO} }
  - { id: bad, predicates: [path: /a, broken], ${TO} }
  - { id: after, predicates: [path: /a], ${TO} }
`)
  const out = await text('/a')
  t.match(out, 'bad (routes.yaml:6:5): broken failed: cannot tell\n')
  t.notMatch(out, 'after')
  t.match(out, 'fine (routes.yaml:5:5): path "/b" does not hold\n')
  t.match(out, 'Answers   500 GW_PREDICATE_FAILED')
})

t.test('asks predicates that read the body without changing what is sent', async t => {
  const { json } = explainer(t, `  - { id: never, predicates: [read-body: 'body.a == 1', path: /b], ${TO} }
  - { id: all, predicates: [path: /**], ${TO} }
`)
  const { lost, sent } = await json('POST /a', '-H', 'Content-Type: application/json', '-H', 'Transfer-Encoding: chunked', '-d', '{"a":1}')
  t.match(lost.routes, [{ id: 'never', reason: 'path "/b" does not hold' }])
  t.match(sent, [{ head: [/^POST/], body: '{"a":1}' }])
  t.ok(sent[0]!.head.includes('transfer-encoding: chunked'))
})
