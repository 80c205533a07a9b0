import t from 'tap'
import { Refusal } from '../../../../src/contract/identity.ts'
import type { Principal } from '../../../../src/contract/principal.ts'
import { principalOf } from '../../../../src/identity/tokens/claim-principal.ts'
import { CLAIMS, issuerConfig, ISSUER, NOW, type IssuerOver } from './attacks/lab.ts'

const of = (over: object, config: IssuerOver = {}): Principal => principalOf(issuerConfig(config), ISSUER, { ...CLAIMS, ...over }, 'the token') as Principal
const THUMBPRINT = 'A'.repeat(43)

t.test('the claims of RFC 9068 say who is calling', async t => {
  const claims = { ...CLAIMS, tenant: 'acme', roles: ['admin', 'Domain Users'], scope: 'orders.read orders.write' }
  t.same(principalOf(issuerConfig(), ISSUER, claims, 'the token'), {
    subject: 'alice',
    issuer: ISSUER,
    client: 'app',
    scopes: ['orders.read', 'orders.write'],
    roles: ['admin', 'Domain Users'],
    tenant: 'acme',
    level: 2,
    source: 'jwt',
    claims,
    expiresAt: (NOW + 600) * 1000,
    confirmation: null,
    token: 'the token'
  })
})

t.test('a principal cannot be changed', async t => {
  const { scopes, roles, confirmation, ...whole } = of({ cnf: { jkt: THUMBPRINT } })
  t.ok([scopes, roles, confirmation].every(Object.isFrozen))
  t.ok(Object.isFrozen(of(whole)))
})

t.test('scopes are words of a text or a list, of `scp` where there is no `scope`, each once', async t => {
  t.strictSame(of({ scope: ' a  b a ' }).scopes, ['a', 'b'])
  t.strictSame(of({ scope: ['a', 'b', 'a', '', 7, null, 'two words'] }).scopes, ['a', 'b'])
  t.strictSame(of({ scope: undefined, scp: 'a b' }).scopes, ['a', 'b'])
  t.strictSame(of({ scope: undefined, scp: ['a', 'b'] }).scopes, ['a', 'b'])
  t.strictSame(of({ scope: 'a', scp: 'b' }).scopes, ['a'], '`scope` alone counts where it is there')
  for (const scope of [undefined, null, 7, true, {}, '']) t.strictSame(of({ scope }).scopes, [])
})

t.test('claims are found by path, and by a URL as one name', async t => {
  const names = { subject: 'user.mail', client: 'azp', scopes: 'permissions', roles: 'realm_access.roles', tenant: 'https://acme.test/claims/org.id' }
  const found = of({ user: { mail: 'a@b.test' }, azp: 'web', permissions: ['p'], realm_access: { roles: ['r'] }, 'https://acme.test/claims/org.id': 'acme' }, { claims: names })
  t.match(found, { subject: 'a@b.test', client: 'web', scopes: ['p'], roles: ['r'], tenant: 'acme' })
})

t.test('a path ends at what is no object, and finds nothing that is only inherited', async t => {
  for (const roles of ['roles.length', 'a.b.c', 'list.0', 'constructor.name', 'toString']) t.strictSame(of({ roles: 'x y', a: { b: null }, list: ['r'] }, { claims: { roles } }).roles, [], roles)
})

t.test('the client is `azp` where there is no `client_id`', async t => {
  t.equal(of({ client_id: undefined, azp: 'web' }).client, 'web')
  t.equal(of({ azp: 'web' }).client, 'app')
  t.equal(of({ client_id: undefined }).client, null)
  t.equal(of({ client_id: ['app'] }).client, null)
})

t.test('who has no subject is its client, and nobody without one', async t => {
  t.equal(of({ sub: undefined }).subject, 'app')
  const nobody = principalOf(issuerConfig(), ISSUER, { iss: ISSUER }, 'the token')
  t.ok(nobody instanceof Refusal)
  t.equal((nobody as Refusal).reason, 'missing-claim')
})

t.test('several factors are level 3', async t => {
  for (const amr of [['mfa'], ['pwd', 'otp'], ['pin', 'hwk'], ['face', 'swk'], ['pwd', 'x', 'sms']]) t.equal(of({ amr }).level, 3, amr.join())
  for (const amr of [['pwd'], ['pwd', 'pin'], ['otp', 'sms'], ['pwd', 'user'], ['pwd', 'toString'], ['constructor', '__proto__'], [1, null], 'mfa', undefined, {}]) t.equal(of({ amr }).level, 2, String(amr))
  for (const acr of ['mfa', 'https://refeds.org/profile/mfa', 'aal2']) t.equal(of({ acr }).level, 3, acr)
  for (const acr of ['0', '1', 'silver', ['mfa'], undefined]) t.equal(of({ acr }).level, 2, String(acr))
})

t.test('a bound token is level 3 and says what it is bound to', async t => {
  t.match(of({ cnf: { jkt: THUMBPRINT } }), { level: 3, confirmation: { jkt: THUMBPRINT } })
  t.match(of({ cnf: { 'x5t#S256': THUMBPRINT } }), { level: 3, confirmation: { x5tS256: THUMBPRINT } })
  t.match(of({ cnf: { jkt: THUMBPRINT, 'x5t#S256': THUMBPRINT } }), { level: 3, confirmation: { jkt: THUMBPRINT, x5tS256: THUMBPRINT } })
})

t.test('a binding that cannot be checked makes no principal', async t => {
  for (const cnf of [null, {}, 'x', { jwk: {} }, { jkt: 'short' }]) t.ok(principalOf(issuerConfig(), ISSUER, { ...CLAIMS, cnf }, 'the token') instanceof Refusal)
})

t.test('the proof ends with the token or at the greatest age, whichever is first', async t => {
  t.equal(of({}, { maxAge: '5m' }).expiresAt, (NOW - 60 + 300) * 1000)
  t.equal(of({}, { maxAge: '1h' }).expiresAt, (NOW + 600) * 1000)
  t.equal(of({ exp: undefined }).expiresAt, Infinity)
})
