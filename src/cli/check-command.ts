import { parseArgs } from 'node:util'
import { EXIT, type Command } from './command.ts'
import { compileFiles, located } from './load-files.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'

/** `gatehouse check`: says all that is wrong with route files. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say all that is wrong with these files',
  usage: `[files or folders] [--strict]

Reads and compiles the files as run does, with every error and its file:line:column, and opens no connection.

  --strict   warnings are errors too

Exit status: 0 sound, 2 wrong (every error is printed).`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args, options: { strict: { type: 'boolean', default: false } }, allowPositionals: true })
    const { loaded, compiled } = await compileFiles(positionals, io)
    const warnings = [...loaded.warnings, ...located(compiled.warnings, loaded).errors]
    const paint = paintFor(io.colours.err)
    for (const warning of warnings) io.err(`${paint('yellow', `warning: ${loaded.redact(warning.message)}`)}\n`)
    if (values.strict && warnings.length > 0) {
      io.err(`${plural(warnings.length, 'warning')}, and --strict\n`)
      return EXIT.invalid
    }
    io.out(`${plural(compiled.plans.length, 'route')}: ok${warnings.length > 0 ? `, ${plural(warnings.length, 'warning')}` : ''}\n`)
    return EXIT.ok
  }
}
