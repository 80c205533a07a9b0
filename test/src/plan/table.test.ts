import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import weightRoom from '../../../plugins/predicates/weight/index.ts'
import { Config, definePredicate, Type, type Exchange, type IndexHint } from '../../../src/contract/index.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { Table } from '../../../src/plan/table.ts'
import { exchange, fakeRandom, type TestRequest } from '../../../src/testing/index.ts'
import { planOf, surroundings, type Written } from './compiled.ts'
import { around, request, route } from './random-routes.ts'

/** Lookup as it is defined: one plan after the other. */
async function scan (plans: readonly Plan[], x: Exchange, draw: number): Promise<Plan | null> {
  const asked = x.headers.first('access-control-request-method')
  const ordered = plans.map((plan, i) => ({ plan, i })).sort((a, b) => a.plan.config.order - b.plan.config.order || a.i - b.i).map(({ plan }) => plan)
  if (x.method === 'OPTIONS' && asked !== undefined && x.headers.has('origin')) {
    x.routingMethod = asked
    const found = await first(ordered.filter(plan => plan.answersPreflight), x, draw)
    if (found) return found
    x.routingMethod = x.method
  }
  return await first(ordered, x, draw)
}

async function first (plans: readonly Plan[], x: Exchange, draw: number): Promise<Plan | null> {
  for (const plan of plans) {
    if (await holds(plan, x)) return plan.share ? await drawn(plans.filter(({ share }) => share?.group === plan.share!.group), x, draw) : plan
  }
  x.params = {}
  return null
}

async function drawn (members: readonly Plan[], x: Exchange, draw: number): Promise<Plan> {
  const holding: Plan[] = []
  for (const plan of members) if (await holds(plan, x).catch(() => false)) holding.push(plan)
  const total = holding.reduce((sum, { share }) => sum + share!.weight, 0)
  let edge = 0
  const plan = total === 0 ? holding[0]! : holding.find(({ share }) => draw * total < (edge += share!.weight)) ?? holding.at(-1)!
  await holds(plan, x)
  return plan
}

async function holds (plan: Plan, x: Exchange): Promise<boolean> {
  x.params = {}
  return await plan.match(x)
}

/** Route and variables of a lookup; or that a predicate failed. */
async function outcome (look: (x: Exchange) => Promise<Plan | null>, request: TestRequest): Promise<unknown> {
  const x = exchange(request)
  try {
    const plan = await look(x)
    return [plan?.id ?? null, { ...x.params }]
  } catch (error) {
    return (error as Error).message
  }
}

t.test('finds what a scan of all routes would find', async () => {
  await fc.assert(fc.asyncProperty(fc.array(route, { maxLength: 8 }), fc.array(request, { minLength: 1, maxLength: 6 }), fc.constantFrom(0, 0.3, 0.6, 0.99), async (routes, requests, draw) => {
    const plans = routes.map((route, i) => planOf(`r${i}`, route, around))
    const table = new Table(plans, fakeRandom(draw))
    for (const request of requests) {
      deepStrictEqual(await outcome(async x => await table.find(x), request), await outcome(x => scan(plans, x, draw), request))
    }
  }), { numRuns: 1000 })
})

const plan = (id: string, ...predicates: Written[]) => planOf(id, { predicates }, around)

t.test('asks only the candidates that the index leaves', async t => {
  const asked: string[] = []
  const noting = definePredicate({
    name: 'noting',
    config: Config({ id: Type.String(), index: Type.Unknown() }),
    create: ({ id, index }) => ({ index: index as IndexHint, match: () => { asked.push(id); return false } })
  })
  const others = surroundings([noting])
  const made = (id: string, index: IndexHint) => planOf(id, { predicates: [{ noting: { id, index } }] }, others)
  const paths = (exact: boolean, ...segments: string[]) => ({ paths: [{ segments, exact }] })
  const table = new Table([
    made('host', { hosts: ['a.test'] }), made('other host', { hosts: ['b.test'] }), made('below', { hosts: ['*.test'] }), made('below itself', { hosts: ['*.a.test'] }),
    made('method', { methods: ['GET'] }), made('other method', { methods: ['PUT'] }),
    made('path', paths(true, 'x', 'y')), made('longer', paths(true, 'x', 'y', 'z')), made('shorter', paths(true, 'x')), made('open', paths(false, 'x')),
    made('any segment', paths(true, 'x', '*')), made('other path', paths(false, 'y')), made('all', {})
  ], fakeRandom())
  t.equal(await table.find(exchange({ host: 'a.test', target: '/x/y' })), null)
  t.same(asked, ['host', 'below', 'method', 'path', 'open', 'any segment', 'all'])
})

