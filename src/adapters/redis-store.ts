import { Redis, type RedisOptions } from 'ioredis'
import { ConfigError } from '../contract/config-error.ts'
import type { Clock, Log } from '../contract/services.ts'
import type { RedisSettings } from '../contract/settings.ts'
import { StoreUnavailable, type Store } from '../contract/store.ts'
import { systemClock } from './system-clock.ts'

/** A store with a connection to let go of. */
export interface RedisStore extends Store { close(): Promise<void> }

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
/** A server that owes an answer and sends nothing for this long is gone; what waits for it is let go of. */
const SILENCE_MS = 5000
/** How long a connection that is being closed is waited for. ioredis waits also where it is closed already. */
const HANG_UP_MS = 100
/** Commands under way at one time: beyond this Redis does not keep up, and memory must not pay for it. */
const MAX_IN_FLIGHT = 10_000
const LOG_EVERY_MS = 60_000
/** Redis adds it to its clock: Infinity and the like would be an error. */
const LONGEST_TTL_MS = 10 * 365 * 86_400_000

/** GET and DEL in one step, so that a lock which has passed to somebody else stays. */
const DELETE_IF = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

/** Without what would change the type of the answers. */
type Options = Omit<RedisOptions, 'replyMapping'>
type Client = Redis & { deleteIf(key: string, value: string): Promise<number> }

/**
 * The store in Redis, shared by all gateways that use the same. Every call ends within `settings.timeout`, whatever the server does: nothing waits in a
 * queue for a connection and nothing is sent twice (a nonce sent again would look as if it had been used). A call made before the first attempt to
 * connect is decided waits for that first, once more so long at most. Throws ConfigError at `/url`.
 */
export function redisStore (settings: RedisSettings, log: Log, clock: Clock = systemClock): RedisStore {
  const client = new Redis(optionsOf(settings)) as Client
  client.defineCommand('deleteIf', { numberOfKeys: 1, lua: DELETE_IF })
  let closing: Promise<void> | null = null
  watch(client, log, clock)
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
    getAll: async keys => keys.length === 0 ? [] : await ask(() => client.mget([...keys])),
    set: async (key, value, ttlMs) => { await ask(() => client.set(key, value, 'PX', ttl(ttlMs))) },
    add: async (key, value, ttlMs) => await ask(() => client.set(key, value, 'PX', ttl(ttlMs), 'NX')) === 'OK',
    delete: async key => { await ask(() => client.del(key)) },
    deleteIf: async (key, value) => { await ask(() => client.deleteIf(key, value)) },
    close: () => {
      closing ??= close(client)
      return closing
    }
  }
}

/** One line when it begins and one when it is over: a server that is away must not fill the log. */
function watch (client: Redis, log: Log, clock: Clock): void {
  const server = { 'server.address': client.options.host, 'server.port': client.options.port }
  let loggedAt = -Infinity
  let isTold = false
  client.on('error', (error: Error & { command?: { name: string } }) => {
    // ioredis would go on with database 0, which is somebody else's
    if (error.command?.name === 'select') client.disconnect(true)
    if (clock.monotonic() - loggedAt < LOG_EVERY_MS) return
    loggedAt = clock.monotonic()
    isTold = true
    log.warn({ ...server, 'error.message': reasonOf(error) }, 'redis cannot be used, so that what needs it is refused; told once a minute')
  })
  client.on('ready', () => {
    if (isTold) log.info(server, 'redis can be used again')
    isTold = false
  })
}

/** Resolves when the first attempt to connect has succeeded or failed, or has taken too long. */
async function firstAttempt (client: Redis, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>(resolve => {
    timer = setTimeout(resolve, timeoutMs)
    for (const event of ['ready', 'error', 'end']) client.once(event, () => { resolve() })
  })
  clearTimeout(timer)
}

/** Answers under way still arrive, since QUIT is answered last. */
async function close (client: Redis): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => {})
  const isOver = client.status === 'end' || client.status === 'reconnecting'
  const ended = isOver ? null : new Promise<void>(resolve => { client.once('end', () => { resolve() }) })
  client.disconnect()
  await ended
}

/** In words that hold no key and no value: a server that does not know a command repeats its arguments. */
function reasonOf (error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return (code ?? message).split(', with args', 1)[0]!
}

/** Whole milliseconds, as Redis has them; it refuses 0. */
/** Whether the settings lead to a server at all. Throws ConfigError at `/url`. */
export const checkRedis = (settings: RedisSettings): void => { optionsOf(settings) }

const ttl = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), LONGEST_TTL_MS)

function optionsOf ({ url, timeout, prefix }: RedisSettings): Options {
  return {
    ...addressOf(url),
    keyPrefix: prefix,
    commandTimeout: timeout,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: HANG_UP_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Slower than without, measured (resilience.md 4)
    enableAutoPipelining: false,
    disableClientInfo: true,
    retryStrategy: times => backoff(times),
    // The server has become a replica: another one answers under the address now
    reconnectOnError: error => error.message.startsWith('READONLY')
  }
}

/** Twice as long each time up to a limit; half of it is drawn, so that many gateways do not come back as one. */
function backoff (times: number): number {
  const ms = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS)
  return ms / 2 + Math.random() * ms / 2
}

/** Read here and not by ioredis, which takes options out of the query and would let them override ours. */
function addressOf (url: string): Options {
  const parts = URL.canParse(url) ? new URL(url) : null
  const path = /^\/?([0-9]{0,5})$/.exec(parts?.pathname ?? 'none')
  if (parts === null || path === null || parts.hostname === '' || `${parts.search}${parts.hash}` !== '') throw badUrl()
  return {
    host: parts.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parts.port || '6379'),
    db: Number(path[1]),
    ...credentialsOf(parts),
    ...parts.protocol === 'rediss:' && { tls: {} }
  }
}

/** A user alone is the `default` of servers without passwords. */
function credentialsOf ({ username, password }: URL): Options {
  if (password === '') return {}
  return username === '' ? { password: decoded(password) } : { username: decoded(username), password: decoded(password) }
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badUrl()
  }
}

const badUrl = (): ConfigError => new ConfigError('GW_CONFIG_INVALID', '/url', 'expected a URL such as redis://10.0.0.9:6379/0, or rediss:// for TLS; user and password stand before the host, and nothing behind the database')
