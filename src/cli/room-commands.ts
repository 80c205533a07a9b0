import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { undiciOutbound } from '../adapters/undici-outbound.ts'
import type { Filter } from '../contract/room.ts'
import type { CommandIo, RoomCommand } from '../contract/room-command.ts'
import type { Command, Io } from './command.ts'

/** What a running gateway may take to answer, and how much it may say. */
const ASKING = { timeoutMs: 10_000, maxBytes: 64 * 1024 * 1024 }

/** The commands that rooms bring. A name that is taken stays with who had it: built-in commands, then rooms in their order. */
export function roomCommands (filters: readonly Filter[], builtIn: readonly Command[]): Command[] {
  const commands = new Map<string, Command>()
  // Rooms that were made for an older contract have none
  for (const { command } of filters) if (command && !commands.has(command.name)) commands.set(command.name, asCommand(command))
  for (const { name } of builtIn) commands.delete(name)
  return [...commands.values()]
}

const asCommand = ({ name, summary, usage, run }: RoomCommand): Command => ({
  name,
  summary,
  usage,
  run: async (args, io) => {
    const outbound = undiciOutbound()
    try {
      return await run(args, commandIo(io, outbound))
    } finally {
      // Its idle connections would keep the process
      await outbound.close()
    }
  }
})

const commandIo = (io: Io, outbound: ReturnType<typeof undiciOutbound>): CommandIo => ({
  out: text => { io.out(text) },
  err: text => { io.err(text) },
  coloured: io.colours.out,
  readFile: async path => await readFile(resolve(io.cwd, path), 'utf8'),
  writeFile: async (path, text) => { await writeFile(resolve(io.cwd, path), text) },
  ask: async (url, method) => {
    const { status, body } = await outbound.ask({ url, method, ...ASKING })
    return { status, body: body.toString('utf8') }
  }
})
