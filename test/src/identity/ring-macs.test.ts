import t from 'tap'
import { newRingKey, type RingKey } from '../../../src/identity/rings/ring-key.ts'
import { Rings } from '../../../src/identity/rings/rings.ts'
import { macsOfRing } from '../../../src/identity/ring-macs.ts'
import { fakeClock } from '../../../src/testing/index.ts'

const NOW = 1_790_000_000
const MINUTE = 60_000

function coding (...keys: RingKey[]) {
  const clock = fakeClock(NOW * 1000)
  const rings = new Rings({ rings: new Map([['sticky', { keys: JSON.stringify({ keys }) }]]), clock })
  return { clock, rings, macs: macsOfRing(rings, 'sticky', '/sticky/ring', 'sticky', clock) }
}

t.test('a text has one code by the newest key, of 128 bits', async t => {
  const { macs, rings, clock } = coding(newRingKey('A256GCM', NOW))
  t.match(macs.current('a'), /^[A-Za-z0-9_-]{22}$/)
  t.equal(macs.current('a'), macs.current('a'))
  t.not(macs.current('a'), macs.current('b'))
  t.same(macs.accepted('a'), [macs.current('a')])
  t.not(macsOfRing(rings, 'sticky', '', 'other', clock).current('a'), macs.current('a'), 'and another for another purpose')
  t.not(coding(newRingKey('A256GCM', NOW)).macs.current('a'), macs.current('a'), 'or ring')
})

t.test('a key makes codes when its time has come, and those of the one before hold', async t => {
  const { macs, clock } = coding(newRingKey('A256GCM', NOW - 100), newRingKey('A256GCM', NOW, NOW + 600))
  const before = macs.current('a')
  t.equal(macs.accepted('a').length, 2)
  clock.advance(11 * MINUTE)
  t.not(macs.current('a'), before)
  t.ok(macs.accepted('a').includes(before))
})

t.test('where every key has ended, the last go on', async t => {
  const { macs, clock, rings } = coding(newRingKey('A256GCM', NOW - 100))
  const before = macs.current('a')
  rings.secrets = () => { throw new Error('none') }
  clock.advance(2 * MINUTE)
  t.equal(macs.current('a'), before)
})

t.test('a ring that is not there, or has no secret, is told at its place', async t => {
  const { rings, clock } = coding(newRingKey('HS256', NOW), newRingKey('A256GCM', NOW))
  t.throws(() => macsOfRing(rings, 'none', '/sticky/ring', 'sticky', clock), { code: 'GW_CONFIG_UNKNOWN_KEY_RING', pointer: '/sticky/ring' })
  t.throws(() => coding(newRingKey('HS256', NOW)), { code: 'GW_CONFIG_INVALID', pointer: '/sticky/ring' })
})
