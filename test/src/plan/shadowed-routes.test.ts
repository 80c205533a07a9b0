import fc from 'fast-check'
import t from 'tap'
import header from '../../../plugins/predicates/header/index.ts'
import host from '../../../plugins/predicates/host/index.ts'
import method from '../../../plugins/predicates/method/index.ts'
import path from '../../../plugins/predicates/path/index.ts'
import weight from '../../../plugins/predicates/weight/index.ts'
import { Config, defineFilter } from '../../../src/contract/index.ts'
import { shadowedRoutes } from '../../../src/plan/shadowed-routes.ts'
import { Table } from '../../../src/plan/table.ts'
import { exchange, fakeRandom } from '../../../src/testing/index.ts'
import { planOf, surroundings, type Written, type WrittenRoute } from './compiled.ts'
import { around as random, request, route } from './random-routes.ts'

const preflights = defineFilter({ name: 'preflights', config: Config({}), create: () => ({ answersPreflight: true, request: () => {} }) })
const around = surroundings([header, host, method, path, weight, preflights])

/** Which of the routes are shadowed by which, by their position. */
function shadows (...routes: (Written[] | WrittenRoute)[]): (readonly [number, number])[] {
  const plans = routes.map((route, i) => planOf(String(i), Array.isArray(route) ? { predicates: route } : route, around))
  return shadowedRoutes(new Table(plans, fakeRandom()).plans).map(({ plan, by }) => [Number(plan.id), Number(by.id)])
}

for (const [earlier, later] of [
  [[], []],
  [[], [{ path: '/a' }, { host: 'a.test' }, { method: 'GET' }]],
  [[{ path: '/**' }], [{ path: '/a/{id}' }]],
  [[{ path: '/a/**' }], [{ path: '/a' }]],
  [[{ path: '/a/**' }], [{ path: '/a/b/**' }]],
  [[{ path: '/a/{*rest}' }], [{ path: '/a/{x:[0-9]+}' }]],
  [[{ path: { prefix: '/a' } }], [{ path: '/a/**/b' }]],
  [[{ path: '/a' }], [{ path: '/a' }]],
  [[{ path: '/a' }], [{ path: { exact: '/a' } }]],
  [[{ path: '/a' }], [{ path: '/a/' }]],
  [[{ path: '/' }], [{ path: { exact: '/' } }]],
  [[{ path: '/a/{id}' }], [{ path: '/a/{name}' }]],
  [[{ path: '/a/{id}' }], [{ path: '/a/b' }]],
  [[{ path: '/{x}/**' }], [{ path: '/a/b/c' }]],
  [[{ path: '/{x}/b/{y}' }], [{ path: '/a/b/c' }]],
  [[{ path: ['/a/**', '/b/**'] }], [{ path: ['/b/x', '/a/y'] }]],
  [[{ path: '/a/**' }], [{ path: '/a/b' }, { header: 'X-A' }]],
  [[{ method: ['GET', 'PUT'] }], [{ method: 'PUT' }]],
  [[{ host: 'a.test' }], [{ host: 'A.test' }]],
  [[{ host: '**.test' }], [{ host: 'test' }]],
  [[{ host: '**.test' }], [{ host: 'x.a.test' }]],
  [[{ host: '**.test' }], [{ host: '*.a.test' }]],
  [[{ host: '**.test' }], [{ host: ['{x}.test', 'test:8080'] }]],
  [[{ host: ['a.test', '**.b.test'] }], [{ host: ['x.b.test', 'a.test'] }]],
  [[{ path: '/a/**' }, { method: 'GET' }], [{ host: 'a.test' }, { path: '/a/b' }, { method: 'GET' }]],
  [[{ all: [{ path: '/a/**' }] }], [{ any: [{ path: '/a/b' }, { path: '/a/c' }] }]]
] as Written[][][]) {
  t.test(`${JSON.stringify(earlier)} leaves nothing to ${JSON.stringify(later)}`, async t => {
    t.same(shadows(earlier!, later!), [[1, 0]])
  })
}

