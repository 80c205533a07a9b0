import t from 'tap'
import { cli } from './cli-io.ts'
import { EVERYTHING } from './everything-room.ts'

const SOUND = `version: 1
routes:
  - id: all
    predicates: [path: /**]
    upstream: http://127.0.0.1:1
`

t.test('says that sound files are so, and nothing else', async t => {
  const cwd = t.testdir({ 'routes.yaml': SOUND })
  t.same(await cli(['check'], { cwd }), { status: 0, out: '1 route: ok\n', err: '' })
  t.same(await cli(['check', 'routes.yaml'], { cwd }), { status: 0, out: '1 route: ok\n', err: '' })
})

t.test('tells what the loader and what the compiler find, in the order of the file', async t => {
  const cwd = t.testdir({
    'routes.yaml': `version: 1
routes:
  - id: a
    predicates: [path: "/{"]
    upstream: http://127.0.0.1:1
  - id: b
    predicates: [path: /b]
    upstraem: http://127.0.0.1:1
  - id: c
    predicates: [path: /c]
    filters: [strip-prefx: 1]
    upstream: http://127.0.0.1:1
`
  })
  const { status, out, err } = await cli(['check'], { cwd })
  t.equal(status, 2)
  t.equal(out, '')
  const lines = err.split('\n')
  t.match(lines[0], /^routes\.yaml:4:\d+ routes\/a\/predicates\/0\/path/)
  t.match(lines[1], /^routes\.yaml:8:\d+ routes\/b.*"upstraem" - did you mean "upstream"\?/)
  t.match(lines[2], /^routes\.yaml:11:\d+ routes\/c.*"strip-prefx" - did you mean "strip-prefix"\?/)
  t.equal(lines[3], '3 errors')
})

t.test('finds what only a gateway would: a certificate that cannot be read', async t => {
  const cwd = t.testdir({
    'routes.yaml': `version: 1
upstreams:
  shop: { endpoints: [https://127.0.0.1:1], tls: { ca: none.pem } }
routes:
  - { id: shop, predicates: [path: /**], upstream: shop }
`
  })
  const { status, err } = await cli(['check'], { cwd })
  t.equal(status, 2)
  t.match(err, /^routes\.yaml:3:\d+ upstreams\/shop\/tls\/ca/)
})

t.test('warns of a route that is never reached', async t => {
  const cwd = t.testdir({
    rooms: { 'index.ts': EVERYTHING },
    'routes.yaml': `version: 1
plugins: [./rooms]
routes:
  - { id: all, predicates: [everything], upstream: "http://127.0.0.1:1" }
  - { id: late, predicates: [path: /late], upstream: "http://127.0.0.1:1" }
`
  })
  const lax = await cli(['check'], { cwd })
  t.equal(lax.status, 0)
  t.equal(lax.out, '2 routes: ok, 1 warning\n')
  t.match(lax.err, /^warning: routes\.yaml:5:\d+ routes\/late: never reached: route "all" takes all its requests first \[GW_CONFIG_SHADOWED\]\n$/)
  const strict = await cli(['check', '--strict'], { cwd })
  t.equal(strict.status, 2)
  t.equal(strict.out, '')
  t.match(strict.err, /1 warning, and --strict\n$/)
})

t.test('finds the rooms of plugins, and says what is wrong with them', async t => {
  const cwd = t.testdir({
    'routes.yaml': `plugins: [./rooms]\n${SOUND}`,
    rooms: { 'index.ts': 'export default 1\n' }
  })
  const { status, err } = await cli(['check'], { cwd })
  t.equal(status, 2)
  t.match(err, /^routes\.yaml:1:\d+ .*an export is not what defineFilter or definePredicate gives \[GW_CONFIG_BAD_ROOM\]/)
})

t.test('tells what is wrong with issuers and rings, and not that filters do not find them then', async t => {
  const cwd = t.testdir({
    'routes.yaml': `version: 1
gateway: { session: {} }
issuers:
  main: { issuer: http://idp.test, audiences: [a], client: { id: gateway } }
keyRings: { passport: passport-keys.json, session: ephemeral }
routes:
  - id: a
    predicates: [path: /**]
    filters: [authenticate: { issuers: [main, mian] }, login: { issuer: main }, client-credentials: main, passport: { audience: a }]
    upstream: http://127.0.0.1:1
`
  })
  const { status, err } = await cli(['check'], { cwd })
  t.equal(status, 2)
  t.match(err.split('\n'), [
    /^routes\.yaml:4:19 issuers\/main\/issuer: plain http/,
    /^routes\.yaml:5:\d+ keyRings\/passport: not a key ring/,
    /^routes\.yaml:9:\d+ .*\/issuers\/1: no issuer is named "mian" - did you mean "main"\?/,
    '3 errors'
  ])
})

t.test('prints no secret', async t => {
  const cwd = t.testdir({
    'routes.yaml': `version: 1
routes:
  - id: a
    predicates: [header: { name: "\${API_TOKEN}", matches: "(" }]
    filters: [set-request-header: { name: X-Key, value: "\${API_TOKEN}", valeu: "\${API_TOKEN}" }]
    upstream: http://127.0.0.1:1
`
  })
  const { status, err } = await cli(['check'], { cwd, env: { API_TOKEN: 'sesame open' } })
  t.equal(status, 2)
  t.notMatch(err, /sesame/)
})
