import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { configOf, route, running, times, until, type Running, type Setup } from '../resilience/running.ts'
import { breaks, drips, fails, hangs, resets, upstream, well, type Answering } from '../resilience/upstream.ts'
import { json, UNHURRIED } from './mirrored.ts'

const RELOADS = 60
/** Each is another one than the one before. */
const VERSIONS = 10

const NOTHING = JSON.stringify({ upstreams: [], breakers: 0, reports: 0 })

/** What keeps the process alive. */
const handles = (): string[] => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').sort()

interface Peers { readonly live: string, readonly next: string, readonly hung: string }

/** Shadows of every kind, some of them down, each version with others. */
function shadows ({ live, next, hung }: Peers, i: number): Setup {
  const shadow = (config: object) => ({ shadow: { ...UNHURRIED, to: 'next', ...config } })
  return {
    keyRings: { passport: 'ephemeral' },
    upstreams: { o: { endpoints: [live] }, p: { endpoints: [live] }, next: { endpoints: [i % 3 === 1 ? hung : next], health: { path: '/h', interval: '1s' } } },
    routes: [
      route('a', [{ passport: {} }, shadow({ to: ['next', { upstream: 'p', id: 'second', role: 'secondary' }], timeout: `${i % 2 + 1}m`, stages: [{ percent: '50%', hold: '1m' }, { percent: '100%', hold: `${i % 5 + 1}m` }] })], [{ to: 'o', weight: 50 }, { to: 'p', weight: 50 }]),
      route('b', [shadow({ mode: 'sync', expose: true, timeout: `${i % 4 + 1}m` })], 'o'),
      route('c', [shadow({ delay: i % 2 === 0 ? '10ms' : '1h', queue: { count: 10 } })], 'o'),
      route('d', [shadow({ to: i % 7 === 0 ? 'nobody' : ['next', next], pipeline: i % 7 === 0 ? undefined : true })], live)
    ]
  }
}

async function sizes ({ operate }: Running) {
  const [{ body: { upstreams } }, { body: { breakers } }, { body: { reports } }] = await Promise.all([operate('/upstreams'), operate('/breakers'), operate('/shadow')])
  const names = (upstreams as { name: string, lane?: string }[]).map(({ name, lane = '' }) => `${name} ${lane}`).sort()
  return { upstreams: names, breakers: breakers.length, reports: reports.length }
}

t.test('nothing is left of shadows, however often what they do is changed while they do it, and nobody waits for those that hang', async t => {
  const [live, next, hung] = await Promise.all([upstream(t, json({ a: 1 })), upstream(t, json({ a: 1 })), upstream(t, hangs)])
  const peers = { live: live.url, next: next.url, hung: hung.url }
  const before = handles()
  const here = await running(t, shadows(peers, 1))
  const everywhere = () => times(4, i => here.ask(`/${'abcd'[i]}/1`))
  const first = await sizes(here)
  const versions = await times(VERSIONS, i => configOf(shadows(peers, i + 1)))
  for (let i = 1; i <= RELOADS; i++) {
    here.gateway.reload(versions[i % VERSIONS]!)
    if (i % 6 === 0) t.ok((await everywhere()).every(({ status }) => status === 200))
  }
  // Those that hang keep the plans that they belong to, until their time is over: nobody resumes them
  await hung.stop()
  here.gateway.reload(versions[0]!)
  const same = JSON.stringify(first)
  await until(async () => JSON.stringify(await sizes(here)) === same)
  here.gateway.reload(await configOf({ routes: [] }))
  await until(async () => JSON.stringify(await sizes(here)) === NOTHING)
  t.equal(here.gateway.metrics.size, 0)
  here.gateway.reload(versions[0]!)
  await hung.start()
  await until(async () => await everywhere().then(() => hung.asked.some(({ url }) => url.endsWith('/1'))))
  const startMs = performance.now()
  await here.gateway.close()
  t.ok(performance.now() - startMs < 2000, 'a minute is not waited for')
  await until(() => handles().join() === before.join())
})

/** Requests of every kind, some given up, over one connection each. */
const REQUESTS = [
  'GET /a/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'POST /a/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhel',
  'POST /a/1 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello',
  'POST /a/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'GET /a/1 HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  'HEAD /a/1 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n'
]

async function sends (port: number, n: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {}).resume()
  socket.write(REQUESTS[n % REQUESTS.length]!)
  const leaving = setTimeout(() => { socket.destroy() }, n % 3 === 0 ? n % 20 : 150)
  await once(socket, 'close').catch(() => {})
  clearTimeout(leaving)
}

/** One after the other, in an order that is none. */
function anything (step: number): Answering {
  const all: readonly Answering[] = [well('a'), fails, resets, breaks, drips, hangs, json({ a: 1 }), (req, res) => { req.resume().on('end', () => { res.end('late') }) }, (_req, res) => { res.writeHead(413, { connection: 'close' }).end('no') }]
  let i = 0
  return (req, res, count) => {
    i = (i * 7 + step) % 1009
    all[i % all.length]!(req, res, count)
  }
}

async function watched (t: Test, mode: string, before: readonly unknown[]): Promise<void> {
  const [live, next] = await Promise.all([upstream(t, anything(3)), upstream(t, anything(5))])
  const shadow = { shadow: { ...UNHURRIED, to: 'next', mode, methods: ['GET', 'POST', 'HEAD'], timeout: '60ms', maxInFlight: 1, queue: { count: 3 }, breaker: { window: 10_000, minimumCalls: 10_000 } } }
  const { port, ask, metric, log } = await running(t, { upstreams: { next: { endpoints: [next.url], sandbox: true } }, routes: [route('a', [...before, shadow], live.url, { timeout: '100ms' }), route('other', [shadow], live.url)] })
  for (let n = 0; n < 60; n += 15) await times(15, i => sends(port, n + i))
  live.answering = next.answering = json({ a: 1 })
  const sent = () => metric('gatehouse_shadow_total', { route: 'a', shadow: 'next', result: 'sent' })
  // No more than four are watched at one time: were one of those before, sooner or later there would be no place
  const so = sent()
  for (let n = 1; n <= 5; n++) {
    await until(async () => await ask('/a/1') && sent() >= so + n)
    const now = sent()
    await until(() => sent() === now)
  }
  t.notMatch(log.text, /could not be mirrored/)
}

t.test('whatever becomes of live requests and of their copies, none is watched for ever', async t => {
  const around = [[], [{ hedge: { after: '5ms' } }], [{ retry: { attempts: 2, backoff: { first: '1ms', max: '2ms' } } }, { timeout: '40ms' }], [{ 'circuit-breaker': { minimumCalls: 1000, window: 1000, fallback: { route: 'other' } } }]]
  await Promise.all(around.flatMap(before => ['async', 'sync'].map(async mode => { await watched(t, mode, before) })))
})
