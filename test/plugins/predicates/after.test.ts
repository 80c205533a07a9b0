import t from 'tap'
import after from '../../../plugins/predicates/after/index.ts'
import { fakeClock, mount } from '../../../src/testing/index.ts'

const at = (now: string | number) => ({ services: { clock: fakeClock(new Date(now).getTime()) } })

t.test('matches strictly later than its time', async t => {
  const matches = (now: string) => mount(after, '2026-03-01T00:00:00Z', undefined, at(now)).match()
  t.equal(await matches('2026-02-28T23:59:59.999Z'), false)
  t.equal(await matches('2026-03-01T00:00:00.000Z'), false)
  t.equal(await matches('2026-03-01T00:00:00.001Z'), true)
})

t.test('changes its answer while the clock moves on', async t => {
  const clock = fakeClock(Date.UTC(2026, 1, 28))
  const { match } = mount(after, { time: '2026-03-01T00:00:00Z' }, undefined, { services: { clock } })
  t.equal(await match(), false)
  clock.set(Date.UTC(2026, 2, 2))
  t.equal(await match(), true)
})

for (const time of ['2017-01-21T00:42:47.789Z', '2017-01-20T17:42:47.789-07:00', '2017-01-20T17:42:47.789-07:00[America/Denver]']) {
  t.test(`reads ${time}`, async t => {
    const moment = Date.UTC(2017, 0, 21, 0, 42, 47, 789)
    t.equal(await mount(after, time, undefined, at(moment - 1)).match(), false)
    t.equal(await mount(after, time, undefined, at(moment + 1)).match(), true)
  })
}

t.test('loads what Spring writes, milliseconds since the epoch too', async t => {
  const { toConfig } = after.spring!
  for (const datetime of ['2017-01-20T17:42:47.789-07:00[America/Denver]', '1484959367789']) {
    t.equal(await mount(after, toConfig!({ datetime }), undefined, at(1484959367788)).match(), false)
    t.equal(await mount(after, toConfig!({ datetime }), undefined, at(1484959367790)).match(), true)
  }
  t.throws(() => mount(after, toConfig!({ datetime: '9'.repeat(30) })), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/after/time' }] })
  t.throws(() => mount(after, toConfig!({})), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})

t.test('refuses what is no moment', async t => {
  for (const time of ['tomorrow', '2026-03-01', '2026-03-01T00:00:00', '2026-13-01T00:00:00Z', '2026-03-32T00:00:00Z', '2026-03-01T25:00:00Z', 1484959367789]) {
    t.throws(() => mount(after, time), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/after' }] }, String(time))
    t.throws(() => mount(after, { time }), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/after/time' }] }, String(time))
  }
  t.throws(() => mount(after), { errors: [{ code: 'GW_CONFIG_INVALID' }] })
})
