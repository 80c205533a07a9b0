import fc from 'fast-check'
import t from 'tap'
import sanitize from '../../../plugins/filters/sanitize/index.ts'
import { HeaderList } from '../../../src/contract/index.ts'
import { exchange, mount, type TestRequest } from '../../../src/testing/index.ts'

async function upstream (config: unknown, request: TestRequest) {
  return (await mount(sanitize, config).call(request)).x
}

const headersOf = async (config: unknown, headers: TestRequest['headers'] & object) => (await upstream(config, { headers })).headers.names()
const named = (...names: string[]) => Object.fromEntries(names.map(name => [name, 'v']))

t.test('is on every route', async t => {
  t.equal(sanitize.everywhere, true)
})

t.test('removes what others write to say who is calling', async t => {
  for (const name of [
    'X-Auth-Request-User', 'x-auth-request-email', 'X-Remote-User', 'X-Remote-Group', 'X-Remote-Extra-Scopes', 'Remote-User', 'remote-groups', 'remote-email', 'remote-name', 'X-Authenticated-Userid', 'X-WEBAUTH-USER',
    'X-Consumer-ID', 'X-Consumer-Username', 'X-Credential-Identifier', 'X-Anonymous-Consumer', 'X-User', 'X-User-ID', 'X-User-Email', 'X-User-Roles', 'X-Userinfo', 'X-Auth-Username', 'X-ID-Token', 'X-Access-Token',
    'X-Refresh-Token', 'X-JWT-Assertion', 'x-jwt-payload', 'X-SSL-Client-Cert', 'X-SSL-Client-Verify', 'X-SSL-Cert', 'ssl-client-subject-dn', 'X-Client-Cert', 'x-client-cert-chain', 'Client-Cert', 'Client-Cert-Chain', 'X-Client-DN',
    'x-amzn-oidc-data', 'x-amzn-oidc-identity', 'X-Amzn-Mtls-Clientcert', 'X-Goog-IAP-JWT-Assertion', 'X-Goog-Authenticated-User-Email', 'X-Endpoint-API-UserInfo', 'X-Apigateway-Api-Userinfo', 'X-MS-CLIENT-PRINCIPAL',
    'X-MS-CLIENT-PRINCIPAL-ID', 'X-MS-TOKEN-AAD-ID-TOKEN', 'Cf-Access-Authenticated-User-Email', 'Tailscale-User-Login', 'X-authentik-username', 'X-Pomerium-Jwt-Assertion', 'X-Vouch-User', 'Shib-Identity-Provider',
    'Txn-Token', 'IV-User', 'SM-User', 'OAM-Remote-User', 'X-ARR-ClientCert', 'X-Forwarded-User', 'X-Forwarded-Email', 'x-forwarded-groups', 'X-Forwarded-Preferred-Username', 'X-Forwarded-Access-Token',
    'X-Forwarded-Tls-Client-Cert', 'X-Forwarded-Tls-Client-Cert-Info'
  ]) t.same(await headersOf(null, { accept: '*/*', [name]: 'v' }), ['accept'], name)
})

t.test('removes their other spellings', async t => {
  for (const name of ['X.User.Id', 'x.user-id', 'X-User.Id', 'x_user_id', 'X-User_ID', 'x~user!id', 'x+user|id', "x'user`id", 'Remote.User', 'x.jwt.payload', 'X-Ms.Client.Principal-Id', 'client.cert', 'Txn.Token', 'X.SSL.x']) {
    t.same(await headersOf(null, named(name)), [], name)
  }
})

t.test('leaves what clients have to say', async t => {
  const names = [
    'accept', 'accept-language', 'authorization', 'content-type', 'cookie', 'user-agent', 'origin', 'referer', 'if-none-match', 'x-api-key', 'x-auth-token', 'x-user-agent', 'x-user-locale', 'x-requested-with', 'x-csrf-token',
    'dpop', 'traceparent', 'x-forwarded-for', 'x-forwarded-client-cert', 'x-client-version', 'x-amzn-trace-id', 'x-goog-api-key', 'x-ms-version', 'cf-ray', 'x-users', 'username', 'remote', 'x-jwt', 'x-tenant', 'client-cer'
  ]
  t.same(await headersOf(null, named(...names)), names)
})

t.test('keeps order and bytes of what stays', async t => {
  const x = exchange()
  x.headers.flat.push('b', '1', 'x-user-id', 'root', 'a', ' ü ', 'b', '2', 'x-jwt-a', 'j', 'x-user-id', '', 'c', '')
  const { call } = mount(sanitize, null)
  const { x: sent } = await call({ headers: {} })
  t.same(sent.headers.flat, [])
  const { plan } = mount(sanitize, null)
  await plan.requests[0]!.phases.request!(x)
  t.same(x.headers.flat, ['b', '1', 'a', ' ü ', 'b', '2', 'c', ''])
})