t.test('asks each route once, however many of its hints fit', async t => {
  let asked = 0
  const paths = [{ segments: [], exact: false }, { segments: ['a'], exact: true }, { segments: ['*'], exact: true }]
  const counting = definePredicate({
    name: 'counting',
    config: Config({}),
    create: () => ({ index: { hosts: ['a.test', '*.test', 'a.test'], paths }, match: () => { asked++; return false } })
  })
  await new Table([planOf('r', { predicates: ['counting'] }, surroundings([counting]))], fakeRandom()).find(exchange({ host: 'a.test', target: '/a' }))
  t.equal(asked, 1)
})

t.test('a host of ten thousand labels costs no more than the longest suffix of the table', async t => {
  const table = new Table([plan('a', { host: '**.a.test' }), plan('b', { host: '**.x.a.test' })], fakeRandom())
  const x = exchange({ host: `${'a.'.repeat(10_000)}x.a.test` })
  const looked = t.capture(Map.prototype, 'get', Map.prototype.get)
  t.equal((await table.find(x))?.id, 'a')
  t.same(looked().map(({ args: [key] }) => key).filter(key => String(key).startsWith('.')), ['.x.a.test', '.a.test', '.test'])
})

t.test('a predicate that fails costs its own route only', async t => {
  const table = new Table([plan('fails', { path: '/a' }, { flag: { name: 'f' } }), plan('b', { path: '/b' })], fakeRandom())
  t.throws(() => table.find(exchange({ target: '/a', headers: { f: 'throw' } })), { message: 'f' })
  t.equal((await table.find(exchange({ target: '/b', headers: { f: 'throw' } })))?.id, 'b')
})

t.test('a member of a group whose predicates hold only the first time they are asked is drawn all the same', async t => {
  let asked = 0
  const once = definePredicate({ name: 'once', config: Config({}), create: () => ({ match: () => asked++ === 0 }) })
  const table = new Table([planOf('a', { predicates: ['once', { weight: { group: 'g', weight: 1 } }] }, surroundings([once, weightRoom]))], fakeRandom())
  t.equal((await table.find(exchange()))?.id, 'a')
})

t.test('a draw that rounding puts behind all shares takes the last member', async t => {
  const shared = ['a', 'b', 'c'].map(id => plan(id, { weight: { group: 'g', weight: 1 } }))
  t.equal((await new Table(shared, { next: () => 1 }).find(exchange()))?.id, 'c')
})

t.test('a member of a group that fails after a while has no part in the draw', async t => {
  const share = (weight: number) => ({ weight: { group: 'g', weight } })
  const table = new Table([plan('a', share(1)), plan('b', { flag: { name: 'f', wait: true } }, share(9))], fakeRandom(0.9))
  t.equal((await table.find(exchange({ headers: { f: 'throw' } })))?.id, 'a')
  t.equal((await table.find(exchange({ headers: { f: '1' } })))?.id, 'b')
})

t.test('a preflight finds the route that answers it, by the method it asks about', async t => {
  const table = new Table([
    planOf('plain', { predicates: [{ path: '/a' }] }, around),
    planOf('get', { predicates: [{ path: '/a' }, { method: 'GET' }], filters: ['preflights'] }, around),
    planOf('post', { predicates: [{ path: '/a' }, { method: 'POST' }], filters: ['preflights'] }, around)
  ], fakeRandom())
  const find = async (headers: Record<string, string>, method = 'OPTIONS') => {
    const x = exchange({ target: '/a', method, headers })
    const found = await table.find(x)
    t.equal(x.routingMethod, method, 'filters see the method there is')
    return found?.id
  }
  t.equal(await find({ origin: 'http://o.test', 'access-control-request-method': 'POST' }), 'post')
  t.equal(await find({ origin: 'http://o.test', 'access-control-request-method': 'PUT' }), 'plain')
  t.equal(await find({ 'access-control-request-method': 'POST' }), 'plain')
  t.equal(await find({ origin: 'http://o.test' }), 'plain')
  t.equal(await find({ origin: 'http://o.test', 'access-control-request-method': 'POST' }, 'GET'), 'plain')
})

t.test('knows the headers that filters of any of its routes write', async t => {
  const plan = (id: string, ownHeaders: string[]) => ({ ...planOf(id, {}, surroundings([])), ownHeaders }) as Plan
  t.same(new Table([plan('a', ['X-B', 'x-a']), plan('b', []), plan('c', ['X-A'])], { next: () => 0 }).ownHeaders, ['x-a', 'x-b'])
})
