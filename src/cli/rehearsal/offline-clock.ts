import type { Clock } from '../../contract/services.ts'

/** Tells the time, or a time that was set; never waits. */
export class OfflineClock implements Clock {
  /** Milliseconds since the epoch; null for now. */
  at: number | null = null

  now (): number { return this.at ?? Date.now() }
  monotonic (): number { return performance.now() }

  /** A turn later, so that whoever sleeps again and again until it is time keeps nobody else from coming to an end before. */
  sleep (_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise<void>(resolve => { setImmediate(resolve) }).then(() => { signal.throwIfAborted() })
  }
}
