import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GatewayConfig } from '../contract/route-file.ts'
import { startEchoServer } from '../demo/echo-server.ts'
import type { Listening } from '../gateway.ts'
import { curlLine, isForCurl } from './curl-line.ts'
import { DEFAULT_FILE } from './load-files.ts'
import { routeTable } from './route-table.ts'
import { shippedFile } from './shipped-file.ts'

/** The demo's upstreams, and what to print when the gateway serves. */
export interface Demo {
  /** What the shipped routes.yaml asks of the environment. */
  readonly env: Readonly<Record<string, string>>
  welcome(config: GatewayConfig, listening: Listening, redact: (text: string) => string): string
  close(): Promise<void>
}

/** Starts the two echo services that the shipped routes.yaml talks to, on free loopback ports. */
export async function startDemo (): Promise<Demo> {
  const [orders, ordersNext] = await Promise.all([startEchoServer('orders'), startEchoServer('orders-next')])
  return {
    env: { ORDERS_URL: orders.url, ORDERS_NEXT_URL: ordersNext.url },
    welcome,
    close: async () => { await Promise.all([orders.close(), ordersNext.close()]) }
  }
}

/** The files of the demo: those given, those here, or those that came with the package. */
export function demoFiles (files: readonly string[], cwd: string): readonly string[] {
  return files.length > 0 || existsSync(resolve(cwd, DEFAULT_FILE)) ? files : [fileURLToPath(shippedFile(DEFAULT_FILE))]
}

function welcome ({ routes }: GatewayConfig, { listeners, admin }: Listening, redact: (text: string) => string): string {
  const base = urlOf(listeners[0]!)
  const lines = routes.flatMap(({ tests }) => tests.filter(({ test }) => isForCurl(test)).slice(0, 1).map(({ test }) => `  ${curlLine(test, base)}`))
  return `\n${routeTable(routes, redact)}\n\nTry:\n${redact(lines.join('\n'))}\n${admin ? `\nFor operators:\n  curl ${urlOf(admin)}/routes\n` : ''}`
}

/** Where a client on this machine finds an address: one that means all of them is not one to connect to. */
function urlOf ({ host, port }: { host: string, port: number }): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
