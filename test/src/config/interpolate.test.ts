/* eslint no-template-curly-in-string: off -- references are what this is about */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../src/config/load-config.ts'
import { rooms } from './fake-rooms.ts'
import { faultsOf, loadNative, loadTexts } from './load.ts'

/** What the value of a metadata key becomes. */
async function value (yaml: string, env: Record<string, string> = {}): Promise<unknown> {
  const { config: { routes: [route] } } = await loadNative(`routes:
  - id: a
    predicates: [{ path: /a }]
    metadata:
      v: ${yaml}
`, { env })
  return route!.metadata['v']
}

t.test('a variable is its value, or the default where it is missing or empty', async t => {
  t.equal(await value('a ${NAME} b', { NAME: 'x' }), 'a x b')
  t.equal(await value('"${NAME:-none}"'), 'none')
  t.equal(await value('"${NAME:-none}"', { NAME: '' }), 'none')
  t.equal(await value('"${NAME}"', { NAME: '' }), '')
  t.equal(await value('"${NAME:-}"'), '')
  t.equal(await value('"${A:-${B:-c}}${A:-d}"'), 'cd')
  t.equal(await value('"${A:-${B:-c}}"', { B: 'b' }), 'b')
  t.equal(await value('"${PATHS:-/a/{id}}/x"'), '/a/{id}/x', 'braces of a default are its own where they are even')
})

t.test('what a value holds is not looked into again', async t => {
  t.equal(await value('"${A}"', { A: '${B} $${C}', B: 'b' }), '${B} $${C}')
})

t.test('$${ is ${ itself, and a $ alone is a $', async t => {
  t.equal(await value('"$${NAME} ${NAME}"', { NAME: 'x' }), '${NAME} x')
  t.equal(await value('"cost: 5$, $5, $\\\\{x}"'), 'cost: 5$, $5, $\\{x}')
})

t.test('unquoted references have the type that YAML gives them, quoted ones are text', async t => {
  for (const [text, is] of [['8080', 8080], ['-1.5e3', -1500], ['true', true], ['False', false], ['~', null], ['', null], ['null', null],
    ['0x10', 16], ['0o10', 8], ['.inf', Infinity], ['-.INF', -Infinity], ['yes', 'yes'], ['[a]', '[a]'], ['{ a: b }', '{ a: b }'], ['1.2.3', '1.2.3'], ['# x', '# x']] as const) {
    t.equal(await value('${V}', { V: text }), is, text)
    t.equal(await value('"${V}"', { V: text }), text)
    t.equal(await value('|-\n        ${V}', { V: text }), text)
  }
  t.ok(Number.isNaN(await value('${V}', { V: '.nan' })))
  t.equal(await value('${A}${B}', { A: '80', B: '80' }), 8080)
  t.equal(await value('v${V}', { V: '1' }), 'v1')
  t.equal(await value('1${V}', { V: '1' }), '11', 'with text of its own it is text')
})

t.test('keys, names of rooms and comments are left alone', async t => {
  const { config: { routes: [route] } } = await loadNative(`
routes: # \${NOT_SET}
  - id: a
    predicates: [{ path: /a }]
    filters: ["\${ROOM}"]
    metadata: { "\${KEY}": 1 }`, { env: { KEY: 'k', ROOM: 'secure-headers' } })
  t.same(route!.metadata, { '${KEY}': 1 })
  t.equal(route!.filters[0]!.name, '${ROOM}')
})

t.test('${file:} is the text of a file beside the route file, without its last line end', async t => {
  const folder = t.testdir({
    'routes.yaml': 'version: 1\nroutes: [{ id: a, predicates: [{ path: /a }], metadata: { a: "${file:./one}", b: "${file:two}", c: "${file:folder/three}" } }]',
    one: 'first\n',
    two: 'second\r\nline\r\n\r\n',
    folder: { three: '5' }
  })
  const { config: { routes: [route] }, files } = await loadConfig([join(folder, 'routes.yaml')], { env: {}, rooms })
  t.same(route!.metadata, { a: 'first', b: 'second\r\nline\r\n', c: '5' })
  t.same(files.slice(1).sort(), [join(folder, 'folder/three'), join(folder, 'one'), join(folder, 'two')])
})

