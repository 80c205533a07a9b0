import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import weight from '../../../plugins/predicates/weight/index.ts'
import { capture, Config, definePredicate, Type, type Matcher, type Predicate } from '../../../src/contract/index.ts'
import { compileRoute } from '../../../src/plan/compile-route.ts'
import { exchange } from '../../../src/testing/index.ts'
import { planOf, routeConfig, surroundings, type Written } from './compiled.ts'

/** What a leaf does when it is asked. */
interface Leaf { name: string, does: 'hold' | 'fail' | 'throw', wait: boolean }

/** Does as it is told, and captures its name first, even if it does not hold then. */
const leaf = definePredicate({
  name: 'leaf',
  config: Config({ name: Type.String(), does: Type.String(), wait: Type.Boolean() }),
  create: ({ name, does, wait }) => {
    const answer = (x: Parameters<Matcher['match']>[0]) => {
      capture(x, { [name]: name })
      if (does === 'throw') throw new Error(name)
      return does === 'hold'
    }
    return { match: wait ? async x => { await null; return answer(x) } : answer }
  }
})

type Tree = { leaf: Leaf } | { any: Tree[] } | { all: Tree[] } | { not: Tree }

const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), does: fc.constantFrom('hold', 'fail', 'throw'), wait: fc.boolean() }).map(leaf => ({ leaf }) as Tree),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map(any => ({ any })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map(all => ({ all })),
    tie('tree').map(not => ({ not }))
  )
})).tree

type Result = { holds: true, captured: string[] } | { holds: false } | { holds: 'throws', what: string }

const LEAVES: Record<Leaf['does'], (name: string) => Result> = {
  hold: name => ({ holds: true, captured: [name] }),
  fail: () => ({ holds: false }),
  throw: what => ({ holds: 'throws', what })
}

/** What a tree means, put as plainly as can be. */
function meaning (tree: Tree): Result {
  if ('leaf' in tree) return LEAVES[tree.leaf.does](tree.leaf.name)
  if ('not' in tree) return opposite(meaning(tree.not))
  const parts = ('any' in tree ? tree.any : tree.all).map(meaning)
  const thrown = parts.find(part => part.holds === 'throws')
  if ('any' in tree) return parts.find(part => part.holds === true) ?? thrown ?? { holds: false }
  return parts.find(part => part.holds === false) ?? thrown ?? { holds: true, captured: parts.flatMap(part => part.holds === true ? part.captured : []) }
}

const opposite = (result: Result): Result =>
  result.holds === 'throws' ? result : result.holds ? { holds: false } : { holds: true, captured: [] }

t.test('a tree means what its parts mean, whether they wait or not', async () => {
  await fc.assert(fc.asyncProperty(fc.array(tree, { maxLength: 3 }), async trees => {
    const plan = planOf('r', { predicates: trees as Written[] }, surroundings([leaf]))
    const x = exchange()
    const expected = meaning({ all: trees })
    if (expected.holds === 'throws') {
      deepStrictEqual(await (async () => await plan.match(x))().catch((error: Error) => error.message), expected.what)
      return
    }
    deepStrictEqual(await plan.match(x), expected.holds)
    if (expected.holds) deepStrictEqual(Object.keys(x.params).sort(), [...new Set(expected.captured)].sort())
  }), { numRuns: 1000 })
})

const odd = (match: unknown): Predicate => definePredicate({ name: 'odd', config: Config({}), create: () => ({ match }) as Matcher })

for (const [what, value, expected] of [
  ['nothing', undefined, false], ['null', null, false], ['an empty text', '', false], ['a text', 'a', true], ['0', 0, false], ['a promise of nothing', Promise.resolve(undefined), false],
  ['a promise of text', Promise.resolve('a'), true], ['a thenable', { then: (told: (held: unknown) => void) => { told(1) } }, true]
] as const) {
  t.test(`a predicate written in JavaScript that gives ${what} ${expected ? 'holds' : 'does not hold'}`, async t => {
    const held = planOf('r', { predicates: ['odd'] }, surroundings([odd(() => value)])).match(exchange())
    t.ok(typeof held === 'boolean' || held instanceof Promise)
    t.equal(await held, expected)
  })
}

for (const [what, made] of [
  ['no matcher', undefined], ['a matcher without match', {}], ['a promise', Promise.resolve({ match: () => true })], ['a match that is no function', { match: true }],
  ['hosts that are no list', { match: () => true, index: { hosts: 'a' } }], ['methods that are no texts', { match: () => true, index: { methods: [1] } }],
  ['paths without exact', { match: () => true, index: { paths: [{ segments: ['a'] }] } }], ['paths without segments', { match: () => true, index: { paths: [{ exact: true }] } }],
  ['a share without a weight', { match: () => true, share: { group: 'g' } }], ['a share without a group', { match: () => true, share: { weight: 1 } }]
] as const) {
  t.test(`refuses a room that makes ${what}`, async t => {
    const room = { ...definePredicate({ name: 'wrong', config: Config({}), create: () => made as never }), file: '/rooms/wrong/index.js' }
    const { plan, faults } = compileRoute(routeConfig('r', { predicates: ['wrong'] }), surroundings([room]))
    t.equal(plan, null)
    t.match(faults, [{ code: 'GW_CONFIG_BAD_ROOM', file: 'test.yaml', pointer: '/routes/r/predicates/0', detail: /^\/rooms\/wrong\/index\.js: the room "wrong" / }])
  })
}

