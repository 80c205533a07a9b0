import t from 'tap'
import { memoryStore } from '../../../src/adapters/memory-store.ts'
import { StoreUnavailable } from '../../../src/contract/index.ts'
import { fakeClock } from '../../../src/testing/index.ts'

t.test('keeps a value until its time is over', async t => {
  const clock = fakeClock()
  const store = memoryStore(clock)
  await store.set('a', '1', 100)
  clock.advance(99)
  t.same(await store.getAll(['b', 'a']), [null, '1'])
  clock.advance(1)
  t.equal(await store.get('a'), null)
  t.equal(store.shared, false)
})

t.test('adds only where there is nothing yet', async t => {
  const clock = fakeClock()
  const store = memoryStore(clock)
  t.equal(await store.add('nonce', '1', 100), true)
  t.equal(await store.add('nonce', '2', 100), false)
  t.equal(await store.get('nonce'), '1')
  clock.advance(100)
  t.equal(await store.add('nonce', '3', 100), true)
})

t.test('deletes, and a lock only while it is one\'s own', async t => {
  const store = memoryStore(fakeClock())
  await store.set('lock', 'mine', 100)
  await store.deleteIf('lock', 'other')
  t.equal(await store.get('lock'), 'mine')
  await store.deleteIf('lock', 'mine')
  t.equal(await store.get('lock'), null)
  await store.set('a', '1', 100)
  await store.delete('a')
  t.equal(await store.get('a'), null)
})

t.test('takes nothing more when it is full of what still lives', async t => {
  const clock = fakeClock()
  const store = memoryStore(clock, 2)
  await store.set('a', '1', 100)
  await store.set('b', '1', 200)
  await t.rejects(store.add('c', '1', 100), StoreUnavailable)
  await store.set('b', '2', 200)
  clock.advance(100)
  t.equal(await store.add('c', '1', 100), true, 'what is over makes room')
})

t.test('does not search all of it for each that finds it full', async t => {
  const clock = fakeClock()
  const store = memoryStore(clock, 2)
  await store.set('a', '1', 50)
  await store.set('b', '1', 500)
  await t.rejects(store.add('c', '1', 100), StoreUnavailable)
  clock.advance(99)
  await t.rejects(store.add('c', '1', 100), StoreUnavailable, 'one is over, and nobody has looked')
  clock.advance(1)
  t.equal(await store.add('c', '1', 100), true)
})

t.test('counts each field as an entry, and is as it was where there is no room', async t => {
  const clock = fakeClock()
  const store = memoryStore(clock, 4)
  await store.set('a', '1', 100)
  await store.tally('sums', { a: 1, b: 2 }, 200)
  await t.rejects(store.tally('sums', { a: 1, c: 1, d: 1 }, 200), StoreUnavailable)
  await store.setField('fields', 'a', '1', 300)
  await t.rejects(store.setField('fields', 'b', '1', 300), StoreUnavailable)
  await store.setField('fields', 'a', '2', 300)
  t.strictSame(await store.tally('sums', { b: 1 }, 200), { a: 1, b: 3 }, 'what is there may change')
  clock.advance(199)
  t.strictSame(await store.tally('sums', { c: 1 }, 1), { a: 1, b: 3, c: 1 }, 'what is over makes room')
  await t.rejects(store.setField('fields', 'b', '1', 300), StoreUnavailable)
  clock.advance(1)
  t.strictSame(await store.tally('sums', { a: 1, b: 1, c: 1 }, 100), { a: 1, b: 1, c: 1 }, 'all of what ends together makes room')
  await store.set('sums', '1', 100)
  await store.delete('fields')
  for (const key of ['b', 'c', 'd']) await store.set(key, '1', 100)
  await t.rejects(store.swap('e', null, '1', 100), StoreUnavailable)
  t.equal(await store.swap('d', '1', '2', 100), true)
})
