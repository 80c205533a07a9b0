import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { BucketPolicy } from '../../../../../src/contract/rate-limiter.ts'
import type { Done, Work } from './limited-process.ts'
import { policy } from './limits.ts'

/** One round: so many gateways, each a process, on one bucket for each mode. */
export interface Round { readonly url: string, readonly processes: number, readonly modes: readonly BucketPolicy['mode'][], readonly rate: number, readonly burst: number, readonly ms: number, /** To each bucket, a second. */ readonly offered: number }

/** What came of it. */
export interface Outcome {
  readonly processes: number
  readonly mode: BucketPolicy['mode']
  readonly offered: number
  readonly admitted: number
  /** What is published for the time that all of it took. */
  readonly bound: number
  /** By how many the fullest of all windows is below its own bound; negative: above. */
  readonly slack: number
  readonly by: Readonly<Record<string, number>>
}

const LEAD_US = 30_000

/** Runs it; an outcome for each mode. */
export async function play ({ url, processes, modes, rate, burst, ms, offered }: Round): Promise<Outcome[]> {
  const children = Array.from({ length: processes }, () => fork(new URL('./limited-process.ts', import.meta.url)))
  await Promise.all(children.map(child => once(child, 'message')))
  const startUs = Number(process.hrtime.bigint() / 1000n) + LEAD_US
  const policies = modes.map(mode => policy({ name: mode, mode, ratePerSecond: rate, burst, instances: processes, onError: 'closed' }))
  const work: Work = { url, scope: `of ${processes}`, policies, ms, startUs, offered: offered / processes }
  const done = await Promise.all(children.map(async child => {
    child.send(work)
    const [message] = await once(child, 'message') as [Done[]]
    return message
  }))
  await Promise.all(children.map(child => child.exitCode === null ? once(child, 'exit') : null))
  return modes.map((mode, i) => outcome({ processes, mode, rate, burst }, done.map(one => one[i]!)))
}

function outcome ({ processes, mode, rate, burst }: Pick<Round, 'processes' | 'rate' | 'burst'> & { mode: BucketPolicy['mode'] }, done: readonly Done[]): Outcome {
  const admitted = done.flatMap(one => one.admitted)
  const aside = mode === 'leased' ? processes * (Math.max(1, Math.floor(burst / (2 * processes))) - 1) : 0
  const by: Record<string, number> = {}
  for (const one of done) for (const [name, n] of Object.entries(one.by)) by[name] = (by[name] ?? 0) + n
  return {
    processes,
    mode,
    offered: done.reduce((sum, one) => sum + one.offered, 0),
    admitted: admitted.length,
    bound: burst + rate * span(admitted) / 1e6 + aside,
    slack: burst + aside - fullest(admitted, rate / 1e6),
    by
  }
}

const span = (admitted: Done['admitted']): number => Math.max(...admitted.map(([, end]) => end)) - Math.min(...admitted.map(([start]) => start))

/**
 * Of all windows, the most that was admitted within one beyond what its length brings: what began and ended in it. Each admission begins one, and each
 * ends one.
 */
function fullest (admitted: Done['admitted'], ratePerUs: number): number {
  const starts = admitted.map(([start]) => start).sort((a, b) => a - b)
  const byEnd = [...admitted].sort((a, b) => a[1] - b[1])
  const step = Math.max(1, Math.floor(starts.length / 400))
  let most = 0
  for (let i = 0; i < starts.length; i += step) {
    const from = starts[i]!
    let count = 0
    for (const [start, end] of byEnd) {
      if (start < from) continue
      count++
      most = Math.max(most, count - ratePerUs * (end - from))
    }
  }
  return most
}
