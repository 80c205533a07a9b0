import t from 'tap'
import { OutboundError, type OutboundRequest } from '../../../../src/contract/outbound.ts'
import type { VerificationKey } from '../../../../src/identity/keys/verification-key.ts'
import type { TestAnswer } from '../../../../src/testing/fakes.ts'
import { ecKey, rsaKey } from './jwk-fixtures.ts'
import { A, B, C, HOUR, isPromise, jwks, JWKS_URL, MINUTE, SECOND, UNAVAILABLE } from './jwks-harness.ts'

t.test('fetches on first use, within the bounds of the route file, and is synchronous from then on', async t => {
  const { client, kids, calls, fetches, clock } = jwks([A, B], { ca: 'PEM', jwks: { timeout: '3s' } })
  t.equal(calls.length, 0)
  t.same(await kids('a'), ['a'])
  t.match(calls, [{ url: JWKS_URL, timeoutMs: 3000, maxBytes: 256 * 1024, ca: 'PEM', headers: { accept: /jwk-set\+json/ } } satisfies Partial<Record<keyof OutboundRequest, unknown>>])
  const again = client.keysFor({ alg: 'ES256', kid: 'b' })
  t.notOk(isPromise(again))
  t.match(again, [{ kid: 'b', algorithms: ['ES256'], revoked: false }])
  clock.advance(7 * MINUTE)
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  t.equal(fetches('ok'), 1)
})

t.test('asks once for all who wait', async t => {
  const { kids, calls } = jwks([A])
  const all = await Promise.all(Array.from({ length: 200 }, (_, i) => kids(i % 2 === 0 ? 'a' : `none-${i}`)))
  t.equal(calls.length, 1)
  t.same(all.filter(found => found.length === 1).length, 100)
})

t.test('finds by kid and algorithm, and without a kid all that fit', async t => {
  const rsa = rsaKey({ kid: 'rsa' })
  const { kids, calls } = jwks([A, rsa, ecKey(), rsaKey({ alg: 'RS256' })])
  t.same(await kids(null), ['a', null])
  t.same(await kids(null, 'PS256'), ['rsa'])
  t.same(await kids('rsa', 'RS256'), ['rsa'])
  t.same(await kids('rsa', 'ES256'), [], 'a kid of another kind of key')
  t.same(await kids('a', 'RS256'), [])
  t.equal(calls.length, 1)
})

t.test('keeps several keys of one kid apart by their kind', async t => {
  const { client } = jwks([ecKey({ kid: 'x' }), rsaKey({ kid: 'x' }), ecKey({ kid: 'x' })])
  const types = async (alg: string) => (await client.keysFor({ alg, kid: 'x' })).map(({ key }) => key.asymmetricKeyType)
  t.same(await types('ES256'), ['ec', 'ec'])
  t.same(await types('RS256'), ['rsa'])
})

t.test('nobody is asked for algorithms that the route file does not allow, nor for a kid that no key may have', async t => {
  const { client, calls } = jwks([A])
  for (const alg of ['HS256', 'none', 'RS384', '', 'constructor']) t.same(client.keysFor({ alg, kid: 'a' }), [])
  t.same(client.keysFor({ alg: 'ES256', kid: 'k'.repeat(513) }), [])
  t.equal(calls.length, 0)
})

t.test('takes a JWK Set whatever its content type', async t => {
  const { served, kids } = jwks([])
  served.answer = { headers: { 'content-type': 'text/html' }, body: `\ufeff${JSON.stringify({ keys: [A] })}` }
  t.same(await kids('a'), ['a'])
})

t.test('leaves out keys that verify nothing here and keeps the others', async t => {
  const { kids, log } = jwks([{ kty: 'oct', k: 'AA', kid: 'oct' }, { ...B, use: 'enc' }, { ...C, key_ops: ['sign'] }, rsaKey({ kid: 'weak' }, 1024), 7 as unknown as object, A])
  t.same(await kids('a'), ['a'])
  for (const kid of ['b', 'c', 'oct']) t.same(await kids(kid), [])
  t.same(await kids('weak', 'RS256'), [])
  t.match(log.lines, [{ level: 'debug', fields: { 'gatehouse.issuer': 'main', 'gatehouse.keys': 1, 'gatehouse.unusable': { length: 5 } } }])
})

