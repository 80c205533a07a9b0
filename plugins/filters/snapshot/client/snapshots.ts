import { isShadow, requestId, type RequestHeaders } from './request-headers.ts'
import { SnapshotMissing } from './snapshot-missing.ts'

/** What of a Redis client is used: ioredis has these methods. */
export interface SnapshotRedis {
  hget (key: string, field: string): Promise<string | null>
  hset (key: string, field: string, value: string): Promise<unknown>
  pexpire (key: string, ms: number): Promise<unknown>
}

export interface SnapshotsOptions {
  /** The Redis of `gateway.redis`. */
  readonly redis: SnapshotRedis
  /** Its `prefix`. Default `gatehouse:`. */
  readonly prefix?: string
  /** Whether values of this live request are stored: false while nothing is compared. Default: always. */
  readonly record?: (requestId: string) => boolean
  /** Values whose JSON is longer are not stored. Default 65536. */
  readonly maxLength?: number
  /** Told where a value could not be stored or read; the request goes on. */
  readonly onError?: (error: unknown) => void
}

export interface RememberOptions<T> {
  /** How long what the request has read is kept. Default 5 minutes. */
  readonly ttlMs?: number
  /** How long a shadow waits for the live request to read it. Default 2 seconds. */
  readonly waitMs?: number
  /** Where there is nothing after that: `load` it after all, or `throw` SnapshotMissing. Default `load`. */
  readonly missing?: 'load' | 'throw'
  /** Makes of what JSON has left of it what `load` gives: dates, say. */
  readonly revive?: (value: unknown) => T
}

export interface Snapshots {
  /**
   * What `load` gives; for a copy what it gave the live request. `name` says what is read, with all that it depends on: `stock of 7`. Where a request reads
   * one name several times, copies get the last.
   */
  remember<T> (headers: RequestHeaders, name: string, load: () => Promise<T>, options?: RememberOptions<T>): Promise<T>
}

const DEFAULTS = { prefix: 'gatehouse:', maxLength: 65_536, ttlMs: 300_000, waitMs: 2000 }
/** Writes under way at one time: beyond this Redis does not keep up, and memory must not pay for it. */
const MAX_PENDING = 1000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 200
/** However little time there is, one look is worth so much. */
const LEAST_LOOK_MS = 100

/** Values that a live request has read, for its copies to read the same. They stand in the hash `<prefix>snapshot:<request id>`, each as field `read <name>`. */
export function snapshots (options: SnapshotsOptions): Snapshots {
  const { prefix = DEFAULTS.prefix, record = () => true } = options
  const store = writer(options)
  return {
    remember: async <T>(headers: RequestHeaders, name: string, load: () => Promise<T>, given: RememberOptions<T> = {}) => {
      const id = requestId(headers)
      const place: Place = { key: `${prefix}snapshot:${id}`, field: `read ${name}` }
      if (isShadow(headers)) return await copied(id === null ? null : await read(options, place, given.waitMs ?? DEFAULTS.waitMs), name, load, given)
      const value = await load()
      if (id !== null && record(id)) store(place, value, given.ttlMs ?? DEFAULTS.ttlMs)
      return value
    }
  }
}

/** What a copy gets. */
async function copied<T> (found: { value?: unknown } | null, name: string, load: () => Promise<T>, { missing = 'load', revive }: RememberOptions<T>): Promise<T> {
  if (found !== null) return revive === undefined ? found.value as T : revive(found.value)
  if (missing === 'throw') throw new SnapshotMissing(name)
  return await load()
}

interface Place { readonly key: string, readonly field: string }

/** Stores without making anybody wait. Both commands go out together: where the connection breaks between them, the next value of the request sets the end. */
function writer ({ redis, maxLength = DEFAULTS.maxLength, onError = () => {} }: SnapshotsOptions): (place: Place, value: unknown, ttlMs: number) => void {
  let pending = 0
  const write = async ({ key, field }: Place, value: unknown, ttlMs: number): Promise<void> => {
    if (pending >= MAX_PENDING) throw new Error(`${MAX_PENDING} values are being stored`)
    const text = JSON.stringify({ value })
    if (text.length > maxLength) throw new Error(`"${field}" is too long to be stored`)
    pending++
    try {
      await Promise.all([redis.hset(key, field, text), redis.pexpire(key, Math.max(1, Math.ceil(ttlMs)))])
    } finally {
      pending--
    }
  }
  return (place, value, ttlMs) => { write(place, value, ttlMs).catch(onError) }
}

/** Null where it is not there in time, or cannot be read. */
async function read ({ redis, onError = () => {} }: SnapshotsOptions, { key, field }: Place, waitMs: number): Promise<{ value?: unknown } | null> {
  const untilMs = performance.now() + waitMs
  const leftMs = () => Math.max(0, untilMs - performance.now())
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const text = await within(redis.hget(key, field), Math.max(leftMs(), LEAST_LOOK_MS))
      if (typeof text === 'string') return JSON.parse(text) as { value?: unknown }
      if (leftMs() === 0) return null
      await pause(Math.min(pauseMs, leftMs()))
    }
  } catch (error) {
    onError(error)
    return null
  }
}

/** Undefined where it takes longer: a client that has lost its server may wait for it for ever. */
async function within<T> (pending: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => { timer = setTimeout(resolve, ms, undefined) })
  try {
    return await Promise.race([pending, late])
  } finally {
    clearTimeout(timer)
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => { setTimeout(resolve, ms) })
