import { Cluster, type Redis } from 'ioredis'
import type { Clock, Log } from '../contract/services.ts'
import type { RedisSettings } from '../contract/settings.ts'
import { StoreUnavailable, type Store } from '../contract/store.ts'
import { closeRedis, connectRedis, firstAttempt, reasonOf } from './redis-connection.ts'
import { DELETE_IF, SET_FIELD, SWAP, TALLY } from './redis-scripts.ts'
import { systemClock } from './system-clock.ts'

/** A store with a connection to let go of. */
export interface RedisStore extends Store { close(): Promise<void> }

/** Commands under way at one time: beyond this Redis does not keep up, and memory must not pay for it. */
const MAX_IN_FLIGHT = 10_000
/** Redis adds it to its clock: Infinity and the like would be an error. */
const LONGEST_TTL_MS = 10 * 365 * 86_400_000

type Client = (Redis | Cluster) & {
  deleteIf(key: string, value: string): Promise<number>
  swap(key: string, ttlMs: number, next: string, ...expected: string[]): Promise<number>
  tally(key: string, ttlMs: number, ...amounts: (string | number)[]): Promise<string[]>
  setField(key: string, ttlMs: number, field: string, value: string): Promise<number>
}

const SCRIPTS = { deleteIf: DELETE_IF, swap: SWAP, tally: TALLY, setField: SET_FIELD }

/**
 * The store in Redis, shared by all gateways that use the same. Every call ends within `settings.timeout`, whatever the server does: nothing waits in a
 * queue for a connection and nothing is sent twice (a nonce sent again would look as if it had been used). So what is rejected may have been done all the same: a `tally` whose answer
 * did not come in time may have been counted. A call made before the first attempt to connect is decided waits for that first, once more so long at most. Throws ConfigError at `/url`.
 */
export function redisStore (settings: RedisSettings, log: Log, clock: Clock = systemClock): RedisStore {
  const client = connectRedis(settings, { commandTimeoutMs: settings.timeout, log, clock }) as Client
  for (const [name, lua] of Object.entries(SCRIPTS)) client.defineCommand(name, { numberOfKeys: 1, lua })
  let closing: Promise<void> | null = null
  const decided = firstAttempt(client, settings.timeout)
  let inFlight = 0
  const ask = async <T>(command: () => Promise<T>): Promise<T> => {
    if (client.status !== 'ready') await decided
    if (client.status !== 'ready') throw new StoreUnavailable('redis is not connected')
    if (inFlight >= MAX_IN_FLIGHT) throw new StoreUnavailable(`${MAX_IN_FLIGHT} commands wait for redis`)
    inFlight++
    try {
      return await command()
    } catch (error) {
      // Without the error itself: ioredis keeps the arguments of the command with it, and those are secrets
      throw new StoreUnavailable(`redis: ${reasonOf(error)}`)
    } finally {
      inFlight--
    }
  }
  return {
    shared: true,
    get: key => ask(() => client.get(key)),
    getAll: async keys => keys.length === 0 ? [] : await ask(() => getAll(client, keys)),
    set: async (key, value, ttlMs) => { await ask(() => client.set(key, value, 'PX', ttl(ttlMs))) },
    add: async (key, value, ttlMs) => await ask(() => client.set(key, value, 'PX', ttl(ttlMs), 'NX')) === 'OK',
    swap: async (key, expected, next, ttlMs) => await ask(() => client.swap(key, ttl(ttlMs), next, ...expected === null ? [] : [expected])) === 1,
    // A number that is none is refused there, as the sum would be
    tally: async (key, amounts, ttlMs) => numbers(await ask(() => client.tally(key, ttl(ttlMs), ...Object.entries(amounts).flat()))),
    setField: async (key, field, value, ttlMs) => { await ask(() => client.setField(key, ttl(ttlMs), field, value)) },
    getField: (key, field) => ask(() => client.hget(key, field)),
    delete: async key => { await ask(() => client.del(key)) },
    deleteIf: async (key, value) => { await ask(() => client.deleteIf(key, value)) },
    close: () => {
      closing ??= closeRedis(client)
      return closing
    }
  }
}

/** Names and numbers in turns. */
const numbers = (flat: readonly string[]): Record<string, number> =>
  Object.fromEntries(flat.flatMap((name, i) => i % 2 === 0 ? [[name, Number(flat[i + 1])]] : []))

/** In a cluster keys live on different nodes, and one command asks one. */
const getAll = async (client: Redis | Cluster, keys: readonly string[]): Promise<(string | null)[]> =>
  client instanceof Cluster ? await Promise.all(keys.map(key => client.get(key))) : await client.mget([...keys])

/** Whole milliseconds, as Redis has them; it refuses 0. */
const ttl = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), LONGEST_TTL_MS)
