// Sends requests at a steady rate (an open loop): a server that is slow does not make its clients ask less.
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import type { DrillJob, DrillResult, DrillResults } from '../harness/drill-job.ts'

type Stream = DrillJob['streams'][number]

process.on('message', (job: DrillJob) => {
  run(job).then((results) => process.send?.(results), (error: unknown) => { throw error })
})

async function run ({ port, seconds, streams, times = false }: DrillJob): Promise<DrillResults> {
  // A pool for each: what waits for a connection of one is no delay of the other
  const entries = await Promise.all(streams.map(async (stream) => {
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2048, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 })
    const { timesMs, ...result } = await drive(pool, stream, seconds)
    await pool.destroy()
    return [stream.name, times ? { ...result, timesMs } : result] as const
  }))
  return Object.fromEntries(entries)
}

async function drive (pool: Pool, { path, perSecond }: Stream, seconds: number): Promise<Required<DrillResult>> {
  const count = Math.round(perSecond * seconds)
  const start = performance.now()
  const outcomes: Record<string, number> = {}
  const times: number[] = []
  const sentTimes: number[] = []
  const all: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const due = start + i * 1000 / perSecond
    const early = due - performance.now()
    if (early > 0) await delay(early)
    const sent = performance.now()
    all.push(ask(pool, path).then((outcome) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      times.push(performance.now() - due)
      sentTimes.push(performance.now() - sent)
    }))
  }
  await Promise.all(all)
  for (const list of [times, sentTimes]) list.sort((a, b) => a - b)
  return { sent: count, outcomes, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), timesMs: sentTimes }
}

async function ask (pool: Pool, path: string): Promise<string> {
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET' })
    await body.arrayBuffer()
    return String(statusCode)
  } catch {
    return 'cut'
  }
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
