import t from 'tap'
import { principal } from '../../../../src/contract/principal.ts'
import { IssuerTokens, type VerifiedToken } from '../../../../src/identity/tokens/issuer-tokens.ts'
import { VerifiedTokens } from '../../../../src/identity/tokens/verified-tokens.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { issuerConfig, KEYS, PAIRS, verificationKey } from './attacks/lab.ts'

const by = new IssuerTokens({ config: issuerConfig(), keys: KEYS, clock: fakeClock() })
const verified = (over: Partial<VerifiedToken> = {}, expiresAt = Infinity, token = 'x'.repeat(900)): VerifiedToken =>
  ({ by, principal: principal({ subject: 'alice', source: 'jwt', level: 2, expiresAt, token }), key: verificationKey('k', PAIRS.ed.publicKey, ['EdDSA']), ...over })

t.test('a token is known by the SHA-256 of its whole text', async t => {
  t.equal(VerifiedTokens.id('abc'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=', 'FIPS 180-4, B.1')
  t.not(VerifiedTokens.id('a.b.c'), VerifiedTokens.id('a.b.d'))
})

t.test('a token is remembered for a minute', async t => {
  const cache = new VerifiedTokens()
  const kept = verified()
  t.equal(cache.keep('id', kept, 1000), kept.principal)
  t.equal(cache.find('id', 60_999)?.principal, kept.principal)
  t.equal(cache.find('id', 61_000), undefined)
  t.equal(cache.find('other', 1000), undefined)
})

t.test('a token is not remembered past its end, nor at all when that is over', async t => {
  const cache = new VerifiedTokens()
  cache.keep('id', verified({}, 5000), 1000)
  t.ok(cache.find('id', 4999))
  t.equal(cache.find('id', 5000), undefined)
  cache.keep('id', verified({}, 5000), 5000)
  t.equal(cache.size, 0)
})

t.test('a clock that was set back makes it be checked again', async t => {
  const cache = new VerifiedTokens()
  cache.keep('id', verified(), 1000)
  t.equal(cache.find('id', 999), undefined)
})

t.test('the principal of before stays when the same token is checked again by the same issuer', async t => {
  const cache = new VerifiedTokens()
  const first = verified()
  cache.keep('id', first, 0)
  t.equal(cache.keep('id', verified(), 60_000), first.principal)
  t.equal(cache.find('id', 119_999)?.principal, first.principal)
  const second = verified({ by: new IssuerTokens({ config: issuerConfig(), keys: KEYS, clock: fakeClock() }) })
  t.equal(cache.keep('id', second, 60_000), second.principal, 'another issuer may see another')
})

t.test('a token goes with its key', async t => {
  const cache = new VerifiedTokens()
  const kept = verified()
  cache.keep('id', kept, 0)
  kept.key.revoked = true
  t.equal(cache.find('id', 1), undefined)
  t.equal(cache.size, 0)
  const again = verified()
  t.equal(cache.keep('id', again, 1), again.principal)
})

t.test('a principal is not kept over from a key that was taken back', async t => {
  const cache = new VerifiedTokens()
  const before = verified()
  cache.keep('id', before, 0)
  before.key.revoked = true
  const after = verified()
  t.equal(cache.keep('id', after, 0), after.principal)
})

t.test('no more tokens are remembered than may be; the least lately used goes first', async t => {
  const cache = new VerifiedTokens({ maxEntries: 2 })
  cache.keep('a', verified(), 0)
  cache.keep('b', verified(), 0)
  cache.find('a', 0)
  cache.keep('c', verified(), 0)
  t.ok(cache.find('a', 0) && cache.find('c', 0))
  t.equal(cache.find('b', 0), undefined)
})

t.test('no more bytes are remembered than may be: large tokens push out more than small ones', async t => {
  const cache = new VerifiedTokens({ maxBytes: 64 * 1024 })
  for (let i = 0; i < 100; i++) cache.keep(`small ${i}`, verified({}, Infinity, 'x'.repeat(500)), 0)
  const small = cache.size
  for (let i = 0; i < 100; i++) cache.keep(`large ${i}`, verified({}, Infinity, 'x'.repeat(8192)), 0)
  t.ok(small < 20 && cache.size === 1, `${small}, ${cache.size}`)
})
