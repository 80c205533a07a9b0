import { readFileSync } from 'node:fs'
import { ConfigErrors } from '../contract/config-error.ts'
import { hint } from '../contract/nearest.ts'
import { OutboundError } from '../contract/outbound.ts'
import { UsageError } from '../contract/usage-error.ts'
import { checkCommand } from './check-command.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { diffCommand } from './diff-command.ts'
import { explainCommand } from './explain-command.ts'
import { importCommand } from './import-command.ts'
import { keysCommand } from './keys-command.ts'
import { DEFAULT_FILE } from './load-files.ts'
import { newCommand } from './new-command.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'
import { roomCommands } from './room-commands.ts'
import { routesCommand } from './routes-command.ts'
import { runCommand } from './run-command.ts'
import { schemaCommand } from './schema-command.ts'
import { shippedFile } from './shipped-file.ts'
import { testCommand } from './test-command.ts'

/** Every built-in command, in the order of `--help`. Those of rooms follow. */
export const COMMANDS: readonly Command[] =
  [runCommand, checkCommand, routesCommand, explainCommand, testCommand, diffCommand, schemaCommand, importCommand, newCommand, keysCommand]

/** Runs one command line; gives the exit status. */
export async function runCli (argv: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...args] = argv
  if (name === '--version' || name === '-V') return version(io)
  if (name === '--help' || name === '-h' || name === 'help') return help(args[0], io)
  const commands = commandsOf(io)
  const command = commands.find(one => one.name === name)
  if (!command) return complain(`no command is named "${name}"${hint(name, commands.map(one => one.name))}`, io)
  if (asksForHelp(args)) return help(name, io)
  try {
    return await command.run(args, io)
  } catch (error) {
    return failed(error, command, io)
  }
}

const commandsOf = ({ rooms }: Io): readonly Command[] => [...COMMANDS, ...roomCommands(rooms.filters, COMMANDS)]

/** Behind `--` and in a pasted command line nothing is about us. */
function asksForHelp (args: readonly string[]): boolean {
  const end = args.findIndex(arg => arg === '--' || arg === 'curl')
  return (end < 0 ? args : args.slice(0, end)).some(arg => arg === '--help' || arg === '-h')
}

function failed (error: unknown, command: Command, io: Io): number {
  if (error instanceof ConfigErrors) return invalid(error, io)
  if (error instanceof UsageError || isParseArgsError(error)) {
    const [synopsis] = command.usage.split('\n', 1)
    return complain(`${error.message}\n\ngatehouse ${command.name} ${synopsis}\ngatehouse ${command.name} --help tells more.`, io)
  }
  if (!isOfOutside(error)) throw error
  io.err(`${paintFor(io.colours.err)('red', 'syscall' in error && error.syscall === 'listen' ? `cannot listen: ${error.message}` : error.message)}\n`)
  return EXIT.failed
}

function invalid ({ errors }: ConfigErrors, io: Io): number {
  const paint = paintFor(io.colours.err)
  for (const error of errors) io.err(`${paint('red', error.message)}\n`)
  io.err(`${plural(errors.length, 'error')}\n`)
  if (errors.some(({ code, file }) => code === 'GW_CONFIG_UNREADABLE' && file === DEFAULT_FILE)) {
    io.err(`Without files, ${DEFAULT_FILE} of this folder is read. \`gatehouse run --demo\` shows one at work: ${shippedFile(DEFAULT_FILE).pathname}\n`)
  }
  return EXIT.invalid
}

const isParseArgsError = (error: unknown): error is TypeError =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** Of the outside world and not a bug: a port in use, a folder that cannot be written, nobody who answers. */
const isOfOutside = (error: unknown): error is Error => error instanceof OutboundError || (error instanceof Error && 'syscall' in error)

function complain (message: string, io: Io): number {
  const [first, ...rest] = message.split('\n')
  io.err(`${[paintFor(io.colours.err)('red', first!), ...rest].join('\n')}\n`)
  return EXIT.usage
}

function version (io: Io): number {
  const { version: text } = JSON.parse(readFileSync(shippedFile('package.json'), 'utf8')) as { version: string }
  io.out(`${text}\n`)
  return EXIT.ok
}

function help (name: string | undefined, io: Io): number {
  const paint = paintFor(io.colours.out)
  const commands = commandsOf(io)
  const command = commands.find(one => one.name === name)
  if (command) {
    const [synopsis, ...rest] = command.usage.split('\n')
    io.out(`${paint('bold', `gatehouse ${command.name}`)} ${[synopsis, ...rest].join('\n')}\n`)
    return EXIT.ok
  }
  const width = Math.max(...commands.map(one => one.name.length))
  io.out(`${paint('bold', 'gatehouse')} <command> [files or folders] [options]

${commands.map(one => `  ${paint('bold', one.name.padEnd(width))}  ${one.summary}`).join('\n')}

gatehouse <command> --help tells more; --version tells which Gatehouse this is. Without files: ${DEFAULT_FILE}.

Exit status: 0 done; 1 failed (a test, a port in use, a stale schema); 2 the files or the command line are wrong.
`)
  return EXIT.ok
}
