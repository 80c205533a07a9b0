import t from 'tap'
import { GatewayError, HeaderList, refuse, type End, type Exchange } from '../../../src/contract/index.ts'
import { finish, run } from '../../../src/plan/run.ts'
import { exchange, reply } from '../../../src/testing/index.ts'
import { END, room, route } from './one-route.ts'

/** Filters that write down what happens; `refusing` are those that refuse, and how. */
function traced (names: readonly string[], act: (name: string, x: Exchange) => void | Promise<void> = () => {}) {
  const seen: string[] = []
  const rooms = names.map(name => room(name, {
    request: x => { seen.push(`>${name}`); return act(name, x) },
    dispatch: next => async x => {
      seen.push(`(${name}`)
      const reply = await next(x)
      seen.push(`${name})`)
      return reply
    },
    response: () => { seen.push(`<${name}`) },
    done: () => { seen.push(`.${name}`) }
  }, ['GW_FORBIDDEN']))
  return { seen, rooms }
}

const DOWN = ['>a', '>b', '>c', '(a', '(b', '(c', 'upstream', 'c)', 'b)', 'a)', '<c', '<b', '<a', '.c', '.b', '.a']

t.test('goes down, around the call, back up, and tells the end last', async t => {
  for (const act of [() => {}, async () => { await null }]) {
    const { seen, rooms } = traced(['a', 'b', 'c'], act)
    t.equal((await route(rooms, { upstream: async () => { seen.push('upstream'); return reply() } }).call()).reply.status, 200)
    t.same(seen, DOWN)
  }
})

for (const [how, act] of [
  ['refuses', (x: Exchange) => { refuse(x, 'GW_FORBIDDEN') }],
  ['answers', (x: Exchange) => { x.reply = reply({ status: 204 }) }],
  ['throws what it refuses with', () => { throw new GatewayError('GW_FORBIDDEN') }],
  ['fails', () => { throw new Error('a bug') }]
] as const) {
  for (const wait of [false, true]) {
    t.test(`a filter that ${how}${wait ? ' after a while' : ''} turns the request back through those it has entered`, async t => {
      const { seen, rooms } = traced(['a', 'b', 'c'], (name, x) => {
        if (name !== 'b') return
        return wait ? (async () => { await null; act(x) })() : act(x)
      })
      await route(rooms).call()
      t.same(seen, ['>a', '>b', '<b', '<a', '.b', '.a'])
    })
  }
}

t.test('filters without a request phase are entered by their place in the list', async t => {
  const seen: string[] = []
  const looking = (name: string) => room(name, { response: () => { seen.push(`<${name}`) }, done: () => { seen.push(`.${name}`) } })
  await route([looking('a'), room('b', { request: x => { refuse(x, 'GW_FORBIDDEN') } }, ['GW_FORBIDDEN']), looking('c')]).call()
  t.same(seen, ['<a', '.a'])
})

t.test('a request phase that loses its reply fails, whatever it has put there', async t => {
  for (const wrong of [undefined, 'text', 7, {}]) {
    for (const request of [(x: Exchange) => { x.reply = wrong as never }, async (x: Exchange) => { await null; x.reply = wrong as never }]) {
      t.match((await route([room('f', { request })]).call()).reply, { status: 500, code: 'GW_FILTER_FAILED' }, JSON.stringify(wrong))
    }
  }
})

t.test('what a phase returns besides promises is nobody\'s business', async t => {
  for (const returned of [true, 7, 'text', {}, { then: (told: () => void) => { told() } }]) {
    const step = (() => returned) as unknown as () => void
    t.equal((await route([room('f', { request: step, response: step })]).call()).reply.status, 200, JSON.stringify(returned))
  }
})

t.test('times the phases of a request where it is told to, and no others', async t => {
  const { rooms } = traced(['f'])
  const { call, timed } = route([...rooms, room('fails', { response: () => { throw new Error('a bug') } }), room('refuses', { request: async () => { throw new Error('a bug') } })])
  await call()
  t.same(timed('f'), {})
  await call({}, true)
  t.same([timed('f'), timed('fails'), timed('refuses')], [{ request: 1, response: 1 }, { response: 1 }, { request: 1 }])
  const around = route(rooms)
  await around.call({}, true)
  t.same(around.timed('f'), { request: 1, dispatch: 1, response: 1 })
})

t.test('done is told the end, and one that throws keeps no other from it', async t => {
  const ends: End[] = []
  const done = (_x: Exchange, end: End) => { ends.push(end) }
  const { plan, log } = route([room('a', { done }), room('b', { done: () => { throw new Error('a bug') } }), room('c', { done })])
  const x = exchange()
  await run(plan, x, { log, timed: false })
  const end: End = { outcome: 'client-gone', code: 'GW_CLIENT_GONE', bytesIn: 1, bytesOut: 2 }
  finish(plan, x, end, log)
  t.same(ends, [end, end])
  t.match(log.lines, [{ level: 'error', message: 'done phase failed', fields: { 'gatehouse.filter': 'b' } }])
})

t.test('done is left to filters whose condition held', async t => {
  const seen: string[] = []
  const looking = (name: string) => room(name, { done: () => { seen.push(name) } })
  const when = { a: 'request.method == "PUT"', b: 'reply.status == 500', c: 'reply.status == 200', d: 'request.method == "GET"' }
  await route(Object.keys(when).map(looking), { filters: Object.entries(when).map(([name, when]) => ({ [name]: null, when })) }).call()
  t.same(seen, ['d', 'c'])
})

t.test('where the client goes while filters still work, they are told when they have stopped, and the plan waits', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seen: string[] = []
  const counts = room('counts', { request: () => { seen.push('in') }, done: (_x, { outcome }) => { seen.push(outcome) } })
  const never = room('never', { request: () => { seen.push('never') }, done: () => { seen.push('never') } })
  const { plan, log } = route([counts, room('waits', { request: () => promise }), never], { upstream: async () => t.fail('upstream was asked') as never })
  const x = exchange()
  plan.life.enter()
  const running = run(plan, x, { log, timed: false })
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  finish(plan, x, { ...END, outcome: 'client-gone' }, log)
  plan.life.leave()
  plan.life.retire()
  t.same([seen, plan.life.inFlight], [['in'], 1])
  resolve()
  t.match(await running, { status: 499, code: 'GW_CLIENT_GONE' })
  t.same([seen, plan.life.inFlight], [['in', 'client-gone'], 0])
  await plan.life.closed
})

t.test('the total timeout in a request phase answers 504 as soon as that gives way', async t => {
  const { call } = route([room('slow', { request: async x => { await null; x.abort(new GatewayError('GW_TOTAL_TIMEOUT')) } }), room('later', { request: () => t.fail('asked') as never })])
  t.match((await call()).reply, { status: 504, code: 'GW_TOTAL_TIMEOUT' })
})

t.test('an answer that a filter has made stands, though nobody may wait for it', async t => {
  const { call } = route([room('slow', { request: async x => { await null; x.abort(new Error('gone')); refuse(x, 'GW_FORBIDDEN') } }, ['GW_FORBIDDEN'])])
  t.match((await call()).reply, { code: 'GW_FORBIDDEN' })
})

t.test('runs without filters', async t => {
  t.match((await route([], { upstream: async x => ({ ...reply({ status: 201 }), headers: HeaderList.from({ 'x-method': x.method }) }) }).call()).reply, { status: 201, code: null })
})
