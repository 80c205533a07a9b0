import t from 'tap'
import { newRingKey, type RingKey } from '../../../../src/identity/rings/ring-key.ts'
import { parseRing } from '../../../../src/identity/rings/parse-ring.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

const NOW = 1_790_000_000
const pair = newRingKey('EdDSA', NOW)
const secret = newRingKey('HS256', NOW)
const parse = (value: unknown) => parseRing(typeof value === 'string' ? value : JSON.stringify(value), 'passport', fakeClock(NOW * 1000))
const without = (key: RingKey, member: string) => Object.fromEntries(Object.entries(key).filter(([name]) => name !== member))

t.test('reads what `gatehouse keys` makes, newest first', t => {
  const seal = newRingKey('A256GCM', NOW - 5)
  const next = newRingKey('EdDSA', NOW, NOW + 600)
  t.same(parse({ keys: [seal, pair, next] }).map(({ kid }) => kid), [next.kid, pair.kid, seal.kid])
  t.same(parse({ keys: [{ ...pair, exp: NOW + 1, note: 'of no meaning' }] }), [{ ...pair, exp: NOW + 1 }])
  t.match(pair.kid, /^20260921-[0-9a-f]{8}$/, 'the name tells the day')
  t.end()
})

const WRONG: Record<string, [unknown, RegExp]> = {
  'text that is no JSON': [`{"keys": [{"k": "${secret.k}"`, /it is no JSON; `gatehouse keys new <file>` makes one, and "\$\{file:/],
  'a list': [[pair], /it is no JSON object/],
  null: [null, /it is no JSON object/],
  'one key alone': [pair, /no list of "keys"; `gatehouse keys new/],
  'no key': [{ keys: [] }, /no list of "keys"/],
  'too many keys': [{ keys: Array.from({ length: 101 }, () => pair) }, /more than 100 keys/],
  'a key that is no object': [{ keys: [pair, 'x'] }, /key 2 is no JSON object/],
  'no algorithm': [{ keys: [without(pair, 'alg')] }, /"alg" of key 1 is none of EdDSA, HS256, A256GCM/],
  'an algorithm for another type': [{ keys: [{ ...secret, alg: 'EdDSA' }] }, /"kty" of key 1 is not "OKP"/],
  'another curve': [{ keys: [{ ...pair, crv: 'X25519' }] }, /"crv" of key 1 is not "Ed25519"/],
  'another use': [{ keys: [{ ...secret, use: 'enc' }] }, /"use" of key 1 is not "sig"/],
  'no kid': [{ keys: [without(pair, 'kid')] }, /"kid" of key 1/],
  'a kid that cannot be printed': [{ keys: [{ ...pair, kid: 'a\nb' }] }, /"kid" of key 1/],
  'two keys of one kid': [{ keys: [pair, { ...secret, kid: pair.kid }] }, /the same "kid"/],
  'a public key alone': [{ keys: [without(pair, 'd')] }, /"d" of key 1 is missing: .*`gatehouse keys new` writes/],
  'a short secret': [{ keys: [{ ...secret, k: 'c2hvcnQ' }] }, /"k" of key 1 is not 32 bytes/],
  'a secret that is not canonical': [{ keys: [{ ...secret, k: `${'A'.repeat(42)}B` }] }, /"k" of key 1 is not 32 bytes/],
  'parts of two pairs': [{ keys: [{ ...pair, x: newRingKey('EdDSA', NOW).x }] }, /not of one key pair/],
  'no time': [{ keys: [without(pair, 'nbf')] }, /"nbf" of key 1 is not a number of seconds/],
  'a time that is text': [{ keys: [{ ...pair, iat: '2026' }] }, /"iat" of key 1/],
  'a negative time': [{ keys: [{ ...pair, iat: -1 }] }, /"iat" of key 1/],
  'an end before the beginning': [{ keys: [{ ...pair, exp: pair.nbf }] }, /key 1 ends \("exp"\) before it begins/],
  'only keys that have ended': [{ keys: [{ ...pair, nbf: NOW - 10, exp: NOW }] }, /every key of the ring has ended; `gatehouse keys rotate/]
}

for (const [what, [value, detail]] of Object.entries(WRONG)) {
  t.test(`refuses ${what}`, t => {
    t.throws(() => parse(value), { name: 'ConfigError', code: 'GW_CONFIG_INVALID', pointer: '/keyRings/passport/keys', detail })
    t.end()
  })
}

t.test('never shows a part of a key', t => {
  for (const [value] of Object.values(WRONG)) {
    try {
      parse(value)
    } catch (error) {
      const { message } = error as Error
      for (const part of [secret.k!, pair.d!, pair.x!]) t.notOk(message.includes(part.slice(0, 12)), 'no secret is in the message')
    }
  }
  t.end()
})
