import t from 'tap'
import { bearerBinding, certificateBinding } from '../../../../plugins/filters/authenticate/binding.ts'
import { principal, Refusal, type Confirmation } from '../../../../src/contract/index.ts'
import { exchange } from '../../../../src/testing/index.ts'

const x = exchange()
const bound = (confirmation: Confirmation | null) => principal({ subject: 'ann', source: 'jwt', level: 2, confirmation })
const shows = (thumbprint: string) => () => ({ subject: '', uris: [], dnsNames: [], emails: [], thumbprint })
const showsNone = () => null

t.test('a bearer credential needs nothing', async t => {
  t.equal(bearerBinding(bound(null), x, showsNone), null)
  t.equal(certificateBinding(bound(null), x, showsNone), null)
})

t.test('a key-bound token is no bearer token, whatever certificate comes with it', async t => {
  t.match(bearerBinding(bound({ jkt: 'k' }), x, showsNone), { reason: 'binding' })
  t.match(bearerBinding(bound({ jkt: 'k', x5tS256: 'c' }), x, shows('c')), { reason: 'binding' })
  t.equal(certificateBinding(bound({ jkt: 'k' }), x, showsNone), null, 'which is no matter of certificates')
})

t.test('a certificate-bound token needs that certificate', async t => {
  for (const check of [bearerBinding, certificateBinding]) {
    t.equal(check(bound({ x5tS256: 'c' }), x, shows('c')), null)
    t.match(check(bound({ x5tS256: 'c' }), x, shows('d')), { reason: 'binding', detail: 'another client certificate' })
    t.match(check(bound({ x5tS256: 'c' }), x, showsNone), { reason: 'binding', detail: 'no client certificate' })
  }
})

t.test('a certificate that cannot be read is refused as that', async t => {
  const unreadable = new Refusal('malformed')
  t.equal(bearerBinding(bound({ x5tS256: 'c' }), x, () => unreadable), unreadable)
})

t.test('a token that is bound in another way is refused', async t => {
  t.match(bearerBinding(bound({}), x, showsNone), { reason: 'binding' })
})
