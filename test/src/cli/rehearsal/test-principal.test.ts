import t from 'tap'
import { testPrincipal } from '../../../../src/cli/rehearsal/test-principal.ts'

t.test('is what the test says, and marked as proved by nothing', async t => {
  t.same(testPrincipal({ subject: 'alice', client: 'shop', scopes: ['read'], roles: ['clerk'], tenant: 'acme', level: 3, claims: { plan: 'gold' } }), {
    subject: 'alice',
    issuer: null,
    client: 'shop',
    scopes: ['read'],
    roles: ['clerk'],
    tenant: 'acme',
    level: 3,
    source: 'test',
    claims: { sub: 'alice', plan: 'gold' },
    expiresAt: Infinity,
    confirmation: null,
    token: 'token-of-a-rehearsal'
  })
})

t.test('has nothing that the test leaves out', async t => {
  t.match(testPrincipal({ subject: 'alice', scopes: [], roles: [], level: 2, claims: {} }), { client: null, tenant: null, claims: { sub: 'alice' }, token: 'token-of-a-rehearsal' })
  t.same(testPrincipal({ subject: 'alice', scopes: [], roles: [], level: 2, claims: { sub: 'other' } }).claims, { sub: 'other' }, 'claims say what they say')
})
