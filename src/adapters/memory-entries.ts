import type { Clock } from '../contract/services.ts'
import { StoreUnavailable } from '../contract/store.ts'

/** Between two searches of a full store for what is over: each looks at all of it, and whoever has filled it may go on adding. */
const SWEEP_EVERY_MS = 100

/** What is kept under one key by several names. */
export type Fields = ReadonlyMap<string, string | number>

interface Entry { readonly held: string | Fields, readonly endsAt: number }

/** Values and maps of values by their keys, as many as there may be, each until its end; a long value counts once more for each 1,024 letters. */
export class MemoryEntries {
  readonly #clock: Clock
  readonly #max: number
  readonly #entries = new Map<string, Entry>()
  #used = 0
  #sweptAt = -Infinity

  constructor (clock: Clock, max: number) {
    this.#clock = clock
    this.#max = max
  }

  /** Whether there is anything; whether there are fields. */
  has (key: string, kind: 'anything' | 'fields' = 'anything'): boolean {
    const held = this.#living(key)
    return held !== null && (kind === 'anything' || typeof held !== 'string')
  }

  /** Throws StoreUnavailable where there are fields. */
  value (key: string): string | null {
    const held = this.#living(key)
    if (held !== null && typeof held !== 'string') throw wrongKind()
    return held
  }

  /** Throws StoreUnavailable where there is one value. */
  fields (key: string): Fields | null {
    const held = this.#living(key)
    if (typeof held === 'string') throw wrongKind()
    return held
  }

  /** In the place of whatever is there. Throws StoreUnavailable where there is no room for what is more; all is as it was then. */
  put (key: string, held: string | Fields, ttlMs: number): void {
    const now = this.#clock.monotonic()
    const growth = sizeOf(held) - sizeOf(this.#living(key, now))
    if (growth > 0) this.#makeRoom(growth, now)
    this.#used += growth
    this.#entries.set(key, { held, endsAt: now + ttlMs })
  }

  delete (key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#used -= sizeOf(entry.held)
    this.#entries.delete(key)
  }

  #living (key: string, now = this.#clock.monotonic()): string | Fields | null {
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    if (entry.endsAt > now) return entry.held
    this.delete(key)
    return null
  }

  #makeRoom (growth: number, now: number): void {
    if (this.#used + growth > this.#max && now - this.#sweptAt >= SWEEP_EVERY_MS) {
      this.#sweptAt = now
      for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.delete(key)
    }
    if (this.#used + growth > this.#max) throw new StoreUnavailable(`${this.#max} entries are in use`)
  }
}

function sizeOf (held: string | Fields | null): number {
  if (held === null) return 0
  if (typeof held === 'string') return weight(held)
  let sum = 0
  for (const value of held.values()) sum += typeof value === 'string' ? weight(value) : 1
  return sum
}

/** A long value counts as several. */
const weight = (value: string): number => 1 + (value.length >> 10)

/** Redis: WRONGTYPE. */
const wrongKind = (): StoreUnavailable => new StoreUnavailable('the key holds another kind of value')
