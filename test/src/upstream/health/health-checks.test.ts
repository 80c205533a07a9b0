import t from 'tap'
import { HealthChecks } from '../../../../src/upstream/health/health-checks.ts'
import type { Probe } from '../../../../src/upstream/health/probe.ts'
import type { HealthConfig } from '../../../../src/contract/route-file.ts'
import { fakeRandom, manualClock } from '../../../../src/testing/index.ts'
import { fakeMember } from '../fake-member.ts'

const CONFIG: HealthConfig = { statuses: ['200-299'], interval: 10_000, jitter: 0, timeout: 2000, unhealthy: 3, healthy: 2 }

/** Checks whose answers the test decides: by origin, what is wrong. */
function checks (config: Partial<HealthConfig> = {}, { draws = [0], probe }: { draws?: number[], probe?: Probe } = {}) {
  const clock = manualClock()
  const faults = new Map<string, string>()
  const asked: string[] = []
  const changes: string[] = []
  const answered: Probe = async ({ origin }) => {
    asked.push(`${clock.monotonic()} ${origin.slice(-1)}`)
    const fault = faults.get(origin)
    if (fault !== undefined) throw new Error(fault)
  }
  const health = new HealthChecks({ ...CONFIG, ...config }, {
    clock,
    random: fakeRandom(...draws),
    tell: (member, change, fields) => { changes.push(`${clock.monotonic()} ${member.endpoint.origin.slice(-1)} ${change} ${JSON.stringify(fields)}`) },
    probe: probe ?? answered
  })
  return { clock, health, faults, asked, changes }
}

t.test('a member is well until so many checks in a row say otherwise, and again after so many good ones', async t => {
  const { clock, health, faults, changes } = checks()
  const member = fakeMember('http://10.0.0.1')
  faults.set('http://10.0.0.1', 'status 503')
  health.add(member)
  await clock.pass(19_999)
  t.same([member.healthy, changes], [true, []])
  await clock.pass(1)
  t.equal(member.healthy, false)
  await clock.pass(50_000)
  faults.clear()
  await clock.pass(10_000)
  t.equal(member.healthy, false)
  await clock.pass(10_000)
  t.equal(member.healthy, true)
  t.same(changes, ['20000 1 unhealthy {"error.message":"status 503"}', '90000 1 healthy {}'])
  health.close()
})

t.test('first checks come soon, each at its own moment; later ones with jitter around the interval', async t => {
  const { clock, health, asked } = checks({ jitter: 0.2 }, { draws: [0.1, 0.9, 0, 1, 0.5, 0.5] })
  health.add(fakeMember('http://10.0.0.1'))
  health.add(fakeMember('http://10.0.0.2'))
  await clock.pass(25_000)
  t.same(asked, ['100 1', '900 2', '8100 1', '12900 2', '18100 1', '22900 2'])
  health.close()
})

t.test('with a short interval the first checks come within one', async t => {
  const { clock, health, asked } = checks({ interval: 100 }, { draws: [0.5] })
  health.add(fakeMember())
  await clock.pass(60)
  t.same(asked, ['50 0'])
  health.close()
})

t.test('one that stays down is asked more rarely', async t => {
  const { clock, health, faults, asked } = checks({ interval: 1000, maxInterval: 4000, unhealthy: 1 })
  faults.set('http://10.0.0.1', 'no')
  health.add(fakeMember('http://10.0.0.1'))
  await clock.pass(15_000)
  t.same(asked.map(one => Number(one.split(' ')[0])), [0, 1000, 3000, 7000, 11_000, 15_000])
  health.close()
})

t.test('what takes too long is bad, and ended', async t => {
  const ended: unknown[] = []
  const probe: Probe = (_endpoint, signal) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      ended.push((signal.reason as Error).message)
      reject(new Error('aborted'))
    })
  })
  const { clock, health, changes } = checks({ unhealthy: 1 }, { probe })
  health.add(fakeMember('http://10.0.0.1'))
  await clock.pass(1999)
  t.same(changes, [])
  await clock.pass(1)
  t.same([changes, ended], [['2000 1 unhealthy {"error.message":"no answer in time"}'], ['no answer in time']])
  health.close()
})

t.test('one that was down already stays so until it has proved itself', async t => {
  const { clock, health, changes } = checks()
  const member = fakeMember('http://10.0.0.1')
  member.healthy = false
  health.add(member)
  await clock.pass(0)
  t.equal(member.healthy, false)
  await clock.pass(10_000)
  t.same([member.healthy, changes], [true, ['10000 1 healthy {}']])
  health.close()
})

t.test('one that is gone is asked no more, and nothing of it stays', async t => {
  const { clock, health, asked, changes } = checks()
  const one = fakeMember('http://10.0.0.1')
  health.add(one)
  health.add(one)
  health.add(fakeMember('http://10.0.0.2'))
  await clock.pass(0)
  t.same(asked, ['0 1', '0 2'])
  health.remove(one)
  health.remove(one)
  t.same(clock.sleeping, [10_000])
  health.close()
  t.same(clock.sleeping, [])
  await clock.pass(50_000)
  t.same([asked.length, changes], [2, []])
})

t.test('a check that is on its way when its member goes is ended and believed no more', async t => {
  const reasons: unknown[] = []
  const probe: Probe = (_endpoint, signal) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reasons.push(signal.reason)
      reject(new Error('aborted'))
    })
  })
  const { clock, health, changes } = checks({ unhealthy: 1 }, { probe })
  const member = fakeMember()
  health.add(member)
  await clock.pass(0)
  health.close()
  await clock.pass(5000)
  t.same([reasons.length, clock.sleeping, changes, member.healthy], [1, [], [], true])
})

t.test('an endpoint is asked as its section says', async t => {
  const { clock } = checks()
  t.throws(() => new HealthChecks({ ...CONFIG, body: 'ok' }, { clock, random: fakeRandom(), tell: () => {} }), { code: 'GW_CONFIG_NO_EFFECT', pointer: '/health/body' })
})
