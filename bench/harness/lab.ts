import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Options } from '../options.ts'
import { Child } from './child.ts'
import { hasBinary } from './has-binary.ts'

/** The core of the server under test, and the core of everything else: load, upstream, this process. */
export const CORE = { server: 0, load: 1 } as const

/** How to start a child: on which core, and with what. */
export interface Start {
  readonly core: number
  readonly env?: Readonly<Record<string, string>>
  readonly ipc?: boolean
}

/** What all scenarios share: the options, a folder for generated files, and the children, all gone when the run ends. */
export class Lab {
  readonly options: Options
  readonly dir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  readonly #children: Child[] = []
  readonly #pinned = hasBinary('taskset')
  #started = 0

  constructor (options: Options) {
    this.options = options
    process.once('exit', () => { this.#sweep() })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
    if (this.#pinned) execFileSync('taskset', ['-cp', String(CORE.load), String(process.pid)], { stdio: 'ignore' })
    else this.note('taskset is missing (apt install util-linux): nothing is pinned, so numbers are not comparable')
  }

  /** Starts a process that lives until it is stopped or the run ends. */
  start (name: string, argv: readonly string[], how: Start): Child {
    const pin = this.#pinned ? ['taskset', '-c', String(how.core)] : []
    const log = join(this.dir, `${name}-${++this.#started}.log`)
    const child = new Child({ ...how, name, argv: [...pin, ...argv], log })
    this.#children.push(child)
    return child
  }

  /** Writes a generated file and gives back its path. */
  file (name: string, text: string): string {
    const path = join(this.dir, name)
    writeFileSync(path, text)
    return path
  }

  /** Says something about the run, apart from its results. */
  note (line: string): void {
    process.stderr.write(`bench: ${line}\n`)
  }

  /** Ends what a scenario that failed half-way has left behind. */
  async stopAll (): Promise<void> {
    await Promise.all(this.#children.map(async (child) => child.stop()))
  }

  // On 'exit' nothing asynchronous runs any more, so there is no grace here; regular ends have stopped their children.
  #sweep (): void {
    for (const child of this.#children) child.signal('SIGKILL')
    rmSync(this.dir, { recursive: true, force: true })
  }
}