t.test('an unknown kid asks once for all, is found where it is new, and not asked for again where it is not', async t => {
  const { kids, calls, clock, serve } = jwks([A], { jwks: { cooldown: '30s' } })
  await kids('a')
  t.same(await kids('b'), [], 'not within the cooldown of the first fetch')
  t.equal(calls.length, 1)
  serve(A, B)
  clock.advance(30 * SECOND)
  const found = await Promise.all([...Array.from({ length: 100 }, () => kids('b')), ...Array.from({ length: 100 }, (_, i) => kids(`none-${i}`))])
  t.equal(calls.length, 2)
  t.equal(found.flat().filter(kid => kid === 'b').length, 100)
  clock.advance(30 * SECOND)
  t.same(await kids('none-7'), [])
  t.equal(calls.length, 2, 'remembered for a minute')
  t.same(await kids('none-other'), [])
  t.equal(calls.length, 3)
  clock.advance(31 * SECOND)
  t.same(await kids('none-7'), [])
  t.equal(calls.length, 4, 'and no longer')
})

t.test('a kid that comes is used, though it was missing a moment before', async t => {
  const { kids, clock, serve } = jwks([A], { jwks: { cooldown: '10s' } })
  t.same(await kids('b'), [])
  serve(A, B)
  clock.advance(10 * SECOND)
  t.same(await kids('b'), [], 'still remembered as missing')
  t.same(await kids('c'), [], 'which fetches')
  t.same(await kids('b'), ['b'])
})

t.test('remembers a thousand missing kids and no more', async t => {
  const { kids, calls, clock } = jwks([A], { jwks: { cooldown: '1s' } })
  await Promise.all(Array.from({ length: 1001 }, (_, i) => kids(`none-${i}`)))
  clock.advance(SECOND)
  await kids('none-1000')
  await kids('none-1')
  t.equal(calls.length, 1)
  await kids('none-0')
  t.equal(calls.length, 2)
})

t.test('with the issuer down nobody can say of an unknown kid: it is unavailable, and asked for once a cooldown', async t => {
  const { kids, calls, clock, fail } = jwks([A], { jwks: { cooldown: '30s' } })
  await kids('a')
  await kids('gone')
  fail()
  clock.advance(30 * SECOND)
  await Promise.all(Array.from({ length: 100 }, (_, i) => t.rejects(kids(`none-${i}`), UNAVAILABLE)))
  for (let i = 0; i < 100; i++) await t.rejects(kids(`none-${i}`), UNAVAILABLE)
  t.equal(calls.length, 2)
  t.same(await kids('a'), ['a'], 'known ones go on')
})

t.test('without a kid and a fitting key the issuer is asked once a cooldown', async t => {
  const { kids, calls, clock, serve } = jwks([A])
  t.same(await kids(null, 'RS256'), [])
  t.same(await kids(null, 'RS256'), [])
  t.equal(calls.length, 1)
  serve(A, rsaKey({ kid: 'r' }))
  clock.advance(30 * SECOND)
  t.same(await kids(null, 'RS256'), ['r'])
})

t.test('a key stays the same object, one that is taken back is revoked, and does not come back to life', async t => {
  const { client, clock, serve, settled } = jwks([A, B])
  const key = async (kid: string): Promise<VerificationKey | undefined> => (await client.keysFor({ alg: 'ES256', kid }))[0]
  const renewed = async (...keys: object[]) => {
    serve(...keys)
    clock.advance(9 * MINUTE)
    await key('a')
    await settled()
  }
  const [a, b] = [await key('a'), await key('b')]
  await renewed({ ...A, x5t: 'another' }, C)
  t.equal(await key('a'), a)
  t.equal(a!.revoked, false)
  t.equal(b!.revoked, true)
  t.equal(await key('b'), undefined)
  await renewed(A, B)
  t.not(await key('b'), b)
  t.equal((await key('b'))!.revoked, false)
  t.equal(b!.revoked, true)
  const other = ecKey({ kid: 'a' })
  await renewed(other)
  t.equal(a!.revoked, true, 'other material under the same kid')
  await renewed({ ...other, use: 'enc' }, C)
  t.equal(await key('a'), undefined, 'a key that is no longer one for signatures')
})

