import { caddy, contenders, filtering, floor, nginx, nodePeers, plain } from '../contenders.ts'
import type { Contender } from '../harness/contender.ts'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import type { Lab } from '../harness/lab.ts'
import { disturbances, measureContender, type Sample } from '../harness/measure-load.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section, Target } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import { wrk } from '../harness/wrk.ts'
import { startSmallUpstream, UPSTREAM_BODY, type Upstream } from '../servers/upstream.ts'

type Samples = ReadonlyMap<string, Sample>

/** Small answers through every server, side by side: what a request costs. */
export const proxy: Scenario = {
  name: 'proxy',
  async run (lab) {
    const upstream = await startSmallUpstream(lab)
    const { perSecond } = await wrk(lab, upstream.url, 1)
    const chosen = selectContenders(lab, contenders)
    const samples = await measureAll(lab, chosen, upstream)
    await upstream.child.stop()
    return section(lab, samples, perSecond)
  }
}

async function measureAll (lab: Lab, chosen: readonly Contender[], upstream: Upstream): Promise<Samples> {
  const site = { upstreamPort: upstream.port, connections: 1024 }
  const entries = chosen.map((contender) => ({
    name: contender.name,
    measure: async () => measureContender(lab, contender, site, UPSTREAM_BODY)
  }))
  return bestOfRounds(lab, entries, (sample) => sample.cpuMicros)
}

function section (lab: Lab, samples: Samples, ceiling: number): Section {
  const base = samples.get(floor.name)?.cpuMicros
  const { rounds, seconds } = lab.options
  return {
    title: `Small answers: best of ${rounds} rounds of ${seconds} s`,
    columns: ['server', 'CPU us/request', 'x floor', 'requests/s', 'p50 ms', 'p99 ms', 'peak RSS MiB'],
    rows: [...samples].map(([name, sample]) => row(name, sample, base)),
    targets: targets(samples),
    notes: [
      `the load reaches ${amount(ceiling)} requests/s from the upstream directly; requests/s near that say nothing about a server`,
      ...disturbances(samples)
    ]
  }
}

function row (name: string, sample: Sample, base: number | undefined): string[] {
  return [
    name, sample.cpuMicros.toFixed(1), base === undefined ? '' : (sample.cpuMicros / base).toFixed(2), amount(sample.perSecond),
    sample.p50Ms.toFixed(2), sample.p99Ms.toFixed(2), mebibytes(sample.peakBytes)
  ]
}

function targets (samples: Samples): Target[] {
  const cost = (contender: Contender): number | null => samples.get(contender.name)?.cpuMicros ?? null
  const against = (text: string, ours: Contender, theirs: Contender, limit: number): Target =>
    ({ text, value: ratio(cost(ours), cost(theirs)), limit })
  return [
    against('no filters, against the floor', plain, floor, 1.15),
    against('eight filters, against the floor', filtering, floor, 1.3),
    ...[caddy, ...nodePeers].map((peer) => against(`no filters, against ${peer.name}`, plain, peer, 1)),
    against('no filters, against nginx', plain, nginx, 2.2)
  ]
}
