import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import passport from '../../../../../plugins/filters/passport/index.ts'
import { verifyPassport, type Jwk } from '../../../../../plugins/filters/passport/verifier/index.ts'
import { derivedKey } from '../../../../../src/identity/rings/derived-key.ts'
import { newRingKey } from '../../../../../src/identity/rings/ring-key.ts'
import { Rings } from '../../../../../src/identity/rings/rings.ts'
import { principal } from '../../../../../src/contract/index.ts'
import { fakeClock, mount, type FakeKeys, type TestRequest } from '../../../../../src/testing/index.ts'

const now = Math.floor(Date.now() / 1000)
const pair = newRingKey('EdDSA', now)
const master = newRingKey('HS256', now)
const clock = fakeClock(now * 1000)
const rings = new Rings({ rings: new Map([['passport', { keys: JSON.stringify({ keys: [pair, master] }) }]]), clock })
const ada = principal({ subject: 'ada', source: 'jwt', level: 2, scopes: ['orders.read'] })

/** What the upstream of a route with this filter gets. */
async function minted (config: object = {}, request: TestRequest = {}): Promise<string> {
  const { call } = mount(passport, { audience: 'orders', ...config }, undefined, { services: { clock, keys: rings as unknown as FakeKeys } })
  return (await call({ principal: ada, ...request })).x.headers.first('x-passport')!
}

/** The gateway's admin listener, as far as keys go. */
async function admin (t: Test): Promise<string> {
  const published = new Map(rings.published().map(({ path, jwks }) => [path, jwks]))
  const server = createServer((req, res) => { res.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify(published.get(req.url!)!())) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys/passport`
}

t.test('verifies what the gateway has minted, with the keys of its admin listener', async t => {
  const jwks = await admin(t)
  const claims = await verifyPassport(await minted(), { jwks, audience: 'orders', issuer: 'gatehouse' })
  t.match(claims, { sub: 'ada', scp: ['orders.read'], lvl: 2, src: 'jwt' })
  t.equal((await verifyPassport(await minted(), { jwks: new URL(jwks), audience: ['shop', 'orders'] })).sub, 'ada')
  await t.rejects(verifyPassport(await minted({ audience: 'billing' }), { jwks, audience: 'orders' }), { code: 'audience' })
  await t.rejects(verifyPassport(await minted({ algorithm: 'HS256' }), { jwks, audience: 'orders' }), { code: 'unknown-key' }, 'nobody publishes secrets')
})

t.test('verifies with a key, or with the set of them', async t => {
  const jwks = rings.publicJwks('passport')
  t.equal((await verifyPassport(await minted(), { jwks, audience: 'orders' })).sub, 'ada')
  t.equal((await verifyPassport([await minted()], { key: jwks.keys[0] as unknown as Jwk, audience: 'orders' })).sub, 'ada')
  const { kid, secret } = derivedKey(master, 'orders')
  const key = { kty: 'oct', k: secret.toString('base64url'), kid, alg: 'HS256' }
  t.equal((await verifyPassport(await minted({ algorithm: 'HS256' }), { key, audience: 'orders' })).sub, 'ada')
  await t.rejects(verifyPassport(await minted({ algorithm: 'HS256', audience: 'billing' }), { key, audience: ['orders', 'billing'] }), { code: 'unknown-key' }, 'one upstream cannot speak for another')
})

t.test('checks a bound passport against the request, which must be given', async t => {
  const options = { jwks: rings.publicJwks('passport'), audience: 'orders' }
  const header = await minted({ bind: 'request' }, { method: 'POST', target: '/orders?x=1', body: '{"a":1}' })
  const request = { method: 'POST', path: '/orders?x=1', body: '{"a":1}' }
  t.match(await verifyPassport(header, { ...options, request }), { sub: 'ada', txn: 'test-request' })
  t.ok(await verifyPassport(header, { ...options, bound: true, request: { ...request, body: Buffer.from(request.body) } }))
  await t.rejects(verifyPassport(header, { ...options, request: { ...request, body: null } }), { code: 'binding' })
  await t.rejects(verifyPassport(header, options), { code: 'binding', message: /needs it/ })
  await t.rejects(verifyPassport(await minted(), { ...options, bound: true, request }), { code: 'binding', message: /to no request/ })
})

t.test('tells nothing, one and several headers apart', async t => {
  const options = { jwks: rings.publicJwks('passport'), audience: 'orders' }
  for (const header of [undefined, null, '', []]) await t.rejects(verifyPassport(header, options), { code: 'missing' })
  const header = await minted()
  await t.rejects(verifyPassport([header, header], options), { code: 'repeated' })
  await t.rejects(verifyPassport('x'.repeat(16_385), options), { code: 'too-large' })
})

t.test('says nothing of the passport in its errors', async t => {
  const header = await minted({ audience: 'billing' })
  const error = await verifyPassport(header, { jwks: rings.publicJwks('passport'), audience: 'orders' }).catch((error: unknown) => error as Error)
  t.notMatch(String((error as Error).message), /ada|billing/)
})

t.test('needs keys that are some', async t => {
  const header = await minted()
  await t.rejects(verifyPassport(header, { audience: 'orders' }), { name: 'TypeError', message: /jwks or key/ })
  for (const key of [{}, { ...pair, crv: 'X25519' }, { kty: 'oct', kid: 'k', alg: 'HS256', k: 'c2hvcnQ' }, { kty: 'oct', kid: 'k', alg: 'HS512', k: 'x'.repeat(43) }]) {
    await t.rejects(verifyPassport(header, { key, audience: 'orders' }), { name: 'TypeError' })
  }
  await t.rejects(verifyPassport(header, { jwks: 'file:///etc/keys', audience: 'orders' }), { name: 'TypeError', message: /http or https/ })
})

t.test('remembers the keys of a bounded number of gateways', async t => {
  const header = await minted()
  for (let port = 1; port < 80; port++) await t.rejects(verifyPassport(header, { jwks: `http://127.0.0.1:1/${port}`, audience: 'orders' }), { code: 'unavailable', statusCode: 503 })
})

t.test('needs nothing but Node', async t => {
  const { globSync, readFileSync } = await import('node:fs')
  const folder = new URL('../../../../../plugins/filters/passport/verifier/', import.meta.url)
  for (const file of globSync('*.ts', { cwd: folder })) {
    const imports = [...readFileSync(new URL(file, folder), 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name!)
    t.same(imports.filter(name => !/^(node:|\.\/)/.test(name)), [], file)
  }
})
