import t from 'tap'
import header from '../../../plugins/predicates/header/index.ts'
import readBody from '../../../plugins/predicates/read-body/index.ts'
import weight from '../../../plugins/predicates/weight/index.ts'
import { capture, Config, definePredicate, Type } from '../../../src/contract/index.ts'
import type { PredicateUse } from '../../../src/contract/route-file.ts'
import type { Random } from '../../../src/contract/services.ts'
import { compileRoute } from '../../../src/plan/compile-route.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { Table } from '../../../src/plan/table.ts'
import { exchange, fakeRandom, fakeServices, reply, type TestRequest } from '../../../src/testing/index.ts'

/** Captures a variable, as a path with one does. */
const captures = definePredicate({
  name: 'captures',
  config: Config({ name: Type.String(), value: Type.String() }),
  create: ({ name, value }) => ({ match: x => { capture(x, { [name]: value }); return true } })
})
const rooms = roomsOf([], [captures, header, readBody, weight])

/** A predicate as in the file: `room: config`. */
type Written = Record<string, unknown>

/** One route of those predicates. */
function plan (id: string, ...predicates: Written[]): Plan {
  const origin = { file: 'test.yaml', pointer: `/routes/${id}` }
  const use = (written: Written): PredicateUse => {
    const [[name, config]] = Object.entries(written) as [[string, unknown]]
    return { kind: 'use', use: { name, config, when: null, report: false, origin, configOrigin: origin } }
  }
  const made = compileRoute({
    id, order: 0, predicates: predicates.map(use), filters: [], skip: [], targets: [], timeouts: {}, timeoutMs: null, allowPath: [], metadata: {}, tests: [], origin, written: {}
  }, {
    rooms,
    services: () => ({ ...fakeServices(), close: () => {} }),
    upstream: () => ({ dispatch: async () => reply(), close: () => {} })
  })
  if (made.plan === null) throw new AggregateError(made.faults)
  return made.plan
}

const share = (weight: number, group = 'g') => ({ weight: { group, weight } })

/** A linear congruential generator (Numerical Recipes), so that every run draws the same. */
function seeded (seed: number): Random {
  let state = seed
  return {
    next: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
  }
}

/** How often each route gets the request. */
async function drawn (plans: Plan[], draws: number, random: Random, request?: TestRequest): Promise<Record<string, number>> {
  const table = new Table(plans, random)
  const counts: Record<string, number> = {}
  for (let i = 0; i < draws; i++) {
    const found = await table.find(exchange(request))
    counts[found?.id ?? 'none'] = (counts[found?.id ?? 'none'] ?? 0) + 1
  }
  return counts
}

/** Every tenth of the unit interval once. */
const tenths = () => fakeRandom(...Array.from({ length: 10 }, (_, i) => i / 10))

t.test('requests come out as the weights say', async t => {
  const counts = await drawn([plan('a', share(70)), plan('b', share(25)), plan('c', share(5))], 20_000, seeded(7))
  for (const [id, part] of [['a', 0.7], ['b', 0.25], ['c', 0.05]] as const) {
    t.ok(Math.abs(counts[id]! / 20_000 - part) < 0.01, `${id}: ${counts[id]}`)
  }
})

t.test('each member has exactly its part of the interval', async t => {
  t.same(await drawn([plan('a', share(3)), plan('b', share(2)), plan('c', share(5))], 10, tenths()), { a: 3, b: 2, c: 5 })
})

t.test('a member whose other predicates fail leaves its share to the others', async t => {
  const plans = [plan('a', share(8), { header: 'X-A' }), plan('b', share(1)), plan('c', share(1))]
  t.same(await drawn(plans, 10, tenths()), { b: 5, c: 5 })
  t.same(await drawn(plans, 10, tenths(), { headers: { 'x-a': '1' } }), { a: 8, b: 1, c: 1 })
})

t.test('a later route is asked only where no member holds', async t => {
  const plans = [plan('a', share(8), { header: 'X-A' }), plan('b', share(2), { header: 'X-B' }), plan('rest')]
  t.same(await drawn(plans, 10, tenths()), { rest: 10 })
  t.same(await drawn(plans, 10, tenths(), { headers: { 'x-b': '1' } }), { b: 10 })
})

