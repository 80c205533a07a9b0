import type { CommandIo } from '../../../../src/contract/index.ts'
import { runningViews, savedViews } from './chosen-views.ts'
import { doubts, failures } from './judgement.ts'
import { paintFor } from './paint.ts'
import { printReport } from './print-report.ts'
import { printableJson } from './printable.ts'
import { savedReports } from './read-views.ts'
import { reportOptions } from './report-options.ts'

/** `gatehouse shadow report`: prints what is known, and fails where that is over a limit. */
export async function report (args: string[], io: CommandIo): Promise<number> {
  const { admin, from, limits, json, ...selected } = reportOptions(args)
  const views = from === null ? await runningViews(admin, selected, io) : await savedViews(from, selected, io)
  const failed = limits === null ? [] : failures(views, limits)
  io.out(json ? printableJson({ ...savedReports(views), ...limits && { failures: failed } }) : printReport(views, paintFor(io.coloured)))
  if (limits === null) return 0
  for (const doubt of doubts(views, limits)) io.err(`${doubt}\n`)
  for (const failure of failed) io.err(`failed: ${failure}\n`)
  return failed.length === 0 ? 0 : 1
}