t.test('does to every list of headers what a filter of its names would', async t => {
  const name = fc.oneof(fc.constantFrom('x-user-id', 'x-jwt-a', 'accept', 'x-tenant-a', 'x.tenant.b', 'host', 'remote-user'), fc.stringMatching(/^[a-z0-9.-]{1,70}$/))
  const { plan } = mount(sanitize, { own: 'x-tenant-' })
  const [{ phases }] = plan.requests as [typeof plan.requests[0]]
  const removed = (one: string) => /^(x-user-id|x-jwt-.*|x-tenant-.*|remote-.*)$/.test(one.replaceAll('.', '-'))
  fc.assert(fc.property(fc.array(fc.tuple(name, fc.stringMatching(/^[ -~]*$/))), lines => {
    const x = exchange()
    x.headers.flat.push(...lines.flat())
    void phases.request!(x)
    t.strictSame(x.headers.flat, lines.filter(([one]) => !removed(one)).flat())
  }), { numRuns: 50 })
})

t.test('keeps its verdicts through a flood of names, long ones too', async t => {
  const { call } = mount(sanitize, null)
  for (let i = 0; i < 42; i++) await call({ headers: named(...Array.from({ length: 100 }, (_, n) => `x-${i}-${n}`)) })
  const long = `x-user${'-'.repeat(100)}`
  const { x } = await call({ headers: named('x-user-id', `x-jwt-${'a'.repeat(100)}`, long, 'accept') })
  t.same(x.headers.names(), [long, 'accept'])
})

t.test('takes further headers for its own, in any spelling', async t => {
  const config = { own: ['X-Tenant-', 'X-Account', 'X-Org*', 'X_Shop_'] }
  t.same(await headersOf(config, named('x-tenant-id', 'X.Tenant.Id', 'x-account', 'X.ACCOUNT', 'x-org', 'x-organisation', 'x-shop-id', 'x-user-id')), [])
  t.same(await headersOf(config, named('x-tenant', 'x-accounts', 'x-shop', 'x-or')), ['x-tenant', 'x-accounts', 'x-shop', 'x-or'])
})

t.test('tells the machine the names it owns, families it cannot', async t => {
  const ownHeaders = (config: unknown) => sanitize.create(config, { routeId: 'r', upstreams: [], services: mount(sanitize).services }).ownHeaders
  t.same(ownHeaders({ own: ['X-Account', 'X-Tenant-', 'X_Shop'] }), ['x-account', 'x-shop'])
  t.equal(ownHeaders({ own: ['X-Tenant-'] }), undefined)
  t.equal(ownHeaders({}), undefined)
})

t.test('keeps identity headers that it is told to, in their own spelling only', async t => {
  const config = { keep: ['X-User-Id', 'x-jwt-*', 'x-amzn-oidc-data'] }
  t.same(await headersOf(config, named('x-user-id', 'x.user.id', 'x-user-email', 'x-jwt-payload', 'x.jwt.payload', 'x-amzn-oidc-data', 'x-amzn-oidc-identity')), ['x-user-id', 'x-jwt-payload', 'x-amzn-oidc-data'])
})

t.test('denies headers, in any spelling', async t => {
  const config = { headers: { deny: ['X-Debug', 'X-Http-*', 'Cookie'] } }
  t.same(await headersOf(config, named('x-debug', 'X.Debug', 'x-http-method-override', 'x.http.method', 'cookie', 'x-user-id', 'x-debugger', 'accept')), ['x-debugger', 'accept'])
})

t.test('allows no headers but those it is told, and what HTTP and the gateway need', async t => {
  const config = { headers: { allow: ['Authorization', 'accept*', 'x-trace-'] } }
  const needed = ['content-type', 'content-encoding', 'origin', 'via', 'forwarded', 'access-control-request-method', 'sec-fetch-mode', 'sec-websocket-key', 'x-forwarded-for']
  t.same(await headersOf(config, named('authorization', 'accept', 'accept-language', 'x-trace-id', ...needed)), ['authorization', 'accept', 'accept-language', 'x-trace-id', ...needed])
  t.same(await headersOf(config, named('cookie', 'user-agent', 'x-api-key', 'x.trace.id', 'x-user-id', 'range', 'content-md5')), [])
  t.same(await headersOf({ keep: 'x-user-id', headers: { allow: ['x-user-id'] } }, named('x-user-id', 'x-user-email')), ['x-user-id'])
})

