import t from 'tap'
import { capture, Config, ConfigError, defineFilter, definePredicate, List, Size, Type, type Filter, type Phases, type Room } from '../../../src/contract/index.ts'
import { compileRoute, type Surroundings } from '../../../src/plan/compile-route.ts'
import { run } from '../../../src/plan/run.ts'
import { exchange, fakeLog, reply } from '../../../src/testing/index.ts'
import { routeConfig, surroundings, type Written, type WrittenRoute } from './compiled.ts'

const passes = defineFilter({ name: 'passes', config: Config({}), create: () => ({ request: () => {} }) })
const refuses = defineFilter({ name: 'refuses', config: Config({ rate: Type.Integer({ minimum: 1 }), burst: Type.Integer({ default: 1 }) }), shorthand: 'rate', refuses: ['GW_FORBIDDEN'], create: () => ({ request: () => {} }) })
const looks = defineFilter({ name: 'looks', config: Config({}), create: () => ({ response: () => {} }) })
const names = defineFilter({
  name: 'names',
  config: Config({ names: List(Type.String({ minLength: 1 })), name: Type.Optional(Type.String()), size: Type.Optional(Size()) }),
  shorthand: 'names',
  create: ({ names, name }) => {
    names.forEach((one, i) => { if (one === 'bad') throw new ConfigError('GW_CONFIG_INVALID', `/names/${i}`, 'a bad name') })
    if (names[0] === 'odd') throw new ConfigError('GW_CONFIG_NO_EFFECT', '/size', 'odd names have no size')
    if (name !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/name', 'it has no effect')
    return { request: () => {} }
  }
})
const rooms: Filter[] = [passes, refuses, looks, names]

const compile = (written: WrittenRoute, more: readonly Filter[] = [], over: Partial<Surroundings> = {}) =>
  compileRoute(routeConfig('r', written), surroundings([...rooms, ...more], over))

const faultsOf = (...filters: Written[]) => compile({ filters }).faults.map(({ code, file, pointer }) => [code, file, pointer.replace('/routes/r/filters', '')])

for (const [use, code, pointer] of [
  // As a scalar, as a list and as a map: the fault is in what stands there
  [{ refuses: 0 }, 'GW_CONFIG_INVALID', '/0/refuses'],
  [{ refuses: { rate: 0 } }, 'GW_CONFIG_INVALID', '/0/refuses/rate'],
  [{ refuses: [1] }, 'GW_CONFIG_INVALID', '/0/refuses'],
  [{ refuses: {} }, 'GW_CONFIG_INVALID', '/0/refuses'],
  ['refuses', 'GW_CONFIG_INVALID', '/0'],
  [{ refuses: { rate: 1, bursts: 1 } }, 'GW_CONFIG_UNKNOWN_KEY', '/0/refuses/bursts'],
  [{ names: '' }, 'GW_CONFIG_INVALID', '/0/names'],
  [{ names: ['a', ''] }, 'GW_CONFIG_INVALID', '/0/names/1'],
  [{ names: { names: '' } }, 'GW_CONFIG_INVALID', '/0/names/names'],
  [{ names: { names: [''] } }, 'GW_CONFIG_INVALID', '/0/names/names/0'],
  [{ names: { names: ['a'], name: 1 } }, 'GW_CONFIG_INVALID', '/0/names/name'],
  [{ names: { names: ['a'], size: '1' } }, 'GW_CONFIG_INVALID', '/0/names/size'],
  // The same where the room itself finds it
  [{ names: 'bad' }, 'GW_CONFIG_INVALID', '/0/names'],
  [{ names: ['a', 'bad'] }, 'GW_CONFIG_INVALID', '/0/names/1'],
  [{ names: { names: 'bad' } }, 'GW_CONFIG_INVALID', '/0/names/names'],
  [{ names: { names: ['a', 'bad'] } }, 'GW_CONFIG_INVALID', '/0/names/names/1'],
  [{ names: { names: 'a', name: 'n' } }, 'GW_CONFIG_NO_EFFECT', '/0/names/name'],
  [{ names: 'odd' }, 'GW_CONFIG_NO_EFFECT', '/0/names/size'],
  [{ passes: 1 }, 'GW_CONFIG_INVALID', '/0/passes'],
  [{ passes: { a: 1 } }, 'GW_CONFIG_UNKNOWN_KEY', '/0/passes/a'],
  // What stands beside a room
  [{ passes: null, report: true }, 'GW_CONFIG_NO_EFFECT', '/0/report'],
  [{ passes: null, when: 'request.method ==' }, 'GW_CONFIG_EXPRESSION', '/0/when'],
  [{ passes: null, when: 'request.verb == "GET"' }, 'GW_CONFIG_EXPRESSION', '/0/when'],
  [{ passes: null, when: 'request.method' }, 'GW_CONFIG_EXPRESSION', '/0/when'],
  [{ passes: null, when: 'reply.status == 200' }, 'GW_CONFIG_NO_EFFECT', '/0/when'],
  [{ passes: null, when: 'body.a == 1' }, 'GW_CONFIG_NO_EFFECT', '/0/when'],
  [{ looks: null, when: 'body.a == 1' }, 'GW_CONFIG_NO_EFFECT', '/0/when'],
  ['pases', 'GW_CONFIG_UNKNOWN_FILTER', '/0']
] as const) {
  t.test(`${JSON.stringify(use)} is ${code} at ${pointer}`, async t => {
    t.strictSame(faultsOf(use), [[code, 'test.yaml', pointer]])
  })
}

t.test('tells everything that is wrong at once', async t => {
  t.strictSame(faultsOf({ refuses: { rate: 0, burst: 'x' } }, 'pases', { passes: { a: 1 }, when: 'x ==', report: true }, { passes: null, report: true, when: 'body == 1' }, { names: ['', 'a', ''] }).map(([code, , pointer]) => [code, pointer]), [
    ['GW_CONFIG_INVALID', '/0/refuses/rate'], ['GW_CONFIG_INVALID', '/0/refuses/burst'],
    ['GW_CONFIG_UNKNOWN_FILTER', '/1'],
    ['GW_CONFIG_UNKNOWN_KEY', '/2/passes/a'], ['GW_CONFIG_EXPRESSION', '/2/when'],
    ['GW_CONFIG_NO_EFFECT', '/3/report'], ['GW_CONFIG_NO_EFFECT', '/3/when'],
    ['GW_CONFIG_INVALID', '/4/names/0'], ['GW_CONFIG_INVALID', '/4/names/2']
  ])
  const { faults } = compile({ predicates: ['nothing'], filters: ['pases'] }, [], { upstream: () => { throw new ConfigError('GW_CONFIG_UNKNOWN_UPSTREAM', '/upstream', 'no such upstream') } })
  t.match(faults, [
    { code: 'GW_CONFIG_UNKNOWN_PREDICATE', detail: 'no predicate is named "nothing"; none is known' },
    { code: 'GW_CONFIG_UNKNOWN_FILTER', detail: 'no filter is named "pases" - did you mean "passes"?' },
    { code: 'GW_CONFIG_UNKNOWN_UPSTREAM', file: 'test.yaml', pointer: '/routes/r/upstream' }
  ])
})

t.test('faults of an upstream are at their own place where they have one', async t => {
  const there = new ConfigError('GW_CONFIG_INVALID', '/tls/ca', 'no PEM').under({ file: 'upstreams.yaml', pointer: '/upstreams/u' })
  t.match(compile({}, [], { upstream: () => { throw there } }).faults, [{ file: 'upstreams.yaml', pointer: '/upstreams/u/tls/ca' }])
  t.match(compile({}, [], { upstream: () => { throw new TypeError('a bug') } }).faults, [{ code: 'GW_CONFIG_INVALID', pointer: '/routes/r/upstream', detail: 'cannot be used: a bug' }])
})

const made = (create: () => unknown, file?: string): Filter => ({ ...defineFilter({ name: 'made', config: Config({ a: Type.Optional(Type.String()) }), create: create as () => Phases }), ...file !== undefined && { file } })

for (const [what, create, detail] of [
  ['throws', () => { throw new Error('no database') }, /failed to start: no database$/],
  ['throws what is no error', () => { throw 'no database' }, /failed to start: no database$/], // eslint-disable-line no-throw-literal -- as rooms do
  ['makes nothing', () => undefined, /create must return phases/],
  ['makes a promise', async () => ({ request: () => {} }), /no promise/],
  ['makes no phase', () => ({}), /it has no phase/],
  ['makes a phase that is none', () => ({ request: () => {}, onRequest: () => {} }), /"onRequest" is no phase - did you mean "request"\?/],
  ['makes a phase that is no function', () => ({ request: true }), /its request is no function/],
  ['makes a restate that is no function', () => ({ request: () => {}, restate: {} }), /its restate is no function/],
  ['does nothing but restate', () => ({ restate: () => () => {} }), /it has no phase/],
  ['makes a close that is no function', () => ({ request: () => {}, close: true }), /its close is no function/],
  ['has a dispatch phase that fails', () => ({ dispatch: () => { throw new Error('no database') } }), /failed to start: no database$/],
  ['has a dispatch phase that gives nothing', () => ({ dispatch: () => undefined }), /gave no function$/]
] as const) {
  t.test(`a room that ${what} is a fault with its file`, async t => {
    const { plan, faults } = compile({ filters: [{ made: { a: 'b' } }] }, [made(create, '/rooms/made.js')])
    t.match(faults, [{ code: 'GW_CONFIG_BAD_ROOM', file: 'test.yaml', pointer: '/routes/r/filters/0', detail }])
    t.match(faults[0]!.detail, /^\/rooms\/made\.js: the room "made" /)
    t.equal(faults.length, 1)
    t.ok(plan!.fault)
    t.match(compile({ filters: ['made'] }, [made(create)]).faults[0]!.detail, /^the room "made" /)
  })
}

t.test('phases may be those of an object of a class', async t => {
  class Own {
    #seen = 0
    request () { this.#seen++ }
    dispatch (next: Parameters<NonNullable<Phases['dispatch']>>[0]) { return async (x: Parameters<typeof next>[0]) => ({ ...await next(x), status: 200 + this.#seen }) }
    response () { this.#seen++ }
    done () { this.#seen++ }
    close () { closed = this.#seen }
  }
  let closed = 0
  const { plan } = compile({ filters: ['made'] }, [made(() => new Own())])
  t.equal((await run(plan!, exchange(), { log: fakeLog(), timed: false })).status, 201)
  plan!.life.retire()
  await plan!.life.closed
  t.equal(closed, 2)
})

/** Rooms and services that tell when they are closed, in order. */
function closing () {
  const closed: string[] = []
  const closes = (name: string, wrong = false) => defineFilter({ name, config: Config({}), refuses: wrong ? [] : ['GW_FORBIDDEN'], create: () => ({ request: () => {}, close: () => { closed.push(name) } }) })
  const over: Partial<Surroundings> = {
    services: (_route, filter) => ({ ...surroundings([]).services('r', filter), close: () => { closed.push(`services of ${filter}`) } }),
    upstream: () => ({ dispatch: async () => reply(), close: () => { closed.push('upstream') } })
  }
  return { closed, closes, over }
}

const PARTS = ['a', 'b', 'services of a', 'services of b', 'upstream']

t.test('a plan closes all that it has opened, once, when it is replaced', async t => {
  const { closed, closes, over } = closing()
  const { plan } = compile({ filters: ['a', 'b'] }, [closes('a'), closes('b')], over)
  t.same(closed, [])
  plan!.life.retire()
  plan!.life.retire()
  await plan!.life.closed
  t.same(closed, PARTS)
})

for (const [what, beside, predicates] of [
  ['one of its filters', { report: true }, []],
  ['a condition', { when: 'x ==' }, []],
  ['its predicates', {}, ['nothing']]
] as const) {
  t.test(`a route that is wrong in ${what} closes all that it has opened at once, and once`, async t => {
    const { closed, closes, over } = closing()
    const { plan, faults } = compile({ predicates: [...predicates], filters: ['a', { b: null, ...beside }] }, [closes('a'), closes('b', true)], over)
    t.equal(faults.length, 1)
    await new Promise(setImmediate)
    t.same(closed.filter(part => part !== 'services of predicates'), PARTS)
    plan?.life.retire()
    await plan?.life.closed
    t.same(closed.filter(part => part !== 'services of predicates'), PARTS)
  })
}

t.test('a room that cannot close keeps no other from it, and a slow one is waited for', async t => {
  const closed: string[] = []
  const { plan } = compile({ filters: ['a', 'b', 'c'] }, ([
    ['a', () => { throw new Error('a bug') }], ['b', async () => { throw new Error('a bug') }], ['c', async () => { await new Promise(setImmediate); closed.push('c') }]
  ] as const).map(([name, close]) => defineFilter({ name, config: Config({}), create: () => ({ request: () => {}, close }) })))
  plan!.life.enter()
  plan!.life.retire()
  t.same(closed, [])
  plan!.life.leave()
  await plan!.life.closed
  t.same(closed, ['c'])
})

t.test('what a room closes with is there until it has closed', async t => {
  const { closed, over } = closing()
  let done = (): void => {}
  const slow = made(() => ({ request: () => {}, close: async () => { await new Promise<void>(resolve => { done = resolve }); closed.push('made') } }))
  const { plan } = compile({ filters: ['made', 'passes'] }, [slow], over)
  plan!.life.retire()
  await new Promise(setImmediate)
  t.same(closed, [])
  done()
  await plan!.life.closed
  t.same(closed, ['made', 'services of made', 'services of passes', 'upstream'])
})

t.test('a route with sound predicates and faults elsewhere answers 500 to its own requests; one without takes none', async t => {
  const { plan, faults } = compile({ filters: ['passes', 'pases'] })
  t.equal(plan!.fault, faults[0]!.message)
  t.match(await run(plan!, exchange(), { log: fakeLog(), timed: false }), { status: 500, code: 'GW_ROUTE_INVALID' })
  t.equal(compile({ predicates: ['nothing'] }).plan, null)
})

t.test('a plan knows its route, what it lets in, and whether it answers preflights', async t => {
  const preflights = made(() => ({ request: () => {}, answersPreflight: true }))
  const { plan } = compile({ metadata: { team: 'a' }, allowPath: ['encoded-slash', 'semicolon'], filters: ['passes', 'made'] }, [preflights])
  t.match(plan, { id: 'r', route: { id: 'r', metadata: { team: 'a' } }, allowedFlags: 3, answersPreflight: true, fault: null })
  t.match(compile({ allowPath: ['encoded-slash'] }).plan, { allowedFlags: 1, answersPreflight: false })
  t.match(compile({ allowPath: ['semicolon'] }).plan, { allowedFlags: 2 })
})

t.test('a condition that the machine itself fails at is a fault like any other', async t => {
  const around = surroundings(rooms)
  const condition = () => { throw new TypeError('a bug') }
  const { faults } = compileRoute(routeConfig('r', { filters: [{ passes: null, when: 'true' }] }), {
    ...around,
    services: (route, filter) => ({ ...around.services(route, filter), expressions: { condition, text: condition } })
  })
  t.match(faults, [{ code: 'GW_CONFIG_EXPRESSION', pointer: '/routes/r/filters/0/when', detail: 'a bug' }])
})

t.test('rooms are told the route they are on, and given services labelled with it', async t => {
  const told: unknown[] = []
  const tells = { create: (_config: unknown, { routeId, services }: Parameters<Room<unknown>['create']>[1]) => { told.push([routeId, typeof services.clock.now]) } }
  const around = surroundings([
    defineFilter({ name: 'f', config: Config({}), create: (config, place) => { tells.create(config, place); return { request: () => {} } } }),
    definePredicate({ name: 'p', config: Config({}), create: (config, place) => { tells.create(config, place); return { match: x => { capture(x, {}); return true } } } })
  ])
  const labelled: string[][] = []
  compileRoute(routeConfig('r', { predicates: ['p'], filters: ['f'] }), { ...around, services: (route, filter) => { labelled.push([route, filter]); return around.services(route, filter) } })
  t.same(told, [['r', 'function'], ['r', 'function']])
  t.same(labelled, [['r', 'predicates'], ['r', 'f']])
})

const stands = defineFilter({ name: 'stands', config: Config({ rate: Type.Integer({ default: 7 }) }), shorthand: 'rate', everywhere: true, create: () => ({ request: () => {} }) })
const order = (written: WrittenRoute) => compile(written, [stands]).plan!.filters.map(({ name }) => name)

t.test('a room that stands everywhere acts on every route before all others, unless the route skips it', async t => {
  t.same(order({}), ['stands'])
  t.same(order({ filters: ['passes'] }), ['stands', 'passes'])
  t.same(order({ filters: ['passes'], skip: ['stands'] }), ['passes'])
})

t.test('a route that writes such a room says how it acts there, and not where', async t => {
  const { plan, faults } = compile({ filters: ['passes', { stands: 3 }, 'looks'] }, [stands])
  t.same(faults, [])
  t.same(plan!.filters.map(({ name, index }) => [name, index]), [['stands', 0], ['passes', 1], ['looks', 2]])
  t.same(plan!.config.filters[0]!.config, 3)
  t.same(compile({ filters: ['passes', { stands: 'x' }] }, [stands]).faults.map(({ pointer }) => pointer), ['/routes/r/filters/1/stands'])
})

t.test('tells which request headers the filters of a route write for upstreams to believe', async t => {
  const writes = defineFilter({ name: 'writes', config: Config({}), create: () => ({ request: () => {}, ownHeaders: ['X-Identity'] }) })
  t.same(compile({ filters: ['passes', 'writes'] }, [writes]).plan!.ownHeaders, ['X-Identity'])
})
