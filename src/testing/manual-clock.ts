import { setImmediate as turn } from 'node:timers/promises'
import type { FakeClock } from './fakes.ts'

/** A clock whose sleepers sleep until the test lets time pass: for rooms that wait beside a call, or give up on one. */
export interface ManualClock extends FakeClock {
  /** How long those who sleep still have to, the shortest first. */
  readonly sleeping: readonly number[]
  /** Lets time pass: whoever is due on the way wakes in order, each with time to go on before the next. */
  pass(ms: number): Promise<void>
}

interface Sleeper { readonly atMs: number, wake(): void }

/** Makes one that shows `start`. `set` and `advance` move it and wake nobody. */
export function manualClock (start = 0): ManualClock {
  let now = start
  const slept: number[] = []
  const sleepers = new Set<Sleeper>()
  const next = () => [...sleepers].sort((a, b) => a.atMs - b.atMs)[0]
  return {
    slept,
    get sleeping () { return [...sleepers].map(({ atMs }) => atMs - now).sort((a, b) => a - b) },
    now: () => now,
    monotonic: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      slept.push(ms)
      const { promise, resolve } = Promise.withResolvers<void>()
      const sleeper = { atMs: now + ms, wake: resolve }
      const end = () => {
        sleepers.delete(sleeper)
        resolve()
      }
      sleepers.add(sleeper)
      signal.addEventListener('abort', end)
      await promise
      end()
      signal.removeEventListener('abort', end)
      signal.throwIfAborted()
    },
    set: to => { now = to },
    advance: ms => { now += ms },
    pass: async ms => {
      const untilMs = now + ms
      await turn()
      for (let sleeper = next(); sleeper && sleeper.atMs <= untilMs; sleeper = next()) {
        now = Math.max(now, sleeper.atMs)
        sleeper.wake()
        await turn()
      }
      now = untilMs
      await turn()
    }
  }
}
