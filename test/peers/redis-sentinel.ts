import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, redisProcess, redisCommand, type RedisProcess } from './redis-process.ts'

/** A master, its replica, and a sentinel that watches them. */
export interface RedisSentinel {
  readonly master: string
  /** `host:port` of the sentinel. */
  readonly node: string
  readonly masterPort: number
  /** The replica takes over; resolves when the sentinel says so. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

/** How the three are started: users and passwords of the servers and of the sentinel. */
export interface SentinelOptions { readonly password?: string, readonly sentinelPassword?: string }

/** Starts them on free loopback ports. */
export async function startSentinel ({ password, sentinelPassword }: SentinelOptions = {}): Promise<RedisSentinel> {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-sentinel-'))
  const secret = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const [masterPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()]
  const master = await redisProcess(['--port', String(masterPort), ...secret])
  const replica = await redisProcess(['--port', String(replicaPort), '--replicaof', '127.0.0.1', String(masterPort), ...secret])
  const sentinel = await watching(dir, sentinelPort, masterPort, password, sentinelPassword)
  const ask = async (...command: string[]): Promise<unknown> => await redisCommand(sentinelPort, command, sentinelPassword)
  const portOf = async (): Promise<number> => Number((await ask('SENTINEL', 'get-master-addr-by-name', 'gatehouse') as string[])[1])
  // It must know the replica before it can promote it
  while ((await ask('SENTINEL', 'replicas', 'gatehouse') as unknown[]).length === 0) await turn()
  return {
    master: 'gatehouse',
    node: `127.0.0.1:${sentinelPort}`,
    masterPort,
    failOver: async () => {
      // It has to have heard from the replica first
      while (await ask('SENTINEL', 'failover', 'gatehouse').then(() => false, () => true)) await turn()
      while (await portOf() !== replicaPort) await turn()
      while (!String(await redisCommand(replicaPort, ['INFO', 'replication'], password)).includes('role:master')) await turn()
    },
    stop: async () => {
      await Promise.all([sentinel.stop(), replica.stop(), master.stop()])
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

async function watching (dir: string, port: number, masterPort: number, password: string | undefined, own: string | undefined): Promise<RedisProcess> {
  const file = join(dir, 'sentinel.conf')
  const lines = [
    `port ${port}`, 'bind 127.0.0.1', `dir ${dir}`, ...own === undefined ? [] : [`requirepass ${JSON.stringify(own)}`],
    `sentinel monitor gatehouse 127.0.0.1 ${masterPort} 1`, 'sentinel down-after-milliseconds gatehouse 1000', 'sentinel failover-timeout gatehouse 3000',
    ...password === undefined ? [] : [`sentinel auth-pass gatehouse ${JSON.stringify(password)}`]
  ]
  // It writes what it learns into its own configuration
  writeFileSync(file, `${lines.join('\n')}\n`)
  return await redisProcess([file, '--sentinel'], 'monitor master')
}

const turn = async (): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, 20) }) }
