import { StoreUnavailable, type Store } from '../contract/store.ts'
import type { Clock } from '../contract/services.ts'

/** Enough for a nonce a millisecond over two minutes; at 200 bytes each some 25 MB. */
const MAX_ENTRIES = 120_000
/** Between two searches of a full store for what is over: each looks at all of it, and whoever has filled it may go on adding. */
const SWEEP_EVERY_MS = 100

interface Entry { readonly value: string, readonly endsAt: number }

/**
 * The store of one process. When it is full even of living entries it takes nothing more: a nonce that was pushed out could be used
 * again.
 */
export function memoryStore (clock: Clock, maxEntries = MAX_ENTRIES): Store {
  const entries = new Map<string, Entry>()
  let sweptAt = -Infinity
  const living = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry === undefined || entry.endsAt > clock.monotonic()) return entry
    entries.delete(key)
    return undefined
  }
  const put = (key: string, value: string, ttlMs: number): void => {
    entries.delete(key)
    const now = clock.monotonic()
    if (entries.size >= maxEntries && now - sweptAt >= SWEEP_EVERY_MS) {
      sweptAt = now
      for (const [name, { endsAt }] of entries) if (endsAt <= now) entries.delete(name)
    }
    if (entries.size >= maxEntries) throw new StoreUnavailable(`${maxEntries} entries are in use`)
    entries.set(key, { value, endsAt: now + ttlMs })
  }
  return {
    shared: false,
    get: async key => living(key)?.value ?? null,
    getAll: async keys => keys.map(key => living(key)?.value ?? null),
    set: async (key, value, ttlMs) => { put(key, value, ttlMs) },
    add: async (key, value, ttlMs) => {
      if (living(key) !== undefined) return false
      put(key, value, ttlMs)
      return true
    },
    delete: async key => { entries.delete(key) },
    deleteIf: async (key, value) => { if (living(key)?.value === value) entries.delete(key) }
  }
}
