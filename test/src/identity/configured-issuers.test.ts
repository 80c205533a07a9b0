import t from 'tap'
import { MetricRegistry } from '../../../src/adapters/metric-registry.ts'
import { ConfiguredIssuers } from '../../../src/identity/configured-issuers.ts'
import { Issuer } from '../../../src/identity/issuer.ts'
import { VerifiedTokens } from '../../../src/identity/tokens/verified-tokens.ts'
import { fakeClock, fakeLog, fakeOutbound } from '../../../src/testing/index.ts'
import { issuerConfig } from './keys/jwk-fixtures.ts'

const clock = fakeClock(0)

/** Issuers as the route file would have them, by name. */
function issuersOf (written: Readonly<Record<string, object>>): ConfiguredIssuers {
  const made = Object.entries(written).map(([name, entry]) =>
    [name, new Issuer(name, issuerConfig(entry), { outbound: fakeOutbound(), clock, log: fakeLog(), metrics: labels => new MetricRegistry().scope(labels) })] as const)
  return new ConfiguredIssuers(new Map(made), new VerifiedTokens(), clock)
}
const CLIENT = { client: { id: 'gateway', secret: 's' } }

t.test('issuers go by their names in the route file', async t => {
  const issuers = issuersOf({ main: {}, partners: { issuer: 'https://partners.test', ...CLIENT } })
  t.same(issuers.names, ['main', 'partners'])
  t.same(issuers.verifier(['partners', 'main'], '/issuers').issuers, ['https://partners.test', 'https://issuer.test'])
  t.same(issuers.verifier([], '/issuers').issuers, [])
  t.equal(issuers.client('partners', '/issuer').clientId, 'gateway')
  t.equal(issuers.client('partners', '/issuer'), issuers.client('partners', '/elsewhere'))
})

t.test('a name that is none is told where it stands, with the nearest', async t => {
  const issuers = issuersOf({ main: {}, partners: CLIENT })
  t.throws(() => issuers.verifier(['main', 'partner'], '/issuers'), { code: 'GW_CONFIG_UNKNOWN_ISSUER', pointer: '/issuers', detail: /"partner" - did you mean "partners"\?$/ })
  t.throws(() => issuers.client('mian', '/issuer'), { code: 'GW_CONFIG_UNKNOWN_ISSUER', pointer: '/issuer', detail: /did you mean "main"/ })
  t.throws(() => issuersOf({}).client('main', '/issuer'), { code: 'GW_CONFIG_UNKNOWN_ISSUER', detail: /: add it to "issuers:" at the top$/ })
  t.throws(() => issuers.client('constructor', '/issuer'), { code: 'GW_CONFIG_UNKNOWN_ISSUER' })
})

t.test('the gateway is a client only where it says as whom', async t => {
  t.throws(() => issuersOf({ main: {} }).client('main', '/issuer'), { code: 'GW_CONFIG_INVALID', pointer: '/issuer', detail: /issuers\/main\/client/ })
})

t.test('a session is that of whom its claims name, in the words of its issuer', async t => {
  const issuers = issuersOf({ main: { ...CLIENT, claims: { roles: 'realm_access.roles', tenant: 'org' } }, other: {} })
  const claims = { sub: 'alice', realm_access: { roles: ['clerk'] }, org: 'acme', tenant: 'no', cnf: { jkt: 'x' } }
  t.match(issuers.sessionPrincipal('main', claims, 'token'), { subject: 'alice', issuer: 'https://issuer.test', client: 'gateway', roles: ['clerk'], tenant: 'acme', confirmation: null, token: 'token' })
  t.equal(issuers.sessionPrincipal('main', { ...claims, azp: 'app' }, 'token').client, 'app')
  t.equal(issuers.sessionPrincipal('other', { sub: 'bob' }, 'token').client, null)
  t.throws(() => issuers.sessionPrincipal('gone', claims, 'token'), { code: 'GW_CONFIG_UNKNOWN_ISSUER' })
})

t.test('a session whose claims name nobody in those words is that of its subject', async t => {
  const issuers = issuersOf({ main: { ...CLIENT, claims: { subject: 'email' } } })
  t.match(issuers.sessionPrincipal('main', { sub: 'alice' }, 'token'), { subject: 'alice', issuer: 'https://issuer.test', client: 'gateway', source: 'session', level: 2, claims: { sub: 'alice' }, token: 'token' })
  t.equal(issuers.sessionPrincipal('main', { sub: 'alice', email: 'a@b.test' }, 'token').subject, 'a@b.test')
})
