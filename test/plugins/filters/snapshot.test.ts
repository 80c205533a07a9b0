import t from 'tap'
import snapshot from '../../../plugins/filters/snapshot/index.ts'
import { GatewayError, principal, problem, StoreUnavailable, validate } from '../../../src/contract/index.ts'
import { exchange, fakeServices, manualClock, mount, reply } from '../../../src/testing/index.ts'
import { Arriving, arriving, JSON_TYPE, KEY, live, READS, settled, shadow, STOCK, stock, WRITES } from './snapshot/stock.ts'

t.test('a copy is answered with what the live call got', async t => {
  const { filter, services, asked, counted } = stock({}, { headers: { ...JSON_TYPE, etag: '"1"', 'set-cookie': 'a=1', server: 'x' } })
  const first = await filter.call(live({ target: '/stock/7?unit=kg' }))
  t.notOk(first.reply.headers.has('x-gatehouse-snapshot'), 'the live answer is as it was')
  t.equal(first.reply.headers.first('set-cookie'), 'a=1')
  await settled()
  t.same(JSON.parse((await services.store.getField(KEY, `${STOCK}?unit=kg`))!), { status: 200, headers: [['content-type', 'application/json'], ['etag', '"1"']], text: '{"left":1}' })
  const second = await filter.call(shadow({ target: '/stock/7?unit=kg' }))
  t.match(second, { status: 200, text: '{"left":1}', reply: { code: null } })
  t.same([...second.reply.headers], [['content-type', 'application/json'], ['etag', '"1"'], ['x-gatehouse-snapshot', 'hit']])
  t.same([asked(), counted(WRITES), counted(READS)], [1, { recorded: 1 }, { hit: 1 }])
  t.equal(filter.decisions('answered'), 1)
})

t.test('a copy waits for the live call', async t => {
  const clock = manualClock()
  const { filter, services, asked } = stock({ wait: '1s' }, {}, { clock })
  const pending = filter.call(shadow())
  await clock.pass(300)
  await services.store.setField(KEY, STOCK, '{"status":203,"headers":[]}', 60_000)
  await clock.pass(200)
  t.match(await pending, { status: 203, text: '' })
  t.equal(asked(), 0)
  t.ok(clock.slept.length < 10, 'and looks ever more rarely')
})

t.test('a copy that finds nothing goes upstream, or is refused', async t => {
  const clock = manualClock()
  const called = stock({ wait: '1s' }, {}, { clock })
  const pending = called.filter.call(shadow())
  await clock.pass(1000)
  const { status, text, reply: answer } = await pending
  t.same([status, text, answer.headers.first('x-gatehouse-snapshot')], [200, '{"left":1}', 'miss'])
  await settled()
  t.equal(await called.services.store.getField(KEY, STOCK), null, 'what a copy is told is never kept')
  t.same(called.counted(READS), { miss: 1 })

  const refused = stock({ miss: 'refuse' })
  t.match(await refused.filter.call(shadow()), { status: 504, reply: { code: 'GW_NO_SNAPSHOT' }, text: /no live call/ })
  t.same([refused.asked(), refused.services.clock.monotonic()], [0, 2000], 'after two seconds, unless another time is set')
})

