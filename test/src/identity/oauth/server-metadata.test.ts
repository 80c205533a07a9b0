import t from 'tap'
import { IssuerClient } from '../../../../src/identity/oauth/issuer-client.ts'
import { fakeClock, fakeOutbound } from '../../../../src/testing/index.ts'
import { gatewayAt, ISSUER, METADATA, REQUEST, TOKENS } from './gateway.ts'

t.test('an issuer whose endpoints are not known is unavailable', async t => {
  const nothing = { ...METADATA, authorizationEndpoint: null, tokenEndpoint: null, introspectionEndpoint: null, endSessionEndpoint: null, document: {} }
  const { client: gateway } = gatewayAt(() => ({ body: TOKENS }), { metadata: nothing })
  await t.rejects(gateway.refresh('rt'), { name: 'IssuerError', kind: 'unavailable' })
  await t.rejects(gateway.authorizationUrl(REQUEST), { name: 'IssuerError', kind: 'unavailable' })
  await t.rejects(gateway.introspect('a'), { name: 'IssuerError', kind: 'unavailable' })
  const made = new IssuerClient({
    config: { issuer: ISSUER, algorithms: ['ES256'], clockSkew: 1, insecureHttp: false, ca: undefined, client: { id: 'a', authentication: 'client_secret_basic' } },
    metadata: { metadata: () => Promise.reject(new Error('down')) },
    outbound: fakeOutbound(),
    clock: fakeClock(),
    tokens: { verifyIdToken: async () => ({}), verifyLogoutToken: async () => ({}) }
  })
  await t.rejects(made.refresh('rt'), { name: 'IssuerError', kind: 'unavailable' })
})

t.test('no secret goes out in clear text', async t => {
  for (const [tokenEndpoint, insecureHttp, expected] of [
    ['http://issuer.test/token', false, 0], ['http://issuer.test/token', true, 1], ['http://127.0.0.1:1/token', false, 1], ['http://localhost/token', false, 1], ['http://[::1]/token', false, 1],
    ['http://127.0.0.1.evil.test/token', false, 0], ['http://localhost.evil.test/token', false, 0], ['ftp://127.0.0.1/token', false, 0], ['token', false, 0]
  ] as const) {
    const { client: gateway, calls } = gatewayAt(() => ({ body: TOKENS }), { metadata: { ...METADATA, tokenEndpoint }, config: { insecureHttp } })
    await gateway.refresh('rt').catch((error: unknown) => { t.match(error, { kind: 'unavailable' }) })
    t.equal(calls.length, expected, tokenEndpoint)
  }
})

t.test('follows the issuer where it moves', async t => {
  const { client: gateway, calls, known } = gatewayAt(() => ({ body: TOKENS }))
  await gateway.refresh('rt')
  await gateway.refresh('rt')
  known.metadata = { ...METADATA, tokenEndpoint: `${ISSUER}/v2/token` }
  await gateway.refresh('rt')
  t.strictSame(calls.map(({ url }) => url), [`${ISSUER}/token`, `${ISSUER}/token`, `${ISSUER}/v2/token`])
})
