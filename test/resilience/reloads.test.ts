import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { configOf, route, running, until, type Running } from './running.ts'
import { fails, upstream } from './upstream.ts'

/** So much of the heap may be noise: code that was compiled, maps that have grown. */
const NOISE_BYTES = 4 * 1024 * 1024
/** One reload in so many meets requests, and opens its breaker by them. */
const EACH = 20

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** After everything is collected that nobody holds. */
async function heapBytes (): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc()
    await new Promise(resolve => { setImmediate(resolve) })
  }
  return process.memoryUsage().heapUsed
}

const sizes = async ({ operate, gateway }: Running) => ({
  breakers: (await operate('/breakers')).body['total'] as number,
  upstreams: ((await operate('/upstreams')).body['upstreams'] as unknown[]).length,
  series: gateway.metrics.size,
  handles: process.getActiveResourcesInfo().filter(name => name === 'Timeout' || name === 'TCPSocketWrap').length
})

/** A gateway whose one route, with a breaker that is open, is another one each time. */
async function drill (test: Parameters<typeof running>[0], reloads: number) {
  const up = await upstream(test, fails)
  const setup = (version: number) => ({
    gateway: { accessLog: false },
    upstreams: { up: { endpoints: [up.url, { url: 'http://127.0.0.1:1', weight: 0 }], ejection: { time: `${30_000 + version}ms` }, health: { interval: '1h' } } },
    routes: [route('o', [{ 'rate-limit': { rate: '1000/s', by: 'address' } }, { 'concurrency-limit': { limit: 9, queue: 9, wait: '1s' } }, { 'circuit-breaker': { window: 1, openFor: '1h' } }, { retry: { backoff: { first: '1ms' } } }, 'hedge', { timeout: '1s' }], 'up', { metadata: { version } })]
  })
  const here = await running(test, setup(0))
  const configs = await Promise.all([1, 2].map(version => configOf(setup(version))))
  const round = async (from: number, count: number) => {
    for (let i = from; i < from + count; i++) {
      here.gateway.reload(configs[i % 2]!)
      // Meanwhile plans close in turns of their own
      if (i % EACH === 0) await here.ask('/o')
    }
    await until(async () => (await sizes(here)).breakers === 1)
  }
  const warmUp = reloads / 10
  await round(0, warmUp)
  const opened = () => {
    const { log } = here
    const count = log.lines.filter(({ message }) => message === 'circuit breaker opened').length
    // What the test itself keeps is nothing that the gateway has left
    log.lines.length = 0
    log.text = ''
    up.asked.length = 0
    return count
  }
  opened()
  const [before, bytesBefore] = [await sizes(here), await heapBytes()]
  const startMs = performance.now()
  await round(0, reloads)
  const tookMs = performance.now() - startMs
  return { opened: opened(), before, after: await sizes(here), grownBytes: await heapBytes() - bytesBefore, tookMs }
}

const isTable = process.argv.includes('--table')
const RELOADS = isTable ? 10_000 : 1000

t.test(`${RELOADS} reloads of a route with an open breaker leave nothing behind`, async t => {
  const { opened, before, after, grownBytes, tookMs } = await drill(t, RELOADS)
  if (isTable) console.log(`| reloads | seconds | µs each | heap grown by, KiB | sizes before | after |\n|---|---|---|---|---|---|\n| ${RELOADS} | ${(tookMs / 1000).toFixed(2)} | ${(tookMs * 1000 / RELOADS).toFixed(0)} | ${(grownBytes / 1024).toFixed(0)} | ${JSON.stringify(before)} | ${JSON.stringify(after)} |`)
  t.same(after, before)
  t.ok(opened >= RELOADS / EACH, `${opened} of them were opened by requests`)
  t.ok(grownBytes < NOISE_BYTES, `${grownBytes} bytes`)
})
