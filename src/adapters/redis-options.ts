import { createSecureContext, type ConnectionOptions } from 'node:tls'
import type { ClusterNode, RedisOptions } from 'ioredis'
import { ConfigError } from '../contract/config-error.ts'
import type { RedisSettings } from '../contract/settings.ts'

/** Without what would change the type of the answers. */
export type ServerOptions = Omit<RedisOptions, 'replyMapping'>

/** Whom to connect to: one server, which may be found through sentinels, or a cluster by some of its nodes. */
export type RedisTarget =
  | { readonly kind: 'server', readonly options: ServerOptions }
  | { readonly kind: 'cluster', readonly nodes: ClusterNode[], readonly options: ServerOptions }

/** Whether the settings name a server at all. */
export const namesRedis = ({ url, sentinel, cluster }: RedisSettings): boolean => Boolean(url) || sentinel !== undefined || cluster !== undefined

/** Reads the settings. Throws ConfigError with a pointer into them. */
export function redisTarget (settings: RedisSettings): RedisTarget {
  const { url, sentinel, cluster } = settings
  checkOne(settings)
  if (sentinel) return { kind: 'server', options: { ...sentinelOptions(sentinel, settings), ...accountOf(settings), db: settings.database ?? 0 } }
  if (cluster) return { kind: 'cluster', nodes: cluster.map((text, i) => addressOf(text, 6379, `/cluster/${i}`)), options: clusterOptions(settings) }
  const options = urlOptions(url ?? '')
  return { kind: 'server', options: { ...options, ...settings.tls && { tls: tlsOf(settings) } } }
}

function checkOne (settings: RedisSettings): void {
  const [first, second] = (['url', 'sentinel', 'cluster'] as const).filter(key => Boolean(settings[key]))
  if (second !== undefined) throw noEffect(`/${second}`, 'one of url, sentinel and cluster says where Redis is')
  const extra = first === 'url' ? (['username', 'password', 'database'] as const).find(key => settings[key] !== undefined) : undefined
  if (extra !== undefined) throw noEffect(`/${extra}`, 'with a url it stands there')
}

function sentinelOptions ({ master, nodes, username, password }: NonNullable<RedisSettings['sentinel']>, settings: RedisSettings): ServerOptions {
  if (username !== undefined && password === undefined) throw needsPassword('/sentinel/username')
  const tls = settings.tls && tlsOf(settings)
  return {
    name: master,
    sentinels: nodes.map((text, i) => addressOf(text, 26379, `/sentinel/nodes/${i}`)),
    ...username !== undefined && { sentinelUsername: username },
    ...password !== undefined && { sentinelPassword: password },
    ...tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }
  }
}

function clusterOptions (settings: RedisSettings): ServerOptions {
  if (settings.database !== undefined) throw noEffect('/database', 'a cluster has only database 0')
  return { ...accountOf(settings), ...settings.tls && { tls: tlsOf(settings) } }
}

function accountOf ({ username, password }: RedisSettings): ServerOptions {
  if (username !== undefined && password === undefined) throw needsPassword('/username')
  return { ...username !== undefined && { username }, ...password !== undefined && { password } }
}

function tlsOf ({ tls: { ca, cert, key, serverName } = {} }: RedisSettings): ConnectionOptions {
  if ((cert === undefined) !== (key === undefined)) throw new ConfigError('GW_CONFIG_INVALID', cert === undefined ? '/tls/cert' : '/tls/key', 'a client certificate needs both cert and key')
  const options = { ...ca !== undefined && { ca }, ...cert !== undefined && { cert }, ...key !== undefined && { key } }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new ConfigError('GW_CONFIG_INVALID', '/tls', `cannot be used: ${(error as Error).message}`)
  }
  return { ...options, ...serverName !== undefined && { servername: serverName } }
}

/** `host`, `host:port`, `[address]:port` */
function addressOf (text: string, port: number, pointer: string): { host: string, port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::([0-9]+))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(digits ?? port) > 65_535) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'expected host:port')
  return { host, port: Number(digits ?? port) }
}

/** Read here and not by ioredis, which takes options out of the query and would let them override ours. */
function urlOptions (url: string): ServerOptions {
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
function credentialsOf ({ username, password }: URL): ServerOptions {
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

const needsPassword = (pointer: string): ConfigError => new ConfigError('GW_CONFIG_INVALID', pointer, 'a user needs a password beside it')
const noEffect = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
const badUrl = (): ConfigError => new ConfigError('GW_CONFIG_INVALID', '/url', 'expected a URL such as redis://10.0.0.9:6379/0, or rediss:// for TLS; user and password stand before the host, and nothing behind the database')
