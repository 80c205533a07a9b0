import type { CommandIo } from '../../../../src/contract/index.ts'
import { AdminApi } from './admin-api.ts'
import { runningViews } from './chosen-views.ts'
import { count } from './figures.ts'
import { stageOf } from './print-ramp.ts'
import { printable, printableJson } from './printable.ts'
import { RampReading } from './ramp-reading.ts'
import { readAs } from './read-json.ts'
import { savedReports } from './read-views.ts'
import { actionOptions, exportOptions } from './report-options.ts'

/** `gatehouse shadow export`: saves what `report --from` reads. */
export async function exportReports (args: string[], io: CommandIo): Promise<number> {
  const { admin, out, ...selected } = exportOptions(args)
  const views = await runningViews(admin, selected, io)
  const text = printableJson(savedReports(views))
  if (out === null) io.out(text)
  else {
    await io.writeFile(out, text)
    io.out(`${printable(out)}: ${count(views.length)} report${views.length === 1 ? '' : 's'}\n`)
  }
  return 0
}

/** What operators do to one shadow; `reset` to all of them, too. */
export const actOn = (action: string) => async (args: string[], io: CommandIo): Promise<number> => {
  const { admin, named } = actionOptions(args, action, action === 'reset')
  const api = new AdminApi(admin, io)
  for (const one of named === null ? await api.list() : [named]) {
    const result = await api.act(one, action)
    // All but `reset` tell where the ramp is now
    const now = action === 'reset' ? 'counts anew' : stageOf(readAs(RampReading, result, `${one.route} ${one.name}`))
    io.out(`${printable(`${one.route} ${one.name}`)}: ${now}\n`)
  }
  return 0
}
