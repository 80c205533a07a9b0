import t from 'tap'
import fault from '../../../plugins/filters/fault/index.ts'
import { GatewayError } from '../../../src/contract/index.ts'
import { exchange, fakeClock, fakeRandom, mount, reply, type MountOptions } from '../../../src/testing/index.ts'
import { run } from '../../../src/plan/run.ts'

const mounted = (config: unknown, draws: number[] = [], options: MountOptions = {}) =>
  mount(fault, config, { body: 'of upstream' }, { ...options, services: { random: fakeRandom(...draws) } })

/** How often something was injected. */
const injected = ({ services }: ReturnType<typeof mounted>) => Object.fromEntries(services.registry.samples()
  .filter(({ name }) => name === 'gatehouse_faults_injected_total').map(({ labels, value }) => [labels['kind'], value]))

t.test('aborts its share of the calls, without asking upstream', async t => {
  const room = mounted({ abort: { share: '5%' } }, [0.0499, 0.05, 0.99])
  const aborted = await room.call()
  t.match(aborted, { status: 503, reply: { code: 'GW_FAULT_INJECTED' }, x: { attempt: 0 } })
  t.equal(aborted.reply.headers.get('x-gatehouse-fault'), 'abort')
  for (let i = 0; i < 2; i++) {
    const passed = await room.call()
    t.match(passed, { status: 200, text: 'of upstream' })
    t.equal(passed.reply.headers.has('x-gatehouse-fault'), false)
  }
  t.same(injected(room), { abort: 1 })
  t.equal(room.decisions('refused'), 1)
  t.equal(room.decisions('passed'), 2)
})

t.test('aborts with any error status, and the problem says the same', async t => {
  for (const status of [400, 429, 500, 502, 599]) {
    const { reply, text } = await mounted({ abort: { status } }).call()
    t.equal(reply.status, status)
    t.match(JSON.parse(text), { status, code: 'GW_FAULT_INJECTED', type: 'urn:gatehouse:error:GW_FAULT_INJECTED', instance: 'test-request' })
    t.equal(reply.headers.get('content-type'), 'application/problem+json')
  }
})

t.test('lets its share of the calls wait, then makes them', async t => {
  const room = mounted({ delay: { time: '200ms', share: '10%' } }, [0.09, 0.1])
  const delayed = await room.call()
  t.match(delayed, { status: 200, text: 'of upstream', x: { attempt: 1 } })
  t.equal(delayed.reply.headers.get('x-gatehouse-fault'), 'delay')
  t.same(room.services.clock.slept, [200])
  t.equal((await room.call()).reply.headers.has('x-gatehouse-fault'), false)
  t.same(room.services.clock.slept, [200])
  t.same(injected(room), { delay: 1 })
  t.equal(room.decisions('passed'), 2)
})

t.test('draws for delay and abort by themselves, and may do both', async t => {
  const room = mounted({ delay: { time: '1s', share: '50%' }, abort: { status: 500, share: '50%' } }, [0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.9, 0.9])
  const outcomes = []
  for (let i = 0; i < 4; i++) {
    const { status, reply } = await room.call()
    outcomes.push([status, reply.headers.get('x-gatehouse-fault')])
  }
  t.same(outcomes, [[500, 'delay, abort'], [200, 'delay'], [500, 'abort'], [200, undefined]])
  t.same(injected(room), { delay: 2, abort: 2 })
})

t.test('happens to every call where no share is said', async t => {
  const room = mounted({ delay: { time: '1ms' }, abort: {} }, [0.999999])
  t.equal((await room.call()).reply.headers.get('x-gatehouse-fault'), 'delay, abort')
})

t.test('draws anew for each call that is made through it', async t => {
  const { plan } = mounted({ abort: { share: '50%' } }, [0.1, 0.9])
  const statuses: number[] = []
  const around = plan.filters[0]!.phases.dispatch!(async () => reply())
  for (let i = 0; i < 2; i++) statuses.push((await around(exchange())).status)
  t.same(statuses, [503, 200])
})

t.test('stops waiting when the call is given up, and aborts nothing then', async t => {
  const clock = fakeClock()
  const x = exchange()
  clock.sleep = (_ms, signal) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new GatewayError('GW_CLIENT_GONE')) }) })
  const room = mount(fault, { delay: { time: '10s' }, abort: {} }, {}, { services: { clock } })
  const running = run(room.plan, x, { log: room.services.log, timed: false })
  x.abort(new GatewayError('GW_CLIENT_GONE'))
  t.equal((await running).code, 'GW_CLIENT_GONE', 'what the call says of it')
  t.equal(x.attempt, 0)
  t.same(injected(room), { delay: 1 })
  t.same(room.services.log.lines, [])
})

t.test('with report: true it aborts nothing', async t => {
  const room = mounted({ abort: {} }, [], { report: true })
  t.match(await room.call(), { status: 200, text: 'of upstream' })
  t.equal(room.decisions('would-refuse'), 1)
})

t.test('drills only whom its condition means', async t => {
  const room = mounted({ abort: {} }, [], { when: '"x-drill" in request.headers' })
  t.equal((await room.call()).status, 200)
  t.equal((await room.call({ headers: { 'x-drill': '1' } })).status, 503)
})

t.test('names the key that is wrong', async t => {
  for (const [config, code, pointer] of [
    [null, 'GW_CONFIG_NO_EFFECT', ''],
    [{}, 'GW_CONFIG_NO_EFFECT', ''],
    [{ abort: { share: '0%' } }, 'GW_CONFIG_NO_EFFECT', '/abort/share'],
    [{ delay: { time: '1s', share: '0.0%' }, abort: {} }, 'GW_CONFIG_NO_EFFECT', '/delay/share'],
    [{ delay: {} }, 'GW_CONFIG_INVALID', '/delay'],
    [{ delay: { time: '0ms' } }, 'GW_CONFIG_INVALID', '/delay/time'],
    [{ delay: { time: '100d' } }, 'GW_CONFIG_INVALID', '/delay/time'],
    [{ abort: { status: 200 } }, 'GW_CONFIG_INVALID', '/abort/status'],
    [{ abort: { status: 600 } }, 'GW_CONFIG_INVALID', '/abort/status'],
    [{ abort: { share: '101%' } }, 'GW_CONFIG_INVALID', '/abort/share'],
    [{ abort: { shre: '1%' } }, 'GW_CONFIG_UNKNOWN_KEY', '/abort/shre'],
    [{ reset: {} }, 'GW_CONFIG_UNKNOWN_KEY', '/reset']
  ] as const) t.throws(() => mounted(config), { errors: [{ code, pointer: `/fault${pointer}` }] }, JSON.stringify(config))
})
