import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Test } from 'tap'

/** A line of the log, as JSON. */
export type Line = Readonly<Record<string, unknown>> & { readonly message: string }

/** Where a gateway listens. */
export interface Address { readonly host: string, readonly port: number }

const MAIN = new URL('../../../../src/main.ts', import.meta.url).pathname

/** `gatehouse run` in a process of its own, ended with the test. */
export class Started {
  readonly child: ChildProcess
  /** All it has said so far that is no JSON, and what it has said on the standard error. */
  text = ''
  err = ''
  readonly lines: Line[] = []
  #waiting: { fits: (line: Line) => boolean, resolve: (line: Line) => void }[] = []
  readonly #said: Interface
  readonly #ended: Promise<{ status: number | null, signal: string | null }>

  constructor (t: Test, argv: readonly string[], options: { cwd: string, env?: Readonly<Record<string, string>> }) {
    this.child = spawn(process.execPath, [MAIN, 'run', ...argv], { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#said = createInterface(this.child.stdout!)
    this.#said.on('line', line => { this.#read(line) })
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.err += text })
    this.#ended = once(this.child, 'close').then(([status, signal]: unknown[]) => ({ status: status as number | null, signal: signal as string | null }))
    t.teardown(async () => {
      this.child.kill('SIGTERM')
      await this.#ended
    })
  }

  /** The first line from now on, or of those there are, that fits. Rejects where the process ends before it says so. */
  async line (fits: (line: Line) => boolean, from = 0): Promise<Line> {
    const known = this.lines.slice(from).find(fits)
    if (known) return known
    const said = new Promise<Line>(resolve => { this.#waiting.push({ fits, resolve }) })
    const silent = this.#ended.then(({ status }) => { throw new Error(`ended with ${status}: ${this.err}`) })
    return await Promise.race([said, silent])
  }

  /** Where it listens, once it does. */
  async listening (): Promise<{ http: Address, admin: Address }> {
    const line = await this.line(({ message }) => message === 'listening')
    return { http: (line['gatehouse.listeners'] as Address[])[0]!, admin: line['gatehouse.admin'] as Address }
  }

  /** Does something, and waits for what the log then says. */
  async after (act: () => unknown, fits: (line: Line) => boolean): Promise<Line> {
    const from = this.lines.length
    await act()
    return await this.line(fits, from)
  }

  /** Waits for what it says beside its log. */
  async until (fits: (text: string) => boolean): Promise<void> {
    while (!fits(this.text)) await once(this.#said, 'line')
  }

  /** How it ended. */
  async ended (): Promise<{ status: number | null, signal: string | null }> {
    return await this.#ended
  }

  #read (text: string): void {
    if (!text.startsWith('{')) {
      this.text += `${text}\n`
      return
    }
    const line = JSON.parse(text) as Line
    this.lines.push(line)
    for (const one of this.#waiting.filter(({ fits }) => fits(line))) one.resolve(line)
    this.#waiting = this.#waiting.filter(({ fits }) => !fits(line))
  }
}
