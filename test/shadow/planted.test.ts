import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import type { ShadowView } from '../../plugins/filters/shadow/shadow-view.ts'
import { document, draws, noisy, planted, PLANTS, type PlantedAnswer } from '../plugins/filters/shadow/planted.ts'
import { route, running, times, until } from '../resilience/running.ts'
import { upstream, type Answering } from '../resilience/upstream.ts'
import { UNHURRIED } from './mirrored.ts'

const CLEAN = 'clean'
const NAMES = [CLEAN, ...PLANTS.map(({ name }) => name.replaceAll(' ', '-'))]
const REQUESTS = 80
const TOGETHER = 4

/** The service, and what its next version makes of each answer, by the first part of the path. */
function service (seed: number, plant: (name: string, answer: PlantedAnswer) => PlantedAnswer): Answering {
  const draw = draws(seed)
  return (req: IncomingMessage, res: ServerResponse) => {
    const [, name = '', n = ''] = req.url!.split('/')
    const { status, headers, body, cut, delayMs } = plant(name, planted(noisy(document(7, Number(n)), draw)))
    setTimeout(() => {
      res.writeHead(status, { ...headers, 'content-length': body.length })
      if (cut) res.write(body.subarray(0, body.length >> 1), () => { res.destroy() })
      else res.end(body)
    }, delayMs)
  }
}

t.test('twelve planted differences are found and named, and nothing else is', async t => {
  const live = await upstream(t, service(1, (_name, answer) => answer))
  const next = await upstream(t, service(2, (name, answer) => PLANTS[NAMES.indexOf(name) - 1]?.plant(answer) ?? answer))
  const shadow = { ...UNHURRIED, to: 'next', maxInFlight: 16, breaker: { failureRate: '100%', minimumCalls: 10_000, window: 10_000 } }
  const gate = await running(t, { upstreams: { orders: { endpoints: [live.url] }, next: { endpoints: [next.url] } }, routes: NAMES.map(name => route(name, [{ shadow }], 'orders')) })
  const view = async (name: string) => (await gate.operate(`/shadow/${name}/next`)).body as never as ShadowView
  for (const name of NAMES) for (let i = 0; i < REQUESTS; i += TOGETHER) await times(TOGETHER, k => gate.ask(`/${name}/${i + k}`))
  await until(async () => (await Promise.all(NAMES.map(view))).every(({ ledger }) => ledger!.pairs === REQUESTS && ledger!.noiseComparisons >= 50))

  for (const [i, name] of NAMES.entries()) {
    const { ledger } = await view(name)
    const found = ledger!.differences.filter(({ verdict }) => verdict === 'difference').map(({ path, kind }) => `${path} ${kind}`).sort()
    if (process.argv.includes('--table')) console.log(`| ${name} | ${found.join(', ') || 'nothing'} | ${ledger!.verdict} |`)
    const wanted = i === 0 ? [] : PLANTS[i - 1]!.expected.map(({ path, kind }) => `${path} ${kind}`)
    if (name === 'latency') t.ok(found.length > 0 && found.every(one => one.startsWith('latency')), `latency: ${found.join()}`)
    else for (const one of wanted) t.ok(found.includes(one), `${name}: ${one} is among ${found.join()}`)
    const surplus = found.filter(one => !wanted.includes(one) && !one.startsWith('latency') && !one.startsWith('errors'))
    t.same(surplus, [], `${name}: nothing else`)
  }
})