for (const [type, passes] of [
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  [' application/json ; a="b,c;\\"" ; ', true],
  ['multipart/form-data; boundary=--=_a/b', true],
  ['application/problem+json', true],
  ['application/+json', false],
  ['multipart/', false],
  ['multipart', false],
  ['text/plain', false],
  ['application/jsonp', false],
  ['application/json, text/html', false],
  ['application/json;a=b, text/html', false],
  ['application/json text/html', false],
  ['application/json;a="b', false],
  ['', false],
  [undefined, false]
] as const) {
  t.test(`${passes ? 'takes' : 'refuses'} a body of type ${String(type)}`, async t => {
    const { call } = mount(sanitize, { contentTypes: ['application/json', 'Multipart/*', 'application/*+json'] })
    const { reply } = await call({ method: 'POST', body: 'x', headers: type === undefined ? {} : { 'content-type': type } })
    t.equal(reply.code, passes ? null : 'GW_MEDIA_TYPE_REFUSED')
    if (!passes) t.equal(reply.headers.first('accept'), 'application/json, Multipart/*, application/*+json')
  })
}

t.test('asks for a content type only where there is a body', async t => {
  const { call } = mount(sanitize, { contentTypes: 'application/json' })
  t.equal((await call()).status, 200)
  t.equal((await call({ headers: { 'content-type': 'text/plain' } })).status, 200)
  t.equal((await call({ method: 'POST', body: '', headers: { 'content-type': 'text/plain' } })).status, 200)
  t.equal((await call({ method: 'POST', body: ['x'] })).status, 415, 'also of unknown length')
  t.equal((await call({ method: 'POST', body: 'x', headers: { 'content-type': ['application/json', 'text/plain'] } })).status, 415)
})

t.test('cleans what it would have refused where it only reports', async t => {
  const { call, decisions } = mount(sanitize, { contentTypes: 'application/json', query: { deny: ['user'] } }, {}, { report: true })
  const { status, x } = await call({ method: 'POST', target: '/?user=1', body: 'x', headers: { 'x-user-id': 'root' } })
  t.equal(status, 200)
  t.equal(decisions('would-refuse'), 1)
  t.match(x, { query: '', headers: new HeaderList([]) })
})

t.test('counts requests by what was changed of them', async t => {
  const { call, services } = mount(sanitize, { query: { deny: ['u'] }, cookies: { deny: ['c'] }, replace: [{ header: 'a', pattern: 'x', with: 'y' }] })
  const counted = () => Object.fromEntries(services.registry.samples().filter(({ name }) => name === 'gatehouse_sanitized_total').map(({ labels, value }) => [labels['part'], value]))
  await call({ target: '/?a=1', headers: { cookie: 'a=1', a: 'b' } })
  await call()
  t.same(counted(), {})
  await call({ target: '/?u=1&u=2', headers: { cookie: ['c=1', 'a=1'], 'x-user-id': '1', 'x-user-email': '2', a: 'x' } })
  await call({ headers: { 'x-user-id': '1' } })
  t.same(counted(), { header: 2, query: 1, cookie: 1, value: 1 })
})

t.test('shares what it remembers among routes with the same rules, and keeps other rules apart', async t => {
  for (let i = 0; i < 70; i++) {
    t.same(await headersOf({ own: `x-own-${i}` }, named(`x-own-${i}`, `x-own-${i + 1}`)), [`x-own-${i + 1}`])
    t.same(await headersOf({ keep: 'x-user-id' }, named('x-user-id')), ['x-user-id'])
  }
  t.same(await headersOf(null, named('x-user-id')), [])
})

