import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { cli, type CliOptions, type Ran } from './cli-io.ts'
import { ODD_ROOMS } from './explain/odd-rooms.ts'

const HEAD = `version: 1
upstreams:
  orders: { endpoints: [http://10.1.1.1:81, { url: http://10.1.1.2:81/, weight: 3 }, { url: http://10.1.1.3, weight: 0 }] }
routes:
`

/** Runs the tests of these routes. */
const run = (t: Test, routes: string, options: CliOptions = {}): Promise<Ran> => cli(['test'], { cwd: t.testdir({ 'routes.yaml': HEAD + routes }), ...options })

/** A route `a` that takes all below /a and sends it to `orders`, with one test. */
const one = (test: string, more = '') => `  - id: a
    predicates: [path: /a/**]
    upstream: [{ to: orders, weight: 9 }, { to: http://10.9.9.9, weight: 1 }, { to: http://10.8.8.8, weight: 0 }]
    ${more || 'metadata: {}'}
    tests: [${test}]
`

/** What the first test that failed tells of it. */
function diagnostics (out: string): { at: string, message: string, misses: { what: string, wanted: unknown, found: unknown }[] } {
  return parse(/\n {2}---\n([^]*?)\n {2}\.\.\.\n/.exec(out)![1]!) as never
}

t.test('prints TAP version 14', async t => {
  const { status, out, err } = await run(t, `  - id: a
    predicates: [path: /a]
    filters: [respond]
    tests:
      - request: GET /a
        expect: { route: a, status: 200 }
      - request: GET /a
        expect: { route: b }
  - id: b
    predicates: [path: /b]
    filters: [respond]
  - id: c
    predicates: [path: /c]
    filters: [respond]
    tests: [{ request: "GET http://x/c", expect: {} }]
`)
  t.equal(status, 1)
  t.equal(err, '')
  t.equal(out, `TAP version 14
1..3
ok 1 - a: GET /a
not ok 2 - a: GET /a
  ---
  at: routes.yaml:11:9
  message: route
  misses:
    - what: route
      wanted: b
      found: a
  ...
ok 3 - c: GET http://x/c
# 3 tests, 1 failed
# 1 route without tests: b
`)
})

t.test('can be read by a TAP parser', async t => {
  const { Parser } = await import('tap-parser')
  const results = Parser.parse((await run(t, one('{ request: "GET /b\\\\#c", expect: {} }, { request: GET /a/b, expect: {} }'))).out)
  const asserts = results.filter(([kind]: unknown[]) => kind === 'assert').map(([, assert]: unknown[]) => assert as { ok: boolean, name: string, diag?: object })
  t.same(asserts.map(({ ok, name }) => [ok, name]), [[false, 'a: GET /b\\#c'], [true, 'a: GET /a/b']])
  t.match(asserts[0]!.diag, { misses: [{ wanted: 'a', found: null }] })
})

t.test('passes where there is nothing to run, and says so', async t => {
  t.same(await run(t, one('').replace('    tests: []\n', '')), { status: 0, out: 'TAP version 14\n1..0 # SKIP no route has tests\n', err: '' })
})

