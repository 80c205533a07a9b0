import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { filters, predicates } from '../../plugins/index.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import type { Io } from '../../src/cli/command.ts'
import { Serving } from '../../src/cli/run/serving.ts'
import { LogLines } from './log-lines.ts'

/** What `gatehouse run` is, with files that a test can change. */
export interface ServingFiles {
  readonly serving: Serving
  readonly log: LogLines
  readonly folder: string
  /** Puts a text in the place of a file, at once as editors do. */
  write(name: string, text: string): void
}

/** Opens `routes.yaml` among these files. It listens when the test tells it to. */
export async function servingFiles (t: Test, files: Readonly<Record<string, string>>, { watch = false } = {}): Promise<ServingFiles> {
  const folder = t.testdir(files)
  const log = new LogLines()
  const io: Io = { env: {}, cwd: folder, rooms: { filters, predicates }, colours: { out: false, err: false }, out: () => {}, err: () => {}, onSignal: () => {}, exit: () => {} }
  const serving = await Serving.open({ files: [join(folder, 'routes.yaml')], keepGoing: false, watch, settings: settings => settings }, io, pinoLog({ level: 'info', destination: { write: log.write } }))
  t.teardown(() => serving.close())
  return {
    serving,
    log,
    folder,
    write: (name, text) => {
      writeFileSync(join(folder, `${name}.next`), text)
      renameSync(join(folder, `${name}.next`), join(folder, name))
    }
  }
}
