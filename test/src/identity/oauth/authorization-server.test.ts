import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startAuthorizationServer, type AuthorizationServerOptions } from '../../../peers/authorization-server.ts'
import { browse, logIn, type CookieJar } from '../../../peers/authorization-server/log-in.ts'
import { issuerClient } from '../../../peers/issuer-client.ts'
import { realIssuers } from '../../../peers/real-issuers.ts'
import { Authority } from '../../../wire/harness/certificates.ts'

const REQUEST = {
  redirectUri: 'https://gateway.test/login/callback', scopes: ['openid', 'profile', 'orders.read'], state: 'the-state', nonce: 'the-nonce', codeVerifier: 'v'.repeat(43), parameters: {}
}

async function start (t: Test, options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer({
    defaultAudience: 'orders',
    clients: [{ client_id: 'gateway', redirect_uris: [REQUEST.redirectUri], post_logout_redirect_uris: ['https://gateway.test/bye'] }, { client_id: 'page', token_endpoint_auth_method: 'none', redirect_uris: [REQUEST.redirectUri] }],
    ...options
  })
  t.teardown(() => server.close())
  return { server, client: await issuerClient(t, server) }
}

const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

t.test('a browser logs in, the session is refreshed with rotation, and logs out', async t => {
  const { server } = await start(t)
  const client = realIssuers(t, server, { jwks: { cooldown: '1ms' } }).client('main', '')
  const callback = await logIn(await client.authorizationUrl(REQUEST), 'alice')
  t.match(callback, `${REQUEST.redirectUri}?code=`)
  const tokens = await client.redeemCode(callback, REQUEST)
  t.match(tokens, { tokenType: 'Bearer', scopes: ['orders.read'], idClaims: { sub: 'alice', name: 'Alice Ångström', roles: ['admin', 'clerk'], nonce: 'the-nonce' } })
  t.match(claims(tokens.accessToken), { iss: server.issuer, sub: 'alice', aud: 'orders', scope: 'orders.read', tenant: 'acme' })
  t.ok(tokens.expiresAt! > Date.now() + 290_000 && tokens.expiresAt! <= Date.now() + 300_000)

  await server.rotateKeys()
  const again = await client.refresh(tokens.refreshToken!)
  t.not(again.refreshToken, tokens.refreshToken)
  t.match(again.idClaims, { sub: 'alice' }, 'and its ID token is checked with the new keys')
  await t.rejects(client.refresh(tokens.refreshToken!), { name: 'IssuerError', kind: 'refused', error: 'invalid_grant' }, 'a refresh token is used once')
  await t.rejects(client.refresh(again.refreshToken!), { name: 'IssuerError', kind: 'refused', error: 'invalid_grant' }, 'and using it twice ends them all')
  t.match(await client.endSessionUrl({ idToken: tokens.idToken, returnTo: 'https://gateway.test/bye' }), `${server.issuer}/session/end?`)
})

t.test('a code is for who asked for it, and once', async t => {
  const { client } = await start(t)
  const jar: CookieJar = new Map()
  const callback = await logIn(await client.authorizationUrl(REQUEST), 'bob', jar)
  await t.rejects(client.redeemCode(callback, { ...REQUEST, state: 'other' }), { name: 'IssuerError', kind: 'refused', error: null })
  await t.rejects(client.redeemCode(callback, { ...REQUEST, codeVerifier: 'w'.repeat(43) }), { name: 'IssuerError', kind: 'refused', error: 'invalid_grant' })
  const second = await logIn(await client.authorizationUrl(REQUEST), 'nobody asks', jar)
  await t.rejects(client.redeemCode(second, { ...REQUEST, nonce: 'other' }), { name: 'IssuerError', kind: 'refused', error: null })
  await t.rejects(client.redeemCode(second, REQUEST), { name: 'IssuerError', kind: 'refused', error: 'invalid_grant' })
  t.match(await client.redeemCode(await logIn(await client.authorizationUrl(REQUEST), 'nobody asks', jar), REQUEST), { idClaims: { sub: 'bob' } })
})

t.test('a login can be asked for again, and refused', async t => {
  const { client } = await start(t)
  const jar: CookieJar = new Map()
  await logIn(await client.authorizationUrl(REQUEST), 'bob', jar)
  const again = { ...REQUEST, parameters: { prompt: 'login consent' } }
  t.match(await client.redeemCode(await logIn(await client.authorizationUrl(again), 'bob', jar), again), { idClaims: { sub: 'bob' } })
  await t.rejects(logIn(await client.authorizationUrl(REQUEST), 'mallory'), { message: /answered 401/ })
  const silent = { ...REQUEST, parameters: { prompt: 'none' } }
  await t.rejects(client.redeemCode(await logIn(await client.authorizationUrl(silent), '-'), silent), { name: 'IssuerError', kind: 'refused', error: 'login_required' })
})

