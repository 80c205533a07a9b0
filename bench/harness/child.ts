import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** What a child process needs to know before it starts. */
export interface ChildSpec {
  readonly name: string
  readonly argv: readonly string[]
  /** File that takes stdout and stderr: a pipe would make this process work while it measures. */
  readonly log: string
  readonly env?: Readonly<Record<string, string>>
  /** Opens a channel for `ask`; only for Node children. */
  readonly ipc?: boolean
}

/** A process that this run has started, and the only kind it ever ends. */
export class Child {
  readonly name: string
  readonly pid: number
  /** Settles with the exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #process: ChildProcess
  readonly #log: string

  constructor (spec: ChildSpec) {
    const [command = '', ...args] = spec.argv
    const log = openSync(spec.log, 'w')
    this.#process = spawn(command, args, {
      stdio: ['ignore', log, log, spec.ipc ? 'ipc' : 'ignore'],
      env: { ...process.env, ...spec.env }
    })
    closeSync(log)
    this.#log = spec.log
    this.name = spec.name
    this.pid = this.#process.pid ?? 0
    this.ended = new Promise((resolve) => {
      this.#process.once('exit', resolve)
      this.#process.on('error', () => { resolve(-1) })
    })
  }

  get alive (): boolean {
    return this.pid > 0 && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** What it has printed. */
  output (): string {
    return readFileSync(this.#log, 'utf8')
  }

  signal (name: NodeJS.Signals): void {
    if (this.alive) this.#process.kill(name)
  }

  /** The line of its output that says best why it ended. */
  lastWords (): string {
    const lines = this.output().split('\n').filter((line) => line.trim() !== '')
    // Node puts the stack and its version after the line that matters.
    return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? ''
  }

  /** Sends one message and gives back the next one; children answer in order. Rejects where the child ends instead. */
  async ask<Answer> (message: object): Promise<Answer> {
    const gone = this.ended.then(() => { throw new Error(`${this.name} ended without an answer: ${this.lastWords()}`) })
    const answer = once(this.#process, 'message')
    this.#process.send(message)
    const [reply] = await Promise.race([answer, gone]) as [Answer]
    return reply
  }

  /** Ends it: politely, then for certain. */
  async stop (graceMs = 3000): Promise<void> {
    this.signal('SIGTERM')
    const timer = setTimeout(() => { this.signal('SIGKILL') }, graceMs)
    await this.ended
    clearTimeout(timer)
  }
}
