import type { Contender, Running, Site } from './contender.ts'
import { coreMicros } from './core-time.ts'
import { fetchOnce } from './fetch-once.ts'
import { CORE, type Lab } from './lab.ts'
import { cpuMicros, residentBytes } from './process-tree.ts'
import { wrk, type Load } from './wrk.ts'

// V8 has compiled what is hot, and the heap has found its size, after a few ten thousand requests.
const WARM_UP_SECONDS = 2

/** One server under load, in one round. */
export interface Sample extends Load {
  /** CPU time of the server's whole process tree per answered request, in microseconds. */
  readonly cpuMicros: number
  readonly peakBytes: number
  /** Share of the window, 0 to 1, in which other processes had the server's core. */
  readonly disturbance: number
}

/** Starts a contender, sees that it does its work, puts it under load, and stops it. */
export async function measureContender (lab: Lab, contender: Contender, site: Site, body: string): Promise<Sample> {
  const running = await contender.start(lab, site)
  try {
    await check(contender, running, body)
    return await measureLoad(lab, running)
  } finally {
    await running.child.stop()
  }
}

/** Puts a server under load: a warm-up that does not count, then the measured window. */
export async function measureLoad (lab: Lab, running: Running, script?: string): Promise<Sample> {
  const { child, url } = running
  await wrk(lab, url, WARM_UP_SECONDS, script)
  const before = { server: cpuMicros(child.pid), core: coreMicros(CORE.server) }
  const load = await wrk(lab, url, lab.options.seconds, script)
  const spent = cpuMicros(child.pid) - before.server
  const disturbance = (coreMicros(CORE.server) - before.core - spent) / lab.options.seconds / 1e6
  if (!child.alive) throw new Error(`${child.name} ended under load`)
  if (load.failed > 0) throw new Error(`${child.name} failed ${load.failed} of ${load.requests} requests`)
  return { ...load, cpuMicros: spent / load.requests, peakBytes: residentBytes(child.pid, 'VmHWM'), disturbance }
}

/** A line for each result that somebody else's work has got into: caches and the clock were not the server's alone. */
export function disturbances (samples: ReadonlyMap<string, Sample>): string[] {
  return [...samples]
    .filter(([, { disturbance }]) => disturbance > 0.05)
    .map(([name, { disturbance }]) => `other processes took ${(disturbance * 100).toFixed(0)} % of the core of ${name}: measure it again`)
}

// A server that answers quickly with an error page would look very good in the table.
async function check (contender: Contender, running: Running, body: string): Promise<void> {
  const answer = await fetchOnce(`${running.url}/orders/7?expand=lines`)
  if (answer.status !== 200) throw new Error(`${contender.name} answers ${answer.status} instead of 200`)
  if (answer.body !== body) throw new Error(`${contender.name} does not pass on the upstream's body`)
  const header = contender.replyHeader
  if (header !== undefined && answer.headers[header] === undefined) throw new Error(`${contender.name} sets no ${header}`)
}
