import { setTimeout as delay } from 'node:timers/promises'
import { floor, nginx, plain } from '../contenders.ts'
import type { Contender } from '../harness/contender.ts'
import { amount, mebibytes } from '../harness/format.ts'
import type { IdleJob, IdleResult } from '../harness/idle-job.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { openFilesLimit } from '../harness/open-files.ts'
import { cpuMicros, residentBytes } from '../harness/process-tree.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import { processFile } from '../servers/node-proxy.ts'
import { startSmallUpstream } from '../servers/upstream.ts'

const CONNECTIONS = 10_000
const PROBES = 1_000
// What a server has open besides: connections to the upstream, files, the probes' own.
const SPARE_FILES = 500
const IDLE_MS = 3000

interface Idle {
  readonly connections: number
  readonly held: number
  readonly kibibytesEach: number
  readonly residentBytes: number
  /** CPU time per second while nothing happens, in percent of a core. */
  readonly idlePercent: number
  readonly probe: IdleResult
}

/** Ten thousand keep-alive connections that do nothing: what one costs, and that the server still answers. */
export const idle: Scenario = {
  name: 'idle',
  async run (lab) {
    const connections = Math.min(CONNECTIONS, openFilesLimit() - SPARE_FILES)
    if (connections < CONNECTIONS) lab.note(`only ${connections} idle connections: 'ulimit -n' allows no more`)
    const upstream = await startSmallUpstream(lab)
    const entries = selectContenders(lab, [floor, plain, nginx]).map((contender) => ({
      name: contender.name, measure: async () => measure(lab, contender, upstream.port, connections)
    }))
    const results = await bestOfRounds(lab, entries, (result) => result.kibibytesEach, 1)
    await upstream.child.stop()
    return section(results)
  }
}

async function measure (lab: Lab, contender: Contender, upstreamPort: number, connections: number): Promise<Idle> {
  const { child, url } = await contender.start(lab, { upstreamPort, connections: CONNECTIONS + 2 * SPARE_FILES })
  const client = lab.start('idle-client', [process.execPath, processFile('idle-client')], { core: CORE.load, ipc: true })
  try {
    const ask = async (action: IdleJob['action'], count: number): Promise<IdleResult> =>
      client.ask({ port: Number(new URL(url).port), action, count })
    // The first connections pay for what is there once: code, pools, and the heap that requests need.
    await ask('open', SPARE_FILES / 2)
    const before = residentBytes(child.pid, 'VmRSS')
    const { open } = await ask('open', connections - SPARE_FILES / 2)
    const cpu = cpuMicros(child.pid)
    await delay(IDLE_MS)
    const idlePercent = (cpuMicros(child.pid) - cpu) / IDLE_MS / 10
    const resident = residentBytes(child.pid, 'VmRSS')
    const probe = await ask('probe', PROBES)
    const kibibytesEach = (resident - before) / 1024 / (open - SPARE_FILES / 2)
    return { connections, held: probe.open, kibibytesEach, residentBytes: resident, idlePercent, probe }
  } finally {
    await Promise.all([client.stop(), child.stop()])
  }
}

function section (results: ReadonlyMap<string, Idle>): Section {
  const ours = results.get(plain.name)
  return {
    title: `${amount(CONNECTIONS)} idle keep-alive connections`,
    columns: ['server', 'held', 'KiB each', 'RSS MiB', 'idle CPU %', 'answered', 'p50 ms', 'p99 ms'],
    rows: [...results].map(([name, result]) => [
      name, amount(result.held), result.kibibytesEach.toFixed(1), mebibytes(result.residentBytes), result.idlePercent.toFixed(1),
      `${amount(result.probe.answered)} of ${amount(PROBES)}`, result.probe.p50Ms.toFixed(2), result.probe.p99Ms.toFixed(2)
    ]),
    targets: [
      { text: 'connections lost', value: ours === undefined ? null : ours.connections - ours.held, limit: 0 },
      { text: 'requests on them without an answer', value: ours === undefined ? null : PROBES - ours.probe.answered, limit: 0 }
    ],
    notes: []
  }
}
