import t from 'tap'
import { faultsOf, loadNative, loadTexts } from './load.ts'

/** The metadata of a route as the loader understands them. */
async function metadata (yaml: string): Promise<Record<string, unknown>> {
  const indented = yaml.split('\n').map(line => `      ${line}`).join('\n')
  const { config: { routes: [route] } } = await loadNative(`
routes:
  - id: a
    predicates: [{ path: /a }]
    metadata:
${indented}
`)
  return route!.metadata
}

t.test('only the core schema gives types', async t => {
  t.same(await metadata('a: yes\nb: 0x1F\nc: 0o17\nd: 1e3\ne: .5\nf: ~\ng: "1"\nh: 2020-01-01\ni: 017\nj: -.inf\nk: 1_000\nl: True'),
    { a: 'yes', b: 31, c: 15, d: 1000, e: 0.5, f: null, g: '1', h: '2020-01-01', i: 17, j: -Infinity, k: '1_000', l: true })
  t.same((await loadTexts({ 'a.yaml': '%YAML 1.1\n---\nversion: 1\nroutes: [{ id: a, predicates: [{ path: /a }], metadata: { a: yes } }]' })).config.routes[0]!.metadata, { a: 'yes' })
  for (const tagged of ['!!binary aGk=', '!mine a', '!!set { a }', '!!timestamp 2020-01-01']) {
    t.match(await faultsOf(loadNative(`routes: ${tagged}`)), [/^routes.yaml:2:9: Unresolved tag.* \[GW_CONFIG_SYNTAX\]$/], tagged)
  }
})

t.test('keys are text, whatever they look like', async t => {
  t.same(await metadata('1: a\ntrue: b\n~: c\n0x10: d\n? e\n&k f: g\n*k : h2\n"<<": i'.replace('*k : h2\n', '')),
    { 1: 'a', true: 'b', '~': 'c', '0x10': 'd', e: null, f: 'g', '<<': 'i' })
  t.match(await faultsOf(loadNative('? [a]\n: b')), [/2:3: a key must be a scalar/])
})

t.test('a name of Object.prototype is a key like another', async t => {
  const found = await metadata('__proto__: { polluted: 1 }\nconstructor: 2')
  t.same(Object.keys(found), ['__proto__', 'constructor'])
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

t.test('aliases stand for what they name, and merge keys give way to keys of their own', async t => {
  t.same(await metadata('a: &a { x: 1, y: 2 }\nb: *a\nc: { <<: *a, y: 3 }\nd: { <<: [{ x: 5 }, *a], z: 1 }\ne: &s text\nf: [*s, *s]\n&k g: 1\nh: *k'), {
    a: { x: 1, y: 2 }, b: { x: 1, y: 2 }, c: { x: 1, y: 3 }, d: { x: 5, y: 2, z: 1 }, e: 'text', f: ['text', 'text'], g: 1, h: 'g'
  })
  t.same(await metadata('&k a: 1\nb: { *k : 2 }'), { a: 1, b: { a: 2 } })
  t.match(await faultsOf(loadNative('routes: &r [*r]')), [/2:13: no anchor &r before this/], 'not for themselves')
  t.match(await faultsOf(loadNative('gateway: { <<: 5 }')), [/2:10: only a map, or a list of maps, can be merged/])
})

t.test('the same key twice names both places', async t => {
  t.same(await faultsOf(loadNative('routes: []\nfilters: []\nroutes: []\ngateway: { drain: 1s, "drain": 2s }')), [
    'routes.yaml:4:1: the key "routes" is here and at routes.yaml:2:1 [GW_CONFIG_DUPLICATE]',
    'routes.yaml:5:23: the key "drain" is here and at routes.yaml:5:12 [GW_CONFIG_DUPLICATE]'
  ])
})

t.test('aliases that stand for too much are refused at once', async t => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`)].join('\n')
  const start = performance.now()
  t.match(await faultsOf(loadNative(bomb)), [/aliases stand for too much \[GW_CONFIG_SYNTAX\]/])
  t.ok(performance.now() - start < 2000)
})

t.test('nesting without end is refused', async t => {
  t.match(await faultsOf(loadNative(`routes: ${'['.repeat(200)}${']'.repeat(200)}`)), [/nested too deeply \[GW_CONFIG_SYNTAX\]/])
  t.match(await faultsOf(loadNative(`routes: ${'['.repeat(20_000)}`)), [/GW_CONFIG_SYNTAX/])
  t.match(await faultsOf(loadNative('- '.repeat(20_000))), [/GW_CONFIG_SYNTAX/])
})
