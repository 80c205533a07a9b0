import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

// Debian keeps nginx and haproxy where an ordinary user's PATH does not look.
const EXTRA = ['/usr/sbin', '/usr/local/sbin', '/sbin']

/** Whether a command can be started by its name. */
export function hasBinary (name: string): boolean {
  return findBinary(name) !== null
}

/** The path of a command, or null. */
export function findBinary (name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA]
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
