import t, { type Test } from 'tap'
import { ask, bearer, type Question } from './identity/ask.ts'
import { guarded, issuerEntry, startIssuer, type Guarding } from './identity/guarded.ts'

const WAYS = 'Bearer, DPoP algs="ES256 EdDSA PS256 RS256"'
const ROUTES: Guarding['routes'] = {
  orders: ['authenticate', { authorize: 'read' }, { passport: { claims: ['roles'] } }],
  admins: ['authenticate', { authorize: { roles: 'admin' } }, 'passport'],
  open: [{ authenticate: { optional: true } }, 'passport'],
  watched: [{ authenticate: {}, report: true }, 'passport']
}

async function start (t: Test) {
  const issuer = await startIssuer(t)
  return { issuer, ...await guarded(t, { issuers: { main: issuerEntry(issuer) }, routes: ROUTES }) }
}

/** The token with another signature, of the same form. */
const forged = (token: string): string => token.replace(/\.([^.])([^.]*)$/, (_, first: string, rest: string) => `.${first === 'A' ? 'B' : 'A'}${rest}`)

const unsigned = (token: string): string => `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${token.split('.')[1]}.`

t.test('a caller with a token of the issuer gets through, and the service knows who it is', async t => {
  const { issuer, ask, service, log, metric } = await start(t)
  const token = await issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read', 'write'] })
  const { status, body } = await ask('/orders/7?a=b', bearer(token, { 'x-passport': 'forged', 'X-Passport-Sub': 'eve' }))
  t.equal(status, 200)
  t.match(body['passport'], { iss: 'gatehouse', aud: 'orders', sub: 'alice', cid: 'gateway', scp: ['read', 'write'], ten: 'acme', roles: ['admin', 'clerk'], lvl: 2, src: 'jwt' })
  t.equal(body['passport'].exp - body['passport'].iat, 30)
  t.equal(body['url'], '/orders/7?a=b')
  t.same(Object.keys(body['headers']).filter(name => /authorization|passport/.test(name)), ['x-passport'], 'the token stays at the gateway, and what the client said of itself is gone')

  const again = await ask('/orders/8', bearer(token))
  t.equal(again.body['headers']['x-passport'], body['headers']['x-passport'], 'the passport is good for the next request too')
  t.same(issuer.requests.filter(one => one.startsWith('GET')), ['GET /.well-known/openid-configuration', 'GET /jwks'])
  t.equal(service.asked.length, 2)
  const line = await log.find(one => one['url.path'] === '/orders/8')
  t.match(line, { 'user.id': 'alice', 'http.response.status_code': 200, 'gatehouse.route': 'orders' })
  t.notOk('event.reason' in line)
  t.equal(metric('gatehouse_credentials_refused_total'), 0)
})

t.test('nobody gets a passport that says so, where a route lets nobody in', async t => {
  const { ask, issuer } = await start(t)
  const { status, body } = await ask('/open')
  t.equal(status, 200)
  t.match(body['passport'], { lvl: 0, aud: 'orders' })
  t.notOk('sub' in body['passport'])
  t.equal((await ask('/open', bearer('nonsense'))).status, 401, 'a bad credential is not let in as none')
  t.match((await ask('/open', bearer(await issuer.accessToken({ subject: 'bob', audience: 'orders' })))).body['passport'], { sub: 'bob' })
})

