import type { Filter, Predicate } from '../contract/room.ts'

/** The process as a command sees it; a test hands in another one. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly rooms: { readonly filters: readonly Filter[], readonly predicates: readonly Predicate[] }
  /** Whether to colour what goes to `out` and to `err`: only where it is a terminal. */
  readonly colours: { readonly out: boolean, readonly err: boolean }
  out(text: string): void
  err(text: string): void
  /** Calls back for each SIGTERM, SIGINT or SIGHUP until the command ends. */
  onSignal(told: (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP') => void): void
  /** Ends the process at once. */
  exit(status: number): void
}

/** What a command leaves with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, invalid: 2 } as const

/** One command of the CLI. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What follows the name, and the options, for `--help`. The first line is the synopsis. */
  readonly usage: string
  run(args: string[], io: Io): Promise<number>
}
