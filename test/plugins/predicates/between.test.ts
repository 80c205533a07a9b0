import t from 'tap'
import between from '../../../plugins/predicates/between/index.ts'
import { fakeClock, mount } from '../../../src/testing/index.ts'

const window = { from: '2026-03-01T22:00:00Z', to: '2026-03-02T04:00:00Z' }
const matches = (config: unknown, now: string) =>
  mount(between, config, undefined, { services: { clock: fakeClock(Date.parse(now)) } }).match()

for (const [now, expected] of [
  ['2026-03-01T21:59:59.999Z', false],
  ['2026-03-01T22:00:00.000Z', false],
  ['2026-03-01T22:00:00.001Z', true],
  ['2026-03-02T03:59:59.999Z', true],
  ['2026-03-02T04:00:00.000Z', false],
  ['2026-03-02T04:00:00.001Z', false]
] as const) {
  t.test(`${expected ? 'matches' : 'does not match'} at ${now}`, async t => {
    t.equal(await matches(window, now), expected)
  })
}

t.test('changes its answer while the clock moves on', async t => {
  const clock = fakeClock(Date.parse('2026-03-01T21:00:00Z'))
  const { match } = mount(between, window, undefined, { services: { clock } })
  const answers = [await match()]
  for (let hour = 0; hour < 2; hour++) {
    clock.advance(4 * 3_600_000)
    answers.push(await match())
  }
  t.same(answers, [false, true, false])
})

t.test('compares moments and not their text', async t => {
  t.ok(await matches({ from: '2026-03-02T09:00:00+02:00', to: '2026-03-02T00:00:00-08:00' }, '2026-03-02T07:30:00Z'))
})

t.test('loads what Spring writes, milliseconds since the epoch too', async t => {
  const { args, toConfig } = between.spring!
  t.same(args, ['datetime1', 'datetime2'])
  for (const [datetime1, datetime2] of [
    ['2017-01-20T17:42:47.789-07:00[America/Denver]', '2017-01-21T17:42:47.789-07:00[America/Denver]'],
    ['1484959367789', '1485045767789']
  ] as const) {
    t.ok(await matches(toConfig!({ datetime1, datetime2 }), '2017-01-21T00:42:47.790Z'))
    t.notOk(await matches(toConfig!({ datetime1, datetime2 }), '2017-01-21T00:42:47.789Z'))
    t.notOk(await matches(toConfig!({ datetime1, datetime2 }), '2017-01-22T00:42:47.789Z'))
  }
})

t.test('refuses an end that is not later than the beginning', async t => {
  const invalid = { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/between/to' }] }
  t.throws(() => mount(between, { from: window.to, to: window.from }), invalid)
  t.throws(() => mount(between, { from: window.from, to: window.from }), invalid)
  t.throws(() => mount(between, { from: '2026-03-01T22:00:00Z', to: '2026-03-01T23:00:00+01:00' }), invalid)
})

t.test('names the end that is no moment', async t => {
  t.throws(() => mount(between, { ...window, from: '2026-13-01T00:00:00Z' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/between/from' }] })
  t.throws(() => mount(between, { ...window, to: '2026-03-01T25:00:00Z' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/between/to' }] })
  t.throws(() => mount(between, { ...window, to: 'noon' }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/between/to' }] })
  t.throws(() => mount(between, { from: window.from }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/between' }] })
})
