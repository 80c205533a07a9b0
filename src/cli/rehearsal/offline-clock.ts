import type { Clock } from '../../contract/services.ts'

/** Tells the time, or a time that was set; never waits. */
export class OfflineClock implements Clock {
  /** Milliseconds since the epoch; null for now. */
  at: number | null = null

  now (): number { return this.at ?? Date.now() }
  monotonic (): number { return performance.now() }
  sleep (): Promise<void> { return Promise.resolve() }
}