t.test('nothing else is answered with it', async t => {
  const { filter, services, counted } = stock({ wait: '1ms' })
  await filter.call(live())
  await settled()
  for (const other of [{ target: '/stock/8' }, { target: '/stock/7?a' }, { host: 'other.test' }, { method: 'HEAD' }, { principal: principal({ subject: 'eve', source: 'basic', level: 1 }) }]) {
    t.match((await filter.call(shadow(other))).text, /left":[2-9]/, JSON.stringify(other))
  }
  t.same(counted(READS), { miss: 5 })
  await services.store.setField(KEY, STOCK, 'x', 1000)
  t.equal((await filter.call(shadow())).reply.headers.first('x-gatehouse-snapshot'), 'miss', 'nor with what is no answer')
  for (const wrong of ['null', '[]', '{"status":99,"headers":[]}', '{"status":200}', '{"status":200,"headers":[["a b","c"]]}', '{"status":200,"headers":[["a","b\\r\\nc"]]}']) {
    await services.store.setField(KEY, STOCK, wrong, 1000)
    t.equal((await filter.call(shadow())).reply.headers.first('x-gatehouse-snapshot'), 'miss', wrong)
  }
})

t.test('a snapshot belongs to its caller, unless any may have it', async t => {
  const as = (subject: string) => ({ principal: principal({ subject, source: 'basic', level: 1 }) })
  const same = stock({ wait: '1ms' })
  await same.filter.call(live(as('ann')))
  await settled()
  t.equal((await same.filter.call(shadow(as('ann')))).text, '{"left":1}')
  t.equal((await same.filter.call(shadow(as('eve')))).text, '{"left":2}')
  t.equal((await same.filter.call(shadow())).text, '{"left":3}')
  const any = stock({ caller: 'any' })
  await any.filter.call(live(as('orders')))
  await settled()
  t.equal((await any.filter.call(shadow(as('orders-next')))).text, '{"left":1}')
})

t.test('methods with a body are told apart by it', async t => {
  const { filter, asked, counted } = stock({ methods: ['POST'], miss: 'refuse', maxBytes: '16B', wait: '1ms' })
  const post = (body: string) => ({ method: 'POST', body })
  await filter.call({ ...live(post('{"id":7}')) })
  await settled()
  t.equal((await filter.call(shadow(post('{"id":7}')))).text, '{"left":1}')
  t.match(await filter.call(shadow(post('{"id":8}'))), { status: 504 })
  t.match(await filter.call(shadow(post('more than sixteen bytes'))), { status: 504 })
  t.same([counted(WRITES), counted(READS)], [{ recorded: 1 }, { hit: 1, miss: 1, 'too-large': 1 }])
  t.equal(asked(), 1, 'no copy does anything twice')
  await filter.call(live(post('more than sixteen bytes')))
  await settled()
  t.equal(counted(WRITES)['too-large'], 1)
})

t.test('calls that it does not concern pass untouched', async t => {
  const { filter, asked, counted } = stock()
  await filter.call({ target: '/stock/7' })
  for (const name of ['range', 'if-none-match', 'if-modified-since']) {
    await filter.call(live({ headers: { [name]: 'x' } }))
    t.notOk((await filter.call(shadow({ headers: { [name]: 'x' } }))).reply.headers.has('x-gatehouse-snapshot'))
  }
  await filter.call(live({ method: 'POST', body: 'a' }))
  t.notOk((await filter.call(shadow({ method: 'POST', body: 'a' }))).reply.headers.has('x-gatehouse-snapshot'))
  await settled()
  t.same([asked(), counted(WRITES), counted(READS)], [9, {}, {}])
})

t.test('only upstream\'s answers are kept, whatever their status', async t => {
  for (const status of [404, 500]) {
    const { filter } = stock({}, { status })
    await filter.call(live())
    await settled()
    t.match(await filter.call(shadow()), { status, text: '{"left":1}' })
  }
  const failing = stock({ wait: '1ms' }, () => problem('GW_UPSTREAM_RESET', 'test-request'))
  t.match(await failing.filter.call(live()), { status: 502 })
  await settled()
  t.same(failing.counted(WRITES), { 'no-answer': 1 })
})

t.test('bodies of every kind come back as they were', async t => {
  const bytes = Uint8Array.from([0xff, 0, 0xfe])
  const binary = stock({}, () => ({ ...reply(), body: bytes }))
  await binary.filter.call(live())
  await settled()
  t.same(Buffer.from((await binary.filter.call(shadow())).reply.body as Uint8Array), Buffer.from(bytes))
  const none = stock({ headers: [] }, { status: 204, body: null })
  await none.filter.call(live())
  await settled()
  const answer = await none.filter.call(shadow())
  t.match(answer, { status: 204, reply: { body: null } })
  t.same([...answer.reply.headers], [['x-gatehouse-snapshot', 'hit']])
  const large = stock({ maxBytes: '4B', wait: '1ms' })
  await large.filter.call(live())
  await settled()
  t.same(large.counted(WRITES), { 'too-large': 1 })
})

t.test('a body is copied as it streams, and the answer goes before it has ended', async t => {
  const body = new Arriving()
  const { filter, counted, services } = stock({}, () => arriving(body))
  const { reply: answer } = await filter.call(live())
  t.equal(answer.body, body)
  await settled()
  t.same(counted(WRITES), {})
  answer.headers.set('content-type', 'text/changed')
  body.end('whole', 'as it came')
  await settled()
  t.match(JSON.parse((await services.store.getField(KEY, STOCK))!), { headers: [['content-type', 'application/json']], text: 'as it came' }, 'as upstream sent it')
  t.same([counted(WRITES), body.released], [{ recorded: 1 }, ['whole']])
})

t.test('half a body is none', async t => {
  for (const [state, outcome] of [['over', 'too-large'], ['broken', 'broken']] as const) {
    const body = new Arriving()
    const { filter, counted, services } = stock({}, () => arriving(body))
    await filter.call(live())
    body.end(state, 'as far')
    await settled()
    t.same([counted(WRITES), await services.store.getField(KEY, STOCK), body.released], [{ [outcome]: 1 }, null, [state]])
  }
})

t.test('a store that fails is felt by nobody', async t => {
  const fails = async (): Promise<never> => { throw new StoreUnavailable('no') }
  const store = { ...fakeServices().store, setField: fails, getField: fails }
  const { filter, counted } = stock({}, {}, { store })
  t.match(await filter.call(live()), { status: 200 })
  t.equal((await filter.call(shadow())).reply.headers.first('x-gatehouse-snapshot'), 'miss', 'nor is it waited for')
  await settled()
  t.same([counted(WRITES), counted(READS)], [{ 'store-failed': 1 }, { 'store-failed': 1 }])
})

t.test('no more is kept, and no more wait, than may', async t => {
  const bodies: Arriving[] = []
  const clock = manualClock()
  const { filter, counted } = stock({ maxInFlight: 2, wait: '1s' }, () => arriving(bodies[bodies.push(new Arriving()) - 1]!), { clock })
  for (let i = 0; i < 3; i++) await filter.call(live())
  t.same(counted(WRITES), { busy: 1 })
  const waiting = [filter.call(shadow()), filter.call(shadow())]
  await settled()
  t.equal((await filter.call(shadow())).reply.headers.first('x-gatehouse-snapshot'), 'miss')
  t.same(counted(READS), { busy: 1 })
  bodies[0]!.end('whole', 'x')
  await clock.pass(300)
  for (const one of waiting) t.equal((await one).text, 'x')
  bodies[1]!.end('broken')
  await filter.call(live())
  bodies.at(-1)!.end('whole', 'y')
  await settled()
  t.same(counted(WRITES), { busy: 1, broken: 1, recorded: 2 }, 'what has ended makes room')
})

t.test('the store is not filled', async t => {
  const { filter, services, counted } = stock({ maxStored: '3KiB', maxBytes: '2KiB', ttl: '1m' })
  const record = async (count: number) => {
    for (let i = 0; i < count; i++) await filter.call(live({ target: `/stock/${i}` }))
    await settled()
  }
  await record(4)
  t.same(counted(WRITES), { recorded: 3, full: 1 })
  services.clock.advance(59_000)
  await record(1)
  t.same(counted(WRITES), { recorded: 3, full: 2 })
  services.clock.advance(5000)
  await record(4)
  t.same(counted(WRITES), { recorded: 6, full: 3 }, 'and has room again when the TTL is over')
})

t.test('it works in its window only', async t => {
  const { filter, services, asked, counted } = stock({ window: { from: '1970-01-01T00:01:00Z', until: '1970-01-01T00:02:00Z' } })
  const both = async () => {
    await filter.call(live())
    await settled()
    return (await filter.call(shadow())).reply.headers.first('x-gatehouse-snapshot')
  }
  t.equal(await both(), undefined)
  services.clock.set(60_000)
  t.equal(await both(), 'hit')
  services.clock.set(120_000)
  t.equal(await both(), undefined)
  t.same([asked(), counted(WRITES)], [5, { recorded: 1 }])
})

t.test('it can leave the answers to others', async t => {
  const { filter, services } = stock({ serve: false })
  await filter.call(live())
  await settled()
  t.not(await services.store.getField(KEY, STOCK), null)
  const { text, reply: answer } = await filter.call(shadow())
  t.same([text, answer.headers.has('x-gatehouse-snapshot')], ['{"left":2}', false])
})

t.test('with `report: true` copies are answered by upstream', async t => {
  const { filter, counted } = stock({ miss: 'refuse' }, {}, {}, true)
  t.match(await filter.call(shadow()), { status: 200, text: '{"left":1}' })
  t.equal(filter.decisions('would-refuse'), 1)
  await filter.call(live())
  await settled()
  t.match(await filter.call(shadow()), { text: '{"left":3}' })
  t.same(counted(READS), { miss: 1, hit: 1 })
})

t.test('a copy that nobody waits for is given up', async t => {
  const clock = manualClock()
  const services = fakeServices({ clock })
  const { dispatch } = snapshot.create(validate(snapshot.config, {}).value, { routeId: 'stock', upstreams: [], services, restate: () => () => {} })
  const x = exchange(shadow())
  const pending = dispatch!(async () => t.fail('is not asked') as never)(x)
  await clock.pass(10)
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  await t.rejects(pending, { code: 'GW_CLIENT_GONE' })
  t.same(clock.sleeping, [])
})

t.test('the last of it is stored before the plan is gone', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const store = { ...fakeServices().store, setField: () => promise }
  const { filter } = stock({}, {}, { store })
  await filter.call(live())
  let closed = false
  const closing = filter.close().then(() => { closed = true })
  await settled()
  t.notOk(closed)
  resolve()
  await closing
})

