import { CORE, type Lab } from './lab.ts'
import { findBinary } from './has-binary.ts'

/** Connections that the load is spread over, everywhere. */
export const CONNECTIONS = 64

/** What wrk saw. */
export interface Load {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers other than 2xx and 3xx, and connections that broke or timed out. */
  readonly failed: number
}

/** The command line of one wrk run; `script` is the path of a Lua file that makes the requests. */
export function wrkCommand (url: string, seconds: number, script?: string): string[] {
  const binary = findBinary('wrk')
  if (binary === null) throw new Error('wrk is missing (apt install wrk)')
  const load = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency']
  return [binary, ...load, ...(script === undefined ? [] : ['-s', script]), url]
}

/** Puts `url` under load for some seconds, from the load's core. */
export async function wrk (lab: Lab, url: string, seconds: number, script?: string): Promise<Load> {
  const child = lab.start('wrk', wrkCommand(url, seconds, script), { core: CORE.load })
  const code = await child.ended
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${child.output()}`)
  return parseWrk(child.output())
}

/** Reads the report that wrk prints with `--latency`. */
export function parseWrk (report: string): Load {
  const [requests, seconds] = [number(report, /(\d+) requests in/), milliseconds(report, /requests in ([\d.]+\w+)/) / 1000]
  return {
    requests,
    perSecond: requests / seconds,
    p50Ms: milliseconds(report, /^\s+50%\s+([\d.]+\w+)/m),
    p99Ms: milliseconds(report, /^\s+99%\s+([\d.]+\w+)/m),
    failed: number(report, /Non-2xx or 3xx responses: (\d+)/) + socketErrors(report)
  }
}

function socketErrors (report: string): number {
  const line = /Socket errors: (.*)/.exec(report)?.[1] ?? ''
  return [...line.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0)
}

function number (report: string, pattern: RegExp): number {
  return Number(pattern.exec(report)?.[1] ?? 0)
}

// wrk chooses the unit by the size: 12us, 1.50ms, 3.00s, 1.50m.
function milliseconds (report: string, pattern: RegExp): number {
  const [, value, unit] = /^([\d.]+)(\w+)$/.exec(pattern.exec(report)?.[1] ?? '') ?? []
  const scale: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }
  return Number(value ?? NaN) * (scale[unit ?? ''] ?? NaN)
}
