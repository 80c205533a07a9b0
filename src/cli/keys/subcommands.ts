import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../adapters/system-clock.ts'
import { derivedKey } from '../../identity/rings/derived-key.ts'
import { newRingKey, publicPart, type RingAlgorithm, type RingKey } from '../../identity/rings/ring-key.ts'
import { isLiving } from '../../identity/rings/ring-schedule.ts'
import { UsageError } from '../../contract/usage-error.ts'
import type { Io } from '../command.ts'
import { plural } from '../plural.ts'
import { newApiKey } from './new-api-key.ts'
import { optionSeconds } from './option-seconds.ts'
import { createRing, loadRing, replaceRing } from './ring-file.ts'
import { ringTable } from './ring-table.ts'
import { rotateKeys } from './rotate-keys.ts'

/** One word behind `gatehouse keys`. */
export type Subcommand = (args: string[], io: Io) => void

const seconds = (): number => Math.floor(systemClock.now() / 1000)

/** The one file that a subcommand is about: its path, and as it was written. */
function fileOf (positionals: readonly string[], io: Io): { path: string, shown: string } {
  const [shown, ...more] = positionals
  if (shown === undefined || more.length > 0) throw new UsageError('one file, the key ring')
  return { path: resolve(io.cwd, shown), shown }
}

function ring (args: string[], io: Io) {
  const { path, shown } = fileOf(parseArgs({ args, allowPositionals: true }).positionals, io)
  return { shown, keys: loadRing(path, shown) }
}

/** Those that verifiers still have a use for. */
const living = (keys: readonly RingKey[]): RingKey[] => keys.filter(key => isLiving(key, seconds()))

const print = (value: unknown, io: Io): void => { io.out(`${JSON.stringify(value, null, 2)}\n`) }

const make: Subcommand = (args, io) => {
  const { values, positionals } = parseArgs({ args, options: { for: { type: 'string', default: 'passport' }, algorithm: { type: 'string' } }, allowPositionals: true })
  const { path, shown } = fileOf(positionals, io)
  const key = newRingKey(algorithmFor(values.for, values.algorithm), seconds())
  createRing(path, [key], shown)
  io.out(`${shown}: ${key.alg} key ${key.kid}\n`)
}

function algorithmFor (purpose: string, algorithm: string | undefined): RingAlgorithm {
  if (purpose === 'passport') {
    if (algorithm === undefined || algorithm === 'EdDSA' || algorithm === 'HS256') return algorithm ?? 'EdDSA'
    throw new UsageError(`--algorithm ${algorithm}: a passport is signed by EdDSA or HS256`)
  }
  if (purpose !== 'session') throw new UsageError(`--for ${purpose}: a ring is for passport or session`)
  if (algorithm !== undefined) throw new UsageError('--algorithm: sessions are sealed by A256GCM, nothing else')
  return 'A256GCM'
}

const rotate: Subcommand = (args, io) => {
  const options = { overlap: { type: 'string', default: '10m' }, keep: { type: 'string', default: '24h' } } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const { path, shown } = fileOf(positionals, io)
  const rotation = { now: seconds(), overlap: optionSeconds('overlap', values.overlap), keep: optionSeconds('keep', values.keep) }
  // What was signed in the last moment must still be verified
  if (rotation.keep < 60) throw new UsageError(`--keep ${values.keep}: at least 60s, the longest life of a passport`)
  const { keys, added, dropped } = rotateKeys(loadRing(path, shown), rotation)
  replaceRing(path, keys)
  for (const { kid, alg } of added) io.out(`${shown}: ${alg} key ${kid} signs in ${values.overlap}\n`)
  if (dropped.length > 0) io.out(`${shown}: dropped ${plural(dropped.length, 'key')} that had ended\n`)
}

const list: Subcommand = (args, io) => { io.out(`${ringTable(ring(args, io).keys, seconds())}\n`) }

const publish: Subcommand = (args, io) => {
  const { keys, shown } = ring(args, io)
  const pairs = living(keys).filter(({ kty }) => kty === 'OKP')
  if (pairs.length === 0) throw new UsageError(`${shown} has no public keys: its keys are shared secrets${keys.some(({ alg }) => alg === 'HS256') ? '; `gatehouse keys derive` prints those of one upstream' : ''}`)
  print({ keys: pairs.map(publicPart) }, io)
}

const derive: Subcommand = (args, io) => {
  const { values: { audience }, positionals } = parseArgs({ args, options: { audience: { type: 'string' } }, allowPositionals: true })
  if (!audience) throw new UsageError('--audience: the name that the passports are for')
  const { path, shown } = fileOf(positionals, io)
  const masters = living(loadRing(path, shown)).filter(({ alg }) => alg === 'HS256')
  if (masters.length === 0) throw new UsageError(`${shown} has no HS256 key; \`gatehouse keys new <file> --algorithm HS256\` makes a ring of them`)
  print({ keys: masters.map(master => derivedJwk(derivedKey(master, audience))) }, io)
}

const derivedJwk = ({ kid, secret }: { kid: string, secret: Buffer }) => ({ kty: 'oct', k: secret.toString('base64url'), kid, alg: 'HS256', use: 'sig' })

const apiKey: Subcommand = (args, io) => {
  const { values: { id, scopes }, positionals } = parseArgs({ args, options: { id: { type: 'string' }, scopes: { type: 'string' } }, allowPositionals: true })
  if (positionals.length > 0) throw new UsageError('api-key writes no file')
  const { key, entry } = newApiKey()
  const list = scopes?.split(',').map(scope => scope.trim()).filter(scope => scope !== '') ?? []
  io.out(`key, shown this once: ${key}\nentry of the route file: ${JSON.stringify({ ...entry, ...id !== undefined && { id }, ...list.length > 0 && { scopes: list } })}\n`)
}

/** What can be done with keys, by the word that asks for it. */
export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = { new: make, rotate, list, public: publish, derive, 'api-key': apiKey }
