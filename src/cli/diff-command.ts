import { parseArgs } from 'node:util'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { changedUpstreams, diffReport } from './diff/diff-report.ts'
import { logLines } from './diff/log-lines.ts'
import { printDiff } from './diff/print-diff.ts'
import { Replay } from './diff/replay.ts'
import { Traffic } from './diff/traffic.ts'
import { compileFiles } from './load-files.ts'
import { paintFor } from './paint.ts'
import { redactedJson } from './redacted-json.ts'
import { parseTime } from './rehearsal/parse-time.ts'

const OPTIONS = {
  replay: { type: 'string' },
  host: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false }
} as const

const SHOWN = 30

/** `gatehouse diff`: which recorded requests another configuration would send elsewhere. */
export const diffCommand: Command = {
  name: 'diff',
  summary: 'tell which requests of an access log two configurations treat differently',
  usage: `<old> <new> --replay <access log>

Takes every distinct request of the log through both configurations (each a file or a folder) and compares the route that takes it, the upstream, the
path that upstream gets, and what the gateway answers by itself. Nothing is sent. The log is Gatehouse's own (JSON lines with ECS names) or in the
Common or Combined Log Format; a name that ends in .gz is unpacked.

  --replay <file>   the access log
  --host <host>     host of the requests whose host the log does not tell
  --at <time>       time of the requests, RFC 3339 (now)
  --all             every kind of difference, not only the ${SHOWN} most frequent
  --json            one JSON document

A log has no headers, no bodies and no credentials. Where a predicate that goes by them has changed, or a route behind it, a request is undecided: the
table shows what becomes of it without them. Filters refuse nothing here for want of credentials or for a rate; those with a "when" see no headers.

Exit status: 0 all requests go the same way; 1 some do not, or may not; 2 wrong files, command line or log.`,
  run: async (args, io) => {
    const { values: { replay, host = null, at, json, all }, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
    const [old, next, ...more] = positionals
    if (old === undefined || next === undefined || more.length > 0) throw new UsageError('which two configurations? Name the old and the new')
    if (replay === undefined) throw new UsageError('which requests? Name an access log: --replay access.log')
    const time = at === undefined ? null : parseTime(at)
    const [was, is] = [await compiled(old, time, io), await compiled(next, time, io)]
    const traffic = await read(replay)
    const report = await diffReport(traffic, new Replay(was.loaded, was.compiled, host), new Replay(is.loaded, is.compiled, host), changedUpstreams(was.loaded, is.loaded))
    const redact = (text: string) => is.loaded.redact(was.loaded.redact(text))
    io.out(json ? `${redactedJson(report, redact)}\n` : redact(printDiff(report, all ? Infinity : SHOWN, paintFor(io.colours.out))))
    return report.changed + report.undecided > 0 ? EXIT.failed : EXIT.ok
  }
}

async function compiled (file: string, time: number | null, io: Io): ReturnType<typeof compileFiles> {
  const made = await compileFiles([file], io)
  made.compiled.clock.at = time
  return made
}

async function read (file: string): Promise<Traffic> {
  const traffic = new Traffic()
  try {
    for await (const line of logLines(file)) traffic.add(line)
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw new UsageError(`${file} cannot be unpacked: ${error.message}`)
    throw error
  }
  if (traffic.distinct === 0) throw new UsageError(`${file} has no request that could be read${traffic.lines === 0 ? ': it is empty' : ''}`)
  return traffic
}
