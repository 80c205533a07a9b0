import t from 'tap'
import { fakeIssuers } from '../../../../../src/testing/index.ts'
import { ACTIVE, NOW, NOW_S, room, TOKEN } from './introspecting-room.ts'

t.test('asks the issuer who an opaque token stands for', async t => {
  const { send, asked } = room(ACTIVE)
  const { status, x } = await send()
  t.equal(status, 200)
  t.same(asked, [TOKEN])
  t.match(x.principal, {
    subject: 'alice',
    issuer: 'https://issuer.test',
    client: 'web',
    scopes: ['orders.read', 'orders.write'],
    roles: [],
    tenant: null,
    level: 2,
    source: 'opaque',
    claims: ACTIVE,
    expiresAt: NOW + 600_000,
    confirmation: null,
    token: TOKEN
  })
  t.equal(x.headers.get('authorization'), undefined, 'the token does not go upstream')
})

for (const [title, members, expected] of [
  ['username where there is no sub', { active: true, username: 'bob' }, { subject: 'bob', client: null, expiresAt: Infinity }],
  ['the client where there is neither', { active: true, client_id: 'batch' }, { subject: 'batch', client: 'batch' }],
  ['azp for the client', { active: true, sub: 'a', azp: 'web' }, { client: 'web' }],
  ['scp for the scopes, also as a list', { active: true, sub: 'a', scp: ['x', 'y'] }, { scopes: ['x', 'y'] }],
  ['roles and tenant', { active: true, sub: 'a', roles: 'admin  clerk', tenant: 'acme' }, { roles: ['admin', 'clerk'], tenant: 'acme' }],
  ['null as absent', { active: true, sub: 'a', scope: null, client_id: null, exp: null, cnf: null, token_type: null }, { scopes: [], client: null, confirmation: null, expiresAt: Infinity }],
  ['several factors for level 3', { active: true, sub: 'a', amr: ['pwd', 'otp'] }, { level: 3 }],
  ['the issuer that is named', { active: true, sub: 'a', iss: 'https://issuer.test' }, { issuer: 'https://issuer.test' }],
  ['a token_type in any case', { active: true, sub: 'a', token_type: 'bearer' }, { subject: 'a' }]
] as const) {
  t.test(`takes ${title}`, async t => {
    const { x, status } = await room(members).send()
    t.equal(status, 200)
    t.match(x.principal, expected)
  })
}

t.test('finds members where `claims` says they are', async t => {
  const claims = { subject: 'user.id', client: 'https://idp.test/client', scopes: 'perms', roles: 'realm_access.roles', tenant: 'org.missing.name' }
  const members = { active: true, user: { id: 'u1' }, 'https://idp.test/client': 'c1', perms: 'a b', realm_access: { roles: ['r'] }, org: 'text' }
  const { x } = await room(members, { claims }).send()
  t.match(x.principal, { subject: 'u1', client: 'c1', scopes: ['a', 'b'], roles: ['r'], tenant: null })
})

t.test('does not take for a claim what every object has', async t => {
  const { status, x } = await room({ active: true, sub: 'a' }, { claims: { tenant: 'constructor', roles: 'https://idp.test/none' } }).send()
  t.equal(status, 200)
  t.match(x.principal, { tenant: null, roles: [] })
})

