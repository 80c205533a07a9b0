import { spawnSync } from 'node:child_process'
import { freePort, redisProcess, type RedisProcess } from './redis-process.ts'

/** Why tests that need a Redis server cannot run here; false where they can. For tap's `skip`. */
export const withoutRedis: string | false =
  spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed (Debian: apt-get install redis-server)'

/** How the server is started. */
export interface RedisServerOptions { port?: number, password?: string, /** Paths of PEM files: it speaks TLS then, and nothing else. */ tls?: { cert: string, key: string } }

/** A Redis server of a test, in a process of its own. `SIGSTOP` freezes it as a dead network would: connections stay, answers do not come. */
export interface RedisServer extends RedisProcess {
  readonly port: number
  /** `redis://` or `rediss://`, with the password where there is one. */
  readonly url: string
}

/** Starts redis-server on a free loopback port; it keeps nothing on disk. */
export async function startRedis (options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, tls } = options
  const port = options.port ?? await freePort()
  const listen = tls ? ['--port', '0', '--tls-port', String(port), '--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-auth-clients', 'no'] : ['--port', String(port)]
  const { signal, stop } = await redisProcess([...listen, ...password === undefined ? [] : ['--requirepass', password]])
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    signal,
    stop
  }
}