t.test('every refusal has its status, code and challenge, and tells the reason to operators alone', async t => {
  const { issuer, port, service, log, metric } = await start(t)
  const other = await startIssuer(t)
  const [good, unscoped, expired, billing, foreign, clerk] = await Promise.all([
    issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'] }),
    issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['write'] }),
    issuer.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'], expiresInS: -60 }),
    issuer.accessToken({ subject: 'alice', audience: 'billing', scopes: ['read'] }),
    other.accessToken({ subject: 'alice', audience: 'orders', scopes: ['read'] }),
    issuer.accessToken({ subject: 'bob', audience: 'orders', scopes: ['read'] })
  ])
  const INVALID = 'Bearer error="invalid_token"'
  const cases: [what: string, path: string, question: Question, status: number, code: string, reason: string, challenge: string | undefined, user?: string][] = [
    ['no token', '/orders', {}, 401, 'GW_UNAUTHENTICATED', 'missing', WAYS],
    ['another scheme', '/orders', { headers: { authorization: 'Digest username="alice"' } }, 401, 'GW_UNAUTHENTICATED', 'missing', WAYS],
    ['nonsense', '/orders', bearer('nonsense'), 401, 'GW_UNAUTHENTICATED', 'malformed', INVALID],
    ['9 KiB', '/orders', bearer(`${good}${'A'.repeat(9000)}`), 401, 'GW_UNAUTHENTICATED', 'too-large', INVALID],
    ['a wrong signature', '/orders', bearer(forged(good)), 401, 'GW_UNAUTHENTICATED', 'signature', INVALID],
    ['no signature', '/orders', bearer(unsigned(good)), 401, 'GW_UNAUTHENTICATED', 'algorithm', INVALID],
    ['expired', '/orders', bearer(expired), 401, 'GW_UNAUTHENTICATED', 'expired', INVALID],
    ['for another service', '/orders', bearer(billing), 401, 'GW_UNAUTHENTICATED', 'audience', INVALID],
    ['of an issuer nobody knows', '/orders', bearer(foreign), 401, 'GW_UNAUTHENTICATED', 'unknown-issuer', INVALID],
    ['two tokens', '/orders?access_token=x', bearer(good), 400, 'GW_BAD_CREDENTIALS', 'repeated', 'Bearer error="invalid_request"'],
    ['too few scopes', '/orders', bearer(unscoped), 403, 'GW_INSUFFICIENT_SCOPE', 'scope', 'Bearer error="insufficient_scope", scope="read"', 'alice'],
    ['a wrong role', '/admins', bearer(clerk), 403, 'GW_FORBIDDEN', 'role', undefined, 'bob']
  ]
  for (const [what, path, question, status, code, reason, challenge, user] of cases) {
    const { headers, body, ...answer } = await ask(port, path, question)
    t.equal(answer.status, status, what)
    t.equal(headers['www-authenticate'], challenge, what)
    t.same(Object.keys(body).sort(), ['code', 'instance', 'status', 'title', 'type'], `${what}: no detail`)
    t.equal(body['code'], code, what)
    const line = await log.ofRequest(body['instance'])
    t.match(line, { 'http.response.status_code': status, 'error.code': code, 'event.reason': reason }, what)
    t.equal(line['user.id'], user, what)
  }
  const { status, body } = await ask(port, '/orders', { headers: ['Host', 'a', 'Authorization', `Bearer ${good}`, 'Authorization', `Bearer ${good}`] })
  t.match({ status, body }, { status: 400, body: { code: 'GW_BAD_HEADER' } }, 'two lines are no request')
  t.same(service.asked, [], 'the service is not asked')
  t.equal(metric('gatehouse_credentials_refused_total', { reason: 'missing', route: 'orders', filter: 'authenticate' }), 2)
  t.equal(metric('gatehouse_credentials_refused_total'), 10)
  t.equal(metric('gatehouse_authorization_refused_total', { reason: 'scope' }), 1)
  for (const token of [good, unscoped, expired, billing, foreign, clerk]) for (const part of token.split('.').slice(1)) t.notOk(log.text.includes(part), 'no token is in the log')
  t.notMatch(log.text, /Bearer |nonsense/)
})

t.test('a filter that only reports lets bad callers pass as nobody, and tells of them', async t => {
  const { ask, metric } = await start(t)
  const { status, body } = await ask('/watched', bearer('nonsense'))
  t.equal(status, 200)
  t.match(body['passport'], { lvl: 0 })
  t.equal(metric('gatehouse_filter_decisions_total', { filter: 'authenticate', decision: 'would-refuse' }), 1)
})

t.test('the keys of passports are published to services, and only to them', async t => {
  const { admin, port } = await start(t)
  const { status, headers, body } = await ask(admin, '/keys/passport')
  t.equal(status, 200)
  t.equal(headers['content-type'], 'application/jwk-set+json')
  t.same(body['keys'].map((key: object) => Object.keys(key).sort()), [['alg', 'crv', 'kid', 'kty', 'use', 'x']])
  t.equal((await ask(port, '/keys/passport')).status, 404, 'not to clients')
})
