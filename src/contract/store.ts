/** The store cannot be asked, or has no room left. Who depends on it refuses: nobody is let in because memory failed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/**
 * Small values that outlive a request, with an end each: nonces, sessions, locks, marks. In Redis where `gateway.redis` is set, and then
 * shared by every gateway that uses it; else in this process. Every method rejects with StoreUnavailable.
 */
export interface Store {
  /** Whether other processes see the same. */
  readonly shared: boolean
  get(key: string): Promise<string | null>
  /** Several at once, in the order asked. */
  getAll(keys: readonly string[]): Promise<(string | null)[]>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Sets where there is nothing yet; false where there was: a nonce seen before, a lock that is taken. One atomic step. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Puts `next` in the place of `expected` (null: nothing is there yet); false where something else was there. One atomic step. */
  swap(key: string, expected: string | null, next: string, ttlMs: number): Promise<boolean>
  /** Adds to numbers kept under the key, each by its name, and gives all that are kept there now. The end is put off to `ttlMs` from now. One atomic step; where it rejects, it may have been taken all the same. At most 1,000 names. */
  tally(key: string, amounts: Readonly<Record<string, number>>, ttlMs: number): Promise<Readonly<Record<string, number>>>
  /** One of several values under a key that end together (a Redis hash); the end is put off to `ttlMs` from now. */
  setField(key: string, field: string, value: string, ttlMs: number): Promise<void>
  getField(key: string, field: string): Promise<string | null>
  delete(key: string): Promise<void>
  /** Deletes only while the value is this one: a lock that may have passed to somebody else. One atomic step. */
  deleteIf(key: string, value: string): Promise<void>
}