for (const [title, members, reason, options] of [
  ['not active', { active: false }, 'inactive'],
  ['active in another way than true', { ...ACTIVE, active: 'true' }, 'inactive'],
  ['active as a number', { ...ACTIVE, active: 1 }, 'inactive'],
  ['without active', { sub: 'alice' }, 'inactive'],
  ['over', { ...ACTIVE, exp: NOW_S }, 'expired'],
  ['of the year 0', { ...ACTIVE, exp: 0 }, 'expired'],
  ['not yet valid', { ...ACTIVE, nbf: NOW_S + 31 }, 'not-yet-valid'],
  ['issued in the future', { ...ACTIVE, iat: NOW_S + 31 }, 'not-yet-valid'],
  ['with a time that is text', { ...ACTIVE, exp: '9999999999' }, 'invalid-claim'],
  ['with a time that is none', { ...ACTIVE, nbf: {} }, 'invalid-claim'],
  ['with an iat that is none', { ...ACTIVE, iat: [] }, 'invalid-claim'],
  ['of another issuer', { ...ACTIVE, iss: 'https://issuer.test/' }, 'unknown-issuer'],
  ['with an issuer that is no text', { ...ACTIVE, iss: ['https://issuer.test'] }, 'unknown-issuer'],
  ['for nobody, where an audience is wanted', ACTIVE, 'audience', { audiences: 'orders' }],
  ['for another audience', { ...ACTIVE, aud: 'billing' }, 'audience', { audiences: ['orders', 'stock'] }],
  ['for an audience with the name in it', { ...ACTIVE, aud: 'billing orders' }, 'audience', { audiences: 'orders' }],
  ['with an audience that is none', { ...ACTIVE, aud: { orders: true } }, 'invalid-claim', { audiences: 'orders' }],
  ['a MAC token', { ...ACTIVE, token_type: 'mac' }, 'type'],
  ['a refresh token', { ...ACTIVE, typ: 'Refresh' }, 'type'],
  ['with a type that is no text', { ...ACTIVE, token_type: 7 }, 'invalid-claim'],
  ['without anybody behind it', { active: true }, 'missing-claim'],
  ['with a subject that is no text', { ...ACTIVE, sub: 7 }, 'invalid-claim'],
  ['with an empty subject', { ...ACTIVE, sub: '' }, 'invalid-claim'],
  ['with scopes that are none', { ...ACTIVE, scope: { admin: true } }, 'invalid-claim'],
  ['with a list of roles that are none', { ...ACTIVE, roles: [['admin']] }, 'invalid-claim'],
  ['bound to a key, without a proof', { ...ACTIVE, cnf: { jkt: 'abc' } }, 'binding'],
  ['bound to a certificate, without one', { ...ACTIVE, cnf: { 'x5t#S256': 'abc' } }, 'binding'],
  ['bound in a way nobody knows', { ...ACTIVE, cnf: { kid: 'abc' } }, 'binding'],
  ['bound to nothing that makes sense', { ...ACTIVE, cnf: 'jkt' }, 'binding']
] as const) {
  t.test(`refuses a token that is ${title}`, async t => {
    const { send, services } = room(members, options)
    const { status, x, reply } = await send()
    t.equal(status, 401)
    t.equal(x.reason, reason)
    t.equal(x.principal, null)
    t.equal(reply.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    t.match(services.registry.samples().find(({ name }) => name === 'gatehouse_credentials_refused_total'), { labels: { reason }, value: 1 })
  })
}

t.test('lets clocks be half a minute apart', async t => {
  t.equal((await room({ ...ACTIVE, nbf: NOW_S + 30, iat: NOW_S + 30 }).send()).status, 200)
})

t.test('takes one of several audiences', async t => {
  const { send } = room({ ...ACTIVE, aud: ['billing', 'stock'] }, { audiences: ['orders', 'stock'] })
  t.equal((await send()).status, 200)
})

t.test('takes a token bound to a certificate with that certificate alone', async t => {
  const certificate = { subject: 'CN=a', uris: [], dnsNames: [], emails: [], thumbprint: 'abc' }
  const { call } = room({ ...ACTIVE, cnf: { 'x5t#S256': 'abc' } })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const good = await call({ headers, client: { tls: true, certificate } })
  t.equal(good.status, 200)
  t.match(good.x.principal, { level: 3, confirmation: { x5tS256: 'abc' } })
  t.equal((await call({ headers, client: { tls: true, certificate: { ...certificate, thumbprint: 'abd' } } })).x.reason, 'binding', 'though the answer is remembered')
})

const ofIssuer = (members: object, options: object = {}) => room({ ...ACTIVE, ...members }, options, {
  issuers: fakeIssuers({ client: { audiences: ['api'], clients: ['web'], introspect: async () => ({ ...ACTIVE, ...members }) } })
}).send()

t.test('a token counts for the audiences and clients of its issuer\'s entry, as a signed one does', async t => {
  t.equal((await ofIssuer({ aud: ['other', 'api'] })).status, 200)
  t.match(await ofIssuer({ aud: 'legacy' }), { status: 401, x: { reason: 'audience' } })
  t.match(await ofIssuer({}), { status: 401, x: { reason: 'audience' } })
  t.match(await ofIssuer({ aud: 'api', client_id: 'app' }), { status: 401, x: { reason: 'client' } })
  t.match(await ofIssuer({ aud: 'api', client_id: undefined }), { status: 401, x: { reason: 'client' } })
})

t.test('the way may ask for other audiences, or for none', async t => {
  t.match(await ofIssuer({ aud: 'api' }, { audiences: 'orders' }), { status: 401, x: { reason: 'audience' } })
  t.equal((await ofIssuer({ aud: 'orders' }, { audiences: 'orders' })).status, 200)
  t.equal((await ofIssuer({ aud: 'orders' }, { audiences: 'any' })).status, 200)
  t.equal((await ofIssuer({}, { audiences: 'any' })).status, 200)
})