t.test('a table built without a member gives its share to the rest', async t => {
  const [a, b, c] = [plan('a', share(5)), plan('b', share(4)), plan('c', share(1))]
  t.same(await drawn([a, b, c], 10, tenths()), { a: 5, b: 4, c: 1 })
  t.same(await drawn([b, c], 10, tenths()), { b: 8, c: 2 })
  t.same(await drawn([c], 10, tenths()), { c: 10 })
})

t.test('a weight of 0 takes nothing while another member holds', async t => {
  const plans = [plan('zero', share(0)), plan('a', share(1), { header: 'X-A' })]
  t.same(await drawn(plans, 10, tenths(), { headers: { 'x-a': '1' } }), { a: 10 })
  t.same(await drawn(plans, 10, tenths()), { zero: 10 })
})

t.test('weights that are all 0 still route, to the first that holds', async t => {
  t.same(await drawn([plan('a', share(0), { header: 'X-A' }), plan('b', share(0)), plan('c', share(0))], 10, tenths()), { b: 10 })
})

t.test('groups do not touch each other', async t => {
  const plans = [plan('a1', share(1), { header: 'X-A' }), plan('b1', share(1, 'other')), plan('a2', share(1), { header: 'X-A' }), plan('b2', share(4, 'other'))]
  t.same(await drawn(plans, 10, tenths(), { headers: { 'x-a': '1' } }), { a1: 5, a2: 5 })
  t.same(await drawn(plans, 10, tenths()), { b1: 2, b2: 8 })
})

t.test('a route of its own before the group takes its requests', async t => {
  t.same(await drawn([plan('own', { header: 'X-A' }), plan('a', share(1)), plan('b', share(1))], 10, tenths(), { headers: { 'x-a': '1' } }), { own: 10 })
})

t.test('members that wait for the body are drawn like the others, in the order of the file', async t => {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"v":2}' }
  const v2 = { 'read-body': 'body.v == 2' }
  t.same(await drawn([plan('a', share(3), v2), plan('b', share(2)), plan('c', v2, share(5))], 10, tenths(), request), { a: 3, b: 2, c: 5 })
  t.same(await drawn([plan('a', share(3), { 'read-body': 'body.v == 1' }), plan('b', share(2)), plan('c', v2, share(2))], 10, tenths(), request), { b: 5, c: 5 })
  t.same(await drawn([plan('a', share(3), { 'read-body': 'body.v == 1' }), plan('b', { 'read-body': 'body.v == 3' }, share(2)), plan('rest')], 10, tenths(), request), { rest: 10 })
})

t.test('the body is whole after members have waited for it', async t => {
  const table = new Table([plan('a', share(1), { 'read-body': 'body.v == 2' }), plan('b', share(1), { 'read-body': 'body.v == 2' })], fakeRandom(0.9))
  const x = exchange({ method: 'POST', headers: { 'content-type': 'application/json' }, body: ['{"v"', ':2}'] })
  t.equal((await table.find(x))?.id, 'b')
  t.equal(Buffer.from(x.body.held!).toString(), '{"v":2}')
})

for (const [waiting, ...predicates] of [['without a body'], ['with a body to wait for', { 'read-body': 'body.v == 2' }]] as [string, ...Written[]][]) {
  t.test(`captured variables are those of the route that was drawn, ${waiting}`, async t => {
    const plans = [plan('a', { captures: { name: 'a', value: '1' } }, share(1), ...predicates), plan('b', { captures: { name: 'b', value: '2' } }, share(1), ...predicates)]
    for (const [draw, id, params] of [[0.1, 'a', { a: '1' }], [0.9, 'b', { b: '2' }]] as const) {
      const x = exchange({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"v":2}' })
      t.equal((await new Table(plans, fakeRandom(draw)).find(x))?.id, id)
      t.same({ ...x.params }, params)
    }
  })
}

t.test('nothing is captured where no route takes the request', async t => {
  const x = exchange()
  t.equal(await new Table([plan('a', { captures: { name: 'a', value: '1' } }, share(1), { header: 'X-A' })], fakeRandom(0)).find(x), null)
  t.same({ ...x.params }, {})
})
