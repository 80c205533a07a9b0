/** The process as a room's command sees it. */
export interface CommandIo {
  out(text: string): void
  err(text: string): void
  /** Whether `out` is a terminal that shows colours. */
  readonly coloured: boolean
  /** A file below or beside the working folder. Rejects with Node's error. */
  readFile(path: string): Promise<string>
  writeFile(path: string, text: string): Promise<void>
  /** Asks a running gateway's admin listener. Rejects with OutboundError. */
  ask(url: string, method: 'GET' | 'POST'): Promise<{ readonly status: number, readonly body: string }>
}

/** A command of the CLI that a room brings with it: `gatehouse <name>`. */
export interface RoomCommand {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What follows the name, and the options, for `--help`. The first line is the synopsis. */
  readonly usage: string
  /** The exit status: 0 done, 1 failed. UsageError where the command line is wrong. */
  run(args: string[], io: CommandIo): Promise<number>
}
