import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../contract/services.ts'

/** A timer of Node that is set for longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The process's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      for (let leftMs = ms; leftMs > 0; leftMs -= LONGEST_MS) await wait(Math.min(leftMs, LONGEST_MS), undefined, { signal })
      signal.throwIfAborted()
    } catch {
      throw signal.reason
    }
  }
}
