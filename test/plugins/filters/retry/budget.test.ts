import t from 'tap'
import { fakeClock, reply } from '../../../../src/testing/index.ts'
import { mounted, OK, UNAVAILABLE, type Answer } from './mounted.ts'

t.test('an upstream that fails entirely sees no more than its budget', async t => {
  const { call, seen, counted } = mounted({ backoff: { first: '0ms' } }, [UNAVAILABLE])
  for (let i = 0; i < 1000; i++) await call()
  t.ok(seen.length <= 1200, String(seen.length))
  t.ok(seen.length >= 1190, 'and the budget is used')
  t.equal(counted()['retried']! + 1000, seen.length)
  t.ok(counted()['budget']! > 800)
})

t.test('the budget is what the route says, and all routes to the upstream share it', async t => {
  const over = { clock: fakeClock() }
  const first = mounted({ attempts: 20, budget: { share: '0%', min: 5 }, backoff: { first: '0ms' } }, [UNAVAILABLE], over)
  await first.call()
  t.equal(first.seen.length, 6)
  const second = mounted({ attempts: 20, budget: { share: '0%', min: 5 }, backoff: { first: '0ms' } }, [UNAVAILABLE], { ...over, budget: first.services.budget })
  await second.call()
  t.equal(second.seen.length, 1)
})

t.test('each upstream has its own budget, by the name under which it was called', async t => {
  const to = (upstream: string): Answer => async x => {
    x.upstream = upstream
    return reply(UNAVAILABLE)
  }
  const config = { attempts: 20, budget: { share: '0%', min: 2 }, backoff: { first: '0ms' } }
  const { call, seen } = mounted(config, [to('a'), to('a'), to('a'), to('b')])
  await call()
  t.equal(seen.length, 3)
  await call()
  t.equal(seen.length, 6)
  await call()
  t.equal(seen.length, 7)
})

t.test('a request that is over is in flight no more', async t => {
  const entered = new Map<string, number>()
  let underWay = 0
  const counting = mounted(null, [UNAVAILABLE, OK, 'GW_CIRCUIT_OPEN'], {
    budget: name => ({
      enter: () => { entered.set(name, (entered.get(name) ?? 0) + 1) },
      leave: () => { entered.set(name, entered.get(name)! - 1) },
      take: () => Boolean(++underWay),
      release: () => { underWay-- }
    })
  })
  for (let i = 0; i < 3; i++) await counting.call()
  t.same([[...entered.values()].filter(n => n !== 0), underWay], [[], 0])
})

t.test('counts for the upstream that is asked, also where that shows late', async t => {
  const late: Answer = async x => {
    await null
    x.upstream = 'b'
    return reply(UNAVAILABLE)
  }
  const inFlight = new Map<string, number>()
  const add = (name: string, count: number) => { inFlight.set(name, (inFlight.get(name) ?? 0) + count) }
  const taken: string[] = []
  const { call } = mounted(2, [late, OK], {
    budget: name => ({
      enter: () => { add(name, 1) },
      leave: () => { add(name, -1) },
      take: () => {
        t.same([inFlight.get('orders') ?? 0, inFlight.get('b')], [0, 1])
        return taken.push(name) > 0
      },
      release: () => { taken.push('released') }
    })
  })
  t.equal((await call()).status, 200)
  t.same([taken, inFlight.get('b')], [['b', 'released'], 0])
})
