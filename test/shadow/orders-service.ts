import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { onward, type Snapshots } from '../../plugins/filters/snapshot/client/index.ts'

/** What the service depends on. */
export interface OrdersOptions {
  readonly version: string
  /** The gateway, where the service `stock` is asked. */
  readonly gateway: () => string
  readonly snap: Snapshots
  /** A row of its database. */
  readonly customer: () => Promise<string>
}

/** The service of the worked example (docs/shadow/snapshots.md): an order with what is left of it in stock and who has ordered it. */
export async function ordersService (t: Test, { version, gateway, snap, customer }: OrdersOptions): Promise<string> {
  const answer = async ({ url, headers }: IncomingMessage): Promise<object> => {
    const id = url!.split('/').at(-1)!
    const stock = await fetch(`${gateway()}/stock/${id}`, { headers: onward(headers) })
    const { left } = await stock.json() as { left: number }
    return { id, left, customer: await snap.remember(headers, `customer of ${id}`, customer) }
  }
  const server = createServer((req, res) => {
    void answer(req).then(body => res.setHeader('content-type', 'application/json').setHeader('x-version', version).end(JSON.stringify(body)), () => res.writeHead(500).end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close().closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
