import { basename } from 'node:path'
import type { Test } from 'tap'
import { filters, predicates } from '../../plugins/index.ts'
import { pinoLog } from '../../src/adapters/pino-log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { GatewayConfig } from '../../src/contract/route-file.ts'
import { buildGateway, type Gateway } from '../../src/gateway.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'
import type { Update } from '../../src/plan/table-keeper.ts'
import { GATEWAY_SECRET, startAuthorizationServer, type AuthorizationServer, type AuthorizationServerOptions } from '../peers/authorization-server.ts'
import { ask, type Answered, type Question } from './ask.ts'
import { LogLines } from './log-lines.ts'
import { startService, type Service } from './service.ts'

type Keys = Readonly<Record<string, unknown>>

/** A route file in parts, as YAML would have them. */
export interface Guarding {
  readonly gateway?: Keys
  readonly issuers?: Keys
  /** Default: `passport`, of keys that nobody keeps. */
  readonly keyRings?: Keys
  /** The filters of each route by its id, which is its path too. */
  readonly routes: Readonly<Record<string, readonly unknown[]>>
  /** What references to files stand for, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** A gateway with every room, in front of a service that believes its passports. */
export interface Guarded {
  readonly gateway: Gateway
  readonly port: number
  readonly admin: number
  readonly log: LogLines
  readonly service: Service
  ask(path: string, question?: Question): Promise<Answered>
  reload(next: Guarding): Promise<Update>
  /** Value of the series with these labels, summed. */
  metric(name: string, labels?: Readonly<Record<string, string>>): number
}

export const rooms = roomsOf(filters, predicates)

/** Builds one and has it listen, unless `listen` is false: then `port` and `admin` are 0. */
export async function guarded (t: Test, setup: Guarding, { service, listen = true }: { service?: Service, listen?: boolean } = {}): Promise<Guarded> {
  const upstream = service ?? await startService(t)
  const log = new LogLines()
  const gateway = buildGateway(await configOf(setup, upstream), { rooms, log: pinoLog({ level: 'debug', destination: { write: log.write } }) })
  t.teardown(() => gateway.close())
  const { listeners: [listening], admin } = listen ? await gateway.listen() : { listeners: [], admin: null }
  const [port, adminPort] = [listening?.port ?? 0, admin?.port ?? 0]
  upstream.trust(`http://127.0.0.1:${adminPort}/keys/passport`)
  return {
    gateway,
    port,
    admin: adminPort,
    log,
    service: upstream,
    ask: (path, question) => ask(port, path, question),
    reload: async next => gateway.reload(await configOf(next, upstream)),
    metric: (name, labels = {}) => gateway.metrics.samples()
      .filter(sample => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0)
  }
}

/** The model of a route file; its one upstream is this service. */
export async function configOf ({ gateway = {}, issuers = {}, keyRings = { passport: 'ephemeral' }, routes, files = {} }: Guarding, { url }: Pick<Service, 'url'>): Promise<GatewayConfig> {
  const document = {
    version: 1,
    gateway: { admin: { port: 0 }, listen: [{ port: 0, host: '127.0.0.1' }], drain: '1s', trustedProxies: ['127.0.0.1'], ...gateway },
    upstreams: { orders: { endpoints: [url] } },
    issuers,
    keyRings,
    routes: Object.entries(routes).map(([id, uses]) => ({ id, predicates: [{ path: `/${id}/**` }], filters: uses, upstream: 'orders' }))
  }
  const texts = { ...files, 'routes.yaml': JSON.stringify(document) }
  return (await loadConfig(['routes.yaml'], { env: {}, rooms, readFile: async path => Buffer.from(texts[basename(path) as keyof typeof texts]) })).config
}

/** A real authorization server, gone with the test. */
export async function startIssuer (t: Test, options?: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const issuer = await startAuthorizationServer(options)
  t.teardown(() => issuer.close())
  return issuer
}

/** Its entry in `issuers:`, as a client of which the gateway is registered. Asked for keys as often as a test needs. */
export const issuerEntry = ({ issuer }: Pick<AuthorizationServer, 'issuer'>, more: Keys = {}): Keys =>
  ({ issuer, audiences: ['orders'], client: { id: 'gateway', secret: GATEWAY_SECRET }, jwks: { cooldown: '1ms' }, ...more })
