import { symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import stripPrefix from '../../../plugins/filters/strip-prefix/index.ts'
import { loadRooms } from '../../../src/config/load-rooms.ts'
import { GatewayError, type Filter, type Predicate } from '../../../src/contract/index.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import { fakeServices, mount } from '../../../src/testing/index.ts'

const IMPORT = "import { Config, defineFilter, definePredicate } from 'gatehouse/contract'\n"
const filter = (name: string) => `defineFilter({ name: '${name}', config: Config({}), create: () => ({ request: x => { x.headers.set('x-room', '${name}') } }) })`
const predicate = (name: string) => `definePredicate({ name: '${name}', config: Config({}), create: () => ({ match: () => true }) })`
const room = (name: string) => `${IMPORT}export default ${filter(name)}\n`

type Files = NonNullable<Parameters<Test['testdir']>[0]>

/** Loads what `specifiers` name, beside a route file in a folder of these files. */
function loader (t: Test, files: Files) {
  const folder = t.testdir(files)
  return {
    folder,
    load: async (...specifiers: string[]) => {
      const builtIn = roomsOf([stripPrefix], [])
      const { rooms, faults } = await loadRooms(specifiers.map((specifier, i) => ({ specifier, file: `${folder}/routes.yaml`, origin: { file: 'routes.yaml', pointer: `/plugins/${i}` } })), builtIn)
      return {
        rooms,
        faults,
        filters: [...rooms.filters.keys()].filter(name => name !== 'strip-prefix'),
        predicates: [...rooms.predicates.keys()],
        details: faults.map(({ code, detail }) => `${code} ${detail}`.replaceAll(folder, ''))
      }
    }
  }
}

const only = ({ rooms }: { rooms: { filters: ReadonlyMap<string, Filter> } }, name: string) => rooms.filters.get(name)!

t.test('gives the built-in rooms where there are no plugins', async t => {
  const { rooms, faults } = await loader(t, {}).load()
  t.same([...rooms.filters.keys()], ['strip-prefix'])
  t.equal(rooms.filters.get('strip-prefix'), stripPrefix)
  t.same(faults, [])
})

t.test('loads a folder that is one room', async t => {
  const { folder, load } = loader(t, { tenant: { 'index.ts': room('tenant'), 'README.md': '# tenant' } })
  const loaded = await load('./tenant')
  t.match(loaded, { filters: ['tenant'], faults: [] })
  t.match(only(loaded, 'tenant'), { kind: 'filter', file: `${folder}/tenant/index.ts` })
  t.ok(loaded.rooms.filters.has('strip-prefix'))
  const { x } = await mount(only(loaded, 'tenant')).call()
  t.equal(x.headers.get('x-room'), 'tenant')
})

t.test('loads a folder of rooms, in the order of their names', async t => {
  const { load } = loader(t, { rooms: { b: { 'index.ts': room('b') }, a: { 'index.js': room('a') }, docs: { 'notes.md': '' }, 'notes.md': '' } })
  t.match(await load('./rooms'), { filters: ['a', 'b'], faults: [] })
  t.match(await load('./rooms/'), { filters: ['a', 'b'], faults: [] })
})

t.test('loads filters/ and predicates/ of a folder', async t => {
  const { load } = loader(t, {
    rooms: {
      d: { 'index.ts': room('d') },
      filters: { a: { 'index.ts': room('a') }, b: { 'index.mjs': room('b') }, lib: { 'shared.ts': '' } },
      predicates: { c: { 'index.mts': `${IMPORT}export default ${predicate('c')}` } }
    }
  })
  t.match(await load('./rooms'), { filters: ['d', 'a', 'b'], predicates: ['c'], faults: [] })
})

t.test('takes the TypeScript of a folder where what was built of it lies beside', async t => {
  const { folder, load } = loader(t, { tenant: { 'index.js': 'throw new Error("stale")', 'index.ts': room('tenant'), 'index.d.ts': '' } })
  t.equal(only(await load('./tenant'), 'tenant').file, `${folder}/tenant/index.ts`)
})

t.test('loads one file, whatever its name', async t => {
  const { folder, load } = loader(t, { 'tenant.ts': room('tenant') })
  t.match(await load('./tenant.ts'), { filters: ['tenant'], faults: [] })
  t.match(await load(`${folder}/tenant.ts`), { filters: ['tenant'], faults: [] })
})

t.test('loads TypeScript with types, and what a room imports of its own', async t => {
  const { load } = loader(t, {
    tenant: {
      'index.ts': "import { Config, defineFilter, type Exchange } from 'gatehouse/contract'\nimport { NAME } from './name.ts'\nconst name = (x: Exchange): string => x.method as string\nexport default defineFilter({ name: NAME, config: Config({}), create: () => ({ request: (x: Exchange): void => { name(x) } }) })",
      'name.ts': "export const NAME: string = 'tenant'"
    }
  })
  t.match(await load('./tenant'), { filters: ['tenant'], faults: [] })
})

t.test('takes rooms exported by default, by name and in lists, each once', async t => {
  const { load } = loader(t, {
    many: { 'index.ts': `${IMPORT}const one = ${filter('one')}\nexport default one\nexport { one }\nexport const two = ${filter('two')}\nexport const filters = [one, ${filter('three')}]\nexport const predicates = [${predicate('one')}]` },
    list: { 'index.ts': `${IMPORT}export default [${filter('four')}, ${predicate('five')}]` }
  })
  t.match(await load('./many', './list'), { filters: ['one', 'three', 'two', 'four'], predicates: ['one', 'five'], faults: [] })
})

t.test('loads a package beside the route file', async t => {
  const { folder, load } = loader(t, {
    node_modules: {
      'our-rooms': { 'package.json': '{"name":"our-rooms","type":"module","exports":{"import":"./lib/rooms.js"}}', lib: { 'rooms.js': room('packed') } },
      '@our': { rooms: { 'package.json': '{"name":"@our/rooms","type":"module","exports":{".":"./a.js","./b":"./b.js"}}', 'a.js': room('scoped-a'), 'b.js': room('scoped-b') } }
    }
  })
  const loaded = await load('our-rooms', '@our/rooms', '@our/rooms/b')
  t.match(loaded, { filters: ['packed', 'scoped-a', 'scoped-b'], faults: [] })
  t.equal(only(loaded, 'packed').file, `${folder}/node_modules/our-rooms/lib/rooms.js`)
})

t.test('loads CommonJS, however it exports', async t => {
  const begin = "const { Config, defineFilter } = require('gatehouse/contract')\n"
  const { load } = loader(t, {
    node_modules: { old: { 'package.json': '{"name":"old"}', 'index.js': `${begin}exports.a = ${filter('named')}` } },
    whole: { 'index.cjs': `${begin}module.exports = ${filter('whole')}` },
    list: { 'index.cjs': `${begin}module.exports = [${filter('listed')}]` },
    built: { 'index.cjs': `${begin}exports.__esModule = true\nexports.default = ${filter('built')}\nexports.more = [${filter('more')}]` },
    wrong: { 'index.cjs': 'module.exports = 7' },
    none: { 'index.cjs': '' }
  })
  t.match(await load('old', './whole', './list', './built'), { filters: ['named', 'whole', 'listed', 'built', 'more'], faults: [] })
  t.same((await load('./wrong', './none')).details, [
    'GW_CONFIG_BAD_ROOM /wrong/index.cjs: an export is not what defineFilter or definePredicate gives', 'GW_CONFIG_BAD_ROOM /none/index.cjs exports nothing'
  ])
})

t.test('gives rooms the contract of the gateway that runs them', async t => {
  const { load } = loader(t, {
    'a.ts': `import { Config, defineFilter, GatewayError } from 'gatehouse/contract'
      import { exchange } from 'gatehouse/testing'
      export default defineFilter({ name: 'a', config: Config({}), create: () => ({ request: () => { throw Object.assign(new GatewayError('GW_FORBIDDEN'), { path: exchange({ target: '/a' }).path }) } }) })`,
    node_modules: { gatehouse: { 'package.json': '{"name":"gatehouse","type":"module","exports":{"./contract":"./other.js","./testing":"./other.js"}}', 'other.js': 'throw new Error("another copy")' } }
  })
  const loaded = await load('./a.ts')
  t.same(loaded.faults, [])
  const { request } = only(loaded, 'a').create({}, { routeId: 'test', upstreams: [], services: fakeServices() })
  t.match(t.throws(() => request!({} as never), GatewayError), { path: '/a' })
  t.equal((await mount(only(loaded, 'a')).call()).status, 403)
  t.equal(createRequire(import.meta.url)('gatehouse/contract').GatewayError, GatewayError, 'also by require')
})

t.test('loads no tests and no other files beside a room', async t => {
  const fails = 'throw new Error("was loaded")'
  const { load } = loader(t, { rooms: { a: { 'index.ts': room('a'), 'a.test.ts': fails, 'index.test.ts': fails, 'other.ts': fails, test: { 'index.ts': fails } }, 'b.test.ts': fails, node_modules: { 'index.ts': fails }, '.git': { 'index.ts': fails } } })
  t.match(await load('./rooms'), { filters: ['a'], faults: [] })
})

t.test('follows links to rooms, and leaves out those that lead nowhere', async t => {
  const { folder, load } = loader(t, { elsewhere: { linked: { 'index.ts': room('linked') } }, rooms: { a: { 'index.ts': room('a') } } })
  symlinkSync(`${folder}/elsewhere/linked`, `${folder}/rooms/linked`)
  symlinkSync(`${folder}/nowhere`, `${folder}/rooms/nowhere`)
  t.match(await load('./rooms'), { filters: ['a', 'linked'], faults: [] })
})

t.test('gives the same rooms when they are loaded again', async t => {
  const { load } = loader(t, { rooms: { a: { 'index.ts': room('a') } }, node_modules: { p: { 'package.json': '{"name":"p","type":"module","exports":"./p.js"}', 'p.js': room('p') } } })
  const [before, after] = [await load('./rooms', 'p'), await load('./rooms', 'p')]
  for (const name of ['a', 'p']) t.equal(only(before, name), only(after, name), name)
})

t.test('takes the same room from two entries for one', async t => {
  const { load } = loader(t, { rooms: { a: { 'index.ts': room('a') } } })
  t.match(await load('./rooms', './rooms/a', './rooms/a/index.ts'), { filters: ['a'], faults: [] })
})

t.test('refuses a name that is taken, and says by whom', async t => {
  const { load } = loader(t, { a: { 'index.ts': room('strip-prefix') }, b: { 'index.ts': room('tenant') }, c: { 'index.ts': room('tenant') }, d: { 'index.ts': `${IMPORT}export default ${predicate('strip-prefix')}` } })
  const loaded = await load('./a', './b', './c', './d')
  t.same(loaded.details, [
    'GW_CONFIG_DUPLICATE /a/index.ts: a filter named "strip-prefix" is there already, a built-in one',
    'GW_CONFIG_DUPLICATE /c/index.ts: a filter named "tenant" is there already, /b/index.ts'
  ])
  t.match(loaded.faults, [{ file: 'routes.yaml', pointer: '/plugins/0' }, { file: 'routes.yaml', pointer: '/plugins/2' }])
  t.equal(only(loaded, 'strip-prefix'), stripPrefix)
  t.same(loaded.predicates, ['strip-prefix'], 'a predicate may be named like a filter')
})

for (const [what, code, detail] of [
  ['nothing', '', 'exports nothing'],
  ['an empty list', 'export default []', 'exports nothing'],
  ['types only', 'export interface A { a: string }', 'exports nothing'],
  ['a function', 'export default () => {}', ': an export is not what defineFilter or definePredicate gives'],
  ['null', 'export default null', ': an export is not what defineFilter or definePredicate gives'],
  ['another object', 'export default { name: "a", create: () => ({}) }', ': an export is not what defineFilter or definePredicate gives'],
  ['a constant beside a room', `${room('a')}export const LIMIT = 7`, ': an export is not what defineFilter or definePredicate gives'],
  ['no name', 'export default { kind: "filter" }', ': undefined is no name for a room: lower-case words joined by dashes'],
  ['a name in capitals', `${IMPORT}export default ${filter('Tenant')}`, ': "Tenant" is no name for a room: lower-case words joined by dashes'],
  ['a name with a dash at its end', `${IMPORT}export default ${filter('tenant-')}`, ': "tenant-" is no name for a room: lower-case words joined by dashes'],
  ['no create', 'export default { kind: "predicate", name: "a" }', ': a has no create function'],
  ['no schema', 'export default { kind: "predicate", name: "a", create () {} }', ': a has no config schema; Config({}) is one without keys'],
  ['another schema', 'export default { kind: "predicate", name: "a", create () {}, config: { type: "string" } }', ': a has no config schema; Config({}) is one without keys'],
  ['a filter made by hand', 'export default { kind: "filter", name: "a", create () {}, config: { properties: {} } }', ': a does not say what it refuses: make it with defineFilter']
] as const) {
  t.test(`refuses a module that exports ${what}`, async t => {
    const { load } = loader(t, { rooms: { a: { 'index.ts': code }, z: { 'index.ts': room('z') } } })
    const { details, faults, filters } = await load('./rooms')
    t.equal(details.length, 1)
    t.equal(details[0], `GW_CONFIG_BAD_ROOM /rooms/a/index.ts${detail.startsWith(':') ? '' : ' '}${detail}`)
    t.match(faults, [{ file: 'routes.yaml', pointer: '/plugins/0' }])
    t.ok(filters.includes('z'), 'and loads those beside it')
  })
}

for (const [what, file, code, detail] of [
  ['is not JavaScript', 'index.js', '\n\nexport default {{', /^GW_CONFIG_BAD_ROOM \/a\/index.js cannot be loaded: Unexpected token/],
  ['is not TypeScript', 'index.ts', 'let a: = 2', /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: ./],
  ['is TypeScript that must be compiled', 'index.ts', 'enum A { B }', /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: .*enum/],
  ['throws', 'index.ts', 'throw new Error("out of order")', /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: out of order$/],
  ['throws what is no error', 'index.ts', 'throw null', /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: null$/],
  ['imports what is not there', 'index.ts', "import './none.ts'", /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: .*none.ts/],
  ['imports what the contract has not', 'index.ts', "import { nothing } from 'gatehouse/contract'\nexport default nothing", /^GW_CONFIG_BAD_ROOM \/a\/index.ts cannot be loaded: .*nothing/]
] as const) {
  t.test(`tells of a module that ${what}`, async t => {
    const { load } = loader(t, { a: { [file]: code }, b: { 'index.ts': room('b') } })
    const { details, filters } = await load('./a', './b')
    t.equal(details.length, 1)
    t.match(details[0], detail)
    t.same(filters, ['b'])
  })
}

t.test('tells what it cannot find', async t => {
  const { load } = loader(t, { empty: {}, flat: { 'tenant.ts': room('tenant'), lib: { 'index.txt': '' } }, node_modules: { typed: { 'package.json': '{"name":"typed","exports":"./index.ts"}', 'index.ts': room('typed') } } })
  const { details, faults } = await load('./none', './empty', './flat', 'none', '@our/none', 'typed')
  t.match(details, [
    /^GW_CONFIG_BAD_ROOM "\.\/none" cannot be found: ENOENT/,
    /^GW_CONFIG_BAD_ROOM "\.\/empty" cannot be found: the folder holds no index.ts or index.js, nor folders that do/,
    /^GW_CONFIG_BAD_ROOM "\.\/flat" cannot be found: the folder holds no index.ts/,
    /^GW_CONFIG_BAD_ROOM "none" cannot be found: Cannot find package 'none'/,
    /^GW_CONFIG_BAD_ROOM "@our\/none" cannot be found/,
    /^GW_CONFIG_BAD_ROOM \/node_modules\/typed\/index.ts cannot be loaded: .*node_modules/
  ])
  t.same(faults.map(({ pointer }) => pointer), [0, 1, 2, 3, 4, 5].map(i => `/plugins/${i}`))
})

t.test('takes no module of Node for one of rooms', async t => {
  t.match((await loader(t, {}).load('node:os')).details, [/^GW_CONFIG_BAD_ROOM node:os: an export is not/])
})

t.test('keeps filters and predicates apart', async t => {
  const { load } = loader(t, { 'both.ts': `${IMPORT}export const a = ${filter('same')}\nexport const b = ${predicate('same')}` })
  const { rooms, faults } = await load('./both.ts')
  t.same(faults, [])
  const kinds: (Filter | Predicate | undefined)[] = [rooms.filters.get('same'), rooms.predicates.get('same')]
  t.same(kinds.map(one => one?.kind), ['filter', 'predicate'])
})
