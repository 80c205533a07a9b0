import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { DelayQueue } from '../../../../plugins/filters/shadow/timing/delay-queue.ts'
import { delayDraw } from '../../../../plugins/filters/shadow/timing/delay.ts'
import { TIMING, type WindowConfig } from '../../../../plugins/filters/shadow/timing/timing-schema.ts'
import { Waiting, type WaitingOptions } from '../../../../plugins/filters/shadow/timing/waiting.ts'
import { Config, validate } from '../../../../src/contract/index.ts'
import { fakeRandom, manualClock } from '../../../../src/testing/index.ts'

const M = 60_000
const H = 60 * M
const DAY = 24 * H
const QUEUE = { count: 100, bytes: 1000 }
const utc = (cron: string, forMs: number): WindowConfig => ({ cron, zone: 'UTC', for: forMs })
const berlin = (cron: string, forMs: number): WindowConfig => ({ cron, zone: 'Europe/Berlin', for: forMs })

t.test('reads what a route file says', async t => {
  const schema = Config(TIMING)
  const faults = (written: unknown) => validate(schema, written).faults.map(({ pointer }) => pointer).sort()
  t.same(validate(schema, {}).value, { queue: { count: 100, bytes: 16 * 2 ** 20 } })
  t.same(validate(schema, { delay: '10m', queue: { count: 5 }, windows: { cron: '0 2 * * *', for: '3h' } }).value,
    { delay: 10 * M, queue: { count: 5, bytes: 16 * 2 ** 20 }, windows: [utc('0 2 * * *', 3 * H)] })
  t.same(validate(schema, { delay: { of: '1h', jitter: '20%' }, queue: { bytes: '64KiB' }, except: [{ cron: '*/5  0-6,22 * JAN MON-FRI', zone: 'Europe/Berlin', for: '1d' }] }).value,
    { delay: { of: H, jitter: 0.2 }, queue: { count: 100, bytes: 65_536 }, except: [berlin('*/5  0-6,22 * JAN MON-FRI', DAY)] })
  t.same(faults({ delay: '0s', queue: { count: -1, bytes: 5 }, windows: { cron: '0 2 * *', for: 3 } }), ['/delay', '/queue/bytes', '/queue/count', '/windows/cron', '/windows/for'])
  t.same(faults({ delay: { of: '1h' } }), ['/delay'])
  for (const cron of ['@daily', '0 0 2 * * *', '2026-01-01T00:00:00', '0 2 L * *', '0 2 * * 5#2', '? 2 * * *', ' 0 2 * * *']) t.same(faults({ windows: [{ cron, for: '1h' }] }), ['/windows/0/cron'], cron)
})

