import type { DrillJob, DrillResult, DrillResults } from '../harness/drill-job.ts'
import type { Child } from '../harness/child.ts'
import { freePort } from '../harness/free-ports.ts'
import { amount, mebibytes } from '../harness/format.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { residentBytes } from '../harness/process-tree.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { untilReady } from '../harness/until-ready.ts'
import { routeFile, startGatehouse, type Gatehouse } from '../servers/gatehouse.ts'
import { processFile } from '../servers/node-proxy.ts'
import { startSmallUpstream } from '../servers/upstream.ts'

const NONE = 'none'
/** The same once more: by how much it differs is what the machine does. Both together are what the others are held against. */
const AGAIN = 'none again'
/** What the shadow of a route does; the route has its name, and so has the path. */
const SHADOWS = ['well', 'down', 'hang', 'second', 'flood'] as const

const ALL = [NONE, ...SHADOWS, AGAIN]

const PER_SECOND = 400
/** Each turn: without shadows, and then with one of each kind, one after the other, so that whatever else the machine does is met by all alike. */
const TURN_SECONDS = 1

/** What one route's clients saw, over all turns. */
interface Row { readonly name: string, readonly sent: number, readonly good: number, readonly timesMs: readonly number[], /** Of each turn. */ readonly p99s: readonly number[], readonly seconds: number }

/** Live requests beside shadows that are well, down, hung, dripping and flooding: what clients notice. */
export const shadow: Scenario = {
  name: 'shadow',
  async run (lab) {
    const live = await startSmallUpstream(lab)
    const [bad, downPort] = [await startBad(lab), await freePort()]
    const gateway = await startGatehouse(lab, routeFile(ALL.map((name) => route(name, live.port, name === 'well' ? live.port : name === 'down' ? downPort : bad.port)), { upstreamPort: live.port, connections: 10_000 }))
    const client = lab.start('drill-client', [process.execPath, processFile('drill-client')], { core: CORE.load, ipc: true })
    try {
      const { rows, peakBytes } = await allTurns(lab, client, gateway)
      return section(lab, rows, peakBytes)
    } finally {
      await Promise.all([client.stop(), gateway.child.stop(), bad.child.stop(), live.child.stop()])
    }
  }
}

async function startBad (lab: Lab): Promise<{ port: number, child: Child }> {
  const port = await freePort()
  const child = lab.start('bad-upstream', [process.execPath, processFile('bad-upstream'), String(port)], { core: CORE.load })
  await untilReady(child, `http://127.0.0.1:${port}/well`)
  return { port, child }
}

const pathOf = (name: string) => `/${name.replace(' ', '-')}`

const route = (name: string, livePort: number, shadowPort: number) => ({
  id: name.replace(' ', '-'),
  predicates: [{ path: pathOf(name) }],
  upstream: `http://127.0.0.1:${livePort}`,
  ...(SHADOWS as readonly string[]).includes(name) && { filters: [{ shadow: { to: { upstream: `http://127.0.0.1:${shadowPort}`, id: name } } }] }
})

async function allTurns (lab: Lab, client: Child, gateway: Gatehouse): Promise<{ rows: readonly Row[], peakBytes: number }> {
  const results = new Map<string, DrillResult[]>()
  const turns = Math.ceil(lab.options.rounds * lab.options.seconds / TURN_SECONDS) + 1
  for (let turn = 0; turn < turns; turn++) {
    for (const name of turn % 2 === 0 ? ALL : ALL.toReversed()) {
      const job: DrillJob = { port: Number(new URL(gateway.url).port), seconds: TURN_SECONDS, times: true, streams: [{ name, path: pathOf(name), perSecond: PER_SECOND }] }
      const result = (await client.ask<DrillResults>(job))[name]!
      // The first turn pays for code that is compiled while clients wait
      if (turn > 0) results.set(name, [...results.get(name) ?? [], result])
    }
  }
  return { rows: [...results].map(([name, all]) => rowOf(name, all)), peakBytes: residentBytes(gateway.child.pid, 'VmHWM') }
}

function rowOf (name: string, all: readonly DrillResult[]): Row {
  const timesMs = all.flatMap((one) => one.timesMs ?? []).sort((a, b) => a - b)
  return {
    name,
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    good: all.reduce((sum, { outcomes }) => sum + (outcomes['200'] ?? 0), 0),
    timesMs,
    p99s: all.map((one) => quantile(one.timesMs ?? [], 0.99)),
    seconds: all.length * TURN_SECONDS
  }
}

function section (lab: Lab, rows: readonly Row[], peakBytes: number): Section {
  const normal = rows.filter(({ name }) => name === NONE || name === AGAIN)
  const others = rows.filter((row) => !normal.includes(row))
  return {
    title: `Live requests beside shadows: ${PER_SECOND}/s to each route in turns of ${TURN_SECONDS} s, all mirrored`,
    columns: ['shadow', 'live answers', 'live failures', 'requests/s', 'p50 ms', 'p99 ms', 'p99 x without, median of turns'],
    rows: rows.map((row) => [
      row.name, amount(row.sent), amount(row.sent - row.good), amount(row.good / row.seconds), quantile(row.timesMs, 0.5).toFixed(2), quantile(row.timesMs, 0.99).toFixed(2),
      paired(row, normal).toFixed(3)
    ]),
    targets: [
      { text: 'p99 beside the worst shadow, against that without, turn by turn', value: Math.max(...others.map((row) => paired(row, normal))), limit: 1.05 },
      { text: 'live failures', value: rows.reduce((sum, { sent, good }) => sum + sent - good, 0), limit: 0 },
      { text: 'peak RSS of the gateway, MiB', value: Number(mebibytes(peakBytes)), limit: 512 }
    ],
    notes: [`clients, live upstream and shadows share a core; ${lab.options.rounds * lab.options.seconds} turns of each`]
  }
}

/** Each turn against the same turn without shadows: a pause of the machine that falls into one of them counts once, and not for all. */
function paired ({ p99s }: Row, normal: readonly Row[]): number {
  const ratios = p99s.map((p99, turn) => p99 / (normal.reduce((sum, row) => sum + row.p99s[turn]!, 0) / normal.length))
  return quantile(ratios.toSorted((a, b) => a - b), 0.5)
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
