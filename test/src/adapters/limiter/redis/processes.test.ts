import { startRedis } from '../../../../peers/redis-server.ts'
import { needsRedis, server } from './limits.ts'
import { play } from './processes.ts'

/** Between servers and gateways no clock is the same to the microsecond. */
const SLACK = 1
const MODES = ['exact', 'leased'] as const

async function table (): Promise<void> {
  const redis = await startRedis()
  const rows: string[] = ['| processes | mode | rate/s | burst | offered | admitted | bound | fullest window below its bound by | without waiting |', '|---|---|---|---|---|---|---|---|---|']
  for (const [rate, burst, times] of [[500, 100, 3], [5000, 1000, 3], [5000, 1000, 0.8], [50, 8, 3]] as const) {
    for (const processes of [1, 4]) {
      for (const { mode, offered, admitted, bound, slack, by } of await play({ url: redis.url, processes, modes: MODES, rate, burst, ms: 5000, offered: times * rate })) {
        rows.push(`| ${processes} | ${mode} | ${rate} | ${burst} | ${offered} | ${admitted} | ${Math.floor(bound)} | ${slack.toFixed(1)} | ${((1 - (by.redis ?? 0) / offered) * 100).toFixed(1)} % |`)
      }
    }
  }
  console.log(rows.join('\n'))
  await redis.stop()
}

if (process.argv.includes('--table')) await table()
else {
  // Not for a table: tap would end it after a while
  const { default: t } = await import('tap')
  t.test('several processes admit together what is published, and no more in any window', needsRedis, async t => {
    const { url } = await server(t)
    const outcomes = await Promise.all([1, 4].map(processes => play({ url, processes, modes: MODES, rate: 1000, burst: 200, ms: 400, offered: 3000 })))
    for (const { processes, mode, offered, admitted, bound, slack, by } of outcomes.flat()) {
      const name = `${processes} ${mode}: ${admitted} of ${offered} admitted, bound ${Math.floor(bound)}, slack ${slack.toFixed(1)}, ${JSON.stringify(by)}`
      t.ok(admitted <= bound + SLACK, name)
      t.ok(slack >= -SLACK, name)
      t.ok(admitted >= 100, name)
      if (mode === 'exact') t.notOk(by.lease)
    }
    t.ok(outcomes.flat().some(({ by }) => by.lease! > 0), 'leases were used')
  })
}
