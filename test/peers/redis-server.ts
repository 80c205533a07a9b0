import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'

/** Why tests that need a Redis server cannot run here; false where they can. For tap's `skip`. */
export const withoutRedis: string | false =
  spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed (Debian: apt-get install redis-server)'

/** How the server is started. */
export interface RedisServerOptions { port?: number, password?: string, /** Paths of PEM files: it speaks TLS then, and nothing else. */ tls?: { cert: string, key: string } }

/** A Redis server of a test, in a process of its own. */
export interface RedisServer {
  readonly port: number
  /** `redis://` or `rediss://`, with the password where there is one. */
  readonly url: string
  /** `SIGSTOP` freezes it as a dead network would: connections stay, answers do not come. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends the process at once; resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts redis-server on a free loopback port; it keeps nothing on disk. */
export async function startRedis (options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, tls } = options
  const port = options.port ?? await freePort()
  const listen = tls ? ['--port', '0', '--tls-port', String(port), '--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-auth-clients', 'no'] : ['--port', String(port)]
  const child = spawn('redis-server', [
    ...listen, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir(), '--daemonize', 'no', ...password === undefined ? [] : ['--requirepass', password]
  ], { stdio: ['ignore', 'pipe', 'ignore'] })
  // A test that fails must not leave a process behind
  const reap = (): void => { child.kill('SIGKILL') }
  process.on('exit', reap)
  await ready(child)
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    signal: signal => { child.kill(signal) },
    stop: async () => {
      process.off('exit', reap)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function ready (child: ChildProcess): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (!line.includes('Ready to accept connections')) continue
    child.stdout!.resume()
    return
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`)
}
