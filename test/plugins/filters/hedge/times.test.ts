import t from 'tap'
import { exchange } from '../../../../src/testing/index.ts'
import { mounted, ok } from './mounted.ts'

t.test('no more than the budget, which is not that of retries', async t => {
  const { go, clock, asked, counted, services } = mounted({ after: '50ms', budget: { share: '10%', min: 1 } })
  for (let i = 0; i < 30; i++) void go(exchange())
  await clock.pass(60)
  t.equal(asked.length, 33)
  t.same(counted(), { sent: 3, budget: 27 })
  t.equal(services.budget('orders').take(0.2, 1), true)
  for (const { answer } of asked) answer(ok('here'))
  await clock.pass(1)
  void go(exchange())
  await clock.pass(60)
  t.equal(asked.length, 34, 'those of the last ten seconds count')
  await clock.pass(10_000)
  void go(exchange())
  await clock.pass(60)
  t.equal(asked.length, 36)
})

/** So many calls that each take `ms`. */
async function take (made: ReturnType<typeof mounted>, count: number, ms: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const before = made.asked.length
    const called = made.call()
    await made.clock.pass(ms)
    made.asked[before]!.answer(ok('here'))
    await called
  }
}

/** After how many ms a call that hangs is made a second time, which answers at once. */
async function secondAfter (made: ReturnType<typeof mounted>, mostMs: number): Promise<number> {
  const before = made.asked.length
  const called = made.call()
  let ms = 0
  for (; made.asked.length < before + 2 && ms < mostMs; ms++) await made.clock.pass(1)
  made.asked[before + 1]?.answer(ok('second'))
  made.asked[before]!.answer(ok('first'))
  await called
  return ms
}

t.test('after a quantile of what recent calls took, and not before enough are known', async t => {
  const made = mounted({ samples: 20 })
  await take(made, 19, 10)
  void made.call()
  await made.clock.pass(1000)
  t.equal(made.asked.length, 20)
  made.asked[19]!.answer(ok('slow'))
  await take(made, 30, 10)
  t.equal(await secondAfter(made, 20), 11)
})

t.test('waits for a hundred calls where the route says nothing', async t => {
  const made = mounted(null)
  await take(made, 99, 10)
  t.equal(made.clock.slept.length, 0)
  await take(made, 2, 10)
  t.equal(made.clock.slept.length, 1)
})

t.test('never earlier and never later than the bounds', async t => {
  for (const [config, tookMs, atMs] of [[{ min: '40ms' }, 10, 40], [{ max: '30ms' }, 100, 30]] as const) {
    const made = mounted({ samples: 10, ...config })
    await take(made, 10, tookMs)
    t.equal(await secondAfter(made, 200), atMs)
  }
})

t.test('calls that were given up count with what they had taken, failed ones not at all', async t => {
  const made = mounted({ samples: 10, after: 'p50', budget: { share: '100%', min: 1000 } })
  await take(made, 10, 10)
  // From here on every first call hangs, and the second answers at once: the time must not shrink
  for (let i = 0; i < 64; i++) t.ok(await secondAfter(made, 100) > 9)
  for (let i = 0; i < 64; i++) {
    const called = made.call()
    made.asked.at(-1)!.answer('GW_UPSTREAM_RESET')
    await called
  }
  t.ok(await secondAfter(made, 100) > 9)
})

t.test('each upstream has its own budget', async t => {
  const names: string[] = []
  const { go, clock, asked } = mounted('50ms', {
    upstreams: ['another'],
    services: {
      budget: name => {
        names.push(name)
        return { enter: () => {}, leave: () => {}, take: () => true, release: () => {} }
      }
    }
  })
  void go(exchange())
  await clock.pass(50)
  t.same([names, asked.length], [['hedge another', 'hedge orders'], 2])
})
