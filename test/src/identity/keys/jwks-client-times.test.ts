import t from 'tap'
import { OutboundError } from '../../../../src/contract/outbound.ts'
import { A, B, HOUR, isPromise, jwks, MINUTE, SECOND, UNAVAILABLE } from './jwks-harness.ts'

t.test('renews in the background from 0.8 of max-age on, while the old keys serve', async t => {
  const { client, kids, calls, clock, serve, settled } = jwks([A])
  await kids('a')
  serve(A, B)
  clock.advance(8 * MINUTE - 1)
  await kids('a')
  t.equal(calls.length, 1)
  clock.advance(1)
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  await settled()
  t.equal(calls.length, 2)
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'b' })))
})

t.test('old keys serve for another max-age while new ones come, and are counted; after that the first who asks waits', async t => {
  const { client, kids, calls, clock, staleUses, settled } = jwks([A])
  await kids('a')
  clock.advance(20 * MINUTE - 1)
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  t.equal(staleUses(), 1)
  await settled()
  t.equal(calls.length, 2)
  clock.advance(20 * MINUTE)
  const found = client.keysFor({ alg: 'ES256', kid: 'a' })
  t.ok(isPromise(found))
  t.match(await found, [{ kid: 'a' }])
  t.equal(calls.length, 3)
  t.equal(staleUses(), 1)
})

t.test('max-age of the issuer counts, between a minute and an hour', async t => {
  const cases: [Record<string, string>, number][] = [
    [{}, 10 * MINUTE],
    [{ 'cache-control': 'public, max-age=300' }, 5 * MINUTE],
    [{ 'cache-control': 'MAX-AGE="300"' }, 5 * MINUTE],
    [{ 'cache-control': 's-maxage=300' }, 10 * MINUTE],
    [{ 'cache-control': 'max-age=1' }, MINUTE],
    [{ 'cache-control': 'max-age=0, must-revalidate' }, MINUTE],
    [{ 'cache-control': 'no-store' }, MINUTE],
    [{ 'cache-control': 'no-cache, max-age=600' }, MINUTE],
    [{ 'cache-control': 'max-age=999999999' }, HOUR],
    [{ 'cache-control': 'max-age=-5' }, 10 * MINUTE],
    [{ 'cache-control': 'max-age=600', age: '300' }, 5 * MINUTE],
    [{ 'cache-control': 'max-age=600', age: '601' }, MINUTE],
    [{ 'cache-control': 'max-age=600', age: 'old' }, 10 * MINUTE],
    [{ 'cache-control': 'max-age=soon' }, 10 * MINUTE]
  ]
  for (const [headers, maxAge] of cases) {
    const { served, kids, calls, clock, settled } = jwks([])
    served.answer = { headers, body: { keys: [A] } }
    await kids('a')
    clock.advance(0.8 * maxAge - 1)
    await kids('a')
    await settled()
    t.equal(calls.length, 1, JSON.stringify(headers))
    clock.advance(1)
    await kids('a')
    await settled()
    t.equal(calls.length, 2, JSON.stringify(headers))
  }
})

t.test('without keys a failing endpoint is asked once a cooldown, which grows to five minutes', async t => {
  const { kids, calls, clock, fail, fetches, log } = jwks([], { jwks: { cooldown: '30s' } })
  fail()
  await Promise.all(Array.from({ length: 200 }, () => t.rejects(kids('a'), UNAVAILABLE)))
  for (let i = 0; i < 200; i++) await t.rejects(kids(`kid-${i}`), UNAVAILABLE)
  t.equal(calls.length, 1)
  for (const [i, wait] of [30, 60, 120, 240, 300, 300].entries()) {
    clock.advance(wait * SECOND - 1)
    await t.rejects(kids('a'), UNAVAILABLE)
    t.equal(calls.length, i + 1, `not before ${wait} s`)
    clock.advance(1)
    await t.rejects(kids('a'), { ...UNAVAILABLE, cause: { outcome: 'unreachable' } })
    t.equal(calls.length, i + 2, `after ${wait} s`)
  }
  t.equal(fetches('unreachable'), 7)
  t.equal(log.lines.filter(({ level }) => level === 'warn').length, 7)
})

t.test('a cooldown longer than five minutes is not cut', async t => {
  const { kids, calls, clock, fail } = jwks([], { jwks: { cooldown: '10m' } })
  fail()
  await t.rejects(kids('a'))
  clock.advance(10 * MINUTE - 1)
  await t.rejects(kids('a'))
  t.equal(calls.length, 1)
})

t.test('the cooldown counts from the end of the last attempt, and success ends the backing off', async t => {
  const { served, kids, calls, clock, fail } = jwks([A], { jwks: { cooldown: '30s' } })
  served.answer = () => {
    clock.advance(2 * SECOND)
    throw new OutboundError('timeout', 'slow')
  }
  await t.rejects(kids('a'), UNAVAILABLE)
  clock.advance(30 * SECOND - 1)
  await t.rejects(kids('a'), UNAVAILABLE)
  t.equal(calls.length, 1)
  clock.advance(1)
  served.answer = { body: { keys: [A] } }
  t.same(await kids('a'), ['a'])
  fail()
  clock.advance(30 * SECOND)
  await t.rejects(kids('x'), UNAVAILABLE)
  clock.advance(30 * SECOND)
  await t.rejects(kids('x'), UNAVAILABLE)
  t.equal(calls.length, 4)
})

t.test('old keys serve at once while the issuer is down, up to staleIfError, and that is counted and logged', async t => {
  const { client, kids, clock, fail, staleUses, settled, log, calls } = jwks([A], { jwks: { staleIfError: '1h' } })
  await kids('a')
  fail()
  clock.advance(9 * MINUTE)
  await kids('a')
  await settled()
  t.equal(staleUses(), 0, 'within max-age nothing is stale')
  t.match(log.lines.at(-1), { level: 'warn', message: 'keys of the issuer cannot be fetched: the old ones stay in use', fields: { 'gatehouse.issuer': 'main', 'gatehouse.failures': 1 } })
  clock.advance(HOUR)
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  t.equal(staleUses(), 1)
  await settled()
  t.equal(calls.length, 3)
  clock.advance(MINUTE)
  await t.rejects(kids('a'), UNAVAILABLE)
  t.match(log.lines.at(-1), { message: 'keys of the issuer cannot be fetched, and there are none' })
})

t.test('keys that nobody used for long are stale where the issuer turns out to be down', async t => {
  const { kids, clock, fail, staleUses, calls } = jwks([A])
  await kids('a')
  fail()
  clock.advance(5 * HOUR)
  t.same(await kids('a'), ['a'])
  t.equal(calls.length, 2)
  t.equal(staleUses(), 1)
})

t.test('a cooldown longer than the life of the keys is kept all the same', async t => {
  const { client, kids, calls, clock } = jwks([A], { jwks: { cooldown: '10h', staleIfError: '1h' } })
  await kids('a')
  clock.advance(30 * MINUTE)
  t.match(await client.keysFor({ alg: 'ES256', kid: 'a' }), [{ kid: 'a' }])
  clock.advance(HOUR)
  await t.rejects(kids('a'), UNAVAILABLE)
  t.equal(calls.length, 1)
})
