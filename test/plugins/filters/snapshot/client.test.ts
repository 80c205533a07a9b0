import t from 'tap'
import { isShadow, onward, requestId, SnapshotMissing, snapshots, type SnapshotRedis, type SnapshotsOptions } from '../../../../plugins/filters/snapshot/client/index.ts'

const LIVE = { 'x-request-id': 'r1' }
const SHADOW = { ...LIVE, 'x-gatehouse-shadow': 'next;leg=1' }

interface FakeRedis extends SnapshotRedis { readonly hashes: Map<string, Map<string, string>>, readonly ends: Map<string, number>, looks: number }

function fakeRedis (): FakeRedis {
  const hashes = new Map<string, Map<string, string>>()
  const ends = new Map<string, number>()
  return {
    hashes,
    ends,
    looks: 0,
    async hget (key, field) {
      this.looks++
      return hashes.get(key)?.get(field) ?? null
    },
    hset: async (key, field, value) => { hashes.set(key, new Map(hashes.get(key)).set(field, value)) },
    pexpire: async (key, ms) => { ends.set(key, ms) }
  }
}

/** Each read gives the next number. */
function reading (options: Partial<SnapshotsOptions> = {}) {
  const redis = fakeRedis()
  const errors: unknown[] = []
  let reads = 0
  return { redis, errors, load: async () => ({ left: ++reads }), snap: snapshots({ redis, onError: error => { errors.push(error) }, ...options }) }
}

const settled = () => new Promise(resolve => { setImmediate(resolve) })

t.test('a copy reads what the live request has read', async t => {
  const { redis, load, snap } = reading()
  t.same(await snap.remember(LIVE, 'stock of 7', load), { left: 1 })
  await settled()
  t.same([...redis.hashes], [['gatehouse:snapshot:r1', new Map([['read stock of 7', '{"value":{"left":1}}']])]])
  t.same([...redis.ends], [['gatehouse:snapshot:r1', 300_000]])
  t.same(await snap.remember(SHADOW, 'stock of 7', load), { left: 1 })
  t.same(await snap.remember(SHADOW, 'stock of 8', load, { waitMs: 1 }), { left: 2 }, 'and loads what it has not')
  t.same(await snap.remember({ ...SHADOW, 'x-request-id': 'r2' }, 'stock of 7', load, { waitMs: 1 }), { left: 3 })
  t.equal(redis.hashes.size, 1, 'nothing a copy reads is stored')
})

t.test('a copy waits for it', async t => {
  const { redis, load, snap } = reading({ prefix: 'test:' })
  const look = redis.hget.bind(redis)
  redis.hget = async (key, field) => {
    if (redis.looks === 2) await redis.hset('test:snapshot:r1', 'read a', '{"value":null}')
    return await look(key, field)
  }
  t.equal(await snap.remember(SHADOW, 'a', load), null)
  t.equal(redis.looks, 3)
})

t.test('a copy that finds nothing can be told so', async t => {
  const { load, snap } = reading()
  await t.rejects(snap.remember(SHADOW, 'a', load, { waitMs: 30, missing: 'throw' }), new SnapshotMissing('a'))
  await t.rejects(snap.remember({ 'x-gatehouse-shadow': 'x;leg=1' }, 'a', load, { missing: 'throw' }), { name: 'SnapshotMissing', value: 'a' }, 'also without an id')
})

t.test('what JSON cannot say is made anew', async t => {
  const { snap } = reading()
  t.same(await snap.remember(LIVE, 'at', async () => new Date(0)), new Date(0))
  t.equal(await snap.remember(LIVE, 'none', async () => undefined), undefined)
  await settled()
  t.same(await snap.remember(SHADOW, 'at', async () => new Date(1), { revive: value => new Date(value as string) }), new Date(0))
  t.equal(await snap.remember(SHADOW, 'none', async (): Promise<string | undefined> => 'x'), undefined)
})

t.test('what cannot be stored is told, and the request goes on', async t => {
  const { redis, errors, load, snap } = reading({ maxLength: 20 })
  await snap.remember(LIVE, 'long', async () => 'x'.repeat(100))
  await snap.remember(LIVE, 'round', async () => { const round: { self?: unknown } = {}; round.self = round; return round })
  redis.hset = () => Promise.reject(new Error('redis is down'))
  t.same(await snap.remember(LIVE, 'a', load), { left: 1 })
  redis.hget = () => Promise.reject(new Error('redis is down'))
  t.same(await snap.remember(SHADOW, 'a', load), { left: 2 })
  await settled()
  t.match(errors, [{ message: '"read long" is too long to be stored' }, { name: 'TypeError' }, { message: 'redis is down' }, { message: 'redis is down' }])
  t.equal(redis.hashes.size, 0)
  redis.hget = async () => 'no JSON'
  t.same(await snap.remember(SHADOW, 'a', load), { left: 3 })
})

t.test('a Redis that hangs holds nobody up', async t => {
  const { redis, errors, load, snap } = reading()
  redis.hset = redis.hget = () => new Promise<never>(() => {})
  for (let i = 0; i < 1001; i++) await snap.remember(LIVE, 'a', load)
  await settled()
  t.match(errors, [{ message: '1000 values are being stored' }], 'and fills no memory')
  t.same(await snap.remember(SHADOW, 'a', load, { waitMs: 1 }), { left: 1002 })
})

t.test('nothing is stored that no copy could ask for', async t => {
  const { redis, load, snap } = reading({ record: id => id !== 'r2' })
  for (const headers of [{}, { 'x-request-id': 'a b' }, { 'x-request-id': ['a', 'b'] }, { 'x-request-id': 'x'.repeat(129) }, { 'x-request-id': 'r2' }]) await snap.remember(headers, 'a', load)
  await t.rejects(snap.remember(LIVE, 'a', () => Promise.reject(new Error('no row'))), { message: 'no row' })
  await settled()
  t.equal(redis.hashes.size, 0)
})

t.test('headers are those of Node or of Fetch', async t => {
  t.same([isShadow(SHADOW), isShadow(LIVE), isShadow(new Headers(SHADOW)), isShadow(new Headers(LIVE))], [true, false, true, false])
  t.same([requestId(LIVE), requestId(new Headers(LIVE)), requestId({})], ['r1', 'r1', null])
  t.same([onward({ ...SHADOW, cookie: 'a' }), onward(new Headers(LIVE)), onward({})], [SHADOW, LIVE, {}])
})
