import type { Address } from '../address.ts'
import { messageOf } from '../message-of.ts'
import type { Source, SourceDeps, Told } from './source.ts'

/** What DNS says, and for how long that holds. */
export interface Found { readonly addresses: readonly Address[], readonly ttlMs: number }

/** No record is asked for again sooner, or believed for longer. */
const TTL_MS = { least: 1000, most: 300_000 }
/** After a failure; twice as long after each further one. */
const RETRY_MS = { first: 1000, most: 30_000 }
/** A name without addresses keeps those it had for so long: it may be between two of them. */
const EMPTY_MS = 30_000
/** And is asked again after so long. */
const EMPTY_RETRY_MS = 5000
/** Of one name. */
const MOST_ADDRESSES = 1000

/**
 * Asks over and over, each time when the TTL of the answer is over. What fails keeps the addresses known before, for as long as it
 * fails: whoever cannot be asked has not said that they are gone. Changes of that are logged, once.
 */
export function refresh (what: string, ask: (signal: AbortSignal) => Promise<Found>, deps: SourceDeps, told: Told): Source {
  const stop = new AbortController()
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  stop.signal.addEventListener('abort', () => { resolve() })
  const refresher = new Refresher(what, deps, told)
  const loop = async () => {
    for (;;) {
      const waitMs = await refresher.once(ask, stop.signal)
      resolve()
      await deps.clock.sleep(waitMs, stop.signal)
    }
  }
  loop().catch((error: unknown) => { if (!stop.signal.aborted) throw error })
  return { asked, close: () => { stop.abort() } }
}

type State = 'well' | 'failing' | 'empty'

class Refresher {
  readonly #what: string
  readonly #deps: SourceDeps
  readonly #told: Told
  #state: State = 'well'
  #failures = 0
  #emptySinceMs: number | null = null

  constructor (what: string, deps: SourceDeps, told: Told) {
    this.#what = what
    this.#deps = deps
    this.#told = told
  }

  /** Milliseconds until the next time. */
  async once (ask: (signal: AbortSignal) => Promise<Found>, signal: AbortSignal): Promise<number> {
    try {
      const { addresses, ttlMs } = await ask(signal)
      signal.throwIfAborted()
      this.#failures = 0
      return addresses.length === 0 ? this.#empty() : this.#found(addresses, ttlMs)
    } catch (error) {
      signal.throwIfAborted()
      return this.#failed(error)
    }
  }

  #found (addresses: readonly Address[], ttlMs: number): number {
    this.#emptySinceMs = null
    this.#enter('well', {})
    // In an order of their own: servers rotate theirs
    this.#told([...addresses].sort((a, b) => a.url < b.url ? -1 : 1).slice(0, MOST_ADDRESSES))
    return Math.min(Math.max(ttlMs, TTL_MS.least), TTL_MS.most)
  }

  #empty (): number {
    const now = this.#deps.clock.monotonic()
    this.#emptySinceMs ??= now
    this.#enter('empty', {})
    if (now - this.#emptySinceMs >= EMPTY_MS) this.#told([])
    return EMPTY_RETRY_MS
  }

  #failed (error: unknown): number {
    this.#emptySinceMs = null
    this.#enter('failing', { 'error.message': messageOf(error) })
    const waitMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 30)
    return waitMs * (1 - this.#deps.random.next() / 2)
  }

  #enter (state: State, more: object): void {
    if (state === this.#state) return
    this.#state = state
    const fields = { 'gatehouse.upstream': this.#deps.upstream, 'gatehouse.discovery': this.#what, ...more }
    if (state === 'well') this.#deps.log.info(fields, 'discovery has addresses again')
    else this.#deps.log.warn(fields, state === 'failing' ? 'discovery fails: the addresses known so far stay' : `discovery finds no addresses: those known so far stay for ${EMPTY_MS / 1000}s`)
  }
}
