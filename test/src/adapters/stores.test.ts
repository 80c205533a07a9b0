import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { memoryStore } from '../../../src/adapters/memory-store.ts'
import { redisStore } from '../../../src/adapters/redis-store.ts'
import { systemClock } from '../../../src/adapters/system-clock.ts'
import type { Store } from '../../../src/contract/index.ts'
import { fakeLog } from '../../../src/testing/index.ts'
import { startRedis, withoutRedis, type RedisServer } from '../../peers/redis-server.ts'

const UNAVAILABLE = { name: 'StoreUnavailable' }
const MINUTE_MS = 60_000

/** Stores that see the same, as those of several gateways. */
interface Kind { readonly name: string, readonly skip: string | false, open(t: Test): Store[] }

let redis: RedisServer | null = null
t.before(async () => { if (withoutRedis === false) redis = await startRedis() })
t.teardown(() => redis?.stop())

const kinds: readonly Kind[] = [
  { name: 'memory', skip: false, open: () => { const store = memoryStore(systemClock); return [store, store] } },
  {
    name: 'redis',
    skip: withoutRedis,
    open: t => {
      const prefix = `${randomUUID()}:`
      return [1, 2].map(() => {
        const store = redisStore({ url: redis!.url, timeout: 2000, prefix }, fakeLog())
        t.teardown(() => store.close())
        return store
      })
    }
  }
]

/** Until it is no longer there. */
async function over (gone: () => Promise<boolean>): Promise<void> {
  while (!await gone()) await new Promise(setImmediate)
}

