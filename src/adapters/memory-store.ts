import { StoreUnavailable, type Store } from '../contract/store.ts'
import type { Clock } from '../contract/services.ts'
import { MemoryEntries, type Fields } from './memory-entries.ts'
import { MAX_FIELDS, NO_NUMBER, TOO_MANY_FIELDS } from './store-limits.ts'

/** Enough for a nonce a millisecond over two minutes; at 200 bytes each some 25 MB. */
const MAX_ENTRIES = 120_000

const NO_FIELDS: Fields = new Map()

/**
 * The store of one process. When it is full even of living entries it takes nothing more: a nonce that was pushed out could be used
 * again. A field of a key counts as much as a key.
 */
export function memoryStore (clock: Clock, maxEntries = MAX_ENTRIES): Store {
  const entries = new MemoryEntries(clock, maxEntries)
  const putIf = (allowed: boolean, key: string, value: string, ttlMs: number): boolean => {
    if (allowed) entries.put(key, value, ttlMs)
    return allowed
  }
  const change = (key: string, fields: Fields, ttlMs: number): void => {
    if (fields.size > MAX_FIELDS) throw new StoreUnavailable(TOO_MANY_FIELDS)
    // As in Redis, where a key without fields is none
    if (fields.size > 0) entries.put(key, fields, ttlMs)
  }
  return {
    shared: false,
    get: async key => entries.value(key),
    getAll: async keys => keys.map(key => entries.has(key, 'fields') ? null : entries.value(key)),
    set: async (key, value, ttlMs) => { entries.put(key, value, ttlMs) },
    add: async (key, value, ttlMs) => putIf(!entries.has(key), key, value, ttlMs),
    swap: async (key, expected, next, ttlMs) => putIf(entries.value(key) === expected, key, next, ttlMs),
    tally: async (key, amounts, ttlMs) => {
      const sums = added(entries.fields(key) ?? NO_FIELDS, amounts)
      change(key, sums, ttlMs)
      return Object.fromEntries(sums)
    },
    setField: async (key, field, value, ttlMs) => { change(key, new Map(entries.fields(key)).set(field, value), ttlMs) },
    getField: async (key, field) => entries.fields(key)?.get(field)?.toString() ?? null,
    delete: async key => { entries.delete(key) },
    deleteIf: async (key, value) => { if (entries.value(key) === value) entries.delete(key) }
  }
}

function added (fields: Fields, amounts: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [name, value] of fields) sums.set(name, numberIn(value))
  for (const [name, amount] of Object.entries(amounts)) sums.set(name, (sums.get(name) ?? 0) + amount)
  for (const sum of sums.values()) if (!Number.isFinite(sum)) throw new StoreUnavailable(NO_NUMBER)
  return sums
}

const numberIn = (value: string | number): number => typeof value === 'string' && value.trim() === '' ? NaN : Number(value)
