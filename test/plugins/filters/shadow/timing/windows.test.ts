import t from 'tap'
import type { WindowConfig } from '../../../../../plugins/filters/shadow/timing/timing-schema.ts'
import { timeWindows, type WindowsConfig } from '../../../../../plugins/filters/shadow/timing/windows.ts'
import { fakeClock } from '../../../../../src/testing/index.ts'

const M = 60_000
const H = 60 * M
const DAY = 24 * H
const ms = (time: string): number => Date.parse(time)
const utc = (cron: string, forMs: number): WindowConfig => ({ cron, zone: 'UTC', for: forMs })
const berlin = (cron: string, forMs: number): WindowConfig => ({ cron, zone: 'Europe/Berlin', for: forMs })

/** When windows open and close on the minutes of a time: `01:30-02:30`, as UTC has them. */
function openings (config: WindowsConfig, from: string, to: string): string {
  const clock = fakeClock(ms(from))
  const windows = timeWindows(config, clock, '')
  const changes: string[] = []
  let wasOpen = false
  for (; clock.now() < ms(to); clock.advance(M)) {
    if (windows.isOpen() === wasOpen) continue
    wasOpen = !wasOpen
    changes.push(new Date(clock.now()).toISOString().slice(11, 16))
  }
  return changes.join(' ')
}

t.test('without any it is always open', async t => {
  const windows = timeWindows({}, fakeClock(), '')
  t.same([windows.isOpen(), windows.opensInMs()], [true, 0])
})

t.test('is open from each start for as long as was said, to the millisecond', async t => {
  const clock = fakeClock(ms('2026-06-01T00:00:00Z'))
  const windows = timeWindows({ windows: [utc('0 2 * * *', 3 * H)] }, clock, '')
  for (const [time, isOpen, opensInMs] of [
    ['2026-06-01T00:00:00.000Z', false, 2 * H],
    ['2026-06-01T01:59:59.999Z', false, 1],
    ['2026-06-01T02:00:00.000Z', true, 0],
    ['2026-06-01T04:59:59.999Z', true, 0],
    ['2026-06-01T05:00:00.000Z', false, 21 * H],
    ['2026-06-03T03:00:00.000Z', true, 0],
    ['2026-06-02T12:00:00.000Z', false, 14 * H],
    ['2026-05-31T03:00:00.000Z', true, 0]
  ] as const) {
    clock.set(ms(time))
    t.same([windows.isOpen(), windows.opensInMs()], [isOpen, opensInMs], time)
  }
})

t.test('what starts again before it has ended stays open', async t => {
  t.equal(openings({ windows: [utc('*/10 3 * * *', 15 * M)] }, '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'), '03:00 04:05')
  t.equal(openings({ windows: [utc('* * * * *', 5 * M)] }, '2026-06-01T00:00:00Z', '2026-06-01T12:00:00Z'), '00:00')
})

t.test('is open where one of several is, on the days that are named', async t => {
  const config = { windows: [utc('0 2 * * MON-FRI', H), utc('30 2 1 JUN *', 2 * H)] }
  t.equal(openings(config, '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'), '02:00 04:30', 'Monday the first')
  t.equal(openings(config, '2026-06-05T00:00:00Z', '2026-06-07T00:00:00Z'), '02:00 03:00', 'Friday and Saturday')
})

t.test('avoids times', async t => {
  t.equal(openings({ except: [utc('0 8 * * *', H), utc('30 8 * * *', H)] }, '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'), '00:00 08:00 09:30')
  t.equal(openings({ windows: [utc('0 6 * * *', 6 * H)], except: [utc('0 8 * * *', H)] }, '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'), '06:00 08:00 09:00 12:00')
  const clock = fakeClock(ms('2026-06-01T06:30:00Z'))
  const windows = timeWindows({ windows: [utc('0 7 * * *', H), utc('0 12 * * *', H)], except: [utc('0 6 * * *', 3 * H)] }, clock, '')
  t.equal(windows.opensInMs(), 5.5 * H, 'the next one is shut')
  t.equal(windows.opensInMs(), 5.5 * H, 'said again')
})

