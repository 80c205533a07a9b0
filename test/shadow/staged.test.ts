import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Pool } from 'undici'
import type { ShadowView } from '../../plugins/filters/shadow/shadow-view.ts'
import { startRedis, withoutRedis } from '../peers/redis-server.ts'
import { until } from '../resilience/running.ts'
import { upstream, type Upstream } from '../resilience/upstream.ts'
import { Started } from '../src/cli/run/started.ts'
import { json, UNHURRIED } from './mirrored.ts'

// Processes start, and a ramp moves once a second at most.
t.setTimeout(110_000)
t.jobs = 2

const STAGE = { hold: '200ms', minSamples: 30, maxDifference: '5%', maxErrors: '5%', maxP99: 1000 }
const STAGES = ['10%', '25%', '50%', '100%'].map(percent => ({ percent, ...STAGE }))

/** Two gateway processes on one Redis, with the same route file, under steady load. */
async function fleet (t: Test, live: Upstream, next: Upstream, stages: readonly object[]) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const cwd = t.testdir()
  writeFileSync(join(cwd, 'routes.yaml'), JSON.stringify({
    version: 1,
    gateway: { redis: { url: redis.url }, accessLog: false },
    upstreams: { orders: { endpoints: [live.url] }, next: { endpoints: [next.url] } },
    routes: [{ id: 'orders', predicates: [{ path: '/orders/**' }], filters: [{ shadow: { ...UNHURRIED, to: 'next', by: { header: 'x-user' }, stages } }], upstream: 'orders' }]
  }))
  const started = [1, 2].map(() => new Started(t, ['routes.yaml', '--port', '0', '--admin-port', '0'], { cwd }))
  const addresses = await Promise.all(started.map(one => one.listening()))
  const load = steady(t, addresses.map(({ http }) => http.port))
  const views = async (): Promise<ShadowView[]> => await Promise.all(addresses.map(async ({ admin }) => await (await fetch(`http://127.0.0.1:${admin.port}/shadow/orders/next`)).json() as ShadowView))
  return { views, failed: load, processes: started }
}

/** Requests of many users to each gateway in turn, until the test ends; says how many were not answered well. */
function steady (t: Test, ports: readonly number[]): () => number {
  const end = new AbortController()
  let [failed, user] = [0, 0]
  const pools = ports.map(port => new Pool(`http://127.0.0.1:${port}`, { connections: 2 }))
  const drives = pools.flatMap(pool => [1, 2].map(async () => {
    while (!end.signal.aborted) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/orders/1', headers: { 'x-user': `user-${user++ % 1000}` } })
      if (statusCode !== 200 || (await body.text()) !== '{"total":1}') failed++
      // Some hundred a second: two cores have other things to do
      await pause(5)
    }
  }))
  t.teardown(async () => {
    end.abort()
    await Promise.all(drives)
    await Promise.all(pools.map(pool => pool.close()))
  })
  return () => failed
}

const percents = (views: readonly ShadowView[]) => views.map(({ ramp }) => ramp!.percent)
const moves = ({ ramp }: ShadowView) => ramp!.history.map(({ move, stage, at }) => `${at} ${move} ${stage}`)

t.test('a good shadow is taken to 100 % by both processes together', { skip: withoutRedis }, async t => {
  const [live, next] = [await upstream(t, json({ total: 1 })), await upstream(t, json({ total: 1 }))]
  const { views, failed } = await fleet(t, live, next, STAGES)
  const seen = new Set<string>()
  await until(async () => {
    const now = await views()
    seen.add(percents(now).join())
    return now.every(({ ramp }) => ramp!.state === 'complete')
  })
  t.same(percents(await views()), [1, 1])
  const [one, two] = await views() as [ShadowView, ShadowView]
  t.same(moves(one), moves(two), 'both tell the same history')
  t.equal(failed(), 0)
  if (process.argv.includes('--table')) console.log(JSON.stringify({ seen: [...seen], history: one.ramp!.history }, null, 1))
})

t.test('one that turns bad at 25 % is stopped there and rolled back', { skip: withoutRedis }, async t => {
  const [live, next] = [await upstream(t, json({ total: 1 })), await upstream(t, json({ total: 1 }))]
  const { views, failed } = await fleet(t, live, next, STAGES.map(stage => stage.percent === '25%' ? { ...stage, hold: '10m' } : stage))
  await until(async () => percents(await views()).every(percent => percent === 0.25))
  next.answering = json({ total: 2 })
  await until(async () => percents(await views()).every(percent => percent < 0.25))
  const [one, two] = await views() as [ShadowView, ShadowView]
  t.match([one, two], [{ ramp: { percent: 0.1 } }, { ramp: { percent: 0.1 } }])
  t.match(one.ramp!.history[0], { move: 'rolled-back', stage: 0, reason: /maxDifference/ })
  t.same(moves(one), moves(two))
  t.equal(failed(), 0, 'and no client has noticed')
  if (process.argv.includes('--table')) console.log(JSON.stringify({ history: one.ramp!.history }, null, 1))
})
