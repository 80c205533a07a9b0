import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

// USER_HZ: what /proc counts CPU time in. It is 100 on every architecture that Node runs on.
const TICKS_PER_SECOND = 100

/** CPU time that a process and its descendants have used, user and system, in microseconds (proc(5), stat 14 and 15). */
export function cpuMicros (root: number): number {
  let ticks = 0
  for (const pid of tree(root)) {
    const fields = statFields(pid)
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  }
  return ticks * 1_000_000 / TICKS_PER_SECOND
}

/** Resident memory in bytes, summed over the tree: `VmRSS` is that of now, `VmHWM` the highest there was. */
export function residentBytes (root: number, which: 'VmRSS' | 'VmHWM'): number {
  let kilobytes = 0
  for (const pid of tree(root)) {
    const line = new RegExp(`^${which}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))
    kilobytes += Number(line?.[1] ?? 0)
  }
  return kilobytes * 1024
}

/** Makes `VmHWM` begin anew at what is resident now (proc(5), clear_refs 5). */
export function resetPeak (root: number): void {
  for (const pid of tree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function tree (root: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = Number(statFields(Number(entry))[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

// The command's name is in parentheses and may hold anything, so fields are counted from the last one.
function statFields (pid: number): string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read (path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
