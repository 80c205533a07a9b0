import type { Clock } from '../../../../src/contract/index.ts'
import type { Reason } from '../outcome.ts'
import { DelayQueue } from './delay-queue.ts'
import type { QueueConfig } from './timing-schema.ts'

/** How much may run and wait at one time, and what is done with each. None of these may throw. */
export interface WaitingOptions<T> {
  readonly maxInFlight: number
  readonly queue: QueueConfig
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  /** Has a place until it has resolved. */
  readonly run: (item: T) => Promise<void>
  /** It waited, and never will run. */
  readonly dropped: (item: T) => void
  /** It runs still, and the time for that is over: `run` should resolve soon. */
  readonly abort: (item: T) => void
}

/** What there is of it now. */
export interface WaitingStats { readonly inFlight: number, readonly waiting: number, readonly waitingBytes: number, readonly oldestMs: number }

/** One that runs, and where it stands in the list. */
interface Running<T> { readonly item: T, at: number }

/** How long those who were told to stop may take for it. */
const STOPPING_MS = 1000

/**
 * Runs now if there is a place, else when there is one, or when it is time: whatever waits does so in one bounded queue. What is due first gets a place
 * first, and nobody gets one ahead of those that were there before.
 */
export class Waiting<T extends object> {
  readonly #options: WaitingOptions<T>
  readonly #queue: DelayQueue<T>
  /** Not a Set: one whose members come and go all the time moves from table to table, and each table that has grown old keeps the next one and all in it alive. */
  readonly #running: Running<T>[] = []
  #closing: Promise<number> | null = null
  #emptied = () => {}

  constructor (options: WaitingOptions<T>) {
    this.#options = options
    this.#queue = new DelayQueue({ ...options.queue, clock: options.clock, ready: () => { this.#fill() } })
  }

  get stats (): WaitingStats {
    const { size, bytes, oldestMs } = this.#queue
    return { inFlight: this.#running.length, waiting: size, waitingBytes: bytes, oldestMs }
  }

  /** `bytes`: what the item holds while it waits. Says why it was not taken; null where it was. */
  offer (item: T, bytes: number, delayMs = 0): Extract<Reason, 'full' | 'queue-count' | 'queue-bytes' | 'closing'> | null {
    if (this.#closing !== null) return 'closing'
    if (delayMs <= 0) {
      this.#fill()
      if (this.#hasPlace) return this.#start(item)
    }
    if (this.#options.queue.count === 0) return 'full'
    const answer = this.#queue.offer(item, bytes, delayMs)
    return answer === 'taken' ? null : answer
  }

  /**
   * Nothing is taken any more, what waits is dropped, and what runs has this long to end before it is told to. Resolves when it has, to the number of
   * those that did not come to their end.
   */
  close (graceMs: number): Promise<number> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  get #hasPlace (): boolean { return this.#running.length < this.#options.maxInFlight }

  #fill (): void {
    while (this.#hasPlace) {
      const item = this.#queue.take()
      if (item === undefined) return
      this.#start(item)
    }
  }

  #start (item: T): null {
    const running = { item, at: this.#running.length }
    const leave = () => { this.#leave(running) }
    this.#running.push(running)
    this.#options.run(item).then(leave, leave)
    return null
  }

  /** The last takes its place. */
  #leave ({ at }: Running<T>): void {
    const last = this.#running.pop()!
    if (at < this.#running.length) this.#running[at] = last
    last.at = at
    this.#fill()
    if (this.#running.length === 0) this.#emptied()
  }

  async #close (graceMs: number): Promise<number> {
    const left = this.#queue.drain()
    for (const item of left) this.#options.dropped(item)
    await this.#untilEmpty(graceMs)
    const late = [...this.#running]
    for (const { item } of late) this.#options.abort(item)
    await this.#untilEmpty(STOPPING_MS)
    return left.length + late.length
  }

  /** No longer than this. */
  async #untilEmpty (ms: number): Promise<void> {
    if (this.#running.length === 0) return
    const sleep = new AbortController()
    const empty = new Promise<void>(resolve => { this.#emptied = resolve })
    await Promise.race([empty, this.#options.clock.sleep(ms, sleep.signal).catch(() => {})])
    sleep.abort()
  }
}