for (const { name, skip, open } of kinds) {
  const test = (title: string, check: (t: Test, store: Store, other: Store) => Promise<void>): void => {
    void t.test(`${name}: ${title}`, { skip }, async t => {
      const [store, other] = open(t)
      await check(t, store!, other!)
    })
  }

  test('swaps only what is expected', async (t, store) => {
    t.equal(await store.swap('k', 'a', 'b', MINUTE_MS), false, 'nothing is there yet')
    t.equal(await store.swap('k', null, 'a', MINUTE_MS), true)
    t.equal(await store.swap('k', null, 'b', MINUTE_MS), false)
    t.equal(await store.swap('k', 'b', 'c', MINUTE_MS), false)
    t.equal(await store.get('k'), 'a')
    t.equal(await store.swap('k', 'a', '', MINUTE_MS), true)
    t.equal(await store.swap('k', null, 'b', MINUTE_MS), false, 'an empty text is something')
    t.equal(await store.swap('k', '', 'ä "\r\n\0', MINUTE_MS), true)
    t.equal(await store.get('k'), 'ä "\r\n\0')
  })

  test('puts an end to what was swapped in', async (t, store) => {
    await store.set('k', 'a', MINUTE_MS)
    t.equal(await store.swap('k', 'a', 'b', 1), true)
    await over(async () => await store.get('k') === null)
    t.equal(await store.swap('k', null, 'c', MINUTE_MS), true)
  })

  test('lets one of two swap at the same time', async (t, store, other) => {
    for (let round = 0; round < 20; round++) {
      const expected = round === 0 ? null : `${round - 1}`
      const won = await Promise.all([store, other, store, other].map(one => one.swap('k', expected, `${round}`, MINUTE_MS)))
      t.equal(won.filter(Boolean).length, 1)
    }
    t.equal(await other.get('k'), '19')
  })

  test('tallies numbers by their names', async (t, store, other) => {
    t.strictSame(await store.tally('k', {}, MINUTE_MS), {}, 'nothing is kept yet')
    t.strictSame(await store.tally('k', { a: 1, 'b c': 0.1 }, MINUTE_MS), { a: 1, 'b c': 0.1 })
    t.strictSame(await other.tally('k', { 'b c': 0.2, ä: -3 }, MINUTE_MS), { a: 1, 'b c': 0.1 + 0.2, ä: -3 })
    t.strictSame(await store.tally('k', { a: 1e300, ä: 5e-324, ['__proto__']: 2 }, MINUTE_MS), Object.fromEntries([['a', 1e300], ['b c', 0.1 + 0.2], ['ä', -3], ['__proto__', 2]]))
    t.strictSame(await store.tally('k', {}, MINUTE_MS), Object.fromEntries([['a', 1e300], ['b c', 0.1 + 0.2], ['ä', -3], ['__proto__', 2]]))
  })

  test('loses nothing of what is tallied at the same time', async (t, store, other) => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? store : other).tally('k', { n: 1, ms: 0.25 }, MINUTE_MS)))
    t.strictSame(await store.tally('k', {}, MINUTE_MS), { n: 40, ms: 10 })
  })

  test('puts off the end of a tally with each', async (t, store) => {
    await store.tally('k', { a: 1 }, MINUTE_MS)
    await store.tally('k', {}, 1)
    await over(async () => await store.getField('k', 'a') === null)
    t.strictSame(await store.tally('k', { a: 2 }, MINUTE_MS), { a: 2 })
  })

  test('refuses what is no finite number, and changes nothing then', async (t, store) => {
    await store.tally('k', { a: 1, big: Number.MAX_VALUE }, MINUTE_MS)
    for (const amounts of [{ a: 1, b: NaN }, { a: 1, b: Infinity }, { a: 1, b: -Infinity }, { a: 1, big: Number.MAX_VALUE }]) {
      await t.rejects(store.tally('k', amounts, MINUTE_MS), { ...UNAVAILABLE, message: /finite/ })
    }
    t.strictSame(await store.tally('k', {}, MINUTE_MS), { a: 1, big: Number.MAX_VALUE })
    for (const text of ['x', '', ' ', 'NaN', 'Infinity']) {
      await store.setField('k', 'text', text, MINUTE_MS)
      await t.rejects(store.tally('k', { a: 1 }, MINUTE_MS), UNAVAILABLE, JSON.stringify(text))
    }
    t.equal(await store.getField('k', 'a'), '1')
  })

  test('keeps several values under a key that end together', async (t, store, other) => {
    t.equal(await store.getField('k', 'a'), null)
    await store.setField('k', 'a', '1', MINUTE_MS)
    await other.setField('k', 'b', 'ä "\r\n\0', MINUTE_MS)
    await other.setField('k', 'a', '', MINUTE_MS)
    t.equal(await other.getField('k', 'a'), '')
    t.equal(await store.getField('k', 'b'), 'ä "\r\n\0')
    t.equal(await store.getField('k', 'constructor'), null)
    await store.setField('k', 'c', '1', 1)
    await over(async () => await store.getField('k', 'a') === null && await store.getField('k', 'b') === null)
    await store.setField('k', 'a', '1', MINUTE_MS)
    await store.delete('k')
    t.equal(await store.getField('k', 'a'), null)
  })

  test('keeps a thousand fields under a key, and no more', async (t, store) => {
    await store.tally('k', Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`${i}`, i])), MINUTE_MS)
    await t.rejects(store.tally('k', { 0: 1, 999: 1, 1000: 1 }, MINUTE_MS), { ...UNAVAILABLE, message: /1000/ })
    t.equal(await store.getField('k', '0'), '0', 'nothing of it is counted')
    await store.setField('k', '999', '0', MINUTE_MS)
    await t.rejects(store.setField('k', '1000', '0', MINUTE_MS), { ...UNAVAILABLE, message: /1000/ })
    await store.setField('k', '0', '7', MINUTE_MS)
    t.match(await store.tally('k', { 1: 1 }, MINUTE_MS), { 0: 7, 1: 2, 999: 0 })
  })

  test('does not take one kind of value for the other', async (t, store) => {
    await store.set('one', 'v', MINUTE_MS)
    await store.setField('several', 'a', '1', MINUTE_MS)
    const wrong: Promise<unknown>[] = [
      store.tally('one', { a: 1 }, MINUTE_MS), store.setField('one', 'a', '1', MINUTE_MS), store.getField('one', 'a'),
      store.get('several'), store.swap('several', null, 'v', MINUTE_MS), store.swap('several', 'v', 'w', MINUTE_MS), store.deleteIf('several', '1')
    ]
    for (const one of wrong) await t.rejects(one, { ...UNAVAILABLE, message: /wrong ?kind|another kind|WRONGTYPE/ })
    t.strictSame(await store.getAll(['one', 'several']), ['v', null])
    t.equal(await store.add('several', 'v', MINUTE_MS), false)
    t.equal(await store.getField('several', 'a'), '1')
    await store.set('several', 'v', MINUTE_MS)
    t.equal(await store.get('several'), 'v', 'set takes the place of anything')
  })
}
