import t from 'tap'
import { HealthVerdict } from '../../../../src/upstream/health/health-verdict.ts'

const config = { healthy: 2, unhealthy: 3, interval: 1000 }

/** What a row of checks comes to: `+` well, `-` not. Upper case where the verdict is another one with it. */
function heard (verdict: HealthVerdict, checks: string): string {
  return [...checks].map(check => {
    const changed = verdict.hear(check === '+')
    return `${changed ? (verdict.healthy ? 'H' : 'U') : '.'}`
  }).join('')
}

t.test('changes only with enough in a row', async t => {
  const verdict = new HealthVerdict(config)
  t.equal(verdict.healthy, true, 'well until proven otherwise')
  t.equal(heard(verdict, '--+--+---'), '........U')
  t.equal(heard(verdict, '-+-+-++'), '......H')
  t.equal(heard(verdict, '--+---'), '.....U', 'and begins anew then')
})

t.test('begins with what is believed', async t => {
  t.equal(heard(new HealthVerdict(config, false), '++'), '.H')
})

t.test('one that stays down is asked ever more rarely, up to a limit', async t => {
  const verdict = new HealthVerdict({ ...config, maxInterval: 5000 })
  const waits = (checks: string) => [...checks].map(check => {
    verdict.hear(check === '+')
    return verdict.waitMs
  })
  t.same(waits('--'), [1000, 1000])
  t.same(waits('-----'), [1000, 2000, 4000, 5000, 5000])
  t.same(waits('+'), [1000], 'and often again with the first good check')
  t.same(waits('--'), [2000, 4000])
  t.same(waits('++'), [1000, 1000])
})

t.test('without a limit the interval does not grow, however long it is down', async t => {
  const verdict = new HealthVerdict(config)
  for (let i = 0; i < 2000; i++) verdict.hear(false)
  t.equal(verdict.waitMs, 1000)
  const growing = new HealthVerdict({ ...config, maxInterval: 1e12 })
  for (let i = 0; i < 2000; i++) growing.hear(false)
  t.equal(growing.waitMs, 1e12)
})
