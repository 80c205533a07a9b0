import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** Asks the kernel for `count` loopback ports that are free now, all different. */
export async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(async (server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')))
  return ports
}

/** One free loopback port. */
export async function freePort (): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
