import { filters, predicates } from '../../../plugins/index.ts'
import { runCli } from '../../../src/cli/cli.ts'
import type { Io } from '../../../src/cli/command.ts'

/** What a command line left behind. */
export interface Ran { readonly status: number, readonly out: string, readonly err: string }

/** What the process of a test is like. */
export interface CliOptions {
  /** The working folder; its path is left out of what is printed. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly colours?: Io['colours']
}

/** Runs one command line in this process, in `cwd`. */
export async function cli (argv: readonly string[], { cwd = process.cwd(), env = {}, colours = { out: false, err: false } }: CliOptions = {}): Promise<Ran> {
  const before = process.cwd()
  let out = ''
  let err = ''
  process.chdir(cwd)
  try {
    const status = await runCli(argv, {
      env,
      cwd,
      rooms: { filters, predicates },
      colours,
      out: text => { out += text },
      err: text => { err += text },
      onSignal: () => {},
      exit: () => {}
    })
    return { status, out, err }
  } finally {
    process.chdir(before)
  }
}
