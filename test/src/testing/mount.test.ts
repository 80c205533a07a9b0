import t from 'tap'
import { capture, Config, defineFilter, definePredicate, heldBody, refuse, Type, type Filter, type Predicate } from '../../../src/contract/index.ts'
import { fakeClock, mount, reply } from '../../../src/testing/index.ts'

const teaches = defineFilter({
  name: 'teaches',
  config: Config({ name: Type.String({ minLength: 1 }), limit: Type.Integer({ default: 3 }) }),
  shorthand: 'name',
  refuses: ['GW_FORBIDDEN'],
  create: ({ name, limit }, { services, routeId }) => {
    let closed = 0
    const seen = services.metrics.counter('seen')
    return {
      request: x => {
        seen.add()
        if (x.headers.all('x-a').length > limit) return refuse(x, 'GW_FORBIDDEN')
        x.headers.set('x-at', `${routeId} ${name} ${services.clock.now()}`)
      },
      response: x => { x.reply!.headers.append('x-team', String(x.route!.metadata['team'])) },
      done: (_x, { bytesIn, bytesOut }) => { services.log.info({ bytesIn, bytesOut }, 'done') },
      close: () => { services.log.info({ closed: ++closed }, 'closed') }
    }
  }
})
const below = definePredicate({
  name: 'below',
  config: Config({ path: Type.String({ pattern: '^/' }) }),
  shorthand: 'path',
  create: ({ path }) => ({
    index: { paths: [{ segments: path.split('/').slice(1), exact: false }] },
    match: x => {
      if (!x.path.startsWith(path)) return false
      capture(x, { rest: x.path.slice(path.length) })
      return true
    }
  })
})

t.test('a filter is compiled as a route file would be, and called without a socket', async t => {
  const { call, decisions, services, plan } = mount(teaches, 'a name', async x => ({ ...reply({ status: 201, headers: { 'x-up': '1' }, body: x.headers.get('x-at')! }), trailers: null }), {
    metadata: { team: 'orders' }, services: { clock: fakeClock(7) }
  })
  const { status, text, reply: answered, x } = await call({ method: 'POST', body: 'abc' })
  t.same([status, text, answered.headers.flat], [201, 'test a name 7', ['x-up', '1', 'x-team', 'orders']])
  t.same([x.attempt, x.method, plan.id], [1, 'POST', 'test'])
  t.same([decisions('passed'), decisions('refused')], [1, 0])
  t.match(services.registry.samples().find(({ name }) => name === 'seen'), { labels: { route: 'test', filter: 'teaches' }, value: 1 })
  t.match(services.log.lines, [{ message: 'done', fields: { bytesOut: 13 } }])
  t.match((await call({ headers: { 'x-a': ['1', '2', '3', '4'] } })).reply, { status: 403, code: 'GW_FORBIDDEN' })
  t.same([decisions('passed'), decisions('refused')], [1, 1])
})

t.test('upstream is a reply, or answers itself; 200 without content when left out', async t => {
  t.match(await mount(teaches, 'a').call(), { status: 200, text: '' })
  t.match(await mount(teaches, 'a', { status: 404, headers: { 'content-type': 'text/plain' }, body: Buffer.from('none') }).call(), { status: 404, text: 'none' })
  const stream = { ended: true, hold: async () => Buffer.from('streamed'), copy: (max: number) => heldBody(null).copy(max), cancel: () => {} }
  t.equal((await mount(teaches, 'a', async () => ({ ...reply(), body: stream })).call()).text, 'streamed')
})

t.test('conditions and reports stand beside a filter', async t => {
  const skips = mount(teaches, { name: 'a', limit: 0 }, {}, { when: 'request.method == "PUT"' })
  t.equal((await skips.call({ headers: { 'x-a': '1' } })).status, 200)
  t.equal(skips.decisions('skipped'), 1)
  const reports = mount(teaches, { name: 'a', limit: 0 }, {}, { report: true })
  t.equal((await reports.call({ headers: { 'x-a': '1' } })).status, 200)
  t.equal(reports.decisions('would-refuse'), 1)
})

t.test('a filter is closed as a reload closes it, its series gone', async t => {
  const { services, close } = mount(teaches, 'a')
  await close()
  await close()
  t.match(services.log.lines, [{ message: 'closed', fields: { closed: 1 } }])
  t.equal(services.log.lines.length, 1)
  t.same(services.registry.samples(), [])
})

t.test('a filter publishes under its own name, until it is closed', async t => {
  const publishes = defineFilter({
    name: 'publishes',
    config: Config({}),
    reports: true,
    create: (_config, { services }) => {
      services.reports.publish('a', { summary: () => ({ n: 1 }), view: () => ({}), actions: {} })
      return { request: () => {} }
    }
  })
  const { services: { board }, close } = mount(publishes)
  t.match(board.list('publishes'), [{ route: 'test', name: 'a', summary: { n: 1 } }])
  await close()
  t.same(board.list('publishes'), [])
})

t.test('a predicate is asked, and tells what it captures and its hints', async t => {
  const { match, captured, index, complete } = mount(below, '/api')
  t.same([await match({ target: '/api/x' }), await match({ target: '/ap' })], [true, false])
  t.same([await captured({ target: '/api/x' }), await captured({ target: '/ap' })], [{ rest: '/x' }, {}])
  t.same([index, complete], [{ paths: [{ segments: ['api'], exact: false }] }, false])
})

for (const [what, mounting, faults] of [
  ['a wrong value', () => mount(teaches, ''), [{ code: 'GW_CONFIG_INVALID', pointer: '/teaches', message: 'test.yaml teaches: expected text that is not empty [GW_CONFIG_INVALID]' }]],
  ['a key that there is not', () => mount(teaches, { name: 'a', limits: 1 }), [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/teaches/limits', detail: 'unknown key "limits" - did you mean "limit"?' }]],
  ['several faults at once', () => mount(below, { path: 'a', paths: 1 }), [{ pointer: '/below/path' }, { pointer: '/below/paths' }]],
  ['a wrong condition', () => mount(teaches, 'a', {}, { when: 'request.verb == 1' }), [{ code: 'GW_CONFIG_EXPRESSION', pointer: '/when' }]],
  ['a room that cannot start', () => mount(defineFilter({ name: 'broken', config: Config({}), create: () => { throw new Error('no database') } })), [{ code: 'GW_CONFIG_BAD_ROOM', detail: 'the room "broken" failed to start: no database' }]],
  ['a room without a phase', () => mount(defineFilter({ name: 'empty', config: Config({}), create: () => ({}) })), [{ code: 'GW_CONFIG_BAD_ROOM', detail: /it has no phase/ }]],
  ['a predicate without match', () => mount(definePredicate({ name: 'empty', config: Config({}), create: () => ({}) as never })), [{ code: 'GW_CONFIG_BAD_ROOM', detail: /its match is no function/ }]]
] as const) {
  t.test(`tells of ${what} as the gateway would`, async t => {
    t.throws(mounting, { name: 'ConfigErrors', errors: faults })
  })
}

t.test('tells where what is mounted is no room', async t => {
  for (const wrong of [undefined, null, 'teaches', {}, { default: teaches }, { kind: 'filters', name: 'a' }]) {
    t.throws(() => mount(wrong as unknown as Filter), { name: 'TypeError', message: /defineFilter or definePredicate/ })
  }
  for (const kind of ['filter', 'predicate']) t.throws(() => mount({ kind } as unknown as Filter & Predicate), { name: 'TypeError', message: /no name/ })
})
