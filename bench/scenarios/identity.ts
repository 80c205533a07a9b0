import { caddy, floor, plain } from '../contenders.ts'
import { AUDIENCE, benchTokens, ISSUER, type BenchTokens } from '../harness/bench-tokens.ts'
import type { Contender, Running } from '../harness/contender.ts'
import { fetchOnce } from '../harness/fetch-once.ts'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import type { Lab } from '../harness/lab.ts'
import { luaScript } from '../harness/lua-script.ts'
import { disturbances, measureLoad, type Sample } from '../harness/measure-load.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import { catchAll, EIGHT_FILTERS, routeFile, startGatehouse } from '../servers/gatehouse.ts'
import { startSmallUpstream, UPSTREAM_BODY, type Upstream } from '../servers/upstream.ts'

const CALLERS = 1_000
const PATH = '/orders/7?expand=lines'
const NAME = 'gatehouse-identity'

type Samples = ReadonlyMap<string, Sample>

/** Small answers to callers with tokens: what it costs to know who is calling and to tell upstream, next to servers that only pass the token on. */
export const identity: Scenario = {
  name: 'identity',
  async run (lab) {
    const upstream = await startSmallUpstream(lab)
    const signed = benchTokens(CALLERS)
    const requests = signed.tokens.map((token) => ({ method: 'GET', host: 'bench.test', path: PATH, headers: { Authorization: `Bearer ${token}` } }))
    const script = lab.file('callers.lua', luaScript(requests))
    const chosen = selectContenders(lab, [floor, plain, authenticating(signed), caddy])
    const site = { upstreamPort: upstream.port, connections: 1024 }
    const entries = chosen.map((contender) => ({ name: contender.name, measure: async () => measure(lab, await contender.start(lab, site), contender.name, signed, script) }))
    const samples = await bestOfRounds(lab, entries, (sample) => sample.cpuMicros)
    await stop(upstream)
    return section(lab, samples)
  }
}

/** RS256 verified, a scope asked for, a passport minted, and the eight filters of the proxy table. */
function authenticating ({ jwk }: BenchTokens): Contender {
  const who = [{ authenticate: { issuers: ['bench'] } }, { authorize: { scopes: ['orders.read'] } }, { passport: { audience: 'orders' } }]
  return {
    name: NAME,
    async start (lab, site) {
      const routes = routeFile([catchAll(site.upstreamPort, [...who, ...EIGHT_FILTERS])], site)
      const issuers = { bench: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ['RS256'], keys: [jwk] } }
      return startGatehouse(lab, `${routes}issuers: ${JSON.stringify(issuers)}\nkeyRings: { passport: ephemeral }\n`)
    }
  }
}

async function measure (lab: Lab, running: Running, name: string, { tokens }: BenchTokens, script: string): Promise<Sample> {
  try {
    await check(running, name, tokens[0]!)
    return await measureLoad(lab, running, script)
  } finally {
    await running.child.stop()
  }
}

// A gateway that lets everybody in would look very good in the table.
async function check ({ url }: Running, name: string, token: string): Promise<void> {
  const known = await fetchOnce(url + PATH, { authorization: `Bearer ${token}` })
  if (known.status !== 200 || known.body !== UPSTREAM_BODY) throw new Error(`${name} answers ${known.status} to a good token`)
  if (name !== NAME) return
  const forged = await fetchOnce(url + PATH, { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` })
  if (forged.status !== 401) throw new Error(`${name} answers ${forged.status} to a forged token`)
}

async function stop ({ child }: Upstream): Promise<void> {
  await child.stop()
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
