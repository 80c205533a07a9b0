import t from 'tap'
import { Refusal, type Verdict } from '../../../../src/contract/identity.ts'
import type { Principal } from '../../../../src/contract/principal.ts'
import { IssuerTokens } from '../../../../src/identity/tokens/issuer-tokens.ts'
import { tokenVerifier } from '../../../../src/identity/tokens/token-verifier.ts'
import type { KeySource, VerificationKey } from '../../../../src/identity/keys/verification-key.ts'
import { VerifiedTokens } from '../../../../src/identity/tokens/verified-tokens.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { CLAIMS, ISSUER, issuerConfig, KEYS, keySource, NOW, OTHER_ISSUER, OTHER_KEYS, PAIRS, token, verificationKey, withClaims, type IssuerOver } from './attacks/lab.ts'

/** A verifier, and everything of its that a test may turn. */
function lab ({ keys = KEYS, config = {} as IssuerOver, cache = new VerifiedTokens(), clock = fakeClock(NOW * 1000) } = {}) {
  const asked: unknown[] = []
  const refused: Refusal[] = []
  const counted: KeySource = { keysFor: header => { asked.push(header); return keys.keysFor(header) } }
  const issuer = (over: IssuerOver = config, source: KeySource = counted) => new IssuerTokens({ config: issuerConfig(over), keys: source, clock })
  const main = issuer()
  const verifierOf = (...issuers: IssuerTokens[]) => tokenVerifier({ issuers, cache, clock, refused: refusal => refused.push(refusal) })
  return { asked, refused, cache, clock, issuer, main, verifierOf, verify: verifierOf(main).verify }
}

const GOOD = token()
const reason = (verdict: Verdict | Promise<Verdict>): string | null => verdict instanceof Refusal ? verdict.reason : null
const key = (): VerificationKey => verificationKey('rsa', PAIRS.rsa.publicKey, ['RS256'])

t.test('a token that is remembered is the same principal at once, and its keys are not asked for', async t => {
  const { verify, asked } = lab()
  const first = verify(GOOD) as Principal
  t.equal(first.subject, 'alice')
  t.equal(verify(`${GOOD} `.trim()), first)
  t.equal(asked.length, 1)
})

t.test('after a minute it is checked again, and is still the same principal', async t => {
  const { verify, asked, clock } = lab()
  const first = verify(GOOD)
  clock.advance(59_999)
  t.equal(verify(GOOD), first)
  t.equal(asked.length, 1)
  clock.advance(1)
  t.equal(verify(GOOD), first)
  t.equal(verify(GOOD), first)
  t.equal(asked.length, 2)
})

t.test('a token is not remembered past its end: within the skew it is checked each time, then refused', async t => {
  const { verify, asked, clock, cache } = lab()
  const text = withClaims({ exp: NOW + 10 })
  t.equal(reason(verify(text)), null)
  clock.advance(10_000)
  t.equal(reason(verify(text)), null)
  t.equal(reason(verify(text)), null)
  t.equal(asked.length, 3)
  clock.advance(30_000)
  t.equal(reason(verify(text)), 'expired')
  t.equal(cache.size, 0)
})

t.test('nor past the greatest age', async t => {
  const { verify, clock } = lab({ config: { maxAge: '70s', clockSkew: '1ms' } })
  t.equal(reason(verify(GOOD)), null)
  clock.advance(10_001)
  t.equal(reason(verify(GOOD)), 'too-old')
})

t.test('a token goes when its key is taken back', async t => {
  const published = key()
  const { verify } = lab({ keys: keySource([published]) })
  t.equal(reason(verify(GOOD)), null)
  published.revoked = true
  t.equal(reason(verify(GOOD)), 'revoked')
})

t.test('a clock that is set back has a token judged again', async t => {
  const { verify, clock } = lab()
  t.equal(reason(verify(GOOD)), null)
  clock.advance(-100_000)
  t.equal(reason(verify(GOOD)), 'not-yet-valid')
})

t.test('a token that one issuer verified does not pass where only another is trusted', async t => {
  const { verify, verifierOf, issuer, cache } = lab()
  verify(GOOD)
  t.equal(cache.size, 1)
  t.equal(reason(verifierOf(issuer({ issuer: OTHER_ISSUER }, OTHER_KEYS)).verify(GOOD)), 'unknown-issuer')
  t.equal(reason(verifierOf(issuer({ audiences: ['other'] })).verify(GOOD)), 'audience', 'nor the same issuer by another entry')
  t.equal(reason(verify(GOOD)), null)
})

t.test('among several issuers the one that `iss` names decides', async t => {
  const { verifierOf, main, issuer } = lab()
  const other = issuer({ issuer: OTHER_ISSUER }, OTHER_KEYS)
  const { verify, issuers } = verifierOf(main, other)
  t.strictSame(issuers, [ISSUER, OTHER_ISSUER])
  const theirs = token({ claims: { ...CLAIMS, iss: OTHER_ISSUER, sub: 'bob' }, key: PAIRS.other.privateKey })
  t.match(verify(theirs), { issuer: OTHER_ISSUER, subject: 'bob' })
  t.match(verify(GOOD), { issuer: ISSUER, subject: 'alice' })
  t.equal(reason(verify(token({ claims: { ...CLAIMS, iss: OTHER_ISSUER } }))), 'signature')
})

