import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { TokenSignatures } from '../../../../src/identity/tokens/token-signatures.ts'
import { PAIRS, SECRET, token, verificationKey } from './attacks/lab.ts'

const PUBLIC = () => verificationKey('rsa', PAIRS.rsa.publicKey, ['RS256', 'PS256', 'HS256'])

t.test('a key fits an algorithm that it, its issuer and the configuration have', async t => {
  const signatures = new TokenSignatures(['RS256', 'HS256', 'ES256'])
  t.ok(signatures.fits(PUBLIC(), 'RS256'))
  t.notOk(signatures.fits(PUBLIC(), 'PS256'), 'not configured')
  t.notOk(signatures.fits(verificationKey('rsa', PAIRS.rsa.publicKey, ['PS256']), 'RS256'), 'not the key\'s')
  t.notOk(signatures.fits(PUBLIC(), 'HS256'), 'a public key is no secret, whatever is said of it')
  t.notOk(signatures.fits({ ...PUBLIC(), revoked: true }, 'RS256'), 'taken back')
})

t.test('a secret is as long as the hash (RFC 7518 3.2)', async t => {
  const fits = (bytes: number, alg: string) => new TokenSignatures([alg]).fits(verificationKey(null, createSecretKey(Buffer.alloc(bytes, 1)), [alg]), alg)
  t.strictSame([fits(32, 'HS256'), fits(31, 'HS256'), fits(48, 'HS384'), fits(47, 'HS384'), fits(64, 'HS512'), fits(63, 'HS512')], [true, false, true, false, true, false])
})

t.test('a secret and a public key verify what each has signed', async t => {
  const signatures = new TokenSignatures(['RS256', 'HS256'])
  const secret = verificationKey(null, createSecretKey(Buffer.from(SECRET)), ['HS256'])
  const [one, other] = [token(), token({ as: 'HS256', key: SECRET, header: { alg: 'HS256' } })]
  t.strictSame([signatures.isSigned(one, PUBLIC()), signatures.isSigned(other, PUBLIC())], [true, false])
  t.strictSame([signatures.isSigned(one, secret), signatures.isSigned(other, secret)], [false, true])
})

t.test('a key that fits no algorithm verifies nothing: none is guessed', async t => {
  t.notOk(new TokenSignatures(['ES256']).isSigned(token(), PUBLIC()))
  t.notOk(new TokenSignatures([]).isSigned(token(), PUBLIC()))
})

t.test('an RSA key that is for PSS alone is none of ours', async t => {
  const { publicKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  t.notOk(new TokenSignatures(['PS256']).fits(verificationKey(null, publicKey, ['PS256']), 'PS256'))
})
