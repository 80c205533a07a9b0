import { parseArgs } from 'node:util'
import { pinoLog, type LogOptions, type PinoLog } from '../adapters/pino-log.ts'
import { hint } from '../contract/nearest.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { demoFiles, startDemo, type Demo } from './demo.ts'
import { overrides } from './overrides.ts'
import { Serving, type ServingOptions } from './run/serving.ts'

const OPTIONS = {
  demo: { type: 'boolean', default: false },
  'keep-going': { type: 'boolean', default: false },
  'no-watch': { type: 'boolean', default: false },
  port: { type: 'string' },
  'admin-port': { type: 'string' },
  'log-level': { type: 'string', default: 'info' }
} as const

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** `gatehouse run`: serves until it is told to stop. */
export const runCommand: Command = {
  name: 'run',
  summary: 'serve the routes of these files',
  usage: `[files or folders] [options]

  --demo              also start demo upstreams and an issuer on loopback, and print a curl line for each route
  --port <n>          listen there instead of the first gateway.listen port; 0 takes a free one
  --admin-port <n>    the same for gateway.admin
  --keep-going        start although routes are broken: they answer 500, or are left out
  --no-watch          do not reload when a file changes (SIGHUP and POST /reload of the admin listener still do)
  --log-level <l>     ${LEVELS.join(', ')} (info)

Logs JSON lines to the standard output; the first, "listening", tells the addresses in use. A reload puts the sound routes of the files in
force; a broken one stays as it was. Stops on SIGTERM or SIGINT after requests in flight have ended (gateway.drain); a second signal stops
at once. Changed code of plugins takes a restart.

Exit status: 0 stopped as told, 1 cannot listen, or stopped at once; 2 the files are wrong (every error is printed).`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
    const log = pinoLog({ level: levelOf(values['log-level']) })
    const options: ServingOptions = {
      files: values.demo ? demoFiles(positionals, io.cwd) : positionals,
      keepGoing: values['keep-going'],
      watch: !values['no-watch'],
      settings: settings => overrides(settings, values.port, values['admin-port'])
    }
    const demo = values.demo ? await startDemo() : null
    try {
      return await serve(options, demo, demo ? { ...io, env: { ...demo.env, ...io.env } } : io, log)
    } finally {
      await demo?.close()
    }
  }
}

function levelOf (text: string): LogOptions['level'] {
  const level = LEVELS.find(one => one === text)
  if (!level) throw new UsageError(`"${text}" is no log level${hint(text, LEVELS)}`)
  return level
}

async function serve (options: ServingOptions, demo: Demo | null, io: Io, log: PinoLog): Promise<number> {
  const serving = await Serving.open(options, io, log)
  try {
    const stopped = untilStopped(io, () => { serving.tryReload('SIGHUP') })
    const listening = await serving.listen()
    if (demo) io.out(await demo.welcome(serving.loaded.config, listening, serving.loaded.redact))
    await stopped
    log.info({ 'event.action': 'stopping' }, 'stopping')
    log.flush()
  } finally {
    await serving.close()
  }
  return EXIT.ok
}

/** Resolves at the first signal to stop; the second ends the process. */
function untilStopped (io: Io, onHangup: () => void): Promise<void> {
  return new Promise(resolve => {
    let stopping = false
    io.onSignal(signal => {
      if (signal === 'SIGHUP') onHangup()
      else if (stopping) io.exit(EXIT.failed)
      else {
        stopping = true
        resolve()
      }
    })
  })
}
