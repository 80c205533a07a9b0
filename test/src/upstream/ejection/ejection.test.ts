import t from 'tap'
import type { EjectionConfig } from '../../../../src/contract/route-file.ts'
import { fakeRandom, manualClock } from '../../../../src/testing/index.ts'
import { Ejection } from '../../../../src/upstream/ejection/ejection.ts'
import type { Member } from '../../../../src/upstream/member.ts'
import { fakeMember } from '../fake-member.ts'

const CONFIG: EjectionConfig = { consecutive: 3, time: 30_000, maxTime: 100_000, maxShare: 0.5 }

/** So many members under ejection, and what becomes of them. */
function ejecting (count: number, config: Partial<EjectionConfig> = {}, draws = [0]) {
  const clock = manualClock()
  const changes: string[] = []
  const ejection = new Ejection({ ...CONFIG, ...config }, {
    clock,
    random: fakeRandom(...draws),
    tell: (member, change, fields) => {
      const { 'gatehouse.reason': reason = '', 'gatehouse.ejected_for_ms': forMs = '' } = fields as Record<string, unknown>
      changes.push([clock.monotonic(), member.endpoint.origin.slice(-1), change, reason, forMs].join(' ').trimEnd())
    }
  })
  const members = Array.from({ length: count }, (_, i) => fakeMember(`http://10.0.0.${i}`))
  for (const member of members) ejection.add(member)
  return { clock, changes, ejection, members, first: members[0]! }
}

/** Until a member is back, and a little longer: calls that end then began after it. */
const LATER_MS = 10

/** Calls to a member end so: `+` well, `-` not, `4` with 404, `c` without a client. */
function calls (member: Member, ends: string): void {
  for (const end of ends) {
    member.ended(end === '+' ? { status: 200, code: null, headMs: 5 } : end === '-' ? { status: 503, code: null, headMs: 5 } : end === '4' ? { status: 404, code: null, headMs: 5 } : { status: 0, code: 'GW_CLIENT_GONE', headMs: 5 })
  }
}

t.test('so many failures in a row take a member out for a time', async t => {
  const { clock, changes, first } = ejecting(3)
  calls(first, '--+--+--')
  t.equal(first.ejected, false)
  calls(first, '-')
  t.equal(first.ejected, true)
  await clock.pass(29_999)
  t.equal(first.ejected, true)
  await clock.pass(1)
  t.equal(first.ejected, false)
  t.same(changes, ['0 0 ejected consecutive failures 30000', '30000 0 returned'])
  t.same(clock.sleeping, [])
})

t.test('what says nothing of the endpoint neither counts nor ends a row', async t => {
  const { first } = ejecting(3)
  calls(first, '--c4c4c4c4c4c4')
  t.equal(first.ejected, false)
  calls(first, '-')
  t.equal(first.ejected, true)
})

t.test('each further time in a row is as much longer, up to a limit', async t => {
  const { clock, changes, first } = ejecting(3)
  for (const ms of [30_000, 60_000, 90_000, 100_000, 100_000]) {
    calls(first, '---')
    t.match(changes.at(-1), new RegExp(` ${ms}$`))
    await clock.pass(ms + LATER_MS)
    t.equal(first.ejected, false)
    calls(first, '+')
  }
})

t.test('a time is forgotten for each that it behaves well after it is back', async t => {
  const { clock, changes, first } = ejecting(3)
  for (const ms of [30_000, 60_000, 90_000]) {
    calls(first, '---')
    await clock.pass(ms + LATER_MS)
    calls(first, '+')
  }
  await clock.pass(60_000)
  calls(first, '---')
  t.match(changes.at(-1), / 60000$/)
  await clock.pass(60_000 + LATER_MS)
  calls(first, '+')
  await clock.pass(1_000_000)
  calls(first, '---')
  t.match(changes.at(-1), / 30000$/)
})

t.test('one that is still dead when it is back costs one request and not as many again', async t => {
  const { clock, first } = ejecting(3)
  calls(first, '---')
  await clock.pass(30_000 + LATER_MS)
  calls(first, '-')
  t.equal(first.ejected, true)
  await clock.pass(60_000 + LATER_MS)
  calls(first, '+--')
  t.equal(first.ejected, false)
})

t.test('calls from before it was back do not count', async t => {
  const { clock, first } = ejecting(3)
  calls(first, '---')
  calls(first, '-----')
  await clock.pass(30_000)
  await clock.pass(10)
  first.ended({ status: 0, code: 'GW_HEAD_TIMEOUT', headMs: 10_011 })
  t.equal(first.ejected, false)
  first.ended({ status: 0, code: 'GW_HEAD_TIMEOUT', headMs: 10 })
  t.equal(first.ejected, true)
})