t.test('a new set that is empty, unreadable or useless does not take the place of the old', async t => {
  const bad: [TestAnswer | Error, string][] = [
    [{ body: { keys: [] } }, 'unreadable'],
    [{ body: { keys: [{ ...A, use: 'enc' }] } }, 'unreadable'],
    [{ body: { keys: Array(101).fill(A) } }, 'unreadable'],
    [{ body: { keys: 'a' } }, 'unreadable'],
    [{ body: '' }, 'unreadable'],
    [{ body: '<html>' }, 'unreadable'],
    [{ body: '[]' }, 'unreadable'],
    [{ body: `{"keys":[{"kty":"EC","kid":"a","key_ops":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}` }, ''],
    [{ status: 500, body: { keys: [B] } }, 'status'],
    [{ status: 404 }, 'status'],
    [{ status: 204 }, 'status'],
    [{ status: 206, body: { keys: [B] } }, 'status'],
    [{ status: 302, headers: { location: JWKS_URL } }, 'redirect'],
    [new OutboundError('too-large', 'large'), 'too-large'],
    [new OutboundError('timeout', 'slow'), 'timeout'],
    [new OutboundError('tls', 'no trust'), 'tls'],
    [new OutboundError('offline', 'no calls'), 'offline'],
    [new TypeError('bug'), 'failed']
  ]
  for (const [answer, outcome] of bad) {
    const { served, kids, clock, settled, calls, fetches } = jwks([A])
    await kids('a')
    served.answer = answer
    clock.advance(9 * MINUTE)
    t.same(await kids('a'), ['a'])
    await settled()
    t.equal(calls.length, 2)
    t.equal(fetches('ok'), 1, outcome)
    if (outcome !== '') t.equal(fetches(outcome), 1, outcome)
    t.same(await kids('a'), ['a'])
    clock.advance(30 * SECOND)
    await kids('a')
    t.equal(calls.length, 3, 'and is asked for again after the cooldown')
  }
})

t.test('an issuer without a single key is unavailable, not one that refuses', async t => {
  const { kids, log } = jwks([{ ...A, use: 'enc' }])
  await t.rejects(kids('a'), { ...UNAVAILABLE, message: 'keys of issuer main cannot be fetched', cause: { message: `${JWKS_URL}: has no key that verifies signatures here; 0: not a key for verifying signatures (use, key_ops)` } })
  t.match(log.lines, [{ level: 'warn' }])
})

t.test('asks discovery where the keys are, and counts it where that fails', async t => {
  const { served, kids, calls, clock, fetches } = jwks([], { jwksUri: undefined })
  const document = { issuer: 'https://issuer.test', jwks_uri: 'https://issuer.test/keys' }
  served.answer = { status: 500 }
  await t.rejects(kids('a'), UNAVAILABLE)
  t.equal(fetches('discovery'), 1)
  clock.advance(30 * SECOND)
  served.answer = { body: { issuer: 'https://issuer.test' } }
  await t.rejects(kids('a'), UNAVAILABLE)
  t.equal(fetches('unreadable'), 1)
  clock.advance(HOUR)
  served.answer = () => ({ body: calls.at(-1)!.url === document.jwks_uri ? { keys: [A] } : document })
  t.same(await kids('a'), ['a'])
  t.same(calls.slice(-2).map(({ url }) => url), ['https://issuer.test/.well-known/openid-configuration', 'https://issuer.test/keys'])
})

t.test('has the keys before the first token where it is told to, whatever becomes of that', async t => {
  const { client, calls, clock } = jwks([A])
  await client.prefetch()
  t.notOk(isPromise(client.keysFor({ alg: 'ES256', kid: 'a' })))
  clock.advance(MINUTE)
  await client.prefetch()
  t.equal(calls.length, 1, 'not where they are there')

  const down = jwks([])
  down.fail()
  await down.client.prefetch()
  await down.client.prefetch()
  t.equal(down.calls.length, 1)
})
