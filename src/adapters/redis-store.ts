import { Cluster, type Redis } from 'ioredis'
import type { Clock, Log } from '../contract/services.ts'
import type { RedisSettings } from '../contract/settings.ts'
import { StoreUnavailable, type Store } from '../contract/store.ts'
import { closeRedis, connectRedis, firstAttempt, reasonOf } from './redis-connection.ts'
import { systemClock } from './system-clock.ts'

/** A store with a connection to let go of. */
export interface RedisStore extends Store { close(): Promise<void> }

/** Commands under way at one time: beyond this Redis does not keep up, and memory must not pay for it. */
const MAX_IN_FLIGHT = 10_000
/** Redis adds it to its clock: Infinity and the like would be an error. */
const LONGEST_TTL_MS = 10 * 365 * 86_400_000

/** GET and DEL in one step, so that a lock which has passed to somebody else stays. */
const DELETE_IF = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

type Client = (Redis | Cluster) & { deleteIf(key: string, value: string): Promise<number> }

/**
 * The store in Redis, shared by all gateways that use the same. Every call ends within `settings.timeout`, whatever the server does: nothing waits in a
 * queue for a connection and nothing is sent twice (a nonce sent again would look as if it had been used). A call made before the first attempt to
 * connect is decided waits for that first, once more so long at most. Throws ConfigError at `/url`.
 */
export function redisStore (settings: RedisSettings, log: Log, clock: Clock = systemClock): RedisStore {
  const client = connectRedis(settings, { commandTimeoutMs: settings.timeout, log, clock }) as Client
  client.defineCommand('deleteIf', { numberOfKeys: 1, lua: DELETE_IF })
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
    delete: async key => { await ask(() => client.del(key)) },
    deleteIf: async (key, value) => { await ask(() => client.deleteIf(key, value)) },
    close: () => {
      closing ??= closeRedis(client)
      return closing
    }
  }
}

/** In a cluster keys live on different nodes, and one command asks one. */
const getAll = async (client: Redis | Cluster, keys: readonly string[]): Promise<(string | null)[]> =>
  client instanceof Cluster ? await Promise.all(keys.map(key => client.get(key))) : await client.mget([...keys])

/** Whole milliseconds, as Redis has them; it refuses 0. */
const ttl = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), LONGEST_TTL_MS)
