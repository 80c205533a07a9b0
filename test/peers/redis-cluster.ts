import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, redisCommand, redisProcess, type RedisProcess } from './redis-process.ts'

const SLOTS = 16_384
const NODES = 3

/** Three masters that share the slots. */
export interface RedisCluster {
  /** `host:port` of each. */
  readonly nodes: readonly string[]
  /** Asks the node of this position. */
  ask(node: number, ...command: string[]): Promise<unknown>
  signal(node: number, signal: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

/** Starts them on free loopback ports and waits until they agree. */
export async function startCluster (password?: string): Promise<RedisCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'))
  const ports: number[] = []
  // The bus listens at the port and 10,000, which must be a port too
  while (ports.length < NODES) {
    const port = await freePort()
    if (port < 55_000 && !ports.includes(port)) ports.push(port)
  }
  const secret = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const processes: RedisProcess[] = []
  for (const port of ports) {
    processes.push(await redisProcess(['--port', String(port), '--cluster-enabled', 'yes', '--dir', dir, '--cluster-config-file', `${port}.conf`, '--cluster-node-timeout', '2000', ...secret]))
  }
  const ask = async (node: number, ...command: string[]): Promise<unknown> => await redisCommand(ports[node]!, command, password)
  for (let node = 0; node < NODES; node++) {
    const [first, last] = [Math.ceil(SLOTS * node / NODES), Math.ceil(SLOTS * (node + 1) / NODES) - 1]
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last))
    if (node > 0) await ask(0, 'CLUSTER', 'MEET', '127.0.0.1', String(ports[node]))
  }
  for (let node = 0; node < NODES; node++) while (!String(await ask(node, 'CLUSTER', 'INFO')).includes('cluster_state:ok')) await turn()
  return {
    nodes: ports.map(port => `127.0.0.1:${port}`),
    ask,
    signal: (node, signal) => { processes[node]!.signal(signal) },
    stop: async () => {
      await Promise.all(processes.map(async one => { await one.stop() }))
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

const turn = async (): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, 20) }) }
