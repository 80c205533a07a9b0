import t from 'tap'
import { cli } from './cli-io.ts'
import { EVERYTHING } from './everything-room.ts'

const FILE = `version: 1
upstreams:
  orders: { endpoints: [http://127.0.0.1:1] }
routes:
  - id: orders
    predicates:
      - path: /orders/**
      - any: [method: [GET, PUT], not: { header: X-No }]
    filters:
      - strip-prefix: 1
        when: request.method == "GET"
      - request-size: 1MiB
        report: true
      - secure-headers
    upstream: [{ to: orders, weight: 95 }, { to: http://127.0.0.1:2, weight: 5 }]
  - id: first
    order: -1
    predicates: [path: { exact: [/health] }]
    filters: [respond: up]
`

t.test('shows the routes in order of lookup, with their place in the file', async t => {
  const { status, out, err } = await cli(['routes'], { cwd: t.testdir({ 'routes.yaml': FILE }) })
  t.equal(status, 0)
  t.equal(err, '')
  t.same(out.trimEnd().split('\n').map(line => line.split(/ {2,}/)), [
    ['ROUTE', 'ORDER', 'PREDICATES', 'FILTERS', 'UPSTREAM', 'SOURCE'],
    ['first', '-1', 'path={exact: [/health]}', 'respond', '(answers itself)', 'routes.yaml:16:5'],
    ['orders', '0', 'path=/orders/** any(method=GET,PUT, not(header=X-No))', 'strip-prefix (when), request-size (report), secure-headers',
      '95:orders 5:http://127.0.0.1:2', 'routes.yaml:5:5']
  ])
})

t.test('aligns its columns, and keeps them in bounds', async t => {
  const long = `/${'x'.repeat(100)}`
  const file = `version: 1\nroutes:\n  - { id: a, predicates: [path: /a], filters: [respond] }\n  - { id: b, predicates: [path: ${long}], filters: [respond] }\n`
  const lines = (await cli(['routes'], { cwd: t.testdir({ 'routes.yaml': file }) })).out.split('\n')
  t.equal(lines[0]!.indexOf('FILTERS'), lines[1]!.indexOf('respond'))
  t.ok(lines[1]!.length < 120)
  t.match(lines[2], long)
})

t.test('gives the same as JSON', async t => {
  const { out } = await cli(['routes', '--json'], { cwd: t.testdir({ 'routes.yaml': FILE }) })
  t.same(JSON.parse(out), {
    routes: [
      { id: 'first', order: -1, predicates: ['path={exact: [/health]}'], filters: ['respond'], upstream: [], source: 'routes.yaml:16:5' },
      {
        id: 'orders',
        order: 0,
        predicates: ['path=/orders/**', 'any(method=GET,PUT, not(header=X-No))'],
        filters: ['strip-prefix (when)', 'request-size (report)', 'secure-headers'],
        upstream: [{ to: 'orders', weight: 95 }, { to: 'http://127.0.0.1:2', weight: 5 }],
        source: 'routes.yaml:5:5'
      }
    ],
    warnings: []
  })
})

t.test('warns of a route that is never reached', async t => {
  const cwd = t.testdir({
    rooms: { 'index.ts': EVERYTHING },
    'routes.yaml': `version: 1
plugins: ./rooms
routes:
  - { id: all, predicates: [everything], filters: [respond] }
  - { id: late, predicates: [path: /late], filters: [respond] }
`
  })
  const warning = 'routes.yaml:5:5 routes/late: never reached: route "all" takes all its requests first [GW_CONFIG_SHADOWED]'
  const { status, err } = await cli(['routes'], { cwd })
  t.equal(status, 0)
  t.equal(err, `warning: ${warning}\n`)
  t.same((JSON.parse((await cli(['routes', '--json'], { cwd })).out) as { warnings: unknown }).warnings, [warning])
})

const REFERENCE = '$' + '{API_KEY}'

t.test('masks secrets', async t => {
  const cwd = t.testdir({ 'routes.yaml': `version: 1\nroutes:\n  - { id: a, predicates: [header: { name: X-Key, matches: "${REFERENCE}" }], filters: [respond] }\n` })
  const env = { API_KEY: 'say "friend"' }
  for (const argv of [['routes'], ['routes', '--json']]) {
    const { status, out } = await cli(argv, { cwd, env })
    t.equal(status, 0)
    t.notMatch(out, 'friend')
    t.match(out, /\*\*\*/)
  }
})

t.test('shows nothing of a file that is wrong', async t => {
  const { status, out, err } = await cli(['routes'], { cwd: t.testdir({ 'routes.yaml': 'version: 2\n' }) })
  t.equal(status, 2)
  t.equal(out, '')
  t.match(err, /^routes\.yaml:1:/)
})
