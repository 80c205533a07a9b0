import type { Clock } from '../../../../src/contract/index.ts'

/** How much may wait, and who is told that something is due that was not when it came. */
export interface DelayQueueOptions { readonly count: number, readonly bytes: number, readonly clock: Pick<Clock, 'monotonic' | 'sleep'>, readonly ready: () => void }

interface Waiter<T> { readonly item: T, readonly bytes: number, readonly dueMs: number, readonly turn: number, readonly sinceMs: number }

const isBefore = (a: Waiter<unknown>, b: Waiter<unknown>): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.turn < b.turn)

/**
 * What waits, bounded in count and bytes, and comes out in order of the time it is due, those due together in the order they came. A binary heap, and one
 * sleeper for all of it.
 */
export class DelayQueue<T extends object> {
  readonly #options: DelayQueueOptions
  #heap: Waiter<T>[] = []
  #bytes = 0
  #turn = 0
  #sleep: AbortController | null = null
  #wakesAtMs = Infinity

  constructor (options: DelayQueueOptions) {
    this.#options = options
  }

  get size (): number { return this.#heap.length }
  get bytes (): number { return this.#bytes }

  /** How long the one that has waited longest has done so; 0 where nothing waits. Looks at each: for reports. */
  get oldestMs (): number {
    const nowMs = this.#options.clock.monotonic()
    return this.#heap.reduce((oldestMs, { sinceMs }) => Math.max(oldestMs, nowMs - sinceMs), 0)
  }

  /** Says why there is no room, where there is none. */
  offer (item: T, bytes: number, dueInMs: number): 'taken' | 'queue-count' | 'queue-bytes' {
    if (this.#heap.length >= this.#options.count) return 'queue-count'
    if (this.#bytes + bytes > this.#options.bytes) return 'queue-bytes'
    const sinceMs = this.#options.clock.monotonic()
    this.#bytes += bytes
    this.#rise({ item, bytes, dueMs: sinceMs + dueInMs, turn: this.#turn++, sinceMs })
    this.#watch()
    return 'taken'
  }

  /** The first that is due; undefined where none is. */
  take (): T | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs > this.#options.clock.monotonic()) return undefined
    this.#bytes -= first.bytes
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last)
    this.#watch()
    return first.item
  }

  /** All that wait, in order; nothing waits any more, nobody sleeps. */
  drain (): T[] {
    this.#sleep?.abort()
    this.#sleep = null
    this.#wakesAtMs = Infinity
    const left = this.#heap.sort((a, b) => isBefore(a, b) ? -1 : 1)
    this.#heap = []
    this.#bytes = 0
    return left.map(({ item }) => item)
  }

  /** Up from the end. */
  #rise (waiter: Waiter<T>): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(waiter, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = waiter
  }

  /** Down from the top. */
  #sink (waiter: Waiter<T>): void {
    const heap = this.#heap
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, waiter)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = waiter
  }

  /** Sleeps until the first is due, unless it is already: that is known to whoever offers and takes. */
  #watch (): void {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs >= this.#wakesAtMs) return
    const leftMs = first.dueMs - this.#options.clock.monotonic()
    if (leftMs > 0) this.#sleepUntil(first.dueMs, leftMs)
  }

  #sleepUntil (atMs: number, leftMs: number): void {
    this.#sleep?.abort()
    const sleep = this.#sleep = new AbortController()
    this.#wakesAtMs = atMs
    this.#options.clock.sleep(leftMs, sleep.signal).then(() => { if (this.#sleep === sleep) this.#wake() }, () => {})
  }

  /** A timer may be early by part of a millisecond. */
  #wake (): void {
    this.#sleep = null
    this.#wakesAtMs = Infinity
    const first = this.#heap[0]
    if (first !== undefined && first.dueMs <= this.#options.clock.monotonic()) this.#options.ready()
    else this.#watch()
  }
}