t.test('hints of parts that must all hold are those of one of them, hints of alternatives those of all', async t => {
  const hinted = definePredicate({ name: 'hinted', config: Config({ index: Type.Unknown() }), create: ({ index }) => ({ match: () => true, index: index as object, complete: true }) })
  const indexOf = (...predicates: Written[]) => {
    const { index, complete } = planOf('r', { predicates }, surroundings([hinted]))
    return { ...index, complete }
  }
  const host = (...hosts: string[]) => ({ hinted: { index: { hosts } } })
  const method = (...methods: string[]) => ({ hinted: { index: { methods } } })
  const path = (...segments: string[]) => ({ hinted: { index: { paths: [{ segments, exact: true }] } } })
  t.same(indexOf(), { complete: true })
  t.same(indexOf(host('a'), method('GET'), path('x')), { hosts: ['a'], methods: ['GET'], paths: [{ segments: ['x'], exact: true }], complete: true })
  t.same(indexOf(host('a'), host('b')), { hosts: ['a'], complete: false })
  t.same(indexOf({ any: [host('a'), host('b')] }), { hosts: ['a', 'b'], complete: false })
  t.same(indexOf({ any: [host('a'), method('GET')] }), { complete: false })
  t.same(indexOf({ any: [path('x'), { all: [path('y'), host('a')] }] }), { paths: [{ segments: ['x'], exact: true }, { segments: ['y'], exact: true }], complete: false })
  t.same(indexOf({ any: [{ all: [host('a'), method('GET')] }, { all: [method('PUT'), host('b')] }] }), { hosts: ['a', 'b'], methods: ['GET', 'PUT'], complete: false })
  t.same(indexOf({ not: host('a') }), { complete: false })
  t.same(indexOf({ all: [host('a'), { not: path('x') }] }), { hosts: ['a'], complete: false })
})

t.test('says which predicate is which', async t => {
  const { predicates } = planOf('r', { predicates: [{ any: [{ leaf: { name: 'a', does: 'hold', wait: false } }, { not: { all: ['odd', 'odd'] } }] }] }, surroundings([leaf, odd(() => true)]))
  t.same(predicates.map(({ label }) => label), ['any of leaf {"name":"a","does":"hold","wait":false}, not all of odd, odd'])
})

const share = { weight: { group: 'g', weight: 1 } }

for (const [predicates, pointer] of [
  [[share, share], '/routes/r/predicates/1'],
  [[share, { all: [share] }], '/routes/r/predicates/1/all/0'],
  [[{ any: [share, 'odd'] }], '/routes/r/predicates/0/any/0'],
  [[{ any: ['odd', { all: ['odd', share] }] }], '/routes/r/predicates/0/any/1/all/1'],
  [[{ not: share }], '/routes/r/predicates/0/not'],
  [[{ all: [share, share] }], '/routes/r/predicates/0/all/1']
] as const) {
  t.test(`a weight has no effect as in ${JSON.stringify(predicates)}`, async t => {
    const { plan, faults } = compileRoute(routeConfig('r', { predicates: predicates as never }), surroundings([odd(() => true), weight]))
    t.equal(plan, null)
    t.match(faults, [{ code: 'GW_CONFIG_NO_EFFECT', file: 'test.yaml', pointer }])
  })
}

t.test('a weight may stand among predicates that must all hold', async t => {
  t.match(planOf('r', { predicates: ['odd', { all: [share, 'odd'] }] }, surroundings([odd(() => true), weight])).share, { group: 'g', weight: 1 })
})

t.test('says which room was meant, wherever in the tree, and all that is wrong at once', async t => {
  const { faults } = compileRoute(routeConfig('r', { predicates: ['lef', { any: [{ not: 'weihgt' }, { leaf: { name: 1, does: 'hold' } }] }] }), surroundings([leaf, weight]))
  t.match(faults, [
    { code: 'GW_CONFIG_UNKNOWN_PREDICATE', pointer: '/routes/r/predicates/0', detail: 'no predicate is named "lef" - did you mean "leaf"?' },
    { code: 'GW_CONFIG_UNKNOWN_PREDICATE', pointer: '/routes/r/predicates/1/any/0/not', detail: /"weight"/ },
    { code: 'GW_CONFIG_INVALID', pointer: '/routes/r/predicates/1/any/1/leaf', detail: /"wait" is missing/ },
    { code: 'GW_CONFIG_INVALID', pointer: '/routes/r/predicates/1/any/1/leaf/name' }
  ])
})