t.test('a public client logs in by PKCE alone', async t => {
  const { server } = await start(t)
  const page = realIssuers(t, server, { client: { id: 'page' } }).client('main', '')
  t.match(await page.redeemCode(await logIn(await page.authorizationUrl(REQUEST), 'alice'), REQUEST), { idClaims: { sub: 'alice', aud: 'page' } })
})

t.test('what the gateway is told of tokens', async t => {
  const { server, client } = await start(t)
  t.match(claims((await client.clientCredentials({ scopes: ['orders.read'], audience: 'billing' })).accessToken), { sub: 'gateway', aud: 'billing', scope: 'orders.read' })
  t.match(await client.introspect(await server.accessToken({ subject: 'bob', audience: 'legacy', scopes: ['read'] })), { active: true, sub: 'bob', aud: 'legacy', scope: 'read', tenant: 'globex' })
  t.strictSame(await client.introspect('unknown'), { active: false })
  const subjectToken = await server.accessToken({ subject: 'alice', audience: 'orders', scopes: ['orders.read', 'orders.write'] })
  const exchanged = await client.exchange({ subjectToken, audience: 'billing', scopes: ['orders.read', 'read'] })
  t.match(exchanged, { scopes: ['orders.read'] })
  t.match(claims(exchanged.accessToken), { sub: 'alice', aud: 'billing', scope: 'orders.read' })
  await t.rejects(client.exchange({ subjectToken: 'x', audience: 'billing', scopes: [] }), { name: 'IssuerError', kind: 'refused', error: 'invalid_request' })
  await t.rejects(client.exchange({ subjectToken, audience: 'nowhere', scopes: [] }), { name: 'IssuerError', kind: 'refused', error: 'invalid_target' })
})

t.test('a wrong secret is refused', async t => {
  const { server } = await start(t)
  for (const authentication of ['client_secret_basic', 'client_secret_post'] as const) {
    const wrong = await issuerClient(t, server, { secret: 'wrong', authentication })
    await t.rejects(wrong.clientCredentials({ scopes: [] }), { name: 'IssuerError', kind: 'refused', error: 'invalid_client' })
  }
  t.match(await (await issuerClient(t, server, { authentication: 'client_secret_post' })).clientCredentials({ scopes: ['read'] }), { tokenType: 'Bearer' })
})

t.test('the issuer tells the gateway of a logout, by a token that is in order', async t => {
  const bodies: string[] = []
  const gateway = createServer((req, res) => { void text(req).then(body => { bodies.push(body); res.end() }) }).listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  t.teardown(() => new Promise(resolve => { gateway.closeAllConnections(); gateway.close(resolve) }))
  const { server, client } = await start(t)
  server.configureClient({ client_id: 'gateway', backchannel_logout_uri: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/logout` })
  const jar: CookieJar = new Map()
  const { idClaims, idToken } = await client.redeemCode(await logIn(await client.authorizationUrl(REQUEST), 'alice', jar), REQUEST)
  const page = await browse((await client.endSessionUrl({ idToken, returnTo: 'https://gateway.test/bye' }))!, jar)
  const xsrf = /name="xsrf" value="(\w+)"/.exec(await text(page))![1]!
  t.equal((await browse(`${server.issuer}/session/end/confirm`, jar, `xsrf=${xsrf}&logout=yes`)).headers.location, 'https://gateway.test/bye')
  t.equal(bodies.length, 1)
  t.match(await client.verifyLogoutToken(new URLSearchParams(bodies[0]).get('logout_token')!), { sub: 'alice', sid: idClaims!['sid'] })
  t.match(await client.verifyLogoutToken(idToken!), { reason: 'invalid-claim' })
})

t.test('an issuer behind an authority of its own is trusted by that alone', async t => {
  const authority = new Authority('issuers')
  t.teardown(() => { authority.remove() })
  const { server } = await start(t, { hostname: 'localhost', tls: { ...authority.issue('DNS:localhost'), ca: authority.cert } })
  t.match(server.issuer, /^https:\/\/localhost:/)
  const [trusting, other] = [realIssuers(t, server, { ca: authority.cert }), realIssuers(t, server)]
  t.match(await trusting.client('main', '').clientCredentials({ scopes: ['read'] }), { tokenType: 'Bearer' })
  t.match(await trusting.verifier(['main'], '').verify(await server.accessToken({ subject: 'alice', audience: 'orders' })), { subject: 'alice' })
  await t.rejects(other.client('main', '').clientCredentials({ scopes: ['read'] }), { name: 'IssuerError', kind: 'unavailable' })
})

t.test('an issuer that is gone is unavailable', async t => {
  const { server, client } = await start(t)
  await server.close()
  await t.rejects(client.clientCredentials({ scopes: [] }), { name: 'IssuerError', kind: 'unavailable', error: null })
})
