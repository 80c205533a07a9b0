import t from 'tap'
import concurrencyLimit from '../../../plugins/filters/concurrency-limit/index.ts'
import { Bulkhead } from '../../../plugins/filters/concurrency-limit/bulkhead.ts'
import { GatewayError, type Dispatch, type Exchange, type Reply } from '../../../src/contract/index.ts'
import { finish, run } from '../../../src/plan/run.ts'
import { exchange, fakeClock, fakeRandom, mount, reply, type MountedFilter, type MountOptions, type TestRequest } from '../../../src/testing/index.ts'

/** Time stands still until it is moved, and whoever sleeps sleeps until then. */
function stillClock () {
  const clock = fakeClock()
  const sleepers = new Set<{ untilMs: number, wake: () => void }>()
  let nowMs = 0
  return {
    sleepers,
    clock: {
      ...clock,
      monotonic: () => nowMs,
      sleep: (ms: number, signal: AbortSignal) => new Promise<void>((resolve, reject) => {
        const sleeper = { untilMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(new Error('closed', { cause: signal.reason }))
        })
      })
    },
    advance: async (ms: number) => {
      nowMs += ms
      for (const sleeper of sleepers) if (sleeper.untilMs <= nowMs && sleepers.delete(sleeper)) sleeper.wake()
      await settled()
    }
  }
}

const settled = async () => { for (let i = 0; i < 30; i++) await Promise.resolve() }

/** One that has been found its route. */
function onRoute ({ plan }: Pick<MountedFilter, 'plan'>, request?: TestRequest): Exchange {
  const x = exchange(request)
  x.route = plan.route
  return x
}

/** A request that is under way until it is told to `end`. */
interface Started { readonly x: Exchange, readonly reached: () => boolean, readonly reply: () => Reply | null, end(): Promise<void>, abort(code: 'GW_CLIENT_GONE' | 'GW_TOTAL_TIMEOUT'): Promise<void> }

/** One use of the filter before an upstream that answers when the test says so. */
function mountLimit (config: unknown, { clock = stillClock().clock, ...options }: MountOptions & { clock?: ReturnType<typeof stillClock>['clock'] } = {}) {
  const ends = new Map<Exchange, () => void>()
  const upstream: Dispatch = async x => await new Promise<Reply>(resolve => { ends.set(x, () => { resolve(reply({ body: 'done' })) }) })
  const mounted = mount(concurrencyLimit, config, upstream, { ...options, services: { clock, random: fakeRandom(0, 0.999), ...options.services } })
  const start = async (request?: TestRequest): Promise<Started> => await started(mounted, ends, request)
  return { ...mounted, start }
}

async function started ({ plan, services: { log } }: MountedFilter, ends: Map<Exchange, () => void>, request?: TestRequest): Promise<Started> {
  const x = onRoute({ plan }, request)
  let answered: Reply | null = null
  void run(plan, x, { log, timed: false }).then(given => { answered = given })
  await settled()
  const over = () => { finish(plan, x, { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 }, log) }
  return {
    x,
    reached: () => ends.has(x),
    reply: () => answered,
    end: async () => {
      ends.get(x)?.()
      await settled()
      over()
      await settled()
    },
    abort: async code => {
      x.abort(new GatewayError(code))
      over()
      await settled()
    }
  }
}

const byHeader = { by: { header: 'X-Key' } }
const of = (key: string): TestRequest => ({ headers: { 'x-key': key } })
const series = ({ services }: Pick<MountedFilter, 'services'>, name: string) => Object.fromEntries(services.registry.samples().filter(one => one.name === name)
  .map(({ labels, value, count }) => [labels['reason'] ?? labels['outcome'], [value, count]]))

t.test('lets as many requests through at one time as the limit says', async t => {
  const { start, decisions } = mountLimit(2)
  const [first, , third] = [await start(), await start(), await start()]
  t.match(third.reply(), { status: 503, code: 'GW_CONCURRENCY_LIMITED' })
  t.notOk(third.reached())
  await third.end()
  t.equal((await start()).reached(), false, 'a refused one had no place to give back')
  await first.end()
  t.equal((await start()).reached(), true)
  t.same([decisions('passed'), decisions('refused')], [3, 2])
})

t.test('holds the place until the body has ended', async t => {
  const { start, plan } = mountLimit(1)
  const x = onRoute({ plan })
  await plan.filters[0]!.phases.request!(x)
  t.equal((await start()).reply()?.code, 'GW_CONCURRENCY_LIMITED')
  plan.filters[0]!.phases.done!(x, { outcome: 'client-gone', code: 'GW_CLIENT_GONE', bytesIn: 0, bytesOut: 0 })
  t.equal((await start()).reached(), true)
})

