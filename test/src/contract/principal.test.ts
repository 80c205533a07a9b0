import t from 'tap'
import { principal } from '../../../src/contract/index.ts'

t.test('a principal has what is known of it and says of the rest that it is not known', async t => {
  const alice = principal({ subject: 'alice', source: 'basic', level: 1, roles: ['admin'] })
  t.same(alice, {
    subject: 'alice', source: 'basic', level: 1, issuer: null, client: null, scopes: [], roles: ['admin'], tenant: null, claims: {}, expiresAt: Infinity, confirmation: null, token: null
  })
  t.throws(() => { (alice as { subject: string }).subject = 'bob' }, TypeError, 'nobody can change who it is')
})
