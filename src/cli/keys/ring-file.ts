import { chownSync, closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../../contract/config-error.ts'
import type { RingKey } from '../../identity/rings/ring-key.ts'
import { readRing } from '../../identity/rings/parse-ring.ts'
import { UsageError } from '../../contract/usage-error.ts'

/** Only the owner reads it. */
const PRIVATE = 0o600

const textOf = (keys: readonly RingKey[]): string => `${JSON.stringify({ keys }, null, 2)}\n`

/** Reads a ring that `gatehouse keys` has written, newest key first. */
export function loadRing (path: string, shown: string): readonly RingKey[] {
  try {
    return readRing(readFileSync(path, 'utf8'), '')
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(`${shown}: ${error.detail}`)
    throw error
  }
}

/** Writes a ring that is not there yet, with the folder it is in. Never writes over anything. */
export function createRing (path: string, keys: readonly RingKey[], shown: string): void {
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, textOf(keys), { mode: PRIVATE, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new UsageError(`${shown} is there already; \`gatehouse keys rotate ${shown}\` adds a key to it`)
    throw error
  }
}

/** Puts these keys in the place of those in the file, at once: whoever reads it finds the old ring or the new one. Owner and mode stay. */
export function replaceRing (path: string, keys: readonly RingKey[]): void {
  // A link stays one
  const target = realpathSync(path)
  const { mode, uid, gid } = statSync(target)
  const beside = `${target}.${process.pid}.new`
  const file = openSync(beside, 'wx', PRIVATE)
  try {
    writeFileSync(file, textOf(keys))
    fchmodSync(file, mode & 0o777)
    fsyncSync(file)
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) chownSync(beside, uid, gid)
    renameSync(beside, target)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}
