import { Choice, UsageError, validate, type CommandIo, type RoomCommand } from '../../../../src/contract/index.ts'
import { actOn, exportReports } from './operate.ts'
import { printable } from './printable.ts'
import { report } from './report.ts'
import { ReportFault } from './report-fault.ts'

type Subcommand = (args: string[], io: CommandIo) => Promise<number>

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  report,
  export: exportReports,
  reset: actOn('reset'),
  ...Object.fromEntries(['promote', 'rollback', 'hold', 'resume', 'restart'].map(action => [action, actOn(action)]))
}

const NAMES = Object.keys(SUBCOMMANDS)

/** `gatehouse shadow`: what shadows answered differently, and where their ramps go. */
export const shadowCommand: RoomCommand = {
  name: 'shadow',
  summary: 'show how shadows answer differently, and steer their ramps',
  usage: `report|export|reset|promote|rollback|hold|resume|restart ... [--admin http://127.0.0.1:9090]

Asks the admin listener of a running gateway, or reads what export has saved.

  report [--from report.json] [--route <id>] [--shadow <id>] [--fail-over 0.1%] [--allow-undecided] [--min-compared 1] [--json]
                                 what became of requests, and how answers differ beyond noise
  export [--route <id>] [--shadow <id>] [--out report.json]
                                 save the reports: to the file, or to the standard output
  reset --route <id> --shadow <id> | --all
                                 count anew; ramps stay where they are
  promote|rollback|hold|resume|restart --route <id> --shadow <id>
                                 take a ramp to the next stage, back one, keep it, let it go on by itself, begin anew

For a pipeline, of each shadow that is compared:
  --fail-over 0.1%               status 1 where more of the compared pairs differ beyond noise, or may: too little is known of noise to tell;
                                 or where errors or latency are worse than live
  --allow-undecided              passes what may be noise
  --min-compared 1000            status 1 where fewer pairs were compared; 1 where only --fail-over is given

Exit status: 0 done, 1 over a limit, or the gateway or the file cannot be asked, 2 wrong command line.`,
  run: async ([name = '', ...args], io) => {
    try {
      return await subcommandOf(name)(args, io)
    } catch (error) {
      if (!(error instanceof ReportFault)) throw error
      io.err(`${error.message}\n`)
      return 1
    }
  }
}

function subcommandOf (name: string): Subcommand {
  const { faults: [fault] } = validate(Choice(NAMES), name)
  if (fault) throw new UsageError(`${name === '' ? '' : `"${printable(name)}": `}${fault.detail}`)
  return SUBCOMMANDS[name]!
}
