import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { routeFileSchema } from '../config/json-schema.ts'
import { roomsOf } from '../plan/compile-room.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { loadFiles } from './load-files.ts'
import { paintFor } from './paint.ts'

/** `gatehouse schema`: the JSON Schema of a route file, for editors. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'write the JSON Schema of a route file, for editors',
  usage: `[files or folders] [--out <file> | --check <file>]

With files, the rooms of their plugins are part of it. Put this first in a route file to have an editor use it:
# yaml-language-server: $schema=./routes.schema.json

  --out <file>     write it there, and not to the standard output
  --check <file>   write nothing; see whether the file is up to date

Exit status: 0 done, 1 the file is stale (--check) or cannot be written, 2 wrong files or command line.`,
  run: async (args, io) => {
    const { values: { out, check }, positionals } = parseArgs({ args, options: { out: { type: 'string' }, check: { type: 'string' } }, allowPositionals: true })
    if (out !== undefined && check !== undefined) throw new UsageError('--out writes and --check does not: one of them')
    const rooms = positionals.length === 0 ? roomsOf(io.rooms.filters, io.rooms.predicates) : (await loadFiles(positionals, io)).rooms
    const schema = `${JSON.stringify(routeFileSchema(rooms), null, 2)}\n`
    if (check !== undefined) return compare(check, schema, io)
    if (out === undefined) io.out(schema)
    else writeFileSync(resolve(io.cwd, out), schema)
    return EXIT.ok
  }
}

function compare (file: string, schema: string, io: Io): number {
  if (contentOf(resolve(io.cwd, file)) === schema) return EXIT.ok
  io.err(`${paintFor(io.colours.err)('red', `${file} is stale: gatehouse schema --out ${file}`)}\n`)
  return EXIT.failed
}

/** A file that is not there is stale too. */
function contentOf (path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
