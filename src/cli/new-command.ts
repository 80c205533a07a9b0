import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { canImport, roomImports } from './room-imports.ts'
import { roomSkeleton, type RoomKind } from './room-skeleton.ts'

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** `gatehouse new filter`: begins a room of one's own. */
export const newCommand: Command = {
  name: 'new',
  summary: 'begin a filter or predicate of your own, with README and test',
  usage: `filter|predicate <name> [--dir ./my-rooms]

Writes <dir>/<name>/index.ts, README.md and <name>.test.ts, which passes, and tells how to use them. Never writes over anything.

  --dir <folder>   the folder of your rooms (./my-rooms)

Exit status: 0 done, 1 the folder cannot be written, 2 wrong command line.`,
  run: async (args, io) => {
    const { values: { dir }, positionals } = parseArgs({ args, options: { dir: { type: 'string', default: './my-rooms' } }, allowPositionals: true })
    const [kind, name = '', ...more] = positionals
    if ((kind !== 'filter' && kind !== 'predicate') || more.length > 0) throw new UsageError('filter or predicate, and one name')
    check(kind, name, io)
    const folder = resolve(io.cwd, dir, name)
    write(folder, kind, name)
    io.out(nextSteps(kind, name, relative(io.cwd, folder), dir, canImport(folder)))
    return EXIT.ok
  }
}

function check (kind: RoomKind, name: string, { rooms }: Io): void {
  if (!NAME.test(name)) throw new UsageError(`"${name}" is no name for a ${kind}: lower-case words joined by dashes, such as add-tenant`)
  const known = kind === 'filter' ? rooms.filters : rooms.predicates
  if (known.some(room => room.name === name)) throw new UsageError(`Gatehouse has a ${kind} named "${name}" already`)
}

function write (folder: string, kind: RoomKind, name: string): void {
  if (existsSync(folder)) throw new UsageError(`${folder} is there already`)
  mkdirSync(folder, { recursive: true })
  for (const [file, content] of Object.entries(roomSkeleton(kind, name, roomImports(realpathSync(folder))))) writeFileSync(join(folder, file), content)
}

function nextSteps (kind: RoomKind, name: string, folder: string, dir: string, importable: boolean): string {
  const use = kind === 'filter' ? `filters:\n      - ${name}: "{id}"` : `predicates:\n      - ${name}: [blue, green]`
  return `${folder}: index.ts, README.md and ${name}.test.ts

Test it:${importable ? '' : ' (once, so that it finds gatehouse: npm install --save-dev gatehouse)'}
  node --test ${join(folder, `${name}.test.ts`)}

Use it in a route file:
  plugins: [${dir}]
  routes:
    - ...
      ${use.replaceAll('\n', '\n  ')}
`
}
