import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { Authority } from '../wire/harness/certificates.ts'
import { GATEWAY_SECRET, startAuthorizationServer, type AuthorizationServerOptions } from './authorization-server.ts'

async function start (t: Test, options?: AuthorizationServerOptions) {
  const server = await startAuthorizationServer(options)
  t.teardown(() => server.close())
  const post = async (path: string, body: Record<string, string>, headers: Record<string, string> = {}, client = 'gateway') => {
    const authorization = `Basic ${Buffer.from(`${client}:${GATEWAY_SECRET}`).toString('base64')}`
    return await (await fetch(`${server.issuer}${path}`, { method: 'POST', headers: { authorization, ...headers }, body: new URLSearchParams(body) })).json() as Record<string, string>
  }
  const published = async () => ((await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  return { server, post, published }
}

const part = (token: string, at: number) => JSON.parse(Buffer.from(token.split('.')[at]!, 'base64url').toString()) as Record<string, unknown>

t.test('gives JWT and opaque tokens, of accounts and of clients', async t => {
  const { server } = await start(t, { audiences: { 'https://orders.test': { scopes: ['own'], algorithm: 'ES256' }, old: { format: 'opaque' } } })
  const token = await server.accessToken({ subject: 'bob', audience: 'https://orders.test', scopes: ['own'], expiresInS: 7 })
  t.match(part(token, 0), { alg: 'ES256', typ: 'at+jwt' })
  t.match(part(token, 1), { sub: 'bob', aud: 'https://orders.test', scope: 'own', tenant: 'globex', roles: ['clerk'] })
  t.equal(Number(part(token, 1)['exp']) - Number(part(token, 1)['iat']), 7)
  t.notMatch(await server.accessToken({ audience: 'old', scopes: ['read'] }), /\./)
  t.notMatch(await server.accessToken({ scopes: ['read'] }), /\./, 'without an audience')
  await t.rejects(server.accessToken({ audience: 'nowhere' }), { message: /invalid_target/ })
  await t.rejects(server.accessToken({ client: 'nobody' }), { message: /invalid_client/ })
})

t.test('binds tokens to keys and certificates', async t => {
  const authority = new Authority('clients')
  t.teardown(() => { authority.remove() })
  const { cert } = authority.issue('DNS:client.test')
  const x5t = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')
  const { server, post } = await start(t, { clients: [{ client_id: 'gateway' }, { client_id: 'bound', tls_client_certificate_bound_access_tokens: true }] })
  t.match(part(await server.accessToken({ subject: 'alice', audience: 'orders', jkt: 'thumb' }), 1), { cnf: { jkt: 'thumb' } })
  t.match(part(await server.accessToken({ subject: 'alice', audience: 'orders', certificate: cert }), 1), { cnf: { 'x5t#S256': x5t } })
  const header = `:${new X509Certificate(cert).raw.toString('base64')}:`
  t.match(part((await post('/token', { grant_type: 'client_credentials', audience: 'orders', scope: 'read' }, { 'client-cert': header }, 'bound'))['access_token']!, 1), { cnf: { 'x5t#S256': x5t } })

  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const proof = await new SignJWT({ htm: 'POST', htu: `${server.issuer}/token`, jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt().sign(privateKey)
  const answer = await post('/token', { grant_type: 'client_credentials', audience: 'orders', scope: 'read' }, { dpop: proof })
  t.equal(answer['token_type'], 'DPoP')
  t.match(part(answer['access_token']!, 1), { cnf: { jkt: await calculateJwkThumbprint(jwk) } })
})

t.test('exchanges opaque tokens as well, and nothing else', async t => {
  const { server, post } = await start(t)
  const exchange = (body: Record<string, string>) => post('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token_type: 'urn:ietf:params:oauth:token-type:access_token', ...body })
  const opaque = await server.accessToken({ subject: 'bob', audience: 'legacy', scopes: ['read', 'write'] })
  t.match(part((await exchange({ subject_token: opaque, audience: 'billing', scope: 'read' }))['access_token']!, 1), { sub: 'bob', scope: 'read' })
  t.match(await exchange({ subject_token: opaque }), { error: 'invalid_target' })
  t.match(await exchange({ subject_token: opaque, audience: 'billing', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }), { error: 'invalid_request' })
})

t.test('takes new keys, with the old ones or without', async t => {
  const { server, published } = await start(t)
  const before = await published()
  await server.rotateKeys({ keep: true })
  const both = await published()
  t.strictSame([both.length, both.slice(3)], [6, before])
  await server.rotateKeys()
  t.notOk((await published()).some(kid => both.includes(kid)))
  t.equal(part(await server.accessToken({ audience: 'orders' }), 0)['kid'], 'RS256-2')
})

t.test('can be made to misbehave', async t => {
  const { server } = await start(t, { intercept: (req, res) => req.url === '/jwks' && Boolean(res.writeHead(500).end()) })
  t.equal((await fetch(`${server.issuer}/jwks`)).status, 500)
  t.match(server.requests, ['GET /jwks'])
})