t.test('of two entries with the same issuer the first that takes a token decides', async t => {
  const { verifierOf, main, issuer, refused } = lab()
  const { verify, issuers } = verifierOf(issuer({ audiences: ['other'] }), main)
  t.strictSame(issuers, [ISSUER])
  t.match(verify(GOOD), { subject: 'alice' })
  t.equal(refused.length, 0)
  t.equal(reason(verify(withClaims({ aud: 'third' }))), 'audience')
})

t.test('that one of them cannot be asked outweighs that the others refuse', async t => {
  const { verifierOf, issuer, main } = lab()
  const down = issuer({}, { keysFor: async () => { throw new Error('down') } })
  const stranger = issuer({ audiences: ['other'] })
  t.equal(reason(await verifierOf(down, stranger).verify(GOOD)), 'unavailable')
  t.equal(reason(await verifierOf(stranger, down).verify(GOOD)), 'unavailable')
  t.match(await verifierOf(down, main).verify(withClaims({ sub: 'carol' })), { subject: 'carol' })
})

t.test('keys that come later: a token waits once, then passes at once', async t => {
  const { verify } = lab({ keys: { keysFor: async () => [key()] } })
  const waiting = [verify(GOOD), verify(GOOD)]
  t.ok(waiting.every(verdict => verdict instanceof Promise))
  const [one, two] = await Promise.all(waiting)
  t.equal(one, two, 'those who waited together are the same principal')
  t.equal(verify(GOOD), one)
})

t.test('an issuer that cannot be asked refuses nothing for good', async t => {
  let down = true
  const { verify } = lab({ keys: { keysFor: async () => { if (down) throw new Error('down'); return [key()] } } })
  t.equal(reason(await verify(GOOD)), 'unavailable')
  down = false
  t.match(await verify(GOOD), { subject: 'alice' })
})

t.test('every refusal is told, once', async t => {
  const { verify, verifierOf, issuer, refused, cache } = lab()
  const told: string[] = []
  for (const text of ['', 'x'.repeat(9000), withClaims({ iss: 'x' }), withClaims({ aud: 'x' }), withClaims({ aud: 'x' })]) told.push(reason(verify(text))!)
  told.push(reason(await verifierOf(issuer({}, { keysFor: async () => { throw new Error('down') } })).verify(GOOD))!)
  t.strictSame(told, ['malformed', 'too-large', 'unknown-issuer', 'audience', 'audience', 'unavailable'])
  t.strictSame(refused.map(refusal => refusal.reason), told)
  t.equal(cache.size, 0)
})

t.test('refusals need nobody to tell them to', async t => {
  const { cache, clock, main } = lab()
  t.equal(reason(tokenVerifier({ issuers: [main], cache, clock }).verify('')), 'malformed')
})

t.test('nothing of a token or a key is in a refusal', async t => {
  const { verify } = lab()
  for (const text of [withClaims({ sub: 7, email: 'alice@secret.test' }), withClaims({ aud: 'secret-audience' }), token({ header: { alg: 'RS256', kid: 'secret-kid' } })]) {
    t.notMatch(JSON.stringify(verify(text)), /secret/)
  }
})

if (process.argv.includes('--bench')) bench()

/** Microseconds a token, each of 1,000 in turn. */
function bench (): void {
  const clock = { ...fakeClock(), now: () => Date.now() }
  const now = Math.floor(Date.now() / 1000)
  const cache = new VerifiedTokens()
  const { verify } = tokenVerifier({ issuers: [new IssuerTokens({ config: issuerConfig(), keys: KEYS, clock })], cache, clock })
  const tokens = Array.from({ length: 1000 }, (_, i) => token({ claims: { ...CLAIMS, sub: `user-${i}`, iat: now, exp: now + 3600, jti: 'x'.repeat(250) } }))
  // As they come from a socket: a new string for each request
  const measured = (name: string, texts: readonly string[], verify: (text: string) => unknown): void => {
    const start = performance.now()
    for (const text of texts) verify(text)
    process.stdout.write(`# ${name}: ${((performance.now() - start) * 1000 / texts.length).toFixed(2)} us\n`)
  }
  const fresh = (n: number): string[] => Array.from({ length: n }, (_, i) => Buffer.from(tokens[i % 1000]!).toString('latin1'))
  process.stdout.write(`# a token of ${tokens[0]!.length} bytes, RS256\n`)
  const before = memory()
  measured('verified (1,000 tokens)', fresh(1000), verify)
  process.stdout.write(`# remembered: ${Math.round((memory() - before) / 1000)} bytes a token\n`)
  for (let i = 0; i < 5; i++) measured('remembered', fresh(100_000), verify)
  measured('id alone', fresh(100_000), VerifiedTokens.id)
  measured('refused: signature', tokens.map(text => `${text.slice(0, -8)}${'A'.repeat(8)}`), verify)
}

/** With --expose-gc, to the byte. */
function memory (): number {
  (globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().heapUsed
}
