import { createHash } from 'node:crypto'
import t from 'tap'
import { Refusal, type IssuerError } from '../../../../src/contract/identity.ts'
import { CALLBACK, form, gatewayAt, idToken, ISSUER, METADATA, REQUEST, TOKENS } from './gateway.ts'

t.test('tells its name and its issuer', async t => {
  t.match(gatewayAt().client, { clientId: 'gateway', issuer: ISSUER })
})

t.test('sends a browser to log in with state, nonce and PKCE, whatever further parameters say', async t => {
  const url = new URL(await gatewayAt().client.authorizationUrl(REQUEST))
  t.equal(`${url.origin}${url.pathname}`, `${ISSUER}/auth`)
  t.strictSame(Object.fromEntries(url.searchParams), {
    realm: 'a',
    prompt: 'login',
    client_id: 'gateway',
    response_type: 'code',
    redirect_uri: REQUEST.redirectUri,
    scope: 'openid read',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: createHash('sha256').update(REQUEST.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256'
  })
  t.notOk(new URL(await gatewayAt().client.authorizationUrl({ ...REQUEST, scopes: ['read'] })).searchParams.has('nonce'), 'a nonce is of OpenID Connect')
})

t.test('redeems a code, bounded in time and size', async t => {
  const id = idToken()
  const seen: unknown[] = []
  const { client: gateway, calls } = gatewayAt(() => ({ body: { ...TOKENS, refresh_token: 'rt', id_token: id, scope: 'openid' } }), {
    tokens: { verifyIdToken: async (...args) => { seen.push(args); return { sub: 'alice' } } }, config: { ca: 'PEM' }
  })
  t.strictSame(await gateway.redeemCode(CALLBACK, REQUEST), {
    accessToken: 'at', tokenType: 'Bearer', expiresAt: 1_300_000, refreshToken: 'rt', idToken: id, idClaims: { sub: 'alice' }, scopes: ['openid']
  })
  t.strictSame(seen, [[id, { nonce: 'the-nonce', accessToken: 'at' }]])
  t.match(calls, [{ url: `${ISSUER}/token`, method: 'POST', timeoutMs: 5000, maxBytes: 262_144, ca: 'PEM', headers: { authorization: `Basic ${Buffer.from('gateway:se%3Acret').toString('base64')}` } }])
  t.strictSame(form(calls[0]), { grant_type: 'authorization_code', code: 'the-code', redirect_uri: REQUEST.redirectUri, code_verifier: REQUEST.codeVerifier })
})

t.test('redeems a code without OpenID Connect', async t => {
  const { client: gateway } = gatewayAt(() => ({ body: { access_token: 'at', token_type: 'bearer' } }))
  t.match(await gateway.redeemCode(CALLBACK, { ...REQUEST, scopes: ['read'] }), { accessToken: 'at', expiresAt: null, idToken: null, idClaims: null, refreshToken: null, scopes: ['read'] })
})

for (const [name, callback] of [
  ['another state', CALLBACK.replace('the-state', 'other')],
  ['no state', CALLBACK.replace('&state=the-state', '')],
  ['two states', `${CALLBACK}&state=the-state`],
  ['another issuer (RFC 9207)', CALLBACK.replace('issuer.test', 'evil.test')],
  ['no issuer where it promises to tell', CALLBACK.replace(/&iss=.*/, '')],
  ['no code', CALLBACK.replace('code=the-code&', '')],
  ['a code and an error', `${CALLBACK}&error=x`],
  ['two codes', `${CALLBACK}&code=b`],
  ['a token', `${CALLBACK}&id_token=a`],
  ['a response object', `${CALLBACK}&response=a`]
] as const) {
  t.test(`a callback with ${name} is refused without asking the issuer`, async t => {
    const { client: gateway, calls } = gatewayAt(() => ({ body: { ...TOKENS, id_token: idToken() } }))
    const error = await gateway.redeemCode(callback, REQUEST).catch((error: unknown) => error) as IssuerError
    t.match(error, { name: 'IssuerError', kind: 'refused', error: null })
    t.notMatch(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`, /the-code|the-state/)
    t.strictSame(calls, [])
  })
}

t.test('takes a callback without issuer from one that does not promise it', async t => {
  const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, id_token: idToken() } }), { metadata: { ...METADATA, document: {} } })
  t.match(await gateway.redeemCode(CALLBACK.replace(/&iss=.*/, ''), REQUEST), { accessToken: 'at' })
})

t.test('tells the error that the browser came back with', async t => {
  const back = (error: string) => gatewayAt().client.redeemCode(CALLBACK.replace('code=the-code', `error=${error}`), REQUEST)
  await t.rejects(back('access_denied'), { name: 'IssuerError', kind: 'refused', error: 'access_denied' })
  await t.rejects(back('temporarily_unavailable'), { name: 'IssuerError', kind: 'unavailable', error: 'temporarily_unavailable' })
  await t.rejects(back('%22evil%0a'), { name: 'IssuerError', kind: 'refused', error: null })
})

for (const [name, answer, verdict, expected] of [
  ['that is missing', {}, null, { kind: 'unavailable' }],
  ['with another nonce', { id_token: idToken({ nonce: 'other' }) }, null, { kind: 'refused' }],
  ['of another issuer', { id_token: idToken({ iss: 'https://evil.test' }) }, null, { kind: 'refused' }],
  ['for another client', { id_token: idToken({ aud: 'other' }) }, null, { kind: 'refused' }],
  ['that is over', { id_token: idToken({ exp: 1 }) }, null, { kind: 'refused' }],
  ['whose signature is wrong', { id_token: idToken() }, new Refusal('signature'), { kind: 'refused' }],
  ['whose keys cannot be had', { id_token: idToken() }, new Refusal('unavailable'), { kind: 'unavailable' }],
  ['whose key is not known yet', { id_token: idToken() }, new Refusal('unknown-key'), { kind: 'unavailable' }]
] as const) {
  t.test(`an ID token ${name} is not taken`, async t => {
    const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, ...answer } }), { tokens: { verifyIdToken: async () => verdict ?? { sub: 'alice' } } })
    await t.rejects(gateway.redeemCode(CALLBACK, REQUEST), { name: 'IssuerError', ...expected })
  })
}

t.test('holds the issuer to the age of login that was asked for', async t => {
  const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, id_token: idToken({ auth_time: Math.floor(Date.now() / 1000) - 1000 }) } }))
  const aged = (maxAge: string) => gateway.redeemCode(CALLBACK, { ...REQUEST, parameters: { max_age: maxAge } })
  await t.rejects(aged('60'), { name: 'IssuerError', kind: 'refused' })
  t.match(await aged('2000'), { accessToken: 'at' })
  t.match(await aged('none'), { accessToken: 'at' })
})

t.test('refreshes', async t => {
  const { client: gateway, calls } = gatewayAt(() => ({ body: { ...TOKENS, refresh_token: 'rt2', id_token: idToken({ nonce: undefined }) } }))
  t.match(await gateway.refresh('rt'), { accessToken: 'at', refreshToken: 'rt2', idClaims: { sub: 'alice' }, scopes: [] })
  t.strictSame(form(calls[0]), { grant_type: 'refresh_token', refresh_token: 'rt' })
})

t.test('a refreshed ID token that nobody can check yet does not cost the session', async t => {
  for (const [reason, expected] of [['unavailable', { idToken: null, idClaims: null }], ['unknown-key', { idToken: null }], ['signature', null]] as const) {
    const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, refresh_token: 'rt2', id_token: idToken({ nonce: undefined }) } }), { tokens: { verifyIdToken: async () => new Refusal(reason) } })
    if (expected === null) await t.rejects(gateway.refresh('rt'), { name: 'IssuerError', kind: 'refused' })
    else t.match(await gateway.refresh('rt'), { refreshToken: 'rt2', ...expected })
  }
})

t.test('gets a token of its own', async t => {
  const { client: gateway, calls } = gatewayAt(() => ({ body: { ...TOKENS, expires_in: '60' } }))
  t.match(await gateway.clientCredentials({ scopes: ['a', 'b'], audience: 'orders', resource: 'urn:r' }), { accessToken: 'at', expiresAt: 1_060_000, scopes: ['a', 'b'] })
  t.match(await gateway.clientCredentials({ scopes: [] }), { scopes: [] })
  t.strictSame(calls.map(form), [{ grant_type: 'client_credentials', scope: 'a b', audience: 'orders', resource: 'urn:r' }, { grant_type: 'client_credentials' }])
})

t.test('exchanges a token', async t => {
  const { client: gateway, calls } = gatewayAt(() => ({ body: { ...TOKENS, scope: 'a', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' } }))
  t.match(await gateway.exchange({ subjectToken: 'st', scopes: ['a', 'b'], audience: 'orders', resource: 'urn:r', actorToken: 'act' }), { accessToken: 'at', scopes: ['a'] })
  const type = 'urn:ietf:params:oauth:token-type:access_token'
  t.strictSame(form(calls[0]), {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    scope: 'a b',
    audience: 'orders',
    resource: 'urn:r',
    subject_token: 'st',
    subject_token_type: type,
    requested_token_type: type,
    actor_token: 'act',
    actor_token_type: type
  })
  await gateway.exchange({ subjectToken: 'st', scopes: [] })
  t.strictSame(Object.keys(form(calls[1])).sort(), ['grant_type', 'requested_token_type', 'subject_token', 'subject_token_type'])
})

t.test('has no use for a token that is not a bearer token', async t => {
  for (const type of ['N_A', 'DPoP']) {
    const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, token_type: type } }))
    await t.rejects(gateway.exchange({ subjectToken: 'st', scopes: [] }), { name: 'IssuerError', kind: 'unavailable' })
  }
})

t.test('has no use for a token that fits no header', async t => {
  for (const token of ['a b', 'a\r\nx: y', 'ä', 'a'.repeat(12_289)]) {
    const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, access_token: token } }))
    await t.rejects(gateway.clientCredentials({ scopes: [] }), { name: 'IssuerError', kind: 'unavailable' })
  }
  const { client: gateway } = gatewayAt(() => ({ body: { ...TOKENS, access_token: 'a|-._~+/B9==' } }))
  t.match(await gateway.clientCredentials({ scopes: [] }), { accessToken: 'a|-._~+/B9==' })
})

t.test('asks what an opaque token is', async t => {
  const { client: gateway, calls } = gatewayAt(() => ({ body: { active: true, sub: 'alice', extra: [1] } }))
  t.strictSame(await gateway.introspect('opaque'), { active: true, sub: 'alice', extra: [1] })
  t.match(calls, [{ url: `${ISSUER}/introspect` }])
  t.strictSame(form(calls[0]), { token: 'opaque', token_type_hint: 'access_token' })
  await t.rejects(gatewayAt(() => ({ body: { active: 'true' } })).client.introspect('opaque'), { name: 'IssuerError', kind: 'unavailable' })
})

t.test('sends a browser to log out where the issuer knows that', async t => {
  const url = new URL((await gatewayAt().client.endSessionUrl({ idToken: 'it', returnTo: 'https://gateway.test/bye' }))!)
  t.strictSame(Object.fromEntries(url.searchParams), { post_logout_redirect_uri: 'https://gateway.test/bye', id_token_hint: 'it', client_id: 'gateway' })
  t.notMatch(await gatewayAt().client.endSessionUrl({ idToken: null, returnTo: 'https://gateway.test/bye' }), /id_token_hint/)
  t.equal(await gatewayAt(undefined, { metadata: { ...METADATA, endSessionEndpoint: null } }).client.endSessionUrl({ idToken: null, returnTo: 'x' }), null)
})

t.test('hands logout tokens to who can tell', async t => {
  t.match(await gatewayAt().client.verifyLogoutToken('a'), { reason: 'signature' })
})

t.test('authenticates as it is registered', async t => {
  const post = gatewayAt(() => ({ body: TOKENS }), { config: { client: { id: 'gateway', secret: 's', authentication: 'client_secret_post' } } })
  await post.client.clientCredentials({ scopes: [] })
  t.strictSame(form(post.calls[0]), { grant_type: 'client_credentials', client_id: 'gateway', client_secret: 's' })
  const open = gatewayAt(() => ({ body: TOKENS }), { config: { client: { id: 'gateway', authentication: 'client_secret_basic' } } })
  await open.client.refresh('rt')
  t.strictSame(form(open.calls[0]), { grant_type: 'refresh_token', refresh_token: 'rt', client_id: 'gateway' })
  t.notOk('authorization' in open.calls[0]!.headers!)
})
