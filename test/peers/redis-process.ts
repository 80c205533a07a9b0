import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

/** A redis-server of a test, whatever it plays. */
export interface RedisProcess {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it at once; resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts redis-server on loopback with these arguments; it keeps nothing on disk. Resolves when it prints `ready`. */
export async function redisProcess (args: readonly string[], ready = 'Ready to accept connections'): Promise<RedisProcess> {
  const isSentinel = args.includes('--sentinel')
  const common = isSentinel ? [] : ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...args.includes('--dir') ? [] : ['--dir', tmpdir()], '--daemonize', 'no']
  const child = spawn('redis-server', [...args, ...common], { stdio: ['ignore', 'pipe', 'ignore'] })
  // A test that fails must not leave a process behind
  const reap = (): void => { child.kill('SIGKILL') }
  process.on('exit', reap)
  await printed(child, ready)
  return {
    signal: signal => { child.kill(signal) },
    stop: async () => {
      process.off('exit', reap)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

/** Asks one server one thing, on a connection of its own. */
export async function redisCommand (port: number, [name = '', ...args]: readonly string[], password?: string): Promise<unknown> {
  const client = new Redis({ host: '127.0.0.1', port, ...password !== undefined && { password }, lazyConnect: true, enableReadyCheck: false })
  client.on('error', () => {})
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function printed (child: ChildProcess, ready: string): Promise<void> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (!line.includes(ready)) continue
    child.stdout!.resume()
    return
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`)
}