t.test('the route is its name where it has no other', async t => {
  const services = fakeServices()
  const filter = mount(snapshot, null, { body: 'x' }, { services })
  await filter.call(live())
  await settled()
  t.not(await services.store.getField(KEY, 'call test GET gateway.test/stock/7'), null)
})

t.test('options that do not go together are shown', async t => {
  const wrong = (config: object, code: string, pointer: string) => t.throws(() => mount(snapshot, config), { errors: [{ code, pointer: `/snapshot${pointer}` }] }, JSON.stringify(config))
  wrong({ serve: false, wait: '1s' }, 'GW_CONFIG_NO_EFFECT', '/wait')
  wrong({ serve: false, miss: 'call' }, 'GW_CONFIG_NO_EFFECT', '/miss')
  wrong({ methods: ['GET', 'PUT'] }, 'GW_CONFIG_INVALID', '/miss')
  wrong({ maxStored: '1KiB' }, 'GW_CONFIG_INVALID', '/maxStored')
  wrong({ window: {} }, 'GW_CONFIG_NO_EFFECT', '/window')
  wrong({ window: { from: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' } }, 'GW_CONFIG_INVALID', '/window/until')
  wrong({ name: 'a b' }, 'GW_CONFIG_INVALID', '/name')
  t.doesNotThrow(() => mount(snapshot, { methods: ['PUT'], serve: false }))
})
