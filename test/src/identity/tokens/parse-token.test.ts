import t from 'tap'
import { Refusal } from '../../../../src/contract/identity.ts'
import { MAX_TOKEN_LENGTH, parseToken, type ParsedToken } from '../../../../src/identity/tokens/parse-token.ts'
import { CLAIMS, token, withHeader } from './attacks/lab.ts'

const refusal = (text: string): [string, string] => {
  const parsed = parseToken(text)
  return parsed instanceof Refusal ? [parsed.reason, parsed.detail] : ['', '']
}

t.test('a token is read with its header and claims, nothing of it proved', async t => {
  const text = token({ key: 'nobody\'s', as: 'HS256', header: { alg: 'RS256', kid: 'k', typ: 'application/AT+JWT', jku: 'https://x.test' } })
  t.same(parseToken(text), { text, header: { alg: 'RS256', kid: 'k', typ: 'at+jwt' }, claims: CLAIMS })
})

t.test('kid and typ may be left out', async t => {
  t.same((parseToken(withHeader({ kid: undefined, typ: undefined })) as ParsedToken).header, { alg: 'RS256', kid: null, typ: null })
})

t.test('a kid may be of any script and 256 characters', async t => {
  for (const kid of ['k'.repeat(256), 'ключ', '/../ \'"', ' ']) t.equal((parseToken(withHeader({ kid })) as ParsedToken).header.kid, kid)
})

t.test('a refusal tells operators what is wrong, without any of the token', async t => {
  t.strictSame(refusal('a.b.c.d.e'), ['malformed', 'encrypted'])
  t.strictSame(refusal('a.b'), ['malformed', 'not three parts'])
  t.strictSame(refusal('a.b.c'), ['malformed', 'not base64url'])
  t.strictSame(refusal('e30.e30.'), ['algorithm', 'no signature algorithm'])
  t.strictSame(refusal(token({ header: 'x' })), ['malformed', 'header'])
  t.strictSame(refusal(token({ claims: 'x' })), ['malformed', 'claims'])
  t.strictSame(refusal(token({ signature: () => Buffer.alloc(0) })), ['signature', 'none'])
  t.strictSame(refusal(withHeader({ kid: 7 })), ['malformed', 'kid'])
  t.strictSame(refusal(withHeader({ typ: 7 })), ['malformed', 'typ'])
  t.strictSame(refusal(withHeader({ crit: ['x'] })), ['critical', 'crit'])
  t.strictSame(refusal(withHeader({ jwk: {} })), ['unknown-key', 'brings its own key'])
})

t.test('a text that is too long is not looked into', async t => {
  t.strictSame(refusal('.'.repeat(MAX_TOKEN_LENGTH + 1)), ['too-large', ''])
  t.strictSame(refusal('.'.repeat(MAX_TOKEN_LENGTH)), ['malformed', 'not three parts'])
})
