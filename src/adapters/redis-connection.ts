import { Cluster, Redis, type ClusterNode } from 'ioredis'
import type { Clock, Log } from '../contract/services.ts'
import type { RedisSettings } from '../contract/settings.ts'
import { redisTarget, type ServerOptions } from './redis-options.ts'

/** How a connection is used and whom it tells. */
export interface ConnectionOptions {
  /** For one command, those of the handshake among them. */
  readonly commandTimeoutMs: number
  readonly log: Log
  readonly clock: Clock
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
/** A server that owes an answer and sends nothing for this long is gone; what waits for it is let go of. */
const SILENCE_MS = 5000
/** How long a connection that is being closed is waited for. ioredis waits also where it is closed already. */
const HANG_UP_MS = 100
const LOG_EVERY_MS = 60_000
/** Between two looks at which node has which slot; a MOVED is followed at once. */
const SLOTS_EVERY_MS = 30_000

/**
 * Connects and stays connected: nothing waits in a queue for a connection, and nothing is sent twice. Log lines of trouble come at most once a minute.
 * Throws ConfigError with a pointer into the settings.
 */
export function connectRedis (settings: RedisSettings, { commandTimeoutMs, log, clock }: ConnectionOptions): Redis | Cluster {
  const target = redisTarget(settings)
  const options = { ...target.options, ...common(settings, commandTimeoutMs) }
  const client = target.kind === 'cluster' ? clusterOf(target.nodes, options) : new Redis({ ...options, ...ofServer() })
  watch(client, target.kind === 'cluster' ? target.nodes[0] as { host: string, port: number } : serverOf(options), log, clock)
  return client
}

/** Whether the settings lead to a server at all. Throws ConfigError with a pointer into them. */
export const checkRedis = (settings: RedisSettings): void => { redisTarget(settings) }

/** What logs call it: a server, or the first of its sentinels. */
function serverOf ({ host, port, sentinels }: ServerOptions): { host: string, port: number } {
  const [first] = sentinels ?? []
  return { host: first?.host ?? host ?? '', port: first?.port ?? port ?? 0 }
}

/** A node that does not answer fails the command, as a server does; MOVED is followed, since the slot is known then. */
function clusterOf (nodes: ClusterNode[], options: ServerOptions): Cluster {
  return new Cluster(nodes, {
    redisOptions: options as object,
    enableOfflineQueue: false,
    clusterRetryStrategy: times => backoff(times),
    clusterNodeRetryStrategy: times => backoff(times),
    maxRedirections: 3,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 0,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    // Certificates are of names
    ...options.tls && { dnsLookup: (name, callback) => { callback(null, name) } }
  })
}

/** One line when it begins and one when it is over: a server that is away must not fill the log. */
function watch (client: Redis | Cluster, { host, port }: { host: string, port: number }, log: Log, clock: Clock): void {
  const server = { 'server.address': host, 'server.port': port }
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
export async function firstAttempt (client: Redis | Cluster, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>(resolve => {
    timer = setTimeout(resolve, timeoutMs)
    for (const event of ['ready', 'error', 'end']) client.once(event, () => { resolve() })
  })
  clearTimeout(timer)
}

/** Ends a connection. Answers under way still arrive, since QUIT is answered last. */
export async function closeRedis (client: Redis | Cluster): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => {})
  let timer: NodeJS.Timeout | undefined
  // A cluster without nodes at the moment never says that it has ended
  const ended = new Promise<void>(resolve => {
    client.once('end', resolve)
    timer = setTimeout(resolve, HANG_UP_MS)
  })
  const isOver = client.status === 'end' || client.status === 'reconnecting'
  client.disconnect()
  if (!isOver) await ended
  clearTimeout(timer)
}

/** What went wrong, in words that hold no key and no value: a server that does not know a command repeats its arguments. */
export function reasonOf (error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return (code ?? message).split(', with args', 1)[0]!
}

const common = ({ prefix }: RedisSettings, commandTimeoutMs: number): ServerOptions => ({
  keyPrefix: prefix,
  commandTimeout: commandTimeoutMs,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: HANG_UP_MS,
  socketTimeout: SILENCE_MS,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Slower than without, measured (resilience.md 4)
  enableAutoPipelining: false,
  disableClientInfo: true
})

const ofServer = (): ServerOptions => ({
  enableOfflineQueue: false,
  retryStrategy: times => backoff(times),
  sentinelRetryStrategy: times => backoff(times),
  // The server has become a replica: another one answers under the address now
  reconnectOnError: error => error.message.startsWith('READONLY')
})

/** Twice as long each time up to a limit; half of it is drawn, so that many gateways do not come back as one. */
function backoff (times: number): number {
  const ms = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS)
  return ms / 2 + Math.random() * ms / 2
}
