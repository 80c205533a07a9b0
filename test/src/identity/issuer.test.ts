import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { Issuer } from '../../../src/identity/issuer.ts'
import { VerifiedTokens } from '../../../src/identity/tokens/verified-tokens.ts'
import { tokenVerifier } from '../../../src/identity/tokens/token-verifier.ts'
import { fakeClock, fakeLog, fakeOutbound } from '../../../src/testing/index.ts'
import { issuerConfig } from './keys/jwk-fixtures.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const { privateKey, publicKey } = await generateKeyPair('ES256')
const keys = [{ ...await exportJWK(publicKey), kid: 'k', alg: 'ES256' }]

/** An issuer, the calls it makes, and what it says of a token signed by its key. */
function issuerOf (written: object) {
  const clock = fakeClock(NOW)
  const outbound = fakeOutbound(({ url }) => ({ body: url.endsWith('/jwks') ? { keys } : { issuer: 'https://issuer.test', jwks_uri: 'https://issuer.test/jwks', token_endpoint: 'https://issuer.test/token' } }))
  const issuer = new Issuer('main', issuerConfig(written), { outbound, clock, log: fakeLog(), metrics: labels => new MetricRegistry().scope(labels) })
  const verify = async () => {
    const token = await new SignJWT({ sub: 'ada', scope: 'read' }).setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
      .setIssuer('https://issuer.test').setAudience('api').setIssuedAt(NOW / 1000).setExpirationTime(NOW / 1000 + 60).sign(privateKey)
    return await tokenVerifier({ issuers: [issuer.tokens], cache: new VerifiedTokens(), clock }).verify(token)
  }
  return { issuer, verify, asked: () => outbound.calls.map(({ url }) => url) }
}

t.test('asks for its keys when the first token comes', async t => {
  const { issuer, verify, asked } = issuerOf({})
  await issuer.ready()
  t.same(asked(), [])
  t.match(await verify(), { subject: 'ada', issuer: 'https://issuer.test' })
  t.same(asked(), ['https://issuer.test/.well-known/openid-configuration', 'https://issuer.test/jwks'])
})

t.test('asks before that where it is told to', async t => {
  const { issuer, verify, asked } = issuerOf({ jwks: { start: 'blocking' } })
  await Promise.all([issuer.ready(), issuer.ready()])
  t.equal(asked().length, 2)
  t.match(await verify(), { subject: 'ada' })
  t.equal(asked().length, 2)
})

t.test('asks nobody for keys that it was given', async t => {
  const { issuer, verify, asked } = issuerOf({ keys })
  await issuer.ready()
  t.match(await verify(), { subject: 'ada' })
  t.same(asked(), [])
})

t.test('has a client only where the gateway is registered', async t => {
  t.equal(issuerOf({}).issuer.client, null)
  const { issuer: { client } } = issuerOf({ client: { id: 'gateway', secret: 's' } })
  t.match(client, { clientId: 'gateway', issuer: 'https://issuer.test' })
})

t.test('tells all that is wrong with its entry', async t => {
  t.throws(() => issuerOf({ algorithms: ['HS256'], jwksUri: 'http://keys.test', ca: 'none' }), { name: 'ConfigErrors', errors: [{ pointer: '/algorithms/0' }, { pointer: '/jwksUri' }, { pointer: '/ca' }] })
})