for (const [config, code, pointer] of [
  [{ own: [] }, 'GW_CONFIG_INVALID', '/own'],
  [{ own: ['X Tenant'] }, 'GW_CONFIG_INVALID', '/own/0'],
  [{ own: '*' }, 'GW_CONFIG_INVALID', '/own'],
  [{ own: ['a', 'Content-Length'] }, 'GW_CONFIG_NO_EFFECT', '/own/1'],
  [{ own: 'host' }, 'GW_CONFIG_NO_EFFECT', '/own'],
  [{ keep: ['x-tenant'] }, 'GW_CONFIG_NO_EFFECT', '/keep/0'],
  [{ keep: ['x-user-id', 'x-user-agent'] }, 'GW_CONFIG_NO_EFFECT', '/keep/1'],
  [{ keep: 'zz-*' }, 'GW_CONFIG_NO_EFFECT', '/keep'],
  [{ own: 'x-jwt-', keep: ['x-jwt-payload'] }, 'GW_CONFIG_NO_EFFECT', '/keep/0'],
  [{ headers: {} }, 'GW_CONFIG_NO_EFFECT', '/headers'],
  [{ headers: { allow: [] } }, 'GW_CONFIG_INVALID', '/headers/allow'],
  [{ headers: { allow: ['a'], deny: ['b'] } }, 'GW_CONFIG_INVALID', '/headers'],
  [{ headers: { allow: ['accept', 'x-user-id'] } }, 'GW_CONFIG_NO_EFFECT', '/headers/allow/1'],
  [{ headers: { allow: ['x-jwt-*'] } }, 'GW_CONFIG_NO_EFFECT', '/headers/allow/0'],
  [{ headers: { allow: 'host' } }, 'GW_CONFIG_NO_EFFECT', '/headers/allow'],
  [{ headers: { deny: ['transfer-encoding'] } }, 'GW_CONFIG_NO_EFFECT', '/headers/deny/0'],
  [{ query: {} }, 'GW_CONFIG_NO_EFFECT', '/query'],
  [{ query: { deny: [] } }, 'GW_CONFIG_INVALID', '/query/deny'],
  [{ query: { allow: 'a', deny: 'b' } }, 'GW_CONFIG_INVALID', '/query'],
  [{ cookies: {} }, 'GW_CONFIG_NO_EFFECT', '/cookies'],
  [{ cookies: { allow: [''] } }, 'GW_CONFIG_INVALID', '/cookies/allow/0'],
  [{ cookies: { allow: 'a', deny: 'b' } }, 'GW_CONFIG_INVALID', '/cookies'],
  [{ headers: { deny: 'cookie' }, cookies: { deny: 'a' } }, 'GW_CONFIG_NO_EFFECT', '/cookies'],
  [{ headers: { allow: 'accept' }, cookies: { allow: 'a' } }, 'GW_CONFIG_NO_EFFECT', '/cookies'],
  [{ replace: [] }, 'GW_CONFIG_INVALID', '/replace'],
  [{ replace: [{ pattern: 'a', with: '' }] }, 'GW_CONFIG_INVALID', '/replace/0'],
  [{ replace: { header: 'a', query: 'b', pattern: 'a', with: '' } }, 'GW_CONFIG_INVALID', '/replace'],
  [{ replace: [{ header: 'a', pattern: '(', with: '' }] }, 'GW_CONFIG_INVALID', '/replace/0/pattern'],
  [{ replace: [{ header: 'a', pattern: 'a', with: '$1' }] }, 'GW_CONFIG_INVALID', '/replace/0/with'],
  [{ replace: [{ header: 'a', pattern: 'a', with: '\r\n' }] }, 'GW_CONFIG_INVALID', '/replace/0/with'],
  [{ replace: [{ header: 'Content-Length', pattern: 'a', with: '' }] }, 'GW_CONFIG_INVALID', '/replace/0/header'],
  [{ replace: [{ header: 'X-User-Id', pattern: 'a', with: '' }] }, 'GW_CONFIG_NO_EFFECT', '/replace/0/header'],
  [{ query: { deny: 'q' }, replace: [{ query: 'Q[]', pattern: 'a', with: '' }] }, 'GW_CONFIG_NO_EFFECT', '/replace/0/query'],
  [{ query: { allow: 'a' }, replace: [{ query: 'q', pattern: 'a', with: '' }] }, 'GW_CONFIG_NO_EFFECT', '/replace/0/query'],
  [{ cookies: { deny: 'c' }, replace: [{ cookie: 'c', pattern: 'a', with: '' }] }, 'GW_CONFIG_NO_EFFECT', '/replace/0/cookie'],
  [{ headers: { deny: 'cookie' }, replace: [{ cookie: 'c', pattern: 'a', with: '' }] }, 'GW_CONFIG_NO_EFFECT', '/replace/0/cookie'],
  [{ replace: [{ cookie: 'c', pattern: 'a', with: 'x; admin=1' }] }, 'GW_CONFIG_INVALID', '/replace/0/with'],
  [{ contentTypes: [] }, 'GW_CONFIG_INVALID', '/contentTypes'],
  [{ contentTypes: ['json'] }, 'GW_CONFIG_INVALID', '/contentTypes/0'],
  [{ contentTypes: '*/*' }, 'GW_CONFIG_INVALID', '/contentTypes'],
  [{ header: { deny: 'a' } }, 'GW_CONFIG_UNKNOWN_KEY', '/header']
] as const) {
  t.test(`refuses the config ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(sanitize, config), { errors: [{ code, pointer: `/sanitize${pointer}` }] })
  })
}
