import type { Test } from 'tap'
import respond from '../../../plugins/filters/respond/index.ts'
import path from '../../../plugins/predicates/path/index.ts'
import { pinoLog } from '../../../src/adapters/pino-log.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Filter } from '../../../src/contract/index.ts'
import { buildGateway, type Gateway } from '../../../src/gateway.ts'
import { roomsOf } from '../../../src/plan/compile-room.ts'

/** A route file in parts, as YAML would have them. */
export interface GatewaySetup {
  /** Keys of `gateway:`; no admin listener and no access log unless they say so. */
  readonly gateway?: Readonly<Record<string, unknown>>
  readonly upstreams?: Readonly<Record<string, unknown>>
  readonly issuers?: Readonly<Record<string, unknown>>
  readonly keyRings?: Readonly<Record<string, unknown>>
  /** Where requests go when `routes` is left out; keys of that route beside it. */
  readonly upstream?: unknown
  readonly route?: Readonly<Record<string, unknown>>
  readonly routes?: readonly Readonly<Record<string, unknown>>[]
  /** Filters that only this test knows. */
  readonly filters?: readonly Filter[]
}

/** A gateway that serves on loopback. */
export interface Running {
  readonly gateway: Gateway
  readonly port: number
  /** Lines of the log, newest last. */
  readonly lines: Readonly<Record<string, unknown>>[]
  /** The first access line whose exchange has this code or outcome. */
  line(matches: (line: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
}

/** Starts a gateway on a free port; the test closes it. */
export async function startGateway (t: Test, setup: GatewaySetup): Promise<Running> {
  const { lines, line, write } = logLines()
  const rooms = roomsOf([respond, ...setup.filters ?? []], [path])
  const { config } = await loadConfig(['routes.yaml'], { env: {}, rooms, readFile: async () => Buffer.from(JSON.stringify(routeFile(setup))) })
  const gateway = buildGateway(config, { rooms, log: pinoLog({ level: 'info', destination: { write } }) })
  t.teardown(async () => { await gateway.close() })
  const { listeners: [listening] } = await gateway.listen()
  return { gateway, port: listening!.port, lines, line }
}

function routeFile ({ gateway, upstreams = {}, issuers, keyRings, upstream, route, routes }: GatewaySetup): unknown {
  return {
    version: 1,
    gateway: { admin: false, listen: [{ port: 0, host: '127.0.0.1' }], drain: '50ms', ...gateway },
    ...issuers && { issuers },
    ...keyRings && { keyRings },
    ...Object.keys(upstreams).length > 0 && { upstreams },
    routes: routes ?? [{ id: 'all', predicates: [{ path: '/**' }], upstream, ...route }]
  }
}

function logLines (): Pick<Running, 'lines' | 'line'> & { write (text: string): void } {
  const lines: Readonly<Record<string, unknown>>[] = []
  let waiting: { matches: (line: Readonly<Record<string, unknown>>) => boolean, resolve: (line: Readonly<Record<string, unknown>>) => void }[] = []
  return {
    lines,
    line: matches => {
      const there = lines.find(matches)
      return there ? Promise.resolve(there) : new Promise(resolve => { waiting.push({ matches, resolve }) })
    },
    write: text => {
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>
      lines.push(line)
      waiting = waiting.filter(({ matches, resolve }) => {
        if (matches(line)) resolve(line)
        return !matches(line)
      })
    }
  }
}