t.test('a file that is too large, not text or not there is told at its place', async t => {
  const folder = t.testdir({ 'routes.yaml': 'version: 1\nroutes:\n  - id: a\n    predicates: [{ path: /a }]\n    metadata:\n      a: ${file:big}\n      b: ${file:bin}\n      c: ${file:.}\n      d: ${file:}\n', bin: Buffer.from([0xff]) })
  writeFileSync(join(folder, 'big'), 'x'.repeat(1024 ** 2 + 1))
  t.same((await faultsOf(loadConfig([join(folder, 'routes.yaml')], { env: {}, rooms }))).map(line => line.slice(folder.length + 1)), [
    'routes.yaml:6:10 routes/a/metadata/a: the file big cannot be read: larger than 1 MiB [GW_CONFIG_INTERPOLATION]',
    'routes.yaml:7:10 routes/a/metadata/b: the file bin cannot be read: not UTF-8 text [GW_CONFIG_INTERPOLATION]',
    'routes.yaml:8:10 routes/a/metadata/c: the file . cannot be read: EISDIR [GW_CONFIG_INTERPOLATION]',
    'routes.yaml:9:10 routes/a/metadata/d: not a reference: write ${NAME} or ${NAME:-default}, and $${ for the characters ${ themselves [GW_CONFIG_INTERPOLATION]'
  ])
})

t.test('what is not a reference is told, and why', async t => {
  for (const [text, why] of [['${}', /not a reference/], ['${A', /not a reference/], ['${A:b}', /not a reference/], ['${A-B}', /not the name of a variable/],
    ['${1A}', /not the name of a variable/], ['${A:-${B}', /not a reference/], ['${A${B}}', /not a reference/], [`${'${A:-'.repeat(20)}x`, /nested too deeply/], ['${A}', /A is not set/]] as const) {
    t.match(await faultsOf(loadNative(`routes: [{ id: a, predicates: [{ path: /a }], metadata: { v: "${text}" } }]`)), [why], text)
  }
})

t.test('a shared part is resolved once, and its fault told once', async t => {
  t.same(await faultsOf(loadNative('routes:\n  - { id: a, predicates: [{ path: /a }], metadata: &m { v: "${NOPE}" } }\n  - { id: b, predicates: [{ path: /b }], metadata: *m }')).then(lines => lines.length), 1)
})

t.test('redact masks what came from files and from variables named as secrets, in every form of it', async t => {
  const { redact } = await loadTexts({
    '/gw/routes.yaml': `version: 1
routes:
  - id: a
    predicates: [{ path: /a }]
    metadata: { a: "\${API_TOKEN}", b: "\${DB_PASSWORD:-changeme}", c: "\${HOST}", d: "\${file:/gw/key.pem}", e: "\${SHORT_KEY}", f: "\${KEYCLOAK_URL}" }`,
    '/gw/key.pem': '-----BEGIN-----\n  c2VjcmV0LWtleQ==\n-----END-----\n'
  }, { env: { API_TOKEN: 'a "quoted"/t', HOST: 'example.org', SHORT_KEY: 'abc', KEYCLOAK_URL: 'http://kc' } })
  t.equal(redact('x a "quoted"/t y'), 'x *** y')
  t.equal(redact(JSON.stringify({ k: 'a "quoted"/t' })), '{"k":"***"}')
  t.equal(redact(`?t=${encodeURIComponent('a "quoted"/t')}`), '?t=***')
  t.equal(redact('key c2VjcmV0LWtleQ== in'), 'key *** in')
  t.equal(redact('-----BEGIN-----\n  c2VjcmV0LWtleQ==\n-----END-----'), '***')
  t.equal(redact('changeme example.org abc http://kc'), 'changeme example.org abc http://kc', 'defaults, plain variables and single characters are no secrets')
  t.equal(redact('redis://user:p@ss@host:6379/0 and http://host/a@b'), 'redis://***@host:6379/0 and http://host/a@b')
})

t.test('redact takes time linear in the text', async t => {
  const { redact } = await loadNative('routes: []')
  const start = performance.now()
  redact('a://'.repeat(50_000))
  redact(`http://${'x'.repeat(200_000)}`)
  redact('x'.repeat(200_000))
  t.ok(performance.now() - start < 1000)
})