t.test('names only some of many routes without tests', async t => {
  const routes = Array.from({ length: 12 }, (_, i) => `  - { id: r${i}, predicates: [path: /${i}], filters: [respond] }\n`).join('')
  t.match((await run(t, routes + one('{ request: GET /a/b, expect: {} }'))).out, /# 12 routes without tests: r0, .*, r9, \.\.\.\n$/)
})

t.test('takes the requests through the whole table', async t => {
  const { status } = await run(t, `  - { id: early, predicates: [path: /a/b], filters: [respond] }\n${one('{ request: GET /a/b, expect: { route: early } }, { request: GET /a/c, expect: { route: a } }, { request: GET /b, expect: { route: null, status: 404 } }')}`)
  t.equal(status, 0)
})

t.test('holds a test that expects nothing to its own route', async t => {
  const { status, out } = await run(t, `  - { id: early, predicates: [path: /a/b], filters: [respond] }\n${one('{ request: GET /a/b, expect: {} }')}`)
  t.equal(status, 1)
  t.match(diagnostics(out), { misses: [{ what: 'route', wanted: 'a', found: 'early' }] })
})

t.test('compares what goes upstream', async t => {
  const more = 'filters: [strip-prefix: 1, set-request-header: { name: X-A, value: "1" }, remove-request-header: X-B]'
  const passes = ['{ upstreamPath: "/b?c=d", upstreamMethod: PUT, headers: { X-A: "1", x-b: null, Host: "10.1.1.2:81", X-C: "1, 2" } }', '{ upstream: orders }', '{ upstream: "http://10.9.9.9" }',
    '{ upstream: "http://10.1.1.2:81" }', '{ upstream: "http://10.1.1.1:81/" }']
  for (const expect of passes) {
    const { status, out } = await run(t, one(`{ request: "PUT /a/b?c=d", headers: { X-B: "1", X-C: "1, 2" }, expect: ${expect} }`, more))
    t.equal(status, 0, `${expect}: ${out}`)
  }
  const fails: [string, string, unknown][] = [
    ['{ upstreamPath: /b }', 'upstreamPath', '/b?c=d'],
    ['{ upstreamMethod: GET }', 'upstreamMethod', 'PUT'],
    ['{ headers: { X-A: "2" } }', 'headers/X-A', '1'],
    ['{ headers: { X-A: null } }', 'headers/X-A', '1'],
    ['{ headers: { X-Z: "2" } }', 'headers/X-Z', null],
    ['{ upstream: "http://10.8.8.8" }', 'upstream', 'orders'],
    ['{ upstream: "http://10.1.1.3" }', 'upstream', 'orders'],
    ['{ upstream: other }', 'upstream', 'orders'],
    ['{ status: 200 }', 'status', 'that of upstream'],
    ['{ replyHeaders: { X-A: null } }', 'replyHeaders/X-A', 'that of upstream']
  ]
  for (const [expect, what, found] of fails) {
    const { status, out } = await run(t, one(`{ request: "PUT /a/b?c=d", expect: ${expect} }`, more))
    t.equal(status, 1, expect)
    t.match(diagnostics(out), { message: what, misses: [{ what, found }] }, expect)
  }
})

t.test('compares where a filter sends the request', async t => {
  const more = 'filters: [set-request-uri: http://10.7.7.7/x]'
  t.equal((await run(t, one('{ request: GET /a/b, expect: { upstream: http://10.7.7.7, upstreamPath: /x } }', more))).status, 0)
  t.match(diagnostics((await run(t, one('{ request: GET /a/b, expect: { upstream: orders } }', more))).out), { misses: [{ found: 'http://10.7.7.7' }] })
})

t.test('compares what the gateway answers by itself', async t => {
  const more = 'filters: [respond: { status: 418, body: tea, headers: { X-A: "1" } }]'
  t.equal((await run(t, one('{ request: GET /a/b, expect: { status: 418, replyHeaders: { x-a: "1", Content-Type: "text/plain; charset=utf-8", X-B: null } } }', more))).status, 0)
  const fails: [string, string, unknown][] = [
    ['{ status: 200 }', 'status', 418],
    ['{ replyHeaders: { X-A: "2" } }', 'replyHeaders/X-A', '1'],
    ['{ replyHeaders: { X-B: "2" } }', 'replyHeaders/X-B', null],
    ['{ upstreamPath: /a/b }', 'upstreamPath', 'nothing: the gateway answers 418 by itself'],
    ['{ upstreamMethod: GET }', 'upstreamMethod', /^nothing/],
    ['{ upstream: orders }', 'upstream', /^nothing/],
    ['{ headers: { X-A: null } }', 'headers/X-A', /^nothing/]
  ]
  for (const [expect, what, found] of fails) t.match(diagnostics((await run(t, one(`{ request: GET /a/b, expect: ${expect} }`, more))).out), { misses: [{ what, found }] }, expect)
  t.match(diagnostics((await run(t, one('{ request: GET /a/%00, expect: { upstreamPath: /a } }'))).out), { misses: [{ found: 'nothing: the gateway answers 400 GW_UNSAFE_PATH by itself' }] })
})

t.test('compares what the guard and the parser refuse', async t => {
  t.equal((await run(t, one('{ request: GET /a/%2e%2e, expect: { route: null, status: 400, replyHeaders: { content-type: application/problem+json } } }'))).status, 0)
  t.equal((await run(t, one('{ request: BREW /a/b, expect: { route: null, status: 501, replyHeaders: { content-type: null } } }'))).status, 0)
})

t.test('compares the refusal of an answer that upstream has given', async t => {
  const { status } = await run(t, one('{ request: GET /a/b, expect: { upstreamPath: /a/b, status: 500, replyHeaders: { content-type: application/problem+json } } }', 'filters: [{ add-response-header: { name: X, value: y }, when: "reply.headers[\'a\'] == string(1 / int(reply.header(\'b\')))" }]'))
  t.equal(status, 0)
})

t.test('sends body, headers, sender and time as the test says', async t => {
  const { status, out } = await run(t, `  - id: a
    predicates:
      - method: POST
      - read-body: body.a == 1
      - remote-addr: 203.0.113.0/24
      - before: 2020-01-01T00:00:00Z
      - host: shop.example
    upstream: orders
    tests:
      - request: POST https://shop.example/a
        headers: { Content-Type: application/json }
        body: '{"a":1}'
        from: 203.0.113.9
        at: 2019-12-31T23:00:00Z
        expect: { headers: { X-Forwarded-For: 203.0.113.9, X-Forwarded-Proto: https, Content-Length: "7" } }
      - request: POST /a
        headers: { Content-Type: application/json, Host: shop.example }
        body: '{"a":1}'
        from: 203.0.113.9
        expect: { route: null }
`)
  t.equal(status, 0, out)
})

t.test('draws the member of a weighted group that is expected, if it has a share', async t => {
  const member = (id: string, weight: number, path = '/**') => `  - id: ${id}
    predicates: [path: ${path}, weight: { group: g, weight: ${weight} }]
    upstream: orders
    tests: [{ request: GET /x, expect: { route: ${id} } }]
`
  const { out } = await run(t, member('main', 95) + member('rare', 5) + member('none', 0) + member('other', 5, '/other'))
  t.match(out, /^ok 1 - main/m)
  t.match(out, /^ok 2 - rare/m)
  t.match(out, /^not ok 3 - none/m)
  t.match(out, /^not ok 4 - other/m)
})

t.test('fails a test that is none', async t => {
  for (const [test, message] of [['from: me', '"me" is no IP address'], ['at: noon', '"noon" is no time'], ['headers: { "X Y": a }', '"X Y: a" is no header']]) {
    const { status, out } = await run(t, one(`{ request: GET /a/b, ${test}, expect: {} }`))
    t.equal(status, 1)
    t.match(diagnostics(out), { at: /^routes\.yaml:\d+:\d+$/, message })
  }
  t.match(diagnostics((await run(t, one('{ request: GET nowhere, expect: {} }'))).out), { message: /"GET nowhere" is no request/ })
})

t.test('gives every test the time it needs', async t => {
  const cwd = t.testdir({ rooms: { 'index.ts': ODD_ROOMS }, 'routes.yaml': `plugins: ./rooms\n${HEAD}${one('{ request: GET /a/b, expect: { upstreamPath: /a/b } }', 'timeout: 1ms\n    filters: [waits]')}` })
  t.equal((await cli(['test'], { cwd })).status, 0)
})

const REFERENCE = '$' + '{API_KEY}'

t.test('masks secrets', async t => {
  const { out } = await run(t, one('{ request: GET /a/b, expect: { headers: { X-Key: other } } }', `filters: [set-request-header: { name: X-Key, value: "${REFERENCE}" }]`), { env: { API_KEY: 'sesame' } })
  t.match(diagnostics(out), { misses: [{ found: '***' }] })
  t.notMatch(out, 'sesame')
})

const GUARDED = `issuers: { main: { issuer: https://idp.test, audiences: orders } }
keyRings: { passport: ephemeral }
`
/** A route that wants somebody who may read, and tells upstream who it is. */
const guarded = (tests: string) => one(tests, 'filters: [{ authenticate: bearer }, { authorize: { scopes: read, roles: [admin, clerk] } }, { set-request-header: { name: X-Level, value: "{id}" }, when: principal.level == 3 }, passport: orders]')
  .replace('predicates: [path: /a/**]', 'predicates: [path: "/a/{id}"]') + GUARDED

t.test('takes whom a test names for proved', async t => {
  const { status, out } = await run(t, guarded([
    '{ request: GET /a/b, expect: { status: 401, replyHeaders: { WWW-Authenticate: Bearer } } }',
    '{ request: GET /a/b, as: { subject: alice, scopes: read, roles: clerk }, expect: { upstreamPath: /a/b, headers: { X-Level: null } } }',
    '{ request: GET /a/b, as: { subject: alice, scopes: [write, read], roles: [admin], level: 3, tenant: acme, claims: { plan: gold } }, expect: { headers: { X-Level: b } } }',
    '{ request: GET /a/b, as: { subject: alice, scopes: write, roles: clerk }, expect: { status: 403, replyHeaders: { WWW-Authenticate: "Bearer error=\\"insufficient_scope\\", scope=\\"read\\"" } } }',
    '{ request: GET /a/b, as: { subject: alice, scopes: read }, expect: { status: 403, replyHeaders: { WWW-Authenticate: null } } }'
  ].join(', ')))
  t.equal(status, 0, out)
  t.match(out, /^ok 1 - a: GET \/a\/b\nok 2 - a: GET \/a\/b as alice$/m, 'and names them')
})

t.test('knows nobody by what a request says of itself', async t => {
  const { status, out } = await run(t, guarded('{ request: GET /a/b, headers: { Authorization: Bearer x.y.z, X-Passport: forged }, expect: { status: 401 } }'))
  t.equal(status, 0, out)
})

t.test('forgets who was calling before the next test', async t => {
  const { status, out } = await run(t, guarded('{ request: GET /a/b, as: { subject: alice, scopes: read, roles: clerk }, expect: {} }, { request: GET /a/b, expect: { status: 401 } }'))
  t.equal(status, 0, out)
})

t.test('says what is wrong with whom a test names', async t => {
  const { status, err } = await run(t, guarded('{ request: GET /a/b, as: { subject: "", levl: 3, level: 4, scope: read }, expect: {} }'))
  t.equal(status, 2)
  for (const fault of [/tests\/0\/as\/subject: /, /tests\/0\/as\/levl: unknown key "levl" - did you mean "level"\?/, /tests\/0\/as\/level: /, /tests\/0\/as\/scope: unknown key "scope" - did you mean "scopes"\?/]) t.match(err, fault)
})

t.test('shows no passport that anybody would accept', async t => {
  const { out } = await run(t, guarded('{ request: GET /a/b, as: { subject: alice, scopes: read, roles: clerk }, expect: { headers: { X-Passport: other } } }'))
  const { misses: [miss] } = diagnostics(out)
  const [head, payload, signature] = String(miss!.found).split('.').map(part => Buffer.from(part, 'base64url').toString())
  t.match([JSON.parse(head!), JSON.parse(payload!), signature], [{ alg: 'EdDSA', typ: 'passport+jwt' }, { sub: 'alice', aud: 'orders', src: 'test' }, 'not signed in a rehearsal'])
})

t.test('runs no tests of files whose issuers or rings are wrong', async t => {
  const { status, out, err } = await run(t, `${one('{ request: GET /a/b, expect: {} }')}issuers:\n  main: { issuer: https://a.test, audiences: a, keys: none }\nkeyRings: { passport: none }\n`)
  t.same([status, out], [2, ''])
  t.match(err, /routes\.yaml:11:55 issuers\/main\/keys: [^]*routes\.yaml:12:23 keyRings\/passport: /)
})

t.test('runs no tests of a file that is wrong', async t => {
  const { status, out } = await run(t, '  - { id: a }\n')
  t.equal(status, 2)
  t.equal(out, '')
})
