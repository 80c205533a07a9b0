import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GatewayConfig, RouteTest } from '../contract/route-file.ts'
import { startDemoIssuer } from '../demo/demo-issuer.ts'
import { startEchoServer } from '../demo/echo-server.ts'
import type { Listening } from '../gateway.ts'
import { curlLine, isForCurl } from './curl-line.ts'
import { DEFAULT_FILE } from './load-files.ts'
import { routeTable } from './route-table.ts'
import { shippedFile } from './shipped-file.ts'

/** The demo's upstreams and issuer, and what to print when the gateway serves. */
export interface Demo {
  /** What the shipped routes.yaml asks of the environment. */
  readonly env: Readonly<Record<string, string>>
  /** Tells the upstreams where the gateway's public keys are, and gives the table and a curl line for each route, with fresh tokens. */
  welcome(config: GatewayConfig, listening: Listening, redact: (text: string) => string): Promise<string>
  close(): Promise<void>
}

/** Starts the two echo services and the issuer that the shipped routes.yaml talks to, on free loopback ports. */
export async function startDemo (): Promise<Demo> {
  const [orders, ordersNext, issuer] = await Promise.all([startEchoServer('orders'), startEchoServer('orders-next'), startDemoIssuer()])
  return {
    env: { ORDERS_URL: orders.url, ORDERS_NEXT_URL: ordersNext.url, ISSUER_URL: issuer.issuer },
    welcome: async (config, listening, redact) => {
      if (listening.admin) for (const echo of [orders, ordersNext]) echo.trust(`${urlOf(listening.admin)}/keys/passport`)
      return await welcome(config, listening, redact, () => issuer.token())
    },
    close: async () => { await Promise.all([orders.close(), ordersNext.close(), issuer.close()]) }
  }
}

/** The files of the demo: those given, those here, or those that came with the package. */
export function demoFiles (files: readonly string[], cwd: string): readonly string[] {
  return files.length > 0 || existsSync(resolve(cwd, DEFAULT_FILE)) ? files : [fileURLToPath(shippedFile(DEFAULT_FILE))]
}

async function welcome ({ routes }: GatewayConfig, { listeners, admin }: Listening, redact: (text: string) => string, token: () => Promise<string>): Promise<string> {
  const base = urlOf(listeners[0]!)
  const tests = routes.flatMap(route => shown(route.tests.map(({ test }) => test)))
  const lines = await Promise.all(tests.map(async test => `  ${curlLine(test.as ? await withToken(test, token) : test, base)}`))
  const tokens = tests.some(({ as }) => as !== undefined) ? ' (the token is good for ten minutes)' : ''
  return `\n${routeTable(routes, redact)}\n\nTry${tokens}:\n${redact(lines.join('\n'))}\n${admin ? `\nFor operators:\n  curl ${urlOf(admin)}/routes\n` : ''}`
}

/** The first of a route, and the first that somebody with a name sends. */
function shown (tests: readonly RouteTest[]): RouteTest[] {
  const possible = tests.filter(isForCurl)
  return [possible.find(({ as }) => as === undefined), possible.find(({ as }) => as !== undefined)].filter(test => test !== undefined)
}

const withToken = async (test: RouteTest, token: () => Promise<string>): Promise<RouteTest> =>
  ({ ...test, headers: { ...test.headers, authorization: `Bearer ${await token()}` } })

/** Where a client on this machine finds an address: one that means all of them is not one to connect to. */
function urlOf ({ host, port }: { host: string, port: number }): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