for (const [earlier, later] of [
  [[{ path: '/a' }], []],
  [[{ path: '/a/b' }], [{ path: '/a/{id}' }]],
  [[{ path: '/a/*' }], [{ path: '/a' }]],
  [[{ path: '/a/' }], [{ path: '/a' }]],
  [[{ path: { patterns: '/a', trailingSlash: false } }], [{ path: '/a' }]],
  [[{ path: { exact: '/a' } }], [{ path: '/a' }]],
  [[{ path: { exact: '/*' } }], [{ path: '/a' }]],
  [[{ path: { prefix: '/*' } }], [{ path: '/a' }]],
  [[{ path: { patterns: '/a', caseSensitive: false } }], [{ path: '/a' }]],
  [[{ path: '/{id:[0-9]+}' }], [{ path: '/1' }]],
  [[{ path: '/a*' }], [{ path: '/ab' }]],
  [[{ path: '/a/**/b' }], [{ path: '/a/x/b' }]],
  [[{ path: '/a/**/{x}' }], [{ path: '/a/x' }]],
  [[{ path: ['/a', '/b*'] }], [{ path: '/a' }]],
  [[{ path: ['/a/**'] }], [{ path: ['/a/b', '/c'] }]],
  [[{ method: 'GET' }], [{ method: ['GET', 'PUT'] }]],
  [[{ method: 'GET' }], []],
  [[{ host: 'a.test' }], [{ host: ['a.test', 'b.test'] }]],
  [[{ host: 'a.test:8080' }], [{ host: 'a.test' }]],
  [[{ host: '*.test' }], [{ host: 'a.test' }]],
  [[{ host: '{x}.test' }], [{ host: 'a.test' }]],
  [[{ host: 'a.**' }], [{ host: 'a.test' }]],
  [[{ host: '**.test' }], [{ host: 'x.rest' }]],
  [[{ header: 'X-A' }], [{ header: 'X-A' }]],
  [[{ path: '/a/**' }, { header: 'X-A' }], [{ path: '/a/b' }, { header: 'X-A' }]],
  [[{ path: '/a/**' }, { path: '/**' }], [{ path: '/b' }]],
  [[{ any: [{ path: '/**' }] }], [{ path: '/b' }]],
  [[{ not: { path: '/a' } }], [{ path: '/b' }]]
] as Written[][][]) {
  t.test(`${JSON.stringify(earlier)} may leave something to ${JSON.stringify(later)}`, async t => {
    t.same(shadows(earlier!, later!), [])
  })
}

t.test('no request finds a route that is told to be shadowed', async t => {
  let told = 0
  await fc.assert(fc.asyncProperty(fc.array(route, { minLength: 2, maxLength: 8 }), fc.array(request, { minLength: 1, maxLength: 8 }), async (routes, requests) => {
    const table = new Table(routes.map((one, i) => planOf(`r${i}`, one, random)), fakeRandom(0.5))
    const shadowed = shadowedRoutes(table.plans).map(({ plan }) => plan)
    told += shadowed.length
    for (const one of requests) {
      const found = await (async () => await table.find(exchange(one)))().catch(() => null)
      if (found !== null && shadowed.includes(found)) throw new Error(`${found.id} was found`)
    }
  }), { numRuns: 1000 })
  t.ok(told > 100, `${told} were told`)
})

t.test('goes by the order of lookup, and names the first that takes it all', async t => {
  t.same(shadows({ order: 1, predicates: [] }, { predicates: [{ path: '/a' }] }), [])
  t.same(shadows({ predicates: [{ path: '/a' }] }, { order: -1, predicates: [] }), [[0, 1]])
  t.same(shadows([{ path: '/a/**' }], [{ path: '/a/b/**' }], [{ path: '/a/b/c' }]), [[1, 0], [2, 0]])
})

t.test('a member of a group neither shadows nor is shadowed: it is drawn for another', async t => {
  const share = { weight: { group: 'g', weight: 1 } }
  t.same(shadows([share], [{ path: '/a' }]), [])
  t.same(shadows([], [share]), [])
})

t.test('a route that answers preflights is passed by only by another that does', async t => {
  t.same(shadows([], { filters: ['preflights'] }), [])
  t.same(shadows({ filters: ['preflights'] }, { filters: ['preflights'] }), [[1, 0]])
  t.same(shadows({ filters: ['preflights'] }, []), [[1, 0]])
})
