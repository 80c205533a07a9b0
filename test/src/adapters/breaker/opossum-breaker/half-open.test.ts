import t from 'tap'
import { BreakerRefusal, type BreakerCall, type CallProgress } from '../../../../../src/contract/breaker.ts'
import { entered, made } from './breaker.ts'

// The way back, as contract.test.ts has the way there

t.test('lets exactly its number of calls try while half-open, and decides when they have ended', t => {
  const { breaker, halfOpened } = made()
  halfOpened()
  const trials = [entered(breaker), entered(breaker), entered(breaker)]
  t.equal(breaker.enter(), 'open')
  trials[0]!.end('success')
  trials[1]!.end('success')
  t.equal(breaker.enter(), 'open')
  t.equal(breaker.state, 'half-open')
  trials[2]!.end('success')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('opens again where the trials fail or are slow, by the same shares', t => {
  for (const bad of [['failure', 'failure', 'success'], ['slow', 'success', 'slow'], ['success', 'slow-failure', 'slow']] as const) {
    const { breaker, end, halfOpened } = made({ slowRate: 0.5 })
    halfOpened()
    end(...bad)
    t.equal(breaker.state, 'open', bad.join())
  }
  const { breaker, end, halfOpened } = made({ slowRate: 0.5 })
  halfOpened()
  end('failure', 'success', 'slow')
  t.equal(breaker.state, 'closed', 'a third is less than half')
  t.end()
})

t.test('is open for its whole time again, and the first time however long ago it was made', t => {
  const { breaker, clock, end, halfOpened } = made()
  clock.advance(3_600_000)
  halfOpened()
  end('success', 'failure', 'failure')
  t.equal(breaker.state, 'open')
  clock.advance(999)
  t.equal(breaker.state, 'open')
  clock.advance(1)
  t.equal(breaker.state, 'half-open')
  t.end()
})

t.test('stays open twice as long each time that trials fail, up to its most, and as at first after it was closed', t => {
  const { breaker, clock, end, halfOpened, changes } = made({ maxOpenForMs: 5000 })
  halfOpened()
  for (const openForMs of [2000, 4000, 5000, 5000]) {
    end('failure', 'failure', 'failure')
    clock.advance(openForMs - 1)
    t.equal(breaker.state, 'open', String(openForMs))
    clock.advance(1)
    t.equal(breaker.state, 'half-open', String(openForMs))
  }
  end('success', 'success', 'success')
  halfOpened()
  t.equal(breaker.state, 'half-open')
  t.same(changes.filter(({ to }) => to === 'open').map(({ openForMs }) => openForMs), [1000, 2000, 4000, 5000, 5000, 1000])
  t.end()
})

t.test('stays open no less than at first, whatever the most is', t => {
  const { changes, clock, end, halfOpened } = made({ maxOpenForMs: 10 })
  halfOpened()
  end('failure', 'failure', 'failure')
  clock.advance(1000)
  end('success', 'success', 'success')
  t.same(changes.map(({ openForMs }) => openForMs), [1000, null, 1000, null, null])
  t.end()
})

t.test('begins with new trials each time that it is half-open', t => {
  const { breaker, clock, end, halfOpened } = made()
  halfOpened()
  end('failure', 'failure', 'failure')
  clock.advance(1000)
  end('success', 'success')
  t.equal(breaker.state, 'half-open')
  end('success')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('a full bulkhead takes no permit of a half-open breaker', t => {
  const { breaker, end, halfOpened } = made({ maxConcurrent: 2 })
  const old = entered(breaker)
  halfOpened()
  const trial = entered(breaker)
  t.equal(breaker.admits, false)
  t.equal(breaker.enter(), 'full')
  t.equal(breaker.enter(), 'full')
  trial.end('success')
  t.equal(breaker.admits, true)
  end('success', 'success')
  t.equal(breaker.state, 'closed')
  old.end('success')
  t.end()
})

t.test('trials that never end do not keep it half-open for ever', t => {
  const { breaker, clock, end, states, halfOpened } = made()
  halfOpened()
  const hung = [entered(breaker), entered(breaker), entered(breaker)]
  clock.advance(999)
  t.equal(breaker.enter(), 'open')
  t.equal(breaker.state, 'half-open')
  clock.advance(1)
  t.equal(breaker.state, 'open')
  t.equal(breaker.enter(), 'open')
  clock.advance(1000)
  end('success', 'success', 'success')
  t.equal(breaker.state, 'closed')
  for (const call of hung) call.end('failure')
  t.equal(breaker.state, 'closed')
  t.same(states(), ['open', 'half-open', 'open', 'half-open', 'closed'])
  t.end()
})

t.test('one hung trial is enough, and the next time is longer', t => {
  const { breaker, clock, end, changes, halfOpened } = made({ maxHalfOpenMs: 300, maxOpenForMs: 60_000 })
  halfOpened()
  const hung = entered(breaker)
  clock.advance(200)
  end('success', 'success')
  clock.advance(100)
  t.equal(breaker.state, 'open', 'counted from the trial that hangs')
  clock.advance(1999)
  t.equal(breaker.enter(), 'open')
  clock.advance(1)
  t.equal(breaker.admits, true)
  end('success', 'success')
  t.equal(breaker.state, 'half-open', 'those of before count no more')
  end('success')
  t.equal(breaker.state, 'closed')
  hung.end('failure')
  t.match(changes[2], { from: 'half-open', to: 'open', openForMs: 2000 })
  t.end()
})

t.test('trials that are given back all the time do not hide one that hangs', t => {
  const { breaker, clock, end, halfOpened } = made()
  halfOpened()
  entered(breaker)
  for (let i = 0; i < 9; i++) {
    clock.advance(100)
    end('ignored')
  }
  clock.advance(100)
  t.equal(breaker.state, 'open')
  t.end()
})

t.test('an opening that is over before anybody comes lets the next one try', t => {
  const { breaker, clock, end, states, halfOpened } = made()
  halfOpened()
  const hung = [entered(breaker), entered(breaker), entered(breaker)]
  clock.advance(3_600_000)
  t.same([breaker.state, breaker.admits, breaker.retryInMs], ['half-open', true, 0])
  end('success', 'success', 'success')
  for (const call of hung) call.end('failure')
  t.equal(breaker.state, 'closed')
  t.same(states(), ['open', 'half-open', 'open', 'half-open', 'closed'])
  t.end()
})

t.test('gives each trial the whole wait that comes while none runs', t => {
  const { breaker, clock, end, halfOpened } = made()
  halfOpened()
  end('success')
  clock.advance(900)
  const trial = entered(breaker)
  clock.advance(900)
  t.equal(breaker.state, 'half-open')
  trial.end('success')
  end('success')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('opens again where too few calls come to decide, without holding it against anybody', t => {
  const { breaker, clock, end, changes, halfOpened } = made({ maxOpenForMs: 60_000 })
  halfOpened()
  end('success', 'success')
  clock.advance(1000)
  t.equal(breaker.state, 'open')
  t.equal(breaker.enter(), 'open')
  t.match(changes.at(-1), { from: 'half-open', to: 'open', openForMs: 1000 }, 'for no longer than before')
  clock.advance(1000)
  end('success')
  t.equal(breaker.state, 'closed', 'trials that have ended still count')
  t.end()
})

t.test('waits for calls to try with, however seldom one comes', async t => {
  const { breaker, clock, ok, states, halfOpened } = made()
  halfOpened()
  for (let i = 0; i < 3; i++) {
    t.equal(await ok(), 'ok')
    clock.advance(3_600_000)
  }
  t.equal(breaker.state, 'closed')
  t.same(states(), ['open', 'half-open', 'closed'])
})

t.test('an ignored trial gives its permit back, and neither closes nor opens', t => {
  const { breaker, end, halfOpened } = made({ halfOpenCalls: 1 })
  halfOpened()
  end('ignored', 'ignored', 'ignored')
  t.equal(breaker.state, 'half-open')
  const trial = entered(breaker)
  t.equal(breaker.enter(), 'open')
  trial.end('ignored')
  end('success')
  t.equal(breaker.state, 'closed')
  t.end()
})

t.test('a call made within a trial needs a permit of its own', async t => {
  const { breaker, halfOpened } = made({ halfOpenCalls: 1 })
  halfOpened()
  await breaker.run(async () => { await t.rejects(breaker.run(async () => t.fail('called')), new BreakerRefusal('open')) })
  t.equal(breaker.state, 'closed')
})

t.test('trials that take too long count as what they are so far, where they do not hang', t => {
  const verdicts: [readonly CallProgress['soFar'][], string][] = [
    [['success', 'success', 'success'], 'closed'],
    [['success', 'failure', 'failure'], 'open'],
    [['slow', 'slow', 'slow-failure'], 'open'],
    [['success', 'hanging', 'success'], 'open'],
    [['success', 'success', 'ending'], 'half-open'],
    [['success', 'success', 'held-back'], 'closed']
  ]
  for (const [trials, state] of verdicts) {
    const { breaker, clock, halfOpened } = made()
    halfOpened()
    const calls = trials.map(soFar => breaker.enter({ soFar }) as BreakerCall)
    clock.advance(999)
    t.equal(breaker.state, 'half-open')
    t.notOk(breaker.admits)
    clock.advance(1)
    const last = breaker.enter()
    if (typeof last !== 'string') last.end('success')
    t.equal(breaker.state, state, String(trials))
    for (const call of calls) call.end('failure')
    t.equal(breaker.state, state === 'half-open' ? 'closed' : state, 'what has been counted is not counted again')
  }
  t.end()
})

t.test('an answer that must end is waited for, by those who may not try too', t => {
  const { breaker, clock, halfOpened, end } = made({ halfOpenCalls: 2 })
  halfOpened()
  const ending = breaker.enter({ soFar: 'ending' }) as BreakerCall
  clock.advance(1000)
  t.same([breaker.state, breaker.admits], ['half-open', true], 'another may try')
  const other = breaker.enter({ soFar: 'ending' }) as BreakerCall
  clock.advance(1000)
  t.same([breaker.state, breaker.admits, breaker.retryInMs], ['half-open', false, 1000])
  t.equal(breaker.enter(), 'open')
  other.end('ignored')
  end('success')
  ending.end('failure')
  t.equal(breaker.state, 'open')
  t.end()
})
