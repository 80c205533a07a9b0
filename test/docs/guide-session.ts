import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What the package exports, and where it stands here. */
const ENTRIES = { contract: 'src/contract/index.ts', testing: 'src/testing/index.ts', passport: 'plugins/filters/passport/verifier/index.ts' }

const LISTENING = /"event\.action":"listening".*?"port":(\d+).*?"gatehouse\.admin":(?:null|\{.*?"port":(\d+))/
const DEMO_READY = /^For operators:[^]*?\/routes$/m

/** What a command printed, and how it ended. */
export interface Ran { readonly status: number | null, readonly output: string }

/**
 * A folder in which a guide is followed: its files are written there and its commands run there, `gatehouse` being the sources and
 * the ports of the guide (8080, 9090) whatever was free.
 */
export class GuideSession {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'))
  #server: ChildProcess | null = null
  #ports: readonly (readonly [string, string])[] = []

  readonly #cache: string

  /** `cache`: a folder in which commands leave their code compiled for the next, which halves the time of each. */
  constructor (cache: string) {
    this.#cache = cache
    mkdirSync(join(this.folder, '.bin'))
    const command = join(this.folder, '.bin', 'gatehouse')
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${ROOT}src/main.ts" "$@"\n`)
    chmodSync(command, 0o755)
    symlinkSync(process.execPath, join(this.folder, '.bin', 'node'))
    writeFileSync(join(this.folder, '.bin', '.curlrc'), 'no-progress-meter\n')
    this.#install()
  }

  /** The package as a guide's reader has it, made of the sources. They stay outside of node_modules, where Node strips no types. */
  #install (): void {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object }
    const entries = Object.entries(ENTRIES).filter(([name]) => `./${name}` in exports)
    this.write('.package/package.json', JSON.stringify({ name: 'gatehouse', type: 'module', exports: Object.fromEntries(entries.map(([name]) => [`./${name}`, `./${name}.js`])) }))
    for (const [name, source] of entries) this.write(`.package/${name}.js`, `export * from ${JSON.stringify(new URL(`../../${source}`, import.meta.url).href)}\n`)
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(join(this.folder, '.package'), join(this.folder, 'node_modules', 'gatehouse'))
  }

  write (file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    writeFileSync(join(this.folder, file), text)
  }

  /** Runs the lines of a block, as one script that ends where one of them fails. */
  async run (script: string): Promise<Ran> {
    const child = this.#spawn(this.#here(script))
    const output = collect(child)
    const status = await new Promise<number | null>(resolve => { child.once('close', resolve) })
    return { status, output: this.#there(output()) }
  }

  /** Starts a gateway on free ports, in place of the one before. Resolves with what it printed when it listens. */
  async serve (command: string): Promise<Ran> {
    await this.stop()
    const child = this.#spawn(`exec ${command.trim()} --port 0 --admin-port 0`)
    this.#server = child
    const output = collect(child)
    const ports = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.stdout!.on('data', () => {
        const found = LISTENING.exec(output())
        if (found && (!command.includes('--demo') || DEMO_READY.test(output()))) resolve(found)
      })
      child.once('close', () => { reject(new Error(`${command} ended: ${output()}`)) })
    })
    this.#ports = [['8080', ports[1]!], ...ports[2] === undefined ? [] : [['9090', ports[2]] as const]]
    return { status: null, output: this.#there(output()) }
  }

  async stop (): Promise<void> {
    const child = this.#server
    this.#server = null
    if (!child || child.exitCode !== null) return
    const ended = new Promise(resolve => { child.once('close', resolve) })
    child.kill('SIGTERM')
    await ended
  }

  async close (): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawn (script: string): ChildProcess {
    // Commands are not measured: what tap hands down to see its own children would slow them, and a compile cache blur it.
    const { NODE_OPTIONS, NODE_V8_COVERAGE, ...inherited } = process.env
    const bin = join(this.folder, '.bin')
    const env = { ...inherited, PATH: `${bin}:${inherited['PATH'] ?? ''}`, CURL_HOME: bin, NO_COLOR: '1', NODE_COMPILE_CACHE: this.#cache }
    return spawn('sh', ['-euc', script], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  #here (script: string): string {
    return this.#ports.reduce((text, [written, real]) => text.replaceAll(`:${written}`, `:${real}`), script)
  }

  #there (output: string): string {
    return this.#ports.reduce((text, [written, real]) => text.replaceAll(`:${real}`, `:${written}`), output.replaceAll('\r', ''))
  }
}

/** Both outputs of a process as they come. */
function collect (child: ChildProcess): () => string {
  const pieces: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream!.setEncoding('utf8').on('data', (text: string) => { pieces.push(text) })
  return () => pieces.join('')
}
