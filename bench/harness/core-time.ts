import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU time that processes have used on one core since boot, user and system, in microseconds (proc(5), /proc/stat). */
export function coreMicros (core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? ''
  const [user = 0, nice = 0, system = 0] = line.split(' ').map(Number)
  return (user + nice + system) * 1_000_000 / TICKS_PER_SECOND
}
