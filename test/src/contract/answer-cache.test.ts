import t from 'tap'
import { AnswerCache, type Answer } from '../../../src/contract/index.ts'
import { fakeClock } from '../../../src/testing/index.ts'

/** Answers of somebody who gives 1, 2, 3 ..., or fails while `down` is set. */
function somebody (more: Partial<Answer<number>> = {}) {
  const state = { asked: 0, down: null as Error | null }
  const ask = async (): Promise<Answer<number>> => {
    const value = ++state.asked
    if (state.down) throw state.down
    return { value, freshForMs: 1000, ...more }
  }
  return { state, ask }
}

t.test('asks once, and gives the answer at once while it is fresh', async t => {
  const clock = fakeClock()
  const cache = new AnswerCache<number>({ clock, maxEntries: 10 })
  const { ask, state } = somebody()
  t.equal(await cache.get('a', ask), 1)
  clock.advance(999)
  t.equal(cache.get('a', ask), 1, 'no promise')
  clock.advance(1)
  t.equal(await cache.get('a', ask), 2)
  t.equal(state.asked, 2)
})

t.test('asks once however many wait', async t => {
  const cache = new AnswerCache<number>({ clock: fakeClock(), maxEntries: 10 })
  const { ask, state } = somebody()
  t.same(await Promise.all(Array.from({ length: 200 }, () => cache.get('a', ask))), Array(200).fill(1))
  t.equal(state.asked, 1)
})

t.test('all who wait get the same failure, and the next asks again', async t => {
  const cache = new AnswerCache<number>({ clock: fakeClock(), maxEntries: 10 })
  const { ask, state } = somebody()
  state.down = new Error('down')
  const outcomes = await Promise.allSettled([cache.get('a', ask), cache.get('a', ask)])
  t.same(outcomes.map(({ status }) => status), ['rejected', 'rejected'])
  t.equal(cache.size, 0, 'takes no place')
  state.down = null
  t.equal(await cache.get('a', ask), 2)
})

t.test('a stale answer stands in where asking fails, for its time', async t => {
  const clock = fakeClock()
  const cache = new AnswerCache<number>({ clock, maxEntries: 10 })
  const { ask, state } = somebody({ staleForMs: 500 })
  await cache.get('a', ask)
  state.down = new Error('down')
  clock.advance(1499)
  t.equal(await cache.get('a', ask), 1)
  clock.advance(1)
  await t.rejects(async () => await cache.get('a', ask), { message: 'down' })
})

t.test('renews an answer in the background before it ends', async t => {
  const clock = fakeClock()
  const cache = new AnswerCache<number>({ clock, maxEntries: 10, renewAhead: 0.2 })
  const { ask, state } = somebody()
  await cache.get('a', ask)
  clock.advance(799)
  t.equal(cache.get('a', ask), 1)
  t.equal(state.asked, 1)
  clock.advance(1)
  t.equal(cache.get('a', ask), 1, 'at once')
  t.equal(cache.get('a', ask), 1)
  t.equal(state.asked, 2, 'once')
  await new Promise(setImmediate)
  t.equal(cache.get('a', ask), 2)
  clock.advance(900)
  state.down = new Error('down')
  t.equal(cache.get('a', ask), 2)
  await new Promise(setImmediate)
  t.equal(cache.get('a', ask), 2, 'a failure in the background is nobody\'s')
})

t.test('after a failed attempt nobody asks again for the cooldown, with an answer or without', async t => {
  const clock = fakeClock()
  const cache = new AnswerCache<number>({ clock, maxEntries: 10, cooldownMs: 100 })
  const { ask, state } = somebody({ staleForMs: 10_000 })
  state.down = new Error('down')
  await t.rejects(async () => await cache.get('a', ask))
  clock.advance(99)
  await t.rejects(async () => await cache.get('a', ask), { message: 'down' })
  t.equal(state.asked, 1)
  clock.advance(1)
  state.down = null
  t.equal(await cache.get('a', ask), 2)
  clock.advance(1000)
  state.down = new Error('again')
  t.equal(await cache.get('a', ask), 2)
  t.equal(await cache.get('a', ask), 2)
  t.equal(state.asked, 3)
})

t.test('keeps no more than it may, and those used last', async t => {
  const cache = new AnswerCache<number>({ clock: fakeClock(), maxEntries: 2 })
  const { ask, state } = somebody()
  await cache.get('a', ask)
  await cache.get('b', ask)
  await cache.get('a', ask)
  await cache.get('c', ask)
  t.equal(cache.size, 2)
  await cache.get('a', ask)
  t.equal(state.asked, 3, 'a is still there')
  await cache.get('b', ask)
  t.equal(state.asked, 4, 'b is not')
})

t.test('an answer can be forgotten', async t => {
  const cache = new AnswerCache<number>({ clock: fakeClock(), maxEntries: 2 })
  const { ask } = somebody()
  await cache.get('a', ask)
  cache.delete('a')
  t.equal(await cache.get('a', ask), 2)
  cache.clear()
  t.equal(await cache.get('a', ask), 3)
})

t.test('a stale answer that is used keeps its place', async t => {
  const clock = fakeClock()
  const cache = new AnswerCache<number>({ clock, maxEntries: 2 })
  const { ask, state } = somebody({ staleForMs: 10_000 })
  await cache.get('a', ask)
  await cache.get('b', ask)
  clock.advance(1000)
  state.down = new Error('down')
  t.equal(await cache.get('a', ask), 1)
  await t.rejects(async () => await cache.get('c', ask))
  t.equal(await cache.get('a', ask), 1, 'b had to go')
})
