import t from 'tap'
import { newRingKey, type RingKey } from '../../../src/identity/rings/ring-key.ts'
import { Rings } from '../../../src/identity/rings/rings.ts'
import { sealsOfRing } from '../../../src/identity/ring-seals.ts'
import { fakeClock } from '../../../src/testing/index.ts'

const NOW = 1_790_000_000
const MINUTE = 60_000

/** Seals by a ring of these keys, and the clock they live by. */
function sealing (...keys: RingKey[]) {
  const clock = fakeClock(NOW * 1000)
  const rings = new Rings({ rings: new Map([['session', { keys: JSON.stringify({ keys }) }]]), clock })
  return { clock, rings, seals: sealsOfRing(rings, 'session', '/gateway/session/ring', clock) }
}
const kidOf = (jwe: string): unknown => JSON.parse(Buffer.from(jwe.split('.')[0]!, 'base64url').toString()).kid

t.test('what is sealed opens again, for the same purpose', async t => {
  const { seals } = sealing(newRingKey('A256GCM', NOW))
  const sealed = await seals.seal('a secret', 'login')
  t.notMatch(Buffer.from(sealed.split('.')[3]!, 'base64url').toString('latin1'), 'secret')
  t.equal(await seals.unseal(sealed, 'login'), 'a secret')
  t.equal(await seals.unseal(sealed, 'session'), null)
})

t.test('a key seals when its time has come, and the one before still opens', async t => {
  const [old, next] = [newRingKey('A256GCM', NOW - 100), newRingKey('A256GCM', NOW, NOW + 600)]
  const { seals, clock } = sealing(old, next)
  const before = await seals.seal('a', 'p')
  t.equal(kidOf(before), old.kid)
  clock.advance(10 * MINUTE)
  const after = await seals.seal('b', 'p')
  t.equal(kidOf(after), next.kid)
  t.same([await seals.unseal(before, 'p'), await seals.unseal(after, 'p')], ['a', 'b'])
})

t.test('a key that has ended opens nothing any more, within a minute', async t => {
  const [old, next] = [{ ...newRingKey('A256GCM', NOW - 100), exp: NOW + 600 }, newRingKey('A256GCM', NOW - 10)]
  const { seals, clock, rings } = sealing(old, next)
  const other = new Rings({ rings: new Map([['session', { keys: JSON.stringify({ keys: [old] }) }]]), clock })
  const sealed = await sealsOfRing(other, 'session', '', clock).seal('a', 'p')
  t.equal(kidOf(sealed), old.kid)
  t.equal(await seals.unseal(sealed, 'p'), 'a')
  clock.advance(11 * MINUTE)
  t.equal(rings.secrets('session').length, 1)
  t.equal(await seals.unseal(sealed, 'p'), null)
})

t.test('the ring is looked after once a minute', async t => {
  const { seals, clock, rings } = sealing(newRingKey('A256GCM', NOW))
  let asked = 0
  const secrets = rings.secrets.bind(rings)
  rings.secrets = (...args) => {
    asked++
    return secrets(...args)
  }
  const use = async (times: number) => { for (let i = 0; i < times; i++) await seals.unseal(await seals.seal('a', 'p'), 'p') }
  await use(5)
  t.equal(asked, 0)
  clock.advance(MINUTE)
  await use(5)
  t.equal(asked, 1)
})

t.test('the last keys go on where all have ended', async t => {
  const { seals, clock } = sealing({ ...newRingKey('A256GCM', NOW - 100), exp: NOW + 60 })
  const sealed = await seals.seal('a', 'p')
  clock.advance(60 * MINUTE)
  t.equal(await seals.unseal(sealed, 'p'), 'a')
  t.equal(await seals.unseal(await seals.seal('b', 'p'), 'p'), 'b')
})

t.test('a ring that cannot seal is told where it is named', async t => {
  t.throws(() => sealing(newRingKey('EdDSA', NOW)), { code: 'GW_CONFIG_INVALID', pointer: '/gateway/session/ring' })
  const { rings, clock } = sealing(newRingKey('A256GCM', NOW))
  t.throws(() => sealsOfRing(rings, 'sessions', '/here', clock), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/here' })
})
