import type { PinoLog } from '../../adapters/pino-log.ts'
import { watchFiles } from '../../config/watch-files.ts'
import { ConfigErrors } from '../../contract/config-error.ts'
import type { GatewayConfig } from '../../contract/route-file.ts'
import type { Settings } from '../../contract/settings.ts'
import { buildGateway, type Gateway, type Listening } from '../../gateway.ts'
import type { Rooms } from '../../plan/compile-room.ts'
import type { Quarantined, Update } from '../../plan/table-keeper.ts'
import type { Io } from '../command.ts'
import { compileFiles, loadFiles, located, type Loaded } from '../load-files.ts'
import { unreadable, withPreviousVersions } from './previous-versions.ts'

/** How to serve. */
export interface ServingOptions {
  readonly files: readonly string[]
  readonly keepGoing: boolean
  readonly watch: boolean
  /** Puts what the command line says in place of what the file says. */
  readonly settings: (settings: Settings) => Settings
}

/** Settings that a reload brings into force; the others wait for a restart. */
const RELOADED: ReadonlySet<string> = new Set(['forwarded', 'via'])

/** A gateway that follows its files: reloads come one after the other, and none of them can stop it. */
export class Serving {
  readonly #options: ServingOptions
  readonly #io: Io
  readonly #log: PinoLog
  readonly #gateway: Gateway
  readonly #started: Settings
  #loaded: Loaded
  /** Those of the newest files: a reload may bring in other plugins. */
  #rooms: Rooms
  #last: Promise<unknown> = Promise.resolve()
  #stopWatching: () => void

  /** Reads the files and compiles them. Throws ConfigErrors with all that is wrong, unless `keepGoing`. */
  static async open (options: ServingOptions, io: Io, log: PinoLog): Promise<Serving> {
    const loaded = await loadFiles(options.files, io, true)
    // Throws: the loader has found something, and the compiler may find more.
    if (loaded.broken.length > 0 && !options.keepGoing) await compileFiles(options.files, io)
    return new Serving(loaded, options, io, log)
  }

  private constructor (loaded: Loaded, options: ServingOptions, io: Io, log: PinoLog) {
    this.#loaded = loaded
    this.#rooms = loaded.rooms
    this.#options = options
    this.#io = io
    this.#log = log
    this.#started = options.settings(loaded.config.settings)
    this.#gateway = this.#build()
    this.#stopWatching = this.#watch()
    this.#warn(loaded)
    for (const { id, errors } of loaded.broken) for (const { code, message } of errors) log.error({ 'error.code': code, 'gatehouse.route': id }, `left out: ${message}`)
  }

  get loaded (): Loaded { return this.#loaded }

  async listen (): Promise<Listening> {
    const listening = await this.#gateway.listen()
    this.#log.info({ 'event.action': 'listening', 'gatehouse.listeners': listening.listeners, 'gatehouse.admin': listening.admin, 'process.pid': process.pid }, 'listening')
    this.#log.flush()
    return listening
  }

  /** Reads the files again; rejects, and changes nothing, where they cannot be read. */
  reload (why: string): Promise<Update> {
    const next = this.#last.then(() => this.#reload(why))
    this.#last = next.catch((error: unknown) => { this.#complain(error, why) })
    return next
  }

  /** A reload nobody waits for: what is wrong is in the log. */
  tryReload (why: string): void {
    this.reload(why).catch(() => {})
  }

  async close (): Promise<void> {
    this.#stopWatching()
    await this.#gateway.close()
  }

  #build (): Gateway {
    const { rooms } = this.#current()
    try {
      return buildGateway({ ...this.#loaded.config, settings: this.#started }, {
        rooms,
        log: this.#log,
        keepGoing: this.#options.keepGoing,
        onReload: () => this.reload('admin'),
        unreadable: unreadable(this.#loaded.broken),
        locate: fault => located([fault], this.#loaded).errors[0]!,
        redact: text => this.#loaded.redact(text)
      })
    } catch (error) {
      throw error instanceof ConfigErrors ? located(error.errors, this.#loaded) : error
    }
  }

  /** Throws ConfigErrors with places in the new files. */
  #putInForce (config: GatewayConfig, quarantined: readonly Quarantined[], loaded: Loaded): Update {
    try {
      return this.#gateway.reload(config, quarantined)
    } catch (error) {
      throw error instanceof ConfigErrors ? located(error.errors, loaded) : error
    }
  }

  /** The rooms of the moment, for a gateway that is built once. */
  #current (): { rooms: Rooms } {
    const rooms = () => this.#rooms
    return { rooms: { get filters () { return rooms().filters }, get predicates () { return rooms().predicates } } }
  }

  #watch (): () => void {
    return this.#options.watch ? watchFiles(this.#loaded.files, () => { this.tryReload('file') }) : () => {}
  }

  #watchAgain (): void {
    this.#stopWatching()
    this.#stopWatching = this.#watch()
  }

  async #reload (why: string): Promise<Update> {
    // Before they are read: what changes from here on is another reload.
    this.#watchAgain()
    const loaded = await loadFiles(this.#options.files, this.#io, true)
    const { config, quarantined } = withPreviousVersions(loaded.config, loaded.broken, this.#loaded.config)
    this.#rooms = loaded.rooms
    const update = this.#putInForce(config, quarantined, loaded)
    const isElsewhere = loaded.files.join('\n') !== this.#loaded.files.join('\n')
    this.#loaded = { ...loaded, config }
    if (isElsewhere) this.#watchAgain()
    const all: Update = {
      ...update,
      quarantined: update.quarantined.map(one => ({ ...one, faults: located(one.faults, loaded).errors })),
      faults: located(update.faults, loaded).errors
    }
    this.#warn(loaded)
    this.#tell(all, why)
    return all
  }

  #warn ({ warnings, config }: Loaded): void {
    for (const { code, message } of warnings) this.#log.warn({ 'error.code': code }, message)
    const now = this.#options.settings(config.settings)
    const waiting = Object.keys(now).filter(key => !RELOADED.has(key) && JSON.stringify(now[key as keyof Settings]) !== JSON.stringify(this.#started[key as keyof Settings])).sort()
    if (waiting.length > 0) this.#log.warn({ 'gatehouse.settings': waiting }, `takes effect at the next start: gateway.${waiting.join(', gateway.')}`)
  }

  #tell ({ quarantined }: Update, why: string): void {
    for (const { id, faults, serving } of quarantined) {
      for (const { code, message } of faults) this.#log.error({ 'error.code': code, 'gatehouse.route': id, 'gatehouse.serving': serving }, `quarantined: ${message}`)
    }
    this.#log.info({ 'event.action': 'reloaded', 'event.reason': why, 'gatehouse.quarantined': quarantined.length }, 'reloaded')
  }

  /** Whatever goes wrong in a reload, what is in force stays. */
  #complain (error: unknown, why: string): void {
    if (!(error instanceof ConfigErrors)) this.#log.error({ error, 'event.reason': why }, 'not reloaded')
    else for (const { code, message } of error.errors) this.#log.error({ 'error.code': code, 'event.reason': why }, `not reloaded: ${message}`)
  }
}
