import fc from 'fast-check'
import t from 'tap'
import type { Member } from '../../../src/upstream/member.ts'
import { rotation, type RotationOptions } from '../../../src/upstream/rotation.ts'
import { member } from './fake-pool.ts'

const OPTIONS: RotationOptions = { zone: null, spillBelow: 0.7, panicBelow: 0.5 }

/** `a:1` is in zone a, of priority 1; behind `-` it is down. */
const made = (places: readonly string[]): Member[] => places.map((place, i) => {
  const [zone = '', priority = '0'] = place.replace(/^-/, '').split(':')
  const one = member(`${i}`, 1, { zone: zone === '' ? null : zone, priority: Number(priority) })
  one.healthy = !place.startsWith('-')
  return one
})

/** Who is asked, and how much: `0 1 | 2 0.3`. */
const shown = (places: readonly string[], options: Partial<RotationOptions> = {}): string => {
  const { cells, panic } = rotation(made(places), { ...OPTIONS, ...options })
  return cells.map(({ members, share }) => `${members.map(({ endpoint: { origin } }) => origin.slice(7)).join('')} ${Number(share.toFixed(3))}`).join(' | ') + (panic ? ' panic' : '')
}

t.test('without zones and priorities all that are up share the requests', async t => {
  t.equal(shown(['', '', '']), '012 1')
  t.equal(shown(['', '-', '']), '02 1')
  t.equal(shown([]), '')
})

t.test('members of the own zone are asked while enough of it is up', async t => {
  const zone = 'a'
  t.equal(shown(['a', 'a', 'b', ''], { zone }), '01 1 | 23 0')
  t.equal(shown(['a', 'a', 'a', '-a', 'b', 'c'], { zone }), '012 1 | 45 0', 'three of four are more than 70 %')
  t.equal(shown(['a', 'b'], { zone: 'c' }), '01 1', 'nobody is near')
  t.equal(shown(['a', 'b']), '01 1', 'nobody knows what is near')
})

t.test('below that, what the own zone cannot take spills over', async t => {
  const zone = 'a'
  t.equal(shown(['a', '-a', 'b', 'c'], { zone }), '0 0.714 | 23 0.286', 'half of it up: 5/7')
  t.equal(shown(['a', '-a', 'b', 'c'], { zone, spillBelow: 1 }), '0 0.5 | 23 0.5')
  t.equal(shown(['a', '-a', 'b', 'c'], { zone, spillBelow: 0 }), '0 1 | 23 0', 'as long as one is up')
  t.equal(shown(['-a', '-a', 'b', 'c'], { zone }), '23 1')
  t.equal(shown(['a', '-a', '-b', 'a'], { zone }), '03 1', 'nobody is left to spill over to')
})

t.test('the next priority gets what the first cannot take', async t => {
  t.equal(shown([':0', ':0', ':1', ':1']), '01 1 | 23 0')
  t.equal(shown([':0', '-:0', ':1', ':1']), '0 0.714 | 23 0.286')
  t.equal(shown(['-:0', '-:0', ':5', ':5']), '23 1')
  t.equal(shown([':0', '-:0', '-:0', '-:0', ':1', '-:1', ':2', ':2']), '0 0.357 | 4 0.643 | 67 0', 'each as much as it can')
})

t.test('where all groups together cannot take all, each gets its part', async t => {
  t.equal(shown([':0', '-:0', '-:0', ':1', '-:1', '-:1'], { panicBelow: 0 }), '0 0.5 | 3 0.5')
})

t.test('zones count within a priority', async t => {
  t.equal(shown(['a:0', '-a:0', 'b:0', '-b:0', 'a:1'], { zone: 'a' }), '0 0.51 | 2 0.204 | 4 0.286')
})

t.test('when too little is up, health is not believed', async t => {
  t.equal(shown(['', '-', '-', '']), '03 1', 'half is enough')
  t.equal(shown(['', '-', '-']), '012 1 panic')
  t.equal(shown(['-', '-', '-']), '012 1 panic')
  t.equal(shown(['', '-', '-'], { panicBelow: 0.3 }), '0 1')
  t.equal(shown(['a', '-b', '-b', '-b'], { zone: 'a' }), '0123 1 panic', 'zones neither: all others will come to the one that is up')
})

t.test('a group for failover takes the place of one that is down, and that is no reason for panic', async t => {
  t.equal(shown(['-:0', '-:0', '-:0', ':1']), '3 1')
  t.equal(shown(['-:0', '-:0', '-:0', ':1', '-:1', '-:1']), '012 0 | 345 1 panic', 'too little of it is up: all of it is asked')
  t.equal(shown(['-:0', '-:1']), '0 1 | 1 0 panic', 'nobody is up: the first are asked')
})

t.test('without panic, health can leave nobody, and ejection never does', async t => {
  t.equal(shown(['-', '-'], { panicBelow: 0 }), '')
  const ejected = made(['', '-', ''])
  for (const one of ejected) one.ejected = true
  t.same(rotation(ejected, { ...OPTIONS, panicBelow: 0 }).cells, [{ members: [ejected[0], ejected[2]], share: 1 }])
})

t.test('shares go by weight, and a weight of 0 is none', async t => {
  const members = [member('a', 3, { zone: 'z' }), member('b', 1, { zone: 'z' }), member('c', 0, { zone: 'z' }), member('d', 2, { zone: 'y' })]
  members[0]!.ejected = true
  const { cells } = rotation(members, { ...OPTIONS, zone: 'z' })
  t.same(cells.map(cell => cell.members), [[members[1]], [members[3]]])
  t.ok(Math.abs(cells[0]!.share - 0.25 / 0.7) < 1e-9)
  t.same(rotation([members[2]!], OPTIONS).cells, [])
})

t.test('whatever is up, shares add up to all and nobody is in two places', async t => {
  const place = fc.tuple(fc.constantFrom('', '-'), fc.constantFrom('', 'a', 'b'), fc.constantFrom('0', '1', '2')).map(([down, zone, priority]) => `${down}${zone}:${priority}`)
  const share = fc.constantFrom(0, 0.3, 0.5, 0.7, 1)
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(place, { minLength: 1, maxLength: 9 }), share, share, (places, spillBelow, panicBelow) => {
      const members = made(places)
      const { cells } = rotation(members, { zone: 'a', spillBelow, panicBelow })
      const asked = cells.flatMap(cell => cell.members)
      if (asked.length === 0) return panicBelow === 0 && members.every(({ up }) => !up)
      const total = cells.reduce((sum, cell) => sum + cell.share, 0)
      return Math.abs(total - 1) < 1e-9 && new Set(asked).size === asked.length && cells.every(cell => cell.members.length > 0 && cell.share >= 0)
    }), { numRuns: 500 })
  })
})
