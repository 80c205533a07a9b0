import { caddy, floor } from '../contenders.ts'
import { authenticating, callers, CALLERS, measureCallers, WHO } from '../harness/callers.ts'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import { hasBinary } from '../harness/has-binary.ts'
import type { Lab } from '../harness/lab.ts'
import { disturbances, type Sample } from '../harness/measure-load.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import { EIGHT_FILTERS } from '../servers/gatehouse.ts'
import { startRedis } from '../servers/redis.ts'
import { startSmallUpstream } from '../servers/upstream.ts'

const IDENTITY = 'gatehouse-identity'
const EXACT = 'gatehouse-exact'
const LEASED = 'gatehouse-leased'

type Samples = ReadonlyMap<string, Sample>

/** The row of `identity`, and on top of it a rate limit of each caller in Redis, a circuit breaker and retries. */
export const resilience: Scenario = {
  name: 'resilience',
  async run (lab) {
    if (!hasBinary('redis-server')) throw new Error('redis-server is missing (apt install redis-server)')
    const upstream = await startSmallUpstream(lab)
    const redis = await startRedis(lab)
    const calling = callers(lab)
    const gateway = { redis: { url: redis.url } }
    const guarded = (name: string, mode: string) => authenticating(name, calling, guarding(mode), gateway)
    const chosen = selectContenders(lab, [floor, authenticating(IDENTITY, calling, [...WHO, ...EIGHT_FILTERS]), guarded(LEASED, 'leased'), guarded(EXACT, 'exact'), caddy])
    const site = { upstreamPort: upstream.port, connections: 1024 }
    const entries = chosen.map((contender) => ({ name: contender.name, measure: async () => measureCallers(lab, await contender.start(lab, site), contender.name, calling, contender.name.startsWith('gatehouse')) }))
    const samples = await bestOfRounds(lab, entries, (sample) => sample.cpuMicros)
    await Promise.all([upstream.child.stop(), redis.child.stop()])
    return section(lab, samples)
  }
}

/** Nobody is refused: what is measured is that everybody is asked. */
function guarding (mode: string): readonly object[] {
  const limit = { 'rate-limit': { rate: '100000/s', burst: 100_000, by: 'principal', mode, onError: 'closed' } }
  const breaker = { 'circuit-breaker': { window: 100, minimumCalls: 20, failureRate: '50%', slowCall: '2s', openFor: '10s' } }
  const [authenticate, ...others] = WHO
  return [authenticate!, limit, breaker, { retry: { attempts: 3 } }, ...others, ...EIGHT_FILTERS]
}

function section (lab: Lab, samples: Samples): Section {
  const cost = (name: string): number | null => samples.get(name)?.cpuMicros ?? null
  return {
    title: `${amount(CALLERS)} callers with tokens, a rate limit each, breaker and retries: best of ${lab.options.rounds} rounds of ${lab.options.seconds} s`,
    columns: ['server', 'CPU us/request', 'x floor', 'requests/s', 'p50 ms', 'p99 ms', 'peak RSS MiB'],
    rows: [...samples].map(([name, sample]) => [
      name, sample.cpuMicros.toFixed(1), ratio(sample.cpuMicros, cost(floor.name))?.toFixed(2) ?? '', amount(sample.perSecond),
      sample.p50Ms.toFixed(2), sample.p99Ms.toFixed(2), mebibytes(sample.peakBytes)
    ]),
    targets: [
      { text: 'exact: one decision in Redis for each request, against the floor', value: ratio(cost(EXACT), cost(floor.name)), limit: 1.75 },
      { text: 'leased: tokens taken in batches, against the floor', value: ratio(cost(LEASED), cost(floor.name)), limit: 1.55 },
      { text: 'exact, against caddy as a bare proxy', value: ratio(cost(EXACT), cost(caddy.name)), limit: 1 },
      { text: 'leased, against caddy as a bare proxy', value: ratio(cost(LEASED), cost(caddy.name)), limit: 1 }
    ],
    notes: ['Redis runs beside the load and is not counted, as the upstream is not', ...disturbances(samples)]
  }
}