t.test('times out are a little shorter by chance, so that not all come back at once', async t => {
  const { clock, changes, members } = ejecting(4, {}, [0, 0.999])
  calls(members[0]!, '---')
  calls(members[1]!, '---')
  t.same(changes, ['0 0 ejected consecutive failures 30000', '0 1 ejected consecutive failures 27003'])
  await clock.pass(27_003)
  t.same(members.map(({ ejected }) => ejected), [true, false, false, false])
})

t.test('never more than the share are down, those that fail their checks among them', async t => {
  for (const [count, share, most] of [[1, 0.5, 0], [1, 1, 1], [2, 0.5, 1], [3, 0.5, 1], [4, 0.5, 2], [5, 0.1, 0], [10, 0.1, 1], [10, 0.3, 3], [100, 0.29, 29], [3, 0, 0], [3, 1, 3]] as const) {
    const { members } = ejecting(count, { maxShare: share })
    for (const member of members) calls(member, '-----')
    t.equal(members.filter(({ ejected }) => ejected).length, most, `${share} of ${count}`)
  }
  const { members } = ejecting(4)
  members[3]!.healthy = false
  for (const member of members) calls(member, '---')
  t.same(members.map(({ ejected }) => ejected), [true, false, false, false])
})

t.test('one that had to stay goes with its next failure once another is back', async t => {
  const { clock, members } = ejecting(2)
  calls(members[0]!, '---')
  calls(members[1]!, '----')
  t.same(members.map(({ ejected }) => ejected), [true, false])
  await clock.pass(30_000)
  calls(members[1]!, '-')
  t.same(members.map(({ ejected }) => ejected), [false, true])
})

t.test('too few successes in the window take a member out, once there are calls enough', async t => {
  const { clock, changes, first } = ejecting(3, { consecutive: 1000, successRate: { below: 0.8, window: 30_000, minimumCalls: 10 } })
  calls(first, '+-+-+-+-+')
  t.equal(first.ejected, false)
  calls(first, '-')
  t.same(changes, ['0 0 ejected success rate 30000'])
  await clock.pass(30_000 + LATER_MS)
  calls(first, '-')
  t.equal(first.ejected, false, 'the window begins anew')
  calls(first, '+'.repeat(40) + '-'.repeat(9))
  t.equal(first.ejected, false, '80% is not below 80%')
  calls(first, '--')
  t.equal(first.ejected, true)
})

t.test('calls that are long past do not count for the success rate', async t => {
  const { clock, first } = ejecting(3, { consecutive: 1000, successRate: { below: 0.8, window: 1000, minimumCalls: 5 } })
  calls(first, '----')
  await clock.pass(1500)
  calls(first, '+++++-')
  t.equal(first.ejected, false)
})

t.test('where members go and too many of the rest are out, some come back', async t => {
  const { clock, changes, ejection, members } = ejecting(4)
  calls(members[0]!, '---')
  calls(members[1]!, '---')
  ejection.remove(members[2]!)
  await clock.pass(0)
  t.same(members.map(({ ejected }) => ejected), [false, true, false, false])
  t.match(changes.slice(2), ['0 0 returned'])
  t.equal(clock.sleeping.length, 1)
})

t.test('where members are replaced at once, nobody comes back before the time', async t => {
  const { clock, ejection, members } = ejecting(2)
  calls(members[0]!, '---')
  ejection.remove(members[1]!)
  ejection.add(fakeMember('http://10.0.0.9'))
  await clock.pass(0)
  t.equal(members[0]!.ejected, true)
})

t.test('a member that is gone is heard no more, and nothing of it stays', async t => {
  const { clock, changes, ejection, members } = ejecting(3)
  calls(members[0]!, '---')
  ejection.add(members[1]!)
  ejection.remove(members[0]!)
  ejection.remove(members[0]!)
  t.same(clock.sleeping, [])
  calls(members[0]!, '---')
  await clock.pass(100_000)
  t.same(changes, ['0 0 ejected consecutive failures 30000'])
})

t.test('closing ends every wait', async t => {
  const { clock, changes, ejection, members } = ejecting(4)
  calls(members[0]!, '---')
  calls(members[1]!, '---')
  t.equal(clock.sleeping.length, 2)
  ejection.close()
  t.same(clock.sleeping, [])
  await clock.pass(100_000)
  calls(members[2]!, '---')
  t.equal(changes.length, 2)
})

t.test('the longest time cannot be less than the first', async t => {
  t.throws(() => ejecting(1, { maxTime: 29_999 }), { code: 'GW_CONFIG_INVALID', pointer: '/ejection/maxTime' })
})