t.test('gives a place back once, whoever has refused the request after that', async t => {
  const { start, plan } = mountLimit(2)
  const refusedLater = onRoute({ plan })
  const { request, done } = plan.filters[0]!.phases
  await request!(refusedLater)
  const other = await start()
  const end = { outcome: 'complete', code: null, bytesIn: 0, bytesOut: 0 } as const
  done!(refusedLater, end)
  done!(refusedLater, end)
  t.equal((await start()).reached(), true)
  t.equal((await start()).reached(), false, 'the other still has its own')
  await other.end()
})

t.test('tells why, and when to come back, each client another time', async t => {
  const mounted = mountLimit({ limit: 1, retryAfter: '3s' })
  await mounted.start()
  const [one, two] = [await mounted.start(), await mounted.start()]
  t.same([one, two].map(({ reply }) => reply()!.headers.get('retry-after')), ['3', '6'])
  t.equal(one.x.reason, 'full')
  t.same(series(mounted, 'gatehouse_concurrency_refused_total'), { full: [2, 0] })
})

t.test('lets those that wait in as they have come', async t => {
  const still = stillClock()
  const mounted = mountLimit({ limit: 1, queue: 2, wait: '1s' }, still)
  const [first, second, third, fourth] = [await mounted.start(), await mounted.start(), await mounted.start(), await mounted.start()]
  t.same([first, second, third].map(one => one.reached()), [true, false, false])
  t.equal(fourth.x.reason, 'full', 'the queue is bounded')
  t.equal(still.sleepers.size, 1, 'one timer serves them')
  await still.advance(400)
  await first.end()
  t.same([second.reached(), third.reached()], [true, false])
  await second.end()
  t.equal(third.reached(), true)
  await third.end()
  t.same(series(mounted, 'gatehouse_concurrency_wait_seconds'), { entered: [0.8, 2] })
  t.equal((await mounted.start()).reached(), true)
})

t.test('nobody overtakes those that wait', async t => {
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1s' })
  const [first, waiting] = [await mounted.start(), await mounted.start()]
  await first.end()
  t.equal((await mounted.start()).reached(), false)
  t.equal(waiting.reached(), true)
})

t.test('refuses who has waited too long, each at its own time', async t => {
  const still = stillClock()
  const mounted = mountLimit({ limit: 1, queue: 3, wait: '100ms' }, still)
  const [holder, second] = [await mounted.start(), await mounted.start()]
  await still.advance(60)
  const third = await mounted.start()
  await still.advance(40)
  t.match(second.reply(), { status: 503, code: 'GW_CONCURRENCY_LIMITED' })
  t.equal(second.x.reason, 'waited-too-long')
  t.equal(third.reply(), null)
  await still.advance(60)
  t.equal(third.x.reason, 'waited-too-long')
  t.same(series(mounted, 'gatehouse_concurrency_wait_seconds'), { late: [0.2, 2] })
  t.same(series(mounted, 'gatehouse_concurrency_refused_total'), { 'waited-too-long': [2, 0] })
  await Promise.all([second.end(), third.end()])
  await holder.end()
  t.equal((await mounted.start()).reached(), true)
  t.equal(still.sleepers.size, 0, 'the timer went with the last that waited')
})

t.test('leaves the queue with its client, and takes nobody\'s place', async t => {
  const still = stillClock()
  const mounted = mountLimit({ limit: 1, queue: 2, wait: '1s' }, still)
  const [first, gone, timedOut] = [await mounted.start(), await mounted.start(), await mounted.start()]
  await gone.abort('GW_CLIENT_GONE')
  await timedOut.abort('GW_TOTAL_TIMEOUT')
  t.same([gone, timedOut].map(({ reply }) => reply()?.code), ['GW_CLIENT_GONE', 'GW_TOTAL_TIMEOUT'])
  t.same(mounted.services.log.lines, [])
  const [next] = [await mounted.start(), await mounted.start()]
  await first.end()
  t.same([gone, timedOut, next!].map(one => one.reached()), [false, false, true])
  t.match(series(mounted, 'gatehouse_concurrency_wait_seconds'), { gone: [0, 2] })
})

t.test('a client that goes when it has just got its place gives it back', async t => {
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1s' })
  const [first, waiting] = [await mounted.start(), await mounted.start()]
  const ending = first.end()
  waiting.x.abort(new GatewayError('GW_CLIENT_GONE'))
  await ending
  await waiting.end()
  t.equal((await mounted.start()).reached(), true)
})

t.test('does not wait for a request whose client has gone already', async t => {
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1s' })
  await mounted.start()
  const x = onRoute(mounted)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal(await mounted.plan.filters[0]!.phases.request!(x), undefined)
  t.equal(x.reply, null)
})

