import t from 'tap'
import { RemoteKeys, type Fetch } from '../../../../../plugins/filters/passport/verifier/remote-keys.ts'
import { newRingKey, publicPart } from '../../../../../src/identity/rings/ring-key.ts'

const one = publicPart(newRingKey('EdDSA', 0))
const two = publicPart(newRingKey('EdDSA', 0))
const MINUTE = 60_000

/** Keys behind an endpoint whose answer the test chooses, and the calls it got. */
function keysAt (answer: () => Response | Promise<Response>) {
  let now = 1e6
  const calls: RequestInit[] = []
  const fetch: Fetch = async (_url, init) => {
    calls.push(init)
    return await answer()
  }
  const keys = new RemoteKeys('http://gateway.test:9090/keys/passport', { fetch, monotonic: () => now })
  return { calls, find: async (kid: string) => (await keys.find(kid))?.kid ?? null, findNow: (kid: string) => keys.find(kid), advance: (ms: number) => { now += ms } }
}

const jwks = (keys: unknown, headers: Record<string, string> = {}) => new Response(JSON.stringify({ keys }), { headers })
const UNAVAILABLE = { name: 'PassportError', code: 'unavailable', statusCode: 503 }

t.test('fetches the keys once for all who wait', async t => {
  const { find, findNow, calls } = keysAt(() => jwks([one, two]))
  const found = await Promise.all(Array.from({ length: 200 }, (_, i) => find(i % 2 === 0 ? one.kid : two.kid)))
  t.same([...new Set(found)].sort(), [one.kid, two.kid].sort())
  t.equal(calls.length, 1)
  t.match(calls[0], { redirect: 'error', signal: AbortSignal }, 'in bounded time, and from nowhere else')
  t.notOk(findNow(one.kid) instanceof Promise, 'then they are there at once')
})

t.test('asks for an unknown key at most once in ten seconds', async t => {
  const { find, calls, advance } = keysAt(() => jwks([one]))
  await find(one.kid)
  for (let i = 0; i < 100; i++) t.equal(await find(`unknown-${i}`), null)
  t.equal(calls.length, 1)
  advance(10_000)
  t.equal(await find('unknown'), null)
  t.equal(calls.length, 2)
})

t.test('finds a key that was added', async t => {
  let keys = [one]
  const { find, advance } = keysAt(() => jwks(keys))
  await find(one.kid)
  keys = [two, one]
  advance(10_000)
  t.equal(await find(two.kid), two.kid)
})

t.test('asks no more often while nobody answers', async t => {
  const { find, calls, advance } = keysAt(() => new Response('', { status: 500 }))
  for (let i = 0; i < 50; i++) await t.rejects(find(one.kid), UNAVAILABLE)
  t.equal(calls.length, 1)
  advance(10_000)
  await Promise.all(Array.from({ length: 50 }, () => t.rejects(find(one.kid), UNAVAILABLE)))
  t.equal(calls.length, 2)
})

t.test('renews in the background, and keeps known keys while nobody answers', async t => {
  let up = true
  const { find, findNow, calls, advance } = keysAt(() => up ? jwks([one]) : new Response('', { status: 503 }))
  await find(one.kid)
  advance(5 * MINUTE)
  up = false
  t.notOk(findNow(one.kid) instanceof Promise, 'nobody waits')
  t.equal(calls.length, 2)
  await find(one.kid)
  t.equal(calls.length, 2)
  for (let i = 0; i < 3; i++) await t.rejects(find('unknown'), UNAVAILABLE, 'a new one might be it')
  t.equal(calls.length, 2)
  advance(23 * 60 * MINUTE)
  t.equal(await find(one.kid), one.kid)
  advance(60 * MINUTE)
  await t.rejects(find(one.kid), UNAVAILABLE, 'not longer than a day')
})

t.test('honours that a key was taken away', async t => {
  let keys = [one, two]
  const { find, advance } = keysAt(() => jwks(keys))
  await find(one.kid)
  keys = [two]
  advance(5 * MINUTE)
  await find(two.kid)
  await new Promise(resolve => { setImmediate(resolve) })
  t.equal(await find(one.kid), null)
})

t.test('goes by Cache-Control within reason', async t => {
  for (const [header, freshMs] of [['max-age=600', 10 * MINUTE], ['public, MAX-AGE=1', MINUTE], ['max-age=999999999', 60 * MINUTE], ['no-cache', 5 * MINUTE]] as const) {
    const { find, calls, advance } = keysAt(() => jwks([one], { 'cache-control': header }))
    await find(one.kid)
    advance(freshMs - 1)
    await find(one.kid)
    t.equal(calls.length, 1, header)
    advance(1)
    await find(one.kid)
    t.equal(calls.length, 2, header)
  }
})

t.test('takes nothing that is no set of public keys', async t => {
  const endless = () => new Response(new ReadableStream({ pull: controller => { controller.enqueue(new Uint8Array(65_536)) } }))
  const secret = { kty: 'oct', kid: 'k', alg: 'HS256', k: Buffer.alloc(32).toString('base64url') }
  const WRONG: Record<string, () => Response | Promise<Response>> = {
    'no JSON': () => new Response('<html>'),
    'no keys': () => jwks([]),
    'a secret': () => jwks([secret]),
    'keys of another kind': () => jwks([{ kty: 'RSA', kid: 'r', n: 'AQAB', e: 'AQAB' }, { ...one, use: 'enc' }, { ...one, alg: 'HS256' }, { ...one, x: 'short' }, { ...one, kid: 1 }, null, 7]),
    'no list': () => jwks('keys'),
    'too many': () => jwks(Array.from({ length: 101 }, () => one)),
    'more than 256 KiB': endless,
    'a redirect': () => Promise.reject(new TypeError('redirect mode is set to error')),
    'nobody there': () => Promise.reject(new TypeError('fetch failed'))
  }
  for (const [what, answer] of Object.entries(WRONG)) await t.rejects(keysAt(answer).find(one.kid), UNAVAILABLE, what)
})

t.test('keeps a good set where a bad one is answered', async t => {
  let answer = jwks([one])
  const { find, advance } = keysAt(() => answer)
  await find(one.kid)
  answer = jwks([])
  advance(5 * MINUTE)
  await find(one.kid)
  await new Promise(resolve => { setImmediate(resolve) })
  t.equal(await find(one.kid), one.kid)
})
