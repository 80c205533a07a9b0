import { floor, plain } from '../contenders.ts'
import type { BodyJob, BodyResult } from '../harness/body-job.ts'
import type { Contender } from '../harness/contender.ts'
import { amount, mebibytes } from '../harness/format.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { cpuMicros, residentBytes, resetPeak } from '../harness/process-tree.ts'
import { bestOfRounds } from '../harness/rounds.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { selectContenders } from '../harness/select-contenders.ts'
import { processFile } from '../servers/node-proxy.ts'
import { startNodeUpstream } from '../servers/upstream.ts'

const GIBIBYTE = 2 ** 30

// 1 GiB held would show as 1,024 here. What streams leaves some chunks for the collector, never more than this.
const CONSTANT_MEBIBYTES = 64

const SIZES = [
  { label: '1 KiB', bytes: 2 ** 10, count: 20_000, warmUp: 5_000, connections: 16 },
  { label: '1 MiB', bytes: 2 ** 20, count: 512, warmUp: 128, connections: 16 },
  { label: '1 GiB', bytes: GIBIBYTE, count: 1, warmUp: 1, connections: 1 }
] as const

type Size = typeof SIZES[number]

interface Transfer {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly bytesPerSecond: number
  readonly cpuSecondsPerGibibyte: number
  readonly grownBytes: number
}

/** Bodies of three sizes each way: what a byte costs, and that none of them is held. */
export const bodies: Scenario = {
  name: 'bodies',
  async run (lab) {
    const upstream = await startNodeUpstream(lab)
    const entries = selectContenders(lab, [floor, plain]).flatMap((contender) => SIZES.flatMap((size) => {
      return (['down', 'up'] as const).map((direction) => ({
        name: `${contender.name} ${size.label} ${direction}`,
        measure: async () => measure(lab, contender, upstream.port, size, direction)
      }))
    }))
    const transfers = await bestOfRounds(lab, entries, (transfer) => transfer.cpuMicros)
    await upstream.child.stop()
    return section(lab, transfers)
  }
}

async function measure (
  lab: Lab, contender: Contender, upstreamPort: number, size: Size, direction: BodyJob['direction']
): Promise<Transfer> {
  const { child, url } = await contender.start(lab, { upstreamPort, connections: 1024 })
  const client = lab.start('body-client', [process.execPath, processFile('body-client')], { core: CORE.load, ipc: true })
  try {
    const { bytes, count, connections } = size
    await client.ask<BodyResult>({ url, direction, bytes: Math.min(bytes, GIBIBYTE / 8), count: size.warmUp, connections })
    resetPeak(child.pid)
    const [cpu, resident] = [cpuMicros(child.pid), residentBytes(child.pid, 'VmRSS')]
    const { seconds } = await client.ask<BodyResult>({ url, direction, bytes, count, connections })
    const spent = cpuMicros(child.pid) - cpu
    return {
      perSecond: count / seconds,
      cpuMicros: spent / count,
      bytesPerSecond: count * bytes / seconds,
      cpuSecondsPerGibibyte: spent / 1e6 / (count * bytes / GIBIBYTE),
      grownBytes: residentBytes(child.pid, 'VmHWM') - resident
    }
  } finally {
    await Promise.all([client.stop(), child.stop()])
  }
}

function section (lab: Lab, transfers: ReadonlyMap<string, Transfer>): Section {
  const grown = (direction: string): number | null => {
    const transfer = transfers.get(`${plain.name} 1 GiB ${direction}`)
    return transfer === undefined ? null : transfer.grownBytes / 2 ** 20
  }
  return {
    title: `Bodies: best of ${lab.options.rounds} rounds`,
    columns: ['transfer', 'CPU us each', 'CPU s/GiB', 'each/s', 'MiB/s', 'peak RSS growth MiB'],
    rows: [...transfers].map(([name, transfer]) => [
      name, amount(transfer.cpuMicros), transfer.cpuSecondsPerGibibyte.toFixed(2), amount(transfer.perSecond),
      mebibytes(transfer.bytesPerSecond), mebibytes(transfer.grownBytes)
    ]),
    targets: [
      { text: 'peak RSS growth in MiB while 1 GiB comes down', value: grown('down'), limit: CONSTANT_MEBIBYTES },
      { text: 'peak RSS growth in MiB while 1 GiB goes up', value: grown('up'), limit: CONSTANT_MEBIBYTES }
    ],
    notes: ['client and upstream share one core, so they limit MiB/s; CPU is that of the server alone']
  }
}
