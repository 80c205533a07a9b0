import fc from 'fast-check'
import t from 'tap'
import { retryBudgets } from '../../../src/adapters/retry-budgets.ts'
import { fakeClock } from '../../../src/testing/index.ts'

const made = () => {
  const clock = fakeClock()
  const budgets = retryBudgets(clock)
  return { clock, budgets, budget: budgets('orders') }
}

/** How many further tries it gives at this moment. */
function taken (budget: ReturnType<typeof made>['budget'], share: number, min: number): number {
  let tries = 0
  while (tries < 1000 && budget.take(share, min)) tries++
  return tries
}

t.test('gives a share of the requests in flight, counting those under way', async t => {
  const { budget } = made()
  for (let i = 0; i < 50; i++) budget.enter()
  t.equal(taken(budget, 0.2, 0), 10)
  t.equal(budget.take(0.2, 0), false)
})

t.test('a try that has ended makes no room in the ten seconds it began in', async t => {
  const { clock, budget } = made()
  for (let i = 0; i < 50; i++) budget.enter()
  taken(budget, 0.2, 0)
  for (let i = 0; i < 10; i++) budget.release()
  t.equal(budget.take(0.2, 0), false)
  clock.advance(9999)
  t.equal(budget.take(0.2, 0), false)
  clock.advance(1)
  t.equal(budget.take(0.2, 0), false, 'the requests have faded with the tries')
  for (let i = 0; i < 50; i++) budget.enter()
  t.equal(taken(budget, 0.2, 0), 10)
})

t.test('tries in their backoff count as long as they last', async t => {
  const { clock, budget } = made()
  for (let i = 0; i < 50; i++) budget.enter()
  taken(budget, 0.2, 0)
  clock.advance(60_000)
  for (let i = 0; i < 50; i++) budget.leave()
  for (let i = 0; i < 50; i++) budget.enter()
  t.equal(budget.take(0.2, 0), false, 'ten are still under way')
  budget.release()
  t.equal(taken(budget, 0.2, 0), 1)
})

t.test('the least is given in any case, in flight and in ten seconds', async t => {
  const { clock, budget } = made()
  budget.enter()
  t.equal(taken(budget, 0.2, 3), 3)
  for (let i = 0; i < 3; i++) budget.release()
  t.equal(budget.take(0.2, 3), false)
  clock.advance(10_000)
  t.equal(taken(budget, 0.2, 3), 3)
})

t.test('a part of a try is none', async t => {
  const { budget } = made()
  for (let i = 0; i < 4; i++) budget.enter()
  t.equal(budget.take(0.2, 0), false)
  budget.enter()
  t.equal(taken(budget, 0.2, 0), 1)
})

t.test('a long silence forgets what was', async t => {
  const { clock, budget } = made()
  for (let i = 0; i < 100; i++) budget.enter()
  clock.advance(1e9)
  t.equal(taken(budget, 0.2, 0), 0)
})

t.test('each upstream has its own, and always the same', async t => {
  const { budgets, budget } = made()
  t.equal(budgets('orders'), budget)
  for (let i = 0; i < 50; i++) budget.enter()
  t.same([budgets('users').take(0.2, 0), budget.take(0.2, 0)], [false, true])
})

t.test('upstreams that nobody asks for are forgotten before there are too many', async t => {
  const { budgets, budget } = made()
  for (let i = 0; i < 1023; i++) budgets(`http://${i}.test`)
  t.equal(budgets('orders'), budget)
  for (let i = 0; i < 1024; i++) budgets(`http://more-${i}.test`)
  t.not(budgets('orders'), budget)
})

t.test('whatever the traffic: an upstream that fails entirely sees no more than the share, and the least for each ten seconds', async t => {
  const arrival = fc.record({ gapMs: fc.integer({ min: 0, max: 800 }), lastsMs: fc.integer({ min: 0, max: 3000 }), tries: fc.integer({ min: 0, max: 5 }) })
  fc.assert(fc.property(fc.array(arrival, { minLength: 1, maxLength: 200 }), fc.constantFrom(0, 3), (arrivals, min) => {
    const { clock, budget } = made()
    const under: { atMs: number, tries: number }[] = []
    let retries = 0
    const settle = () => {
      for (const one of under.filter(({ atMs }) => atMs <= clock.monotonic())) {
        under.splice(under.indexOf(one), 1)
        // Each failed try asks for one more at once
        for (let i = 0; i < one.tries && budget.take(0.2, min); i++) {
          retries++
          budget.release()
        }
        budget.leave()
      }
    }
    for (const { gapMs, lastsMs, tries } of arrivals) {
      clock.advance(gapMs)
      settle()
      budget.enter()
      under.push({ atMs: clock.monotonic() + lastsMs, tries })
    }
    clock.advance(3000)
    settle()
    return retries <= 0.2 * arrivals.length + min * Math.ceil((clock.monotonic() + 1) / 9000)
  }), { numRuns: 200 })
  t.pass('holds')
})

t.test('a second try does not wait for a timer, and none is set', async t => {
  const { clock, budget } = made()
  budget.enter()
  t.equal(budget.take(1, 1), true)
  t.same(clock.slept, [])
})
