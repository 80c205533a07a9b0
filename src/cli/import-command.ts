import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { importSpring } from '../config/import-spring.ts'
import { roomsOf } from '../plan/compile-room.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { paintFor } from './paint.ts'

/** `gatehouse import`: turns a Spring Cloud Gateway file into a native one. */
export const importCommand: Command = {
  name: 'import',
  summary: 'turn a Spring Cloud Gateway file into a native route file',
  usage: `<application.yml> [--out <file>] [--force]

Spring's files also run as they are. What has no equivalent here is an error with its line; nothing is dropped in silence.

  --out <file>   write it there, and not to the standard output
  --force        even where the file is there already

Exit status: 0 done, 1 it cannot be written, 2 something in the file has no equivalent, or the command line is wrong.`,
  run: async (args, io) => {
    const options = { out: { type: 'string' }, force: { type: 'boolean', default: false } } as const
    const { values: { out, force }, positionals } = parseArgs({ args, options, allowPositionals: true })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('one file, such as application.yml')
    const { yaml, warnings } = await importSpring(path, { env: io.env, rooms: roomsOf(io.rooms.filters, io.rooms.predicates) })
    for (const { message } of warnings) io.err(`${paintFor(io.colours.err)('yellow', `warning: ${message}`)}\n`)
    if (out === undefined) io.out(yaml)
    else write(out, yaml, force, io)
    return EXIT.ok
  }
}

function write (out: string, yaml: string, force: boolean, { cwd }: Io): void {
  try {
    writeFileSync(resolve(cwd, out), yaml, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new UsageError(`${out} is there already: --force writes over it`)
    throw error
  }
}
