import { connect } from 'node:net'
import { once } from 'node:events'
import type { Child } from '../harness/child.ts'
import { freePort } from '../harness/free-ports.ts'
import { findBinary } from '../harness/has-binary.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { setTimeout as delay } from 'node:timers/promises'

/** A Redis server, beside the load: a gateway's is another machine. */
export async function startRedis (lab: Lab): Promise<{ child: Child, url: string }> {
  const port = await freePort()
  const argv = [findBinary('redis-server') ?? 'redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', lab.dir]
  const child = lab.start('redis', argv, { core: CORE.load })
  for (let tries = 0; !await listens(port); tries++) {
    if (!child.alive || tries > 100) throw new Error(`redis-server did not start: ${child.lastWords()}`)
    await delay(50)
  }
  return { child, url: `redis://127.0.0.1:${port}` }
}

async function listens (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