t.test('each key has places and a queue of its own', async t => {
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1s', ...byHeader })
  const [a, waitsForA, b] = [await mounted.start(of('a')), await mounted.start(of('a')), await mounted.start(of('b'))]
  t.same([a, waitsForA, b].map(one => one.reached()), [true, false, true])
  await b.end()
  t.equal(waitsForA.reached(), false, 'the place of another key')
  await a.end()
  t.equal(waitsForA.reached(), true)
})

t.test('requests without the key share their places, or are not limited', async t => {
  const shared = mountLimit({ limit: 1, ...byHeader })
  t.same([(await shared.start()).reached(), (await shared.start()).reached(), (await shared.start(of('a'))).reached()], [true, false, true])
  const free = mountLimit({ limit: 1, emptyKey: 'allow', ...byHeader })
  t.same([(await free.start()).reached(), (await free.start()).reached()], [true, true])
  t.same([(await free.start(of('a'))).reached(), (await free.start(of('a'))).reached()], [true, false])
})

t.test('knows a key only while it has requests', async t => {
  const bulkhead = new Bulkhead({ limit: 1, queue: 1, waitMs: 1000, clock: stillClock().clock })
  const xs = Array.from({ length: 1000 }, () => exchange())
  for (const [i, x] of xs.entries()) t.equal(bulkhead.enter(x, String(i)), 'entered')
  t.equal(bulkhead.size, 1000)
  const waiting = exchange()
  const entry = bulkhead.enter(waiting, '7')
  for (const x of xs) bulkhead.leave(x)
  t.equal(await entry, 'entered')
  t.equal(bulkhead.size, 1)
  bulkhead.leave(waiting)
  t.equal(bulkhead.size, 0)
  bulkhead.close()
})

t.test('an expression is evaluated for the key', async t => {
  const mounted = mountLimit({ limit: 1, by: { expression: 'request.method' } })
  t.same([(await mounted.start()).reached(), (await mounted.start()).reached(), (await mounted.start({ method: 'PUT' })).reached()], [true, false, true])
})

t.test('only counts with report: nobody waits, and nobody is refused', async t => {
  const still = stillClock()
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1s' }, { ...still, report: true })
  const all = [await mounted.start(), await mounted.start(), await mounted.start()]
  t.same(all.map(one => one.reached()), [true, true, true])
  t.equal(still.sleepers.size, 0)
  t.equal(mounted.decisions('would-refuse'), 1)
  for (const one of all) await one.end()
  await mounted.start()
  await mounted.start()
  t.equal(mounted.decisions('would-refuse'), 1, 'all places were given back')
  await mounted.start()
  t.equal(mounted.decisions('would-refuse'), 2)
})

t.test('requests that `when` leaves out have no place', async t => {
  const mounted = mountLimit(1, { when: 'request.method == "PUT"' })
  const get = await mounted.start()
  t.equal((await mounted.start()).reached(), true)
  t.equal((await mounted.start({ method: 'PUT' })).reached(), true)
  await get.end()
  t.equal((await mounted.start({ method: 'PUT' })).reached(), false)
})

t.test('nothing stays when the plan is closed', async t => {
  const still = stillClock()
  const mounted = mountLimit({ limit: 1, queue: 1, wait: '1h' }, still)
  const [first, second] = [await mounted.start(), await mounted.start()]
  await first.end()
  await second.end()
  t.equal(still.sleepers.size, 1, 'the timer of the one that waited')
  await mounted.close()
  await settled()
  t.equal(still.sleepers.size, 0)
})

t.test('refuses options that have no effect, and wrong ones', async t => {
  const fault = (code: string, pointer: string) => ({ errors: [{ code, pointer: `/concurrency-limit${pointer}` }] })
  t.throws(() => mountLimit({ limit: 1, queue: 5 }), fault('GW_CONFIG_NO_EFFECT', '/queue'))
  t.throws(() => mountLimit({ limit: 1, wait: '1s' }), fault('GW_CONFIG_NO_EFFECT', '/wait'))
  t.throws(() => mountLimit({ limit: 1, queue: 0, wait: '1s' }), fault('GW_CONFIG_NO_EFFECT', '/wait'))
  t.throws(() => mountLimit({ limit: 1, emptyKey: 'allow' }), fault('GW_CONFIG_NO_EFFECT', '/emptyKey'))
  t.throws(() => mountLimit({ limit: 0 }), fault('GW_CONFIG_INVALID', '/limit'))
  t.throws(() => mountLimit({ limit: 1, queue: -1 }), fault('GW_CONFIG_INVALID', '/queue'))
  t.throws(() => mountLimit({ limit: 1, by: { expression: '(' } }), fault('GW_CONFIG_EXPRESSION', '/by/expression'))
  t.throws(() => mountLimit({ limit: 1, by: 'nobody' }), fault('GW_CONFIG_INVALID', '/by'))
})
