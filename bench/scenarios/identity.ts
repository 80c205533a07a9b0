import { caddy, floor, plain } from '../contenders.ts'
import { authenticating, callers, CALLERS, measureCallers, WHO } from '../harness/callers.ts'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import { disturbances, type Sample } from '../harness/measure-load.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import type { Lab } from '../harness/lab.ts'
import { EIGHT_FILTERS } from '../servers/gatehouse.ts'
import { startSmallUpstream } from '../servers/upstream.ts'

const NAME = 'gatehouse-identity'

type Samples = ReadonlyMap<string, Sample>

/** Small answers to callers with tokens: what it costs to know who is calling and to tell upstream, next to servers that only pass the token on. */
export const identity: Scenario = {
  name: 'identity',
  async run (lab) {
    const upstream = await startSmallUpstream(lab)
    const calling = callers(lab)
    const chosen = selectContenders(lab, [floor, plain, authenticating(NAME, calling, [...WHO, ...EIGHT_FILTERS]), caddy])
    const site = { upstreamPort: upstream.port, connections: 1024 }
    const entries = chosen.map((contender) => ({ name: contender.name, measure: async () => measureCallers(lab, await contender.start(lab, site), contender.name, calling, contender.name === NAME) }))
    const samples = await bestOfRounds(lab, entries, (sample) => sample.cpuMicros)
    await upstream.child.stop()
    return section(lab, samples)
  }
}

function section (lab: Lab, samples: Samples): Section {
  const cost = (name: string): number | null => samples.get(name)?.cpuMicros ?? null
  return {
    title: `${amount(CALLERS)} callers with tokens: best of ${lab.options.rounds} rounds of ${lab.options.seconds} s`,
    columns: ['server', 'CPU us/request', 'x floor', 'requests/s', 'p50 ms', 'p99 ms', 'peak RSS MiB'],
    rows: [...samples].map(([name, sample]) => [
      name, sample.cpuMicros.toFixed(1), ratio(sample.cpuMicros, cost(floor.name))?.toFixed(2) ?? '', amount(sample.perSecond),
      sample.p50Ms.toFixed(2), sample.p99Ms.toFixed(2), mebibytes(sample.peakBytes)
    ]),
    targets: [
      { text: 'RS256, scopes, passport, eight filters, against the floor', value: ratio(cost(NAME), cost(floor.name)), limit: 1.45 },
      { text: 'the same, against caddy as a bare proxy', value: ratio(cost(NAME), cost(caddy.name)), limit: 1 }
    ],
    notes: ['every server gets the same tokens; only gatehouse-identity reads them', ...disturbances(samples)]
  }
}