t.test('in a zone whose clocks are put forward', async t => {
  const [from, to] = ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z']
  t.equal(openings({ windows: [berlin('30 2 * * *', H)] }, from, to), '01:00 02:00', 'the hour from 2 to 3 is left out: at 3')
  t.equal(openings({ windows: [berlin('30 2,14 * * *', H)] }, from, to), '01:00 02:00 12:30 13:30', 'one of several times a day')
  t.equal(openings({ windows: [berlin('0 1 * * *', 3 * H)] }, from, to), '00:00 03:00', 'three hours are three hours')
  t.equal(openings({ windows: [berlin('0 1-4 * * *', H)] }, from, to), '00:00 03:00', 'hour after hour, without a gap')
  t.equal(openings({ windows: [berlin('30 2 * * *', H)] }, '2026-03-27T23:00:00Z', '2026-03-28T23:00:00Z'), '01:30 02:30', 'the day before')
  t.equal(openings({ windows: [berlin('30 2 * * *', H)] }, '2026-03-29T22:00:00Z', '2026-03-30T22:00:00Z'), '00:30 01:30', 'the day after')
})

t.test('in a zone whose clocks are put back', async t => {
  const [from, to] = ['2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z']
  t.equal(openings({ windows: [berlin('30 2 * * *', H)] }, from, to), '00:30 01:30', 'the first of two')
  t.equal(openings({ windows: [berlin('30 2,14 * * *', H)] }, from, to), '00:30 01:30 13:30 14:30', 'one of several times a day')
  t.equal(openings({ windows: [berlin('0 1 * * *', 3 * H)] }, from, to), '23:00 02:00', 'three hours are three hours')
  t.equal(openings({ windows: [berlin('0 1-4 * * *', H)] }, from, to), '23:00 04:00', 'hour after hour, without a gap')
  t.equal(openings({ except: [berlin('30 2 * * *', H)] }, from, to), '22:00 00:30 01:30', 'avoided once')
})

t.test('looks at the calendar only when the last answer has run out', async t => {
  const clock = { asked: 0, now: () => ms('2026-06-01T03:00:00Z') + clock.asked++ / 1e6 }
  const windows = timeWindows({ windows: [utc('0 2 * * *', 3 * H)] }, clock, '')
  const startMs = performance.now()
  for (let i = 0; i < 100_000; i++) windows.isOpen()
  t.ok(performance.now() - startMs < 1000, 'a look takes 0.1 ms: all of them would take 10 s')
})

t.test('says where it is wrong', async t => {
  const wrong = (config: WindowsConfig, code: string, pointer: string) => t.throws(() => timeWindows(config, fakeClock(ms('2026-06-01T00:00:00Z')), '/at'), { code, pointer })
  wrong({ windows: [utc('0 2 * * *', H), utc('0 25 * * *', H)] }, 'GW_CONFIG_INVALID', '/at/windows/1/cron')
  wrong({ windows: [utc('* 2 * FOO *', H)] }, 'GW_CONFIG_INVALID', '/at/windows/0/cron')
  wrong({ windows: [utc('0 0 30 2 *', H)] }, 'GW_CONFIG_NO_EFFECT', '/at/windows/0/cron')
  wrong({ windows: [utc('0 2 * * *', H - 59 * M - 1)] }, 'GW_CONFIG_INVALID', '/at/windows/0/for')
  wrong({ except: [utc('0 2 * * *', 7 * DAY + 1)] }, 'GW_CONFIG_INVALID', '/at/except/0/for')
  for (const zone of ['Europe/Stuttgart', '+02:00', 'x'.repeat(64)]) wrong({ except: [{ ...utc('0 2 * * *', H), zone }] }, 'GW_CONFIG_INVALID', '/at/except/0/zone')
  wrong({ windows: [utc('0 2 * * *', H)], except: [utc('0 1 * * *', 3 * H)] }, 'GW_CONFIG_NO_EFFECT', '/at/except')
  wrong({ except: [utc('0 0 * * *', DAY)] }, 'GW_CONFIG_NO_EFFECT', '/at/except')
  t.doesNotThrow(() => timeWindows({ windows: [utc('0 0 29 2 *', M), { ...utc('59 23 31 12 7', 7 * DAY), zone: 'america/new_york' }] }, fakeClock(), ''))
})