t.test('delays', async t => {
  t.equal(delayDraw(undefined, QUEUE, fakeRandom(), '')(), 0, 'none')
  t.equal(delayDraw(10 * M, QUEUE, fakeRandom(), '')(), 10 * M)
  const draw = delayDraw({ of: 10 * M, jitter: 0.2 }, QUEUE, fakeRandom(0, 0.25, 0.5, 1 - 1e-9), '')
  t.same([draw(), draw(), draw(), Math.round(draw())], [8 * M, 9 * M, 10 * M, 12 * M])
  t.throws(() => delayDraw({ of: M, jitter: 0 }, QUEUE, fakeRandom(), '/at'), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/at/delay/jitter' })
  t.throws(() => delayDraw(M, { count: 0, bytes: 1 }, fakeRandom(), '/at'), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/at/queue/count' })
})

interface Named { readonly name: string }
const named = (name: string): Named => ({ name })

t.test('delay queue', async t => {
  const queueOf = (count = 100, bytes = 1000) => {
    const clock = manualClock()
    const told: number[] = []
    const queue = new DelayQueue<Named>({ count, bytes, clock, ready: () => { told.push(clock.now()) } })
    const taken = () => {
      const names: string[] = []
      for (let item = queue.take(); item !== undefined; item = queue.take()) names.push(item.name)
      return names.join('')
    }
    return { queue, clock, told, taken }
  }

  t.test('gives out what is due, in order of time, then of arrival', async t => {
    const { queue, clock, taken } = queueOf()
    for (const [name, dueInMs] of [['e', 50], ['c', 30], ['a', 10], ['d', 30], ['b', 20]] as const) t.equal(queue.offer(named(name), 10, dueInMs), 'taken')
    t.same([queue.size, queue.bytes, queue.oldestMs], [5, 50, 0])
    t.equal(taken(), '')
    clock.advance(30)
    t.equal(queue.oldestMs, 30)
    t.equal(taken(), 'abcd')
    t.same([queue.size, queue.bytes], [1, 10])
    clock.advance(20)
    t.equal(taken(), 'e')
    t.same([queue.size, queue.bytes, queue.oldestMs], [0, 0, 0])
  })

  t.test('sorts as a list would', async t => {
    const { queue, clock, taken } = queueOf(1000, 1000)
    const dues = Array.from({ length: 500 }, (_, i) => (i * 7919) % 101)
    for (const [i, due] of dues.entries()) queue.offer(named(`${due}.${i} `), 1, due)
    clock.advance(60)
    const first = taken()
    for (let i = 500; i < 600; i++) queue.offer(named(`${60 + i % 3}.${i} `), 1, i % 3)
    clock.advance(200)
    const expected = [...dues.entries()].map(([i, due]) => ({ i, due })).concat(Array.from({ length: 100 }, (_, i) => ({ i: i + 500, due: 60 + (i + 500) % 3 })))
      .sort((a, b) => a.due - b.due || a.i - b.i)
    const text = (list: typeof expected) => list.map(({ i, due }) => `${due}.${i} `).join('')
    t.equal(first, text(expected.filter(({ i, due }) => due <= 60 && i < 500)))
    t.equal(taken(), text(expected.filter(({ i, due }) => due > 60 || i >= 500)))
  })

  t.test('takes no more than it may, and keeps what it has', async t => {
    const { queue, clock, taken } = queueOf(3, 100)
    t.equal(queue.offer(named('a'), 60, 5), 'taken')
    t.equal(queue.offer(named('b'), 41, 5), 'queue-bytes')
    t.equal(queue.offer(named('c'), 40, 5), 'taken')
    t.equal(queue.offer(named('d'), 0, 5), 'taken')
    t.equal(queue.offer(named('e'), 0, 5), 'queue-count')
    clock.advance(5)
    t.equal(taken(), 'acd')
    t.equal(queue.offer(named('f'), 100, 5), 'taken', 'there is room again')
  })

  t.test('sleeps once for all, and less where something comes that is due earlier', async t => {
    const { queue, clock, told, taken } = queueOf()
    queue.offer(named('c'), 1, 50)
    queue.offer(named('d'), 1, 60)
    t.same(clock.slept, [50])
    queue.offer(named('a'), 1, 10)
    t.same(clock.slept, [50, 10])
    await clock.pass(10)
    t.same(told, [10])
    t.equal(taken(), 'a')
    t.same(clock.sleeping, [40], 'the sleep for the next')
    await clock.pass(40)
    t.same(told, [10, 50])
    await clock.pass(1000)
    t.same(told, [10, 50], 'is told once, as long as nobody takes it')
    t.same(clock.sleeping, [])
    t.equal(taken(), 'cd')
  })

  t.test('sleeps on where it was woken a little early', async t => {
    let now = 0
    const wakes: (() => void)[] = []
    const told: number[] = []
    const queue = new DelayQueue<Named>({ ...QUEUE, clock: { monotonic: () => now, sleep: () => new Promise(resolve => { wakes.push(resolve) }) }, ready: () => { told.push(now) } })
    queue.offer(named('a'), 1, 10)
    now = 9.7
    wakes[0]!()
    await turn()
    t.same(told, [])
    now = 10.1
    wakes[1]!()
    await turn()
    t.same(told, [10.1])
  })

  t.test('gives out all when it is closed, and nobody sleeps', async t => {
    const { queue, clock, told } = queueOf()
    for (const [name, dueInMs] of [['c', 30], ['a', 10], ['b', 20]] as const) queue.offer(named(name), 1, dueInMs)
    t.same(queue.drain().map(({ name }) => name), ['a', 'b', 'c'])
    await turn()
    t.same([queue.size, queue.bytes, clock.sleeping], [0, 0, []])
    await clock.pass(100)
    t.same(told, [])
    t.same(queue.drain(), [])
  })
})

/** Items run until the test ends them. */
function waitingOf (over: Partial<WaitingOptions<Named>> = {}) {
  const clock = manualClock()
  const [started, dropped, aborted] = [[] as string[], [] as string[], [] as string[]]
  const ends = new Map<string, (error?: Error) => void>()
  const waiting = new Waiting<Named>({
    maxInFlight: 2,
    queue: QUEUE,
    clock,
    run: ({ name }) => {
      started.push(name)
      return new Promise((resolve, reject) => { ends.set(name, error => error === undefined ? resolve() : reject(error)) })
    },
    dropped: ({ name }) => { dropped.push(name) },
    abort: ({ name }) => {
      aborted.push(name)
      ends.get(name)!()
    },
    ...over
  })
  const offer = (name: string, bytes = 10, delayMs?: number) => waiting.offer(named(name), bytes, delayMs)
  const end = async (name: string, error?: Error) => {
    ends.get(name)!(error)
    await turn()
  }
  return { waiting, clock, started, dropped, aborted, offer, end }
}

t.test('waiting', async t => {
  t.test('runs at once while there are places, then in order', async t => {
    const { waiting, started, offer, end } = waitingOf()
    for (const name of ['a', 'b', 'c', 'd', 'e']) t.equal(offer(name), null)
    t.same(started, ['a', 'b'])
    t.same(waiting.stats, { inFlight: 2, waiting: 3, waitingBytes: 30, oldestMs: 0 })
    await end('b')
    t.same(started, ['a', 'b', 'c'])
    await end('c', new Error('a run that fails leaves its place as well'))
    t.same(started, ['a', 'b', 'c', 'd'])
    await end('a')
    await end('d')
    await end('e')
    t.same(waiting.stats, { inFlight: 0, waiting: 0, waitingBytes: 0, oldestMs: 0 })
  })

  t.test('takes no more than may wait, and says why', async t => {
    const { offer } = waitingOf({ maxInFlight: 1, queue: { count: 2, bytes: 100 } })
    t.same([offer('a', 1000), offer('b', 60), offer('c', 50), offer('d', 40), offer('e', 0)], [null, null, 'queue-bytes', null, 'queue-count'])
    const none = waitingOf({ maxInFlight: 1, queue: { count: 0, bytes: 100 } })
    t.same([none.offer('a'), none.offer('b'), none.offer('c', 1, 5)], [null, 'full', 'full'])
  })

  t.test('runs what is delayed when it is time, where there is a place then', async t => {
    const { waiting, clock, started, offer, end } = waitingOf({ maxInFlight: 1 })
    offer('late', 10, 100)
    offer('soon', 10, 50)
    offer('now')
    t.same(started, ['now'])
    await clock.pass(40)
    await end('now')
    t.same(started, ['now'])
    t.equal(waiting.stats.oldestMs, 40)
    await clock.pass(10)
    t.same(started, ['now', 'soon'])
    await clock.pass(60)
    offer('after')
    t.same(started, ['now', 'soon'])
    await end('soon')
    t.same(started, ['now', 'soon', 'late'], 'due before the other came')
    await end('late')
    t.same(started, ['now', 'soon', 'late', 'after'])
  })

  t.test('nobody gets a place ahead of what is due already', async t => {
    const { clock, started, offer } = waitingOf({ maxInFlight: 1 })
    offer('a', 10, 5)
    clock.advance(5)
    offer('b')
    t.same(started, ['a'], 'though the sleeper has not been woken yet')
  })

  t.test('drops what waits when it is closed, and lets end what runs', async t => {
    const { waiting, clock, started, dropped, aborted, offer, end } = waitingOf()
    for (const name of ['a', 'b', 'c']) offer(name)
    offer('d', 10, 1000)
    const closed = waiting.close(500)
    t.same(dropped, ['c', 'd'])
    t.equal(offer('e'), 'closing')
    t.equal(waiting.close(0), closed, 'closed once')
    await end('a')
    await end('b')
    t.equal(await closed, 2)
    t.same([started, aborted, clock.sleeping], [['a', 'b'], [], []])
  })

  t.test('aborts what runs for longer than it may', async t => {
    const { waiting, clock, aborted, offer, end } = waitingOf()
    offer('a')
    offer('b')
    const closed = waiting.close(500)
    await end('a')
    await clock.pass(499)
    t.same(aborted, [])
    await clock.pass(1)
    t.same(aborted, ['b'])
    t.equal(await closed, 1)
    t.same(clock.sleeping, [])
  })

  t.test('does not wait for ever for what cannot be stopped', async t => {
    const { waiting, clock, offer } = waitingOf({ abort: () => {} })
    offer('a')
    const closed = waiting.close(0)
    await clock.pass(1000)
    t.equal(await closed, 1)
  })

  t.test('closes at once where nothing runs', async t => {
    t.equal(await waitingOf().waiting.close(1000), 0)
  })
})
