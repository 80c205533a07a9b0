import type { Load, Log } from '../../../src/contract/index.ts'
import { ShedLevel, type Priority, type Targets } from './shed-level.ts'

interface Held { readonly level: ShedLevel, users: number }

/** By the process that they are about, which its load stands for. */
const levels = new WeakMap<Load, Map<string, Held>>()

/**
 * The level of all routes of the process that have these targets, also of those of the configuration before: a reload in the middle of an
 * overload must not let everybody in. `leave` when the route is gone; with the last route the level is.
 */
export function sharedLevel (load: Load, targets: Targets, priorities: readonly Priority[], log: Log): { readonly level: ShedLevel, leave(): void } {
  const ofProcess = levels.get(load) ?? new Map<string, Held>()
  levels.set(load, ofProcess)
  const { delayMs, memoryShare, inFlight } = targets
  const key = JSON.stringify([delayMs, memoryShare, inFlight])
  const held = ofProcess.get(key) ?? { level: new ShedLevel(load, targets, log), users: 0 }
  ofProcess.set(key, held)
  held.users++
  held.level.use(priorities)
  return {
    level: held.level,
    leave: () => {
      held.level.unuse(priorities)
      if (--held.users === 0) ofProcess.delete(key)
    }
  }
}
