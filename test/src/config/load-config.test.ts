/* eslint no-template-curly-in-string: off -- references are what this is about */
import { writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../src/config/load-config.ts'
import { ConfigErrors } from '../../../src/contract/config-error.ts'
import { rooms } from './fake-rooms.ts'
import { faultsOf, loadNative, loadTexts, plain } from './load.ts'

const ROUTE = `
  - id: orders
    predicates:
      - path: /orders/{id}
      - method: [GET, PUT]
    filters:
      - strip-prefix: 1
      - rate-limit: { rate: 100/s, burst: 200, by: principal }
        report: true
      - set-request-header: { name: X-Order, value: "{id}" }
        when: request.method == "PUT"
    upstream: orders
    timeout: 5s
    timeouts: { connect: 250ms, head: 2s }
    order: -3
    description: what is sold
    allowPath: encoded-slash
    metadata: { team: sales, tags: [a, 1, true, null] }
    tests:
      - request: GET /orders/7
        expect: { route: orders, upstreamPath: "/7" }
`

t.test('a native file becomes the model that is compiled', async t => {
  const loaded = await loadNative(`
gateway:
  trustedProxies: [10.0.0.0/8]
  drain: 5s
upstreams:
  orders: { endpoints: [http://10.0.0.7:8080, { url: http://10.0.0.8:8080, weight: 2 }] }
routes:${ROUTE}`)
  const { config: { settings, upstreams, routes: [route] } } = loaded
  t.match(settings, { trustedProxies: ['10.0.0.0/8'], drain: 5000, listen: [{ port: 8080, name: 'http' }] })
  t.match(upstreams.get('orders'), {
    config: { endpoints: ['http://10.0.0.7:8080', { url: 'http://10.0.0.8:8080', weight: 2 }], connections: 1024, keepAlive: 4000 },
    origin: { file: 'routes.yaml', pointer: '/upstreams/orders' }
  })
  t.match(route, {
    id: 'orders',
    order: -3,
    targets: [{ to: 'orders', weight: 1, origin: { pointer: '/routes/0/upstream' } }],
    timeouts: { connect: 250, head: 2000 },
    timeoutMs: 5000,
    allowPath: ['encoded-slash'],
    metadata: { team: 'sales', tags: ['a', 1, true, null] },
    tests: [{ test: { request: 'GET /orders/7', expect: { upstreamPath: '/7' } }, origin: { pointer: '/routes/0/tests/0' } }],
    origin: { file: 'routes.yaml', pointer: '/routes/0' }
  })
  t.same(plain(route!.filters), [
    { name: 'strip-prefix', config: 1, when: null, report: false },
    { name: 'rate-limit', config: { rate: '100/s', burst: 200, by: 'principal' }, when: null, report: true },
    { name: 'set-request-header', config: { name: 'X-Order', value: '{id}' }, when: 'request.method == "PUT"', report: false }
  ])
  t.match(route!.filters[1], { origin: { pointer: '/routes/0/filters/1' }, configOrigin: { pointer: '/routes/0/filters/1/rate-limit' } })
  t.same(loaded.warnings, [])
  t.same(loaded.broken, [])
})

t.test('what is left out has its default', async t => {
  const { config: { settings, routes: [route], upstreams } } = await loadNative('routes: [{ id: a, predicates: [{ path: /a }] }]')
  t.match(route, { order: 0, filters: [], targets: [], timeouts: {}, timeoutMs: null, allowPath: [], metadata: {}, tests: [] })
  t.match(settings, { listen: [{ port: 8080 }], admin: { port: 9090, host: '127.0.0.1' } })
  t.equal(upstreams.size, 0)
})

t.test('a route that is switched off is left out, and what it uses is used', async t => {
  const loaded = await loadNative(`
upstreams: { a: { endpoints: http://a } }
routes: [{ id: a, enabled: false, predicates: [{ path: /a }], upstream: a }]`)
  t.same(loaded.config.routes, [])
  t.same(loaded.warnings, [])
})

t.test('any, all and not combine predicates to any depth', async t => {
  const { config: { routes: [route] } } = await loadNative(`
routes:
  - id: a
    predicates:
      - any:
          - path: /a
          - all: [{ path: /b }, { not: { method: GET } }]
      - not: { any: [{ header: X-No }] }
    `)
  const shape = JSON.parse(JSON.stringify(route!.predicates, (key, value: unknown) => key === 'origin' || key === 'configOrigin' ? undefined : value)) as unknown
  const use = (name: string, config: unknown) => ({ kind: 'use', use: { name, config, when: null, report: false } })
  t.same(shape, [
    { kind: 'any', of: [use('path', '/a'), { kind: 'all', of: [use('path', '/b'), { kind: 'not', of: [use('method', 'GET')] }] }] },
    { kind: 'not', of: [{ kind: 'any', of: [use('header', 'X-No')] }] }
  ])
  t.match(route!.predicates[1], { of: [{ of: [{ use: { configOrigin: { pointer: '/routes/0/predicates/1/not/any/0/header' } } }] }] })
})

t.test('filters of every route come before its own, unless it skips them', async t => {
  const { config: { routes } } = await loadNative(`
filters: [secure-headers, { strip-prefix: 1 }]
routes:
  - { id: a, predicates: [{ path: /a }], filters: [{ strip-prefix: 2 }] }
  - { id: b, predicates: [{ path: /b }], skip: strip-prefix }
  - { id: c, predicates: [{ path: /c }], skip: [secure-headers, strip-prefix], filters: [secure-headers] }`)
  t.same(routes.map(route => route.filters.map(({ name, config }) => [name, config])), [
    [['secure-headers', null], ['strip-prefix', 1], ['strip-prefix', 2]],
    [['secure-headers', null]],
    [['secure-headers', null]]
  ])
  t.equal(routes[0]!.filters[1]!.origin.pointer, '/filters/1')
  t.equal(routes[2]!.filters[0]!.origin.pointer, '/routes/2/filters/0')
})

t.test('an upstream is a name, an origin or several by weight', async t => {
  const { config: { routes } } = await loadNative(`
upstreams: { orders: { endpoints: http://a }, next: { endpoints: http://b } }
routes:
  - { id: a, predicates: [{ path: /a }], upstream: orders }
  - { id: b, predicates: [{ path: /b }], upstream: "HTTP://Orders.Example:80/" }
  - { id: c, predicates: [{ path: /c }], upstream: [{ to: orders, weight: 95 }, { to: "https://[::1]:8443", weight: 5 }, next] }`)
  t.same(routes.map(({ targets }) => targets.map(({ to, weight }) => [to, weight])), [
    [['orders', 1]], [['http://orders.example', 1]], [['orders', 95], ['https://[::1]:8443', 5], ['next', 1]]
  ])
})

t.test('an upstream that nothing names is told of, one that a filter names is not', async t => {
  const { warnings } = await loadNative(`
upstreams: { orders: { endpoints: http://a }, next: { endpoints: http://b }, idle: { endpoints: http://c } }
routes:
  - { id: a, predicates: [{ path: /a }], upstream: orders, filters: [{ shadow: { to: [next] } }] }`)
  t.same(warnings.map(warning => warning.message), ['routes.yaml:3:78 upstreams/idle: no route uses the upstream "idle" [GW_CONFIG_NO_EFFECT]'])
})

t.test('plugins are told with the file they are relative to', async t => {
  const { plugins } = await loadTexts({ '/etc/gw/a.yaml': 'version: 1\nplugins: ./my-rooms', '/etc/gw/b.yaml': 'version: 1\nplugins: [pack, ./x.ts]' })
  t.same(plugins, [
    { specifier: './my-rooms', origin: { file: '/etc/gw/a.yaml', pointer: '/plugins/0' }, file: '/etc/gw/a.yaml' },
    { specifier: 'pack', origin: { file: '/etc/gw/b.yaml', pointer: '/plugins/0' }, file: '/etc/gw/b.yaml' },
    { specifier: './x.ts', origin: { file: '/etc/gw/b.yaml', pointer: '/plugins/1' }, file: '/etc/gw/b.yaml' }
  ])
})

t.test('several files are one configuration', async t => {
  const { config: { settings, routes } } = await loadTexts({
    'a.yaml': 'version: 1\nroutes: [{ id: a, predicates: [{ path: /a }], upstream: orders }]\nfilters: [secure-headers]',
    'b.yml': 'version: 1\nupstreams: { orders: { endpoints: http://a } }\nfilters: [{ strip-prefix: 1 }]',
    'c.json': '{\n\t"version": 1,\n\t"gateway": { "drain": "1s" },\n\t"routes": [{ "id": "c", "predicates": [{ "path": "/c" }] }]\n}'
  })
  t.equal(settings.drain, 1000)
  t.same(routes.map(({ id, filters }) => [id, filters.map(({ name }) => name)]), [['a', ['secure-headers', 'strip-prefix']], ['c', ['secure-headers', 'strip-prefix']]])
})

t.test('what two files say twice names both places', async t => {
  t.same(await faultsOf(loadTexts({
    'a.yaml': 'version: 1\ngateway: {}\nupstreams: { o: { endpoints: http://a } }\nroutes: [{ id: a, predicates: [{ path: /a }], upstream: o }]',
    'b.yaml': 'version: 1\ngateway: {}\nupstreams: { o: { endpoints: http://a } }\nroutes:\n  - id: a\n    predicates: [{ path: /a }]'
  })), [
    'b.yaml:2:1 gateway: "gateway" is here and at a.yaml:2:1; one file may have it [GW_CONFIG_DUPLICATE]',
    'b.yaml:3:14 upstreams/o: the upstream "o" is here and at a.yaml:3:14 [GW_CONFIG_DUPLICATE]',
    'b.yaml:5:5 routes/a/id: the route "a" is here and at a.yaml:4:12 [GW_CONFIG_DUPLICATE]'
  ])
})

t.test('the documents of a file are one: lists go on, maps are united', async t => {
  const { config: { routes, upstreams }, locate } = await loadTexts({
    'a.yaml': `---
version: 1
upstreams: { a: { endpoints: http://a } }
routes: [{ id: a, predicates: [{ path: /a }], upstream: a }]
---
---
version: 1
upstreams: { b: { endpoints: http://b } }
routes:
  - id: b
    predicates: [{ path: /b }]
    upstream: b
`
  })
  t.same(routes.map(({ id }) => id), ['a', 'b'])
  t.same([...upstreams.keys()], ['a', 'b'])
  const { ConfigError } = await import('../../../src/contract/config-error.ts')
  t.equal(locate(new ConfigError('GW_CONFIG_INVALID', '/routes/1/predicates/0/path', 'wrong', 'a.yaml')).place, 'a.yaml:11:26')
  t.same(await faultsOf(loadTexts({ 'a.yaml': 'version: 1\ngateway: {}\nupstreams: { a: { endpoints: http://a } }\n---\ngateway: {}\nupstreams: { a: { endpoints: http://a } }\nroutes: 5\n---\nroutes: []' })), [
    'a.yaml:5:1 gateway: "gateway" is here and at a.yaml:2:1 [GW_CONFIG_DUPLICATE]',
    'a.yaml:6:14 upstreams/a: "a" is here and at a.yaml:3:14 [GW_CONFIG_DUPLICATE]',
    'a.yaml:7:9 routes: expected a list of routes, not 5 [GW_CONFIG_INVALID]',
    'a.yaml:9:1 routes: "routes" is here and at a.yaml:7:1 [GW_CONFIG_DUPLICATE]'
  ])
})

t.test('a folder is its files in the order of their names; its files and itself are watched', async t => {
  const folder = t.testdir({
    'b.yaml': 'version: 1\nroutes: [{ id: b, predicates: [{ path: /b }] }]',
    'a.yml': 'version: 1\nroutes: [{ id: a, predicates: [{ path: /a }] }]',
    'c.json': '{ "version": 1, "routes": [{ "id": "c", "predicates": [{ "path": "/c" }], "metadata": { "s": "${file:secret}" } }] }',
    '.hidden.yaml': 'not: read',
    'notes.txt': 'not read',
    secret: 'in a file',
    below: { 'd.yaml': 'not: read' }
  })
  const loaded = await loadConfig([folder, join(folder, 'a.yml')], { env: {}, rooms })
  t.same(loaded.config.routes.map(({ id }) => id), ['a', 'b', 'c'])
  t.same(loaded.files, [...['a.yml', 'b.yaml', 'c.json'].map(name => join(folder, name)), folder, join(folder, 'secret')])
})

t.test('what cannot be read is told with its name', async t => {
  const folder = t.testdir({ empty: {}, 'big.yaml': '', 'binary.yaml': Buffer.from([0x61, 0xff, 0xfe]), 'nothing.yaml': '# only a comment\n', 'list.yaml': '- a' })
  writeFileSync(join(folder, 'big.yaml'), '#'.repeat(16 * 1024 ** 2 + 1))
  mkdirSync(join(folder, 'folder.yaml'))
  const told = async (...names: string[]) =>
    (await faultsOf(loadConfig(names.map(name => join(folder, name)), { env: {}, rooms }))).map(line => line.replaceAll(`${folder}/`, ''))
  t.same(await told('nowhere.yaml'), ['nowhere.yaml: there is no such file or folder [GW_CONFIG_UNREADABLE]'])
  t.same(await told('empty'), ['empty: no *.yaml, *.yml or *.json in this folder [GW_CONFIG_UNREADABLE]'])
  t.same(await told('big.yaml'), ['big.yaml: larger than 16 MiB [GW_CONFIG_UNREADABLE]'])
  t.same(await told('binary.yaml'), ['binary.yaml: not UTF-8 text [GW_CONFIG_UNREADABLE]'])
  t.match(await told('nothing.yaml', 'list.yaml'), [/^nothing.yaml:1:1: the document is empty: expected version, /, /^list.yaml:1:1: the document is not a map: /])
  t.same(await faultsOf(loadConfig([folder], { env: {}, rooms })).then(lines => lines.filter(line => line.includes('folder.yaml'))), [`${join(folder, 'folder.yaml')}: this is a folder [GW_CONFIG_UNREADABLE]`])
  t.same(await faultsOf(loadConfig([], { env: {}, rooms })), ['configuration: no file or folder is given [GW_CONFIG_UNREADABLE]'])
})

t.test('all faults of all files come at once, in the order of files and lines', async t => {
  t.same((await faultsOf(loadTexts({
    'a.yaml': 'version: 1\nroutes: [{ id: a, predicates: [{ path: /a }], timeout: 5, upstream: "${NOPE}" }]',
    'b.yaml': 'version: 1\nroutes: [',
    'c.yaml': 'version: 1\nupstream: {}\nroutes: [{ id: c, predicates: [{ path: /a }], upstream: perhaps-in-b }]'
  }))).map(line => line.split(' ')[0]), ['a.yaml:2:56', 'a.yaml:2:69', 'b.yaml:2:10:', 'c.yaml:2:1'])
})

t.test('a key said twice does not hide what else is wrong', async t => {
  t.same((await faultsOf(loadNative('routes: [{ id: a, id: b, predicates: [{ path: /a }], timeout: 5, upstream: nowhere }]'))).map(line => line.replace(/.*\[/, '')), [
    'GW_CONFIG_DUPLICATE]', 'GW_CONFIG_INVALID]', 'GW_CONFIG_UNKNOWN_UPSTREAM]'
  ])
})

t.test('keepGoing leaves out the routes that are wrong and keeps the rest', async t => {
  const text = `
filters: [secure-headers]
routes:
  - { id: good, predicates: [{ path: /a }] }
  - { id: slow, predicates: [{ path: /a }], timeout: 5, upstream: nowhere }
  - { predicates: [{ path: /a }] }
  - { id: alsogood, predicates: [{ path: /a }] }`
  const { config, broken } = await loadNative(text, { keepGoing: true })
  t.same(config.routes.map(({ id }) => id), ['good', 'alsogood'])
  t.same(broken.map(({ id, origin, errors }) => [id, origin.pointer, errors.map(({ code, place }) => `${code} ${place}`)]), [
    ['slow', '/routes/1', ['GW_CONFIG_INVALID routes.yaml:6:54', 'GW_CONFIG_UNKNOWN_UPSTREAM routes.yaml:6:67']],
    [null, '/routes/2', ['GW_CONFIG_INVALID routes.yaml:7:5']]
  ])
  await t.rejects(loadNative(text), ConfigErrors, 'which is an error otherwise')
})

t.test('keepGoing does not go on where it is unclear what is meant', async t => {
  const route = '{ id: a, predicates: [{ path: /a }] }'
  await t.rejects(loadNative(`routes: [${route}, ${route}]`, { keepGoing: true }), { errors: [{ code: 'GW_CONFIG_DUPLICATE' }] })
  await t.rejects(loadNative(`routes: [${route}]\ngateway: { drain: 5 }`, { keepGoing: true }), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
  await t.rejects(loadNative(`routes: [${route}`, { keepGoing: true }), { errors: [{ code: 'GW_CONFIG_SYNTAX' }] })
})

t.test('a route keeps what is written of it, with no reference resolved', async t => {
  const { config: { routes: [route] } } = await loadNative(`
routes:
  - id: a
    order: \${ORDER}
    predicates: [{ path: "/\${WHERE}" }]`, { env: { ORDER: '5', WHERE: 'x' } })
  t.equal(route!.order, 5)
  t.same(route!.written, { id: 'a', order: '${ORDER}', predicates: [{ path: '/${WHERE}' }] })
})
