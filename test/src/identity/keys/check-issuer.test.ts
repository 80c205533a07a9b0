import t, { type Test } from 'tap'
import { checkIssuer } from '../../../../src/identity/keys/check-issuer.ts'
import { Authority } from '../../../wire/harness/certificates.ts'
import { ecKey, issuerConfig } from './jwk-fixtures.ts'

const INVALID = 'GW_CONFIG_INVALID'
const NO_EFFECT = 'GW_CONFIG_NO_EFFECT'
const SECRET = { secret: 's'.repeat(32), algorithms: 'HS256' }
const KEYS = { keys: [ecKey()] }
const CLIENT = { client: { id: 'gateway' } }

const faults = (written: object) => checkIssuer(issuerConfig(written)).map(({ code, pointer }) => `${code} ${pointer}`)
const finds = (t: Test, written: object, ...expected: string[]) => t.same(faults(written), expected, JSON.stringify(written))

t.test('sound issuers have no faults', async t => {
  finds(t, {})
  finds(t, { jwksUri: 'https://keys.test/' })
  finds(t, { issuer: 'urn:issuer', jwksUri: 'https://keys.test/' })
  finds(t, { issuer: 'accounts.test', discovery: 'https://accounts.test/meta' })
  finds(t, { issuer: 'urn:issuer', ...KEYS })
  finds(t, { issuer: 'urn:issuer', ...SECRET })
  finds(t, { discovery: 'https://issuer.test/meta', ...KEYS, ...CLIENT, endpoints: { token: 'https://issuer.test/token' }, jwks: { timeout: '1s', cooldown: '1s' } })
  finds(t, { issuer: 'http://127.0.0.1:4000', endpoints: { token: 'http://[::1]/' }, ...CLIENT })
  finds(t, { issuer: 'http://idp.internal', insecureHttp: true })
})

t.test('keys come from one place', async t => {
  finds(t, { ...SECRET, ...KEYS }, `${INVALID} /keys`)
  finds(t, { ...SECRET, jwksUri: 'https://keys.test/' }, `${INVALID} /jwksUri`)
  finds(t, { ...SECRET, discovery: 'https://issuer.test/meta' }, `${INVALID} /discovery`)
  finds(t, { ...KEYS, jwksUri: 'https://keys.test/' }, `${NO_EFFECT} /jwksUri`)
})

t.test('HS* and a secret go together', async t => {
  finds(t, { algorithms: ['RS256', 'HS256', 'HS512'] }, `${INVALID} /algorithms/1`, `${INVALID} /algorithms/2`)
  finds(t, { secret: SECRET.secret }, `${NO_EFFECT} /secret`)
  finds(t, { ...SECRET, algorithms: ['ES256', 'HS256'] }, `${NO_EFFECT} /algorithms/0`)
  finds(t, { keys: [{ kty: 'oct', k: 'AA' }, ecKey()], algorithms: 'ES256' }, `${INVALID} /keys/0`)
})

t.test('there is an audience', async t => {
  t.match(checkIssuer({ ...issuerConfig(), audiences: [] }), [{ code: INVALID, pointer: '/audiences' }])
})

t.test('addresses are https, or on this host', async t => {
  finds(t, { jwksUri: 'http://keys.test/' }, `${INVALID} /jwksUri`)
  finds(t, { discovery: 'http://issuer.test/meta' }, `${INVALID} /discovery`)
  finds(t, { issuer: 'http://issuer.test' }, `${INVALID} /issuer`)
  finds(t, { ...CLIENT, endpoints: { token: 'http://issuer.test/', introspection: 'https://a:b@issuer.test/', authorization: 'https://issuer.test/' } }, `${INVALID} /endpoints/token`, `${INVALID} /endpoints/introspection`)
  finds(t, { jwksUri: 'http://keys.test/', discovery: 'http://issuer.test/meta', insecureHttp: true, ...CLIENT })
})

t.test('an issuer that is no address needs one for its metadata or keys', async t => {
  for (const issuer of ['accounts.test', 'urn:issuer', 'https://issuer.test/?tenant=1', 'https://a@issuer.test']) finds(t, { issuer }, `${INVALID} /issuer`)
})

t.test('authorities are certificates', async t => {
  const authority = new Authority('keys')
  t.teardown(() => { authority.remove() })
  finds(t, { ca: authority.cert })
  finds(t, { ca: '/etc/ca.pem' }, `${INVALID} /ca`)
})

t.test('options for what never happens are told', async t => {
  finds(t, { jwksUri: 'https://keys.test/', discovery: 'https://issuer.test/meta' }, `${NO_EFFECT} /discovery`)
  finds(t, { ...KEYS, discovery: 'https://issuer.test/meta' }, `${NO_EFFECT} /discovery`)
  finds(t, { endpoints: { token: 'https://issuer.test/' } }, `${NO_EFFECT} /endpoints`)
  finds(t, { ...KEYS, insecureHttp: true }, `${NO_EFFECT} /insecureHttp`)
  finds(t, { ...KEYS, jwks: { staleIfError: '1h', start: 'blocking', timeout: '1s', cooldown: '1s' } }, `${NO_EFFECT} /jwks/staleIfError`, `${NO_EFFECT} /jwks/start`, `${NO_EFFECT} /jwks/timeout`, `${NO_EFFECT} /jwks/cooldown`)
  finds(t, { ...KEYS, ...CLIENT, jwks: { staleIfError: '1h', timeout: '1s' } }, `${NO_EFFECT} /jwks/staleIfError`)
})

t.test('types that no access token has are found', async t => {
  finds(t, { types: ['at+jwt', 'none', 'JWT', 'my+jwt'] })
  finds(t, { types: ['at+jwt', 'logout+jwt', 'application/dpop+jwt'] }, `${NO_EFFECT} /types/1`, `${NO_EFFECT} /types/2`)
})
