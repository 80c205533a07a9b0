import { readFileSync } from 'node:fs'

/** How many files and sockets a child may have open. Node raises its own limit to the hard one, and children inherit that. */
export function openFilesLimit (): number {
  const [soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.slice(1) ?? []
  return Number(soft ?? 1024)
}
