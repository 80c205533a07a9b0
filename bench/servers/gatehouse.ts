import { fileURLToPath } from 'node:url'
import type { Contender, Running, Site } from '../harness/contender.ts'
import { freePorts } from '../harness/free-ports.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'
import { processFile } from './node-proxy.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The eight filters of the row with filters: six on the way in, two on the way out; path and headers both change. */
export const EIGHT_FILTERS: readonly object[] = [
  { 'add-request-header': { name: 'X-Bench', value: 'one' } },
  { 'set-request-header': { name: 'X-Client', value: 'bench' } },
  { 'remove-request-header': 'X-Debug' },
  { 'map-request-header': { from: 'X-Client', to: 'X-Copy' } },
  { 'prefix-path': '/v1' },
  { 'rewrite-path': { regexp: '/v1/(?<rest>.*)', replacement: '/$\\{rest}' } },
  { 'add-response-header': { name: 'X-Served-By', value: 'gatehouse' } },
  { 'remove-response-header': 'X-Powered-By' }
]

/** One entry of the route file. */
export interface RouteEntry {
  readonly id: string
  readonly predicates: readonly object[]
  readonly filters?: readonly object[]
  readonly upstream: string
}

/** A Gatehouse process with what the scenarios need beyond its address. */
export interface Gatehouse extends Running {
  readonly adminUrl: string
  readonly routeFile: string
}

/** A contender that is Gatehouse with one catch-all route. */
export function gatehouse (name: string, setup: { filters?: readonly object[], accessLog?: boolean } = {}): Contender {
  const { filters = [], accessLog = false } = setup
  return {
    name,
    ...(filters.length > 0 ? { replyHeader: 'x-served-by' } : {}),
    async start (lab, site) {
      return startGatehouse(lab, routeFile([catchAll(site.upstreamPort, filters)], site, { accessLog }))
    }
  }
}

/** The route that every request belongs to. */
export function catchAll (upstreamPort: number, filters: readonly object[] = []): RouteEntry {
  return { id: 'bench', predicates: [{ path: '/**' }], filters, upstream: `http://127.0.0.1:${upstreamPort}` }
}

/** The text of a route file. JSON is YAML, and a line for each route keeps errors readable. */
export function routeFile (routes: readonly RouteEntry[], site: Site, how: { accessLog?: boolean, gateway?: object } = {}): string {
  const limits = { connections: site.connections, requestsPerConnection: 1_000_000_000 }
  const gateway = JSON.stringify({ accessLog: how.accessLog ?? false, limits, ...how.gateway })
  const lines = routes.map((route) => `  - ${JSON.stringify(route)}`)
  return `version: 1\ngateway: ${gateway}\nroutes:\n${lines.join('\n')}\n`
}

/** Starts the sources: Node strips the types once, so they cost a request no more than built code. */
export async function startGatehouse (lab: Lab, routes: string, how: { gc?: boolean } = {}): Promise<Gatehouse> {
  const [port = 0, adminPort = 0] = await freePorts(2)
  const file = lab.file(`routes-${port}.yaml`, routes)
  const flags = how.gc ? ['--expose-gc', '--import', processFile('with-gc')] : []
  const argv = [process.execPath, ...flags, MAIN, 'run', file, '--port', String(port), '--admin-port', String(adminPort)]
  const child = lab.start('gatehouse', argv, { core: CORE.server, ...(how.gc ? { ipc: true } : {}) })
  const adminUrl = `http://127.0.0.1:${adminPort}`
  await untilReady(child, `${adminUrl}/readyz`)
  return { child, url: `http://127.0.0.1:${port}`, adminUrl, routeFile: file }
}
