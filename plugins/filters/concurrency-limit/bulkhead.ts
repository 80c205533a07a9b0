import type { Clock, Exchange } from '../../../src/contract/index.ts'

/** How many requests of one key may be in progress, how many more may wait, and for how long. */
export interface BulkheadOptions { readonly limit: number, readonly queue: number, readonly waitMs: number, readonly clock: Clock }

/** What became of a request: it has a place; there was none, nor one to wait in; it has waited too long; its client has gone. */
export type Entry = 'entered' | 'full' | 'late' | 'gone'

/** The requests of one key. Exists while one is in progress. */
interface Compartment { readonly key: string, inFlight: number, waiting: Set<Waiter> | null }

interface Waiter { readonly x: Exchange, readonly compartment: Compartment, readonly untilMs: number, readonly settle: (entry: Entry) => void }

/**
 * Keeps the requests of each key in a compartment of its own (Nygard, "Release It!", Bulkheads). Whoever leaves hands its place to the one of
 * its key that has waited longest. There are never more compartments than requests in progress.
 */
export class Bulkhead {
  readonly #options: BulkheadOptions
  readonly #compartments = new Map<string, Compartment>()
  readonly #holders = new Map<Exchange, Compartment>()
  /** Of all keys, the longest waiting first: all may wait equally long, so that one timer serves them. */
  readonly #waiters = new Set<Waiter>()
  readonly #closing = new AbortController()
  #watching = false

  constructor (options: BulkheadOptions) {
    this.#options = options
  }

  /** How many keys have requests in progress. */
  get size (): number { return this.#compartments.size }

  /** Takes a place, at once or later. `leave` gives it back. */
  enter (x: Exchange, key: string): Entry | Promise<Entry> {
    const { limit, queue } = this.#options
    const compartment = this.#compartmentOf(key)
    if (compartment.inFlight < limit) return this.#take(x, compartment)
    if ((compartment.waiting?.size ?? 0) >= queue) return 'full'
    return x.aborted === null ? this.#wait(x, compartment) : 'gone'
  }

  /** Counts only: who would have had to wait is let in at once. */
  count (x: Exchange, key: string): Entry {
    const { limit, queue } = this.#options
    const compartment = this.#compartmentOf(key)
    return compartment.inFlight < limit + queue ? this.#take(x, compartment) : 'full'
  }

  /** The request is over. Nothing happens where it has no place. */
  leave (x: Exchange): void {
    const compartment = this.#holders.get(x)
    if (compartment === undefined) return
    this.#holders.delete(x)
    const next = compartment.waiting?.values().next().value
    if (next !== undefined) this.#admit(next)
    else if (--compartment.inFlight === 0) this.#compartments.delete(compartment.key)
  }

  /** Nobody waits any more; nothing stays. */
  close (): void {
    this.#closing.abort()
  }

  #compartmentOf (key: string): Compartment {
    const known = this.#compartments.get(key)
    if (known !== undefined) return known
    const compartment: Compartment = { key, inFlight: 0, waiting: null }
    this.#compartments.set(key, compartment)
    return compartment
  }

  #take (x: Exchange, compartment: Compartment): Entry {
    compartment.inFlight++
    this.#holders.set(x, compartment)
    return 'entered'
  }

  #wait (x: Exchange, compartment: Compartment): Promise<Entry> {
    const { clock, waitMs } = this.#options
    return new Promise(resolve => {
      const waiter: Waiter = { x, compartment, untilMs: clock.monotonic() + waitMs, settle: resolve }
      compartment.waiting ??= new Set()
      compartment.waiting.add(waiter)
      this.#waiters.add(waiter)
      x.signal.addEventListener('abort', () => { this.#giveUp(waiter, 'gone') }, { once: true })
      if (!this.#watching) void this.#watch()
    })
  }

  /** The place of whoever has left goes over to one that waits. */
  #admit (waiter: Waiter): void {
    this.#holders.set(waiter.x, waiter.compartment)
    this.#giveUp(waiter, 'entered')
  }

  #giveUp (waiter: Waiter, entry: Entry): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.compartment.waiting!.delete(waiter)
    waiter.settle(entry)
  }

  /** Sleeps until the one that has waited longest has waited long enough, again and again while anybody waits. */
  async #watch (): Promise<void> {
    const { clock } = this.#options
    this.#watching = true
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      const leftMs = first.untilMs - clock.monotonic()
      if (leftMs <= 0) this.#giveUp(first, 'late')
      else await clock.sleep(leftMs, this.#closing.signal).catch(() => { this.#giveUp(first!, 'gone') })
    }
    this.#watching = false
  }

  #first (): Waiter | undefined {
    return this.#waiters.values().next().value
  }
}
