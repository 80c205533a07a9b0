import { plain } from '../contenders.ts'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import type { Lab } from '../harness/lab.ts'
import { luaScript } from '../harness/lua-script.ts'
import { disturbances, measureLoad, type Sample } from '../harness/measure-load.ts'
import { mixedRoutes } from '../harness/mixed-routes.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { catchAll, routeFile, startGatehouse } from '../servers/gatehouse.ts'
import { startSmallUpstream, type Upstream } from '../servers/upstream.ts'

const COUNTS = [10, 1_000, 10_000] as const

// The same number for every table, so that only the table differs and not what the load, the sockets and the parser see.
const DIFFERENT_REQUESTS = 1_000

// Going through the routes in steps of a prime reaches all of them, and all their kinds, whatever their number.
const STEP = 7919

type Samples = ReadonlyMap<string, Sample>

/** Small answers through Gatehouse with more and more routes: the cost of a request must not follow their number. */
export const routes: Scenario = {
  name: 'routes',
  async run (lab) {
    const upstream = await startSmallUpstream(lab)
    const entries = COUNTS.map((count) => ({ name: label(count), measure: async () => measureCount(lab, upstream, count) }))
    const samples = await bestOfRounds(lab, entries, (sample) => sample.cpuMicros)
    await upstream.child.stop()
    return section(lab, samples)
  }
}

async function measureCount (lab: Lab, upstream: Upstream, count: number): Promise<Sample> {
  const mixed = mixedRoutes(count)
  const entries = mixed.map(({ id, predicates }) => ({ ...catchAll(upstream.port), id, predicates }))
  const requests = Array.from({ length: DIFFERENT_REQUESTS }, (_, i) => mixed[i * STEP % count]!.request(i))
  const script = lab.file('requests.lua', luaScript(requests))
  const running = await startGatehouse(lab, routeFile(entries, { upstreamPort: upstream.port, connections: 1024 }))
  try {
    return await measureLoad(lab, running, script)
  } finally {
    await running.child.stop()
  }
}

function section (lab: Lab, samples: Samples): Section {
  const cost = (count: number): number | null => samples.get(label(count))?.cpuMicros ?? null
  const base = cost(COUNTS[0])
  return {
    title: `Many routes in ${plain.name}: best of ${lab.options.rounds} rounds of ${lab.options.seconds} s`,
    columns: ['routes', 'CPU us/request', `x ${label(COUNTS[0])}`, 'requests/s', 'p99 ms', 'peak RSS MiB'],
    rows: [...samples].map(([name, sample]) => [
      name, sample.cpuMicros.toFixed(1), ratio(sample.cpuMicros, base)?.toFixed(2) ?? '', amount(sample.perSecond),
      sample.p99Ms.toFixed(2), mebibytes(sample.peakBytes)
    ]),
    targets: [{ text: 'a request at 10,000 routes, against 10', value: ratio(cost(10_000), cost(10)), limit: 1.15 }],
    notes: disturbances(samples)
  }
}

function label (count: number): string {
  return `${amount(count)} routes`
}
