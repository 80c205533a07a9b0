import Type, { type StaticDecode } from 'typebox'
import type { Origin } from './config-error.ts'
import type { IssuerConfig, KeyRingConfig } from './issuers.ts'
import { RequestKeySchema, type RequestKeyConfig } from './request-key.ts'
import type { Settings } from './settings.ts'
import { StatusRange } from './status-ranges.ts'
import { Choice, Config, List, Percentage, Regex, Timeout } from './units.ts'

const Origins = Type.String({ pattern: '^https?://[^/?#@\\s]+/?$', 'x-expects': 'an origin such as http://10.0.0.7:8080' })

const PLACE = {
  weight: Type.Integer({ minimum: 0, maximum: 1000, default: 1, description: 'Share of the requests.' }),
  zone: Type.Optional(Type.String({ minLength: 1, description: 'Where it stands: endpoints in the zone of the gateway (`gateway.zone`) are preferred.' })),
  priority: Type.Integer({ minimum: 0, maximum: 9, default: 0, description: 'Group for failover: 0 is asked first, a higher one only where too little of the lower is up.' })
}

/** One address of an upstream. */
export const EndpointSchema = Type.Union([
  Origins,
  Config({ url: Origins, ...PLACE })
])

/** Where addresses come from that change. */
export const DiscoverySchema = Type.Union([
  Config({ dns: Origins, ...PLACE }, { description: 'Every address (A, AAAA) of the name in this origin, asked again when its TTL is over.' }),
  Config({ srv: Type.String({ pattern: '^[A-Za-z0-9_.-]+$', 'x-expects': 'a name such as _http._tcp.orders.example.com' }), scheme: Choice(['http', 'https'], { default: 'http' }), zone: PLACE.zone }, { description: 'Targets, ports, weights and priorities of an SRV record (RFC 2782), asked again when its TTL is over.' }),
  Config({ file: Type.String({ minLength: 1, 'x-expects': 'a path, relative to this file' }) }, { description: 'A YAML or JSON file with a list like `endpoints`; it is watched.' })
])

/** How one of the endpoints is chosen. */
export const BalanceSchema = Type.Union([
  Choice(['round-robin', 'least-requests', 'ewma', 'random']),
  Config({
    'consistent-hash': Config({
      by: RequestKeySchema,
      bound: Type.Number({ minimum: 1, maximum: 10, default: 1.25, description: 'No endpoint gets more than this times its fair share of the requests in flight; what is over goes to the next on the ring.' })
    })
  })
], { 'x-expects': 'round-robin, least-requests, ewma, random, or { consistent-hash: { by: ... } }' })

/** A browser stays with its endpoint. */
export const StickySchema = Config({
  cookie: Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$", default: '__Host-gatehouse-endpoint', description: 'Name of the cookie. It holds no address: only the key ring can make one.' }),
  ring: Type.String({ default: 'sticky', description: 'The key ring that signs it.' }),
  lifetime: Type.Optional(Timeout({ description: 'How long the browser keeps it. Default: until it is closed.' }))
}, { description: 'Keeps a client with the endpoint it was first sent to, while that is up.' })

/** Asks endpoints from time to time how they are. */
export const HealthSchema = Config({
  path: Type.Optional(Type.String({ pattern: '^/\\S*$', 'x-expects': 'a path such as /healthz', description: 'Path and query to ask for by GET. Left out, an open TCP connection (and handshake) is enough.' })),
  host: Type.Optional(Type.String({ description: 'Value of the Host header. Default: that of the endpoint.' })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'Port to ask. Default: that of the endpoint.' })),
  statuses: List(StatusRange(100), { default: ['200-299'], description: 'Answers that are well: `204`, `200-299`, `2xx`.' }),
  body: Type.Optional(Regex({ description: 'Must be found in the first 64 KiB of the answer.' })),
  interval: Timeout({ default: '10s', description: 'Between two checks of an endpoint.' }),
  maxInterval: Type.Optional(Timeout({ description: 'An endpoint that stays down is asked ever more rarely, up to this. Default: `interval`.' })),
  jitter: Percentage({ default: '20%', description: 'Each wait is drawn from this much around it.' }),
  timeout: Timeout({ default: '2s', description: 'For one check.' }),
  unhealthy: Type.Integer({ minimum: 1, maximum: 100, default: 3, description: 'So many bad checks in a row, and it gets no requests.' }),
  healthy: Type.Integer({ minimum: 1, maximum: 100, default: 2, description: 'So many good ones in a row, and it gets them again.' })
}, { description: 'Active health checks.' })

/** Takes endpoints out of rotation by how their calls go. */
export const EjectionSchema = Config({
  consecutive: Type.Integer({ minimum: 1, maximum: 1000, default: 5, description: 'So many failures in a row: no connection, no answer in time, a broken answer, 502, 503 or 504.' }),
  successRate: Type.Optional(Config({
    below: Percentage({ default: '80%', description: 'An endpoint is out when less than this share of its calls succeed.' }),
    window: Timeout({ default: '30s', description: 'Of the calls of this time.' }),
    minimumCalls: Type.Integer({ minimum: 1, default: 50, description: 'Fewer say nothing.' })
  })),
  time: Timeout({ default: '30s', description: 'For how long, the first time; each further time in a row it is as much longer.' }),
  maxTime: Timeout({ default: '5m', description: 'At most.' }),
  maxShare: Percentage({ default: '50%', description: 'Never more than this share of the endpoints is out at one time.' })
}, { description: 'Passive health: outlier ejection.' })

export const TimeoutsSchema = Config({
  connect: Type.Optional(Timeout({ description: 'To an open connection, TLS included; then 504 GW_CONNECT_TIMEOUT. Default: 5s.' })),
  head: Type.Optional(Timeout({ description: 'From the request sent to the head of the answer; then 504 GW_HEAD_TIMEOUT. Default: 30s.' })),
  idle: Type.Optional(Timeout({ description: 'Between two pieces of the answer; then the answer is cut. Default: 60s.' }))
}, { description: 'How long upstream may take.' })

export const TlsSchema = Config({
  ca: Type.Optional(Type.String({ description: 'PEM of the authorities to trust instead of the system\'s.' })),
  cert: Type.Optional(Type.String({ description: 'PEM of the client certificate.' })),
  key: Type.Optional(Type.String({ description: 'PEM of its private key.' })),
  serverName: Type.Optional(Type.String({ description: 'Name for SNI and for the check of the certificate.' })),
  insecure: Type.Boolean({ default: false, description: 'Accept any certificate. For drills only.' })
}, { description: 'TLS towards https endpoints.' })

/** One entry of `upstreams:`. */
export const UpstreamSchema = Config({
  endpoints: Type.Optional(List(EndpointSchema, { description: 'Its addresses.' })),
  discover: Type.Optional(List(DiscoverySchema, { description: 'Where further addresses come from.' })),
  balance: Type.Optional(BalanceSchema),
  sticky: Type.Optional(StickySchema),
  slowStart: Type.Optional(Timeout({ description: 'An endpoint that is new or well again gets its full share only after this.' })),
  spillBelow: Type.Optional(Percentage({ description: 'Requests stay in the own zone and the first priority while this share of it is up, by weight; below that, the rest goes on to the others. Default: 70%.' })),
  panicBelow: Type.Optional(Percentage({ description: 'When less than this share of all endpoints is up, health is not believed any more and all are asked. 0% for never. Default: 50%.' })),
  health: Type.Optional(HealthSchema),
  ejection: Type.Optional(EjectionSchema),
  timeouts: Type.Optional(TimeoutsSchema),
  tls: Type.Optional(TlsSchema),
  sandbox: Type.Optional(Type.Boolean({ description: 'What it is asked for changes nothing that matters: a `shadow` may send it copies of requests whose methods are not safe.' })),
  connections: Type.Integer({ minimum: 1, default: 1024, description: 'Open connections to one endpoint, at most.' }),
  pending: Type.Optional(Type.Integer({ minimum: 0, description: 'Requests that wait for a connection to one endpoint, at most; more are 503 GW_OVERLOADED. Default: as many as `connections`.' })),
  keepAlive: Timeout({ default: '4s', description: 'How long an idle connection is kept; below what the upstream keeps it.' })
})
export type UpstreamConfig = StaticDecode<typeof UpstreamSchema>
export type EndpointConfig = StaticDecode<typeof EndpointSchema>
export type DiscoveryConfig = StaticDecode<typeof DiscoverySchema>
export type BalanceConfig = StaticDecode<typeof BalanceSchema>
export type StickyConfig = StaticDecode<typeof StickySchema>
export type HealthConfig = StaticDecode<typeof HealthSchema>
export type EjectionConfig = StaticDecode<typeof EjectionSchema>
export type Timeouts = StaticDecode<typeof TimeoutsSchema>
export type TlsConfig = StaticDecode<typeof TlsSchema>

/** Paths that the guard would refuse and that a route can let in. */
export const PATH_OPTIONS = ['encoded-slash', 'semicolon'] as const

/** One case of a route's `tests:`. */
export const RouteTestSchema = Config({
  request: Type.String({ pattern: '^[A-Z]+ \\S+$', 'x-expects': 'a request such as GET /orders/7', description: 'Method and target; a full URL also sets the host.' }),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  body: Type.Optional(Type.String()),
  from: Type.Optional(Type.String({ description: 'Address of the client.' })),
  at: Type.Optional(Type.String({ description: 'Time of the request (RFC 3339).' })),
  as: Type.Optional(Config({
    subject: Type.String({ minLength: 1 }),
    client: Type.Optional(Type.String()),
    scopes: Type.Array(Type.String(), { default: [], 'x-scalar': true }),
    roles: Type.Array(Type.String(), { default: [], 'x-scalar': true }),
    tenant: Type.Optional(Type.String()),
    level: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)], { default: 2 }),
    claims: Type.Record(Type.String(), Type.Unknown(), { default: {} })
  }, { description: 'Who is calling: `authenticate` takes it for proved.' })),
  expect: Config({
    route: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'Id of the route that must win; null for none.' })),
    status: Type.Optional(Type.Integer({ description: 'Status the gateway itself answers with.' })),
    upstreamPath: Type.Optional(Type.String({ description: 'Path and query upstream gets.' })),
    upstreamMethod: Type.Optional(Type.String()),
    upstream: Type.Optional(Type.String({ description: 'Name or origin of the upstream.' })),
    headers: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), { description: 'Request headers upstream gets; null for absent.' })),
    replyHeaders: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), { description: 'Headers of a reply the gateway gives by itself.' }))
  })
})
export type RouteTest = StaticDecode<typeof RouteTestSchema>

/** A room used in a route file, its config as written. */
export interface Use {
  readonly name: string
  readonly config: unknown
  readonly when: string | null
  readonly report: boolean
  readonly origin: Origin
  /** Where `config` itself stands. */
  readonly configOrigin: Origin
  /** Nobody has written it: the room stands on every route. */
  readonly implied?: boolean
}

/** A tree of predicates; the top of a route is `all` of its list. */
export type PredicateUse =
  | { readonly kind: 'use', readonly use: Use }
  | { readonly kind: 'any' | 'all', readonly of: readonly PredicateUse[] }
  | { readonly kind: 'not', readonly of: readonly [PredicateUse] }

/** Where requests of a route go, one of several by weight. `to`: the name of an upstream or an origin. */
export interface Target { readonly to: string, readonly weight: number, readonly origin: Origin }

export interface RouteConfig {
  readonly id: string
  /** Lower first; equal ones in the order of the files. */
  readonly order: number
  readonly predicates: readonly PredicateUse[]
  /** Those of every route, less the skipped, then its own. */
  readonly filters: readonly Use[]
  /** Names of filters that every route has and this one goes without. */
  readonly skip: readonly string[]
  /** Empty: the route answers by itself (redirect-to, respond). */
  readonly targets: readonly Target[]
  /** What requests are told apart by where there are several targets, so that the same always go the same way; null: by chance. */
  readonly splitBy?: RequestKeyConfig | null
  readonly timeouts: Timeouts
  /** Total, in ms; null: none. */
  readonly timeoutMs: number | null
  readonly allowPath: readonly (typeof PATH_OPTIONS)[number][]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tests: readonly { readonly test: RouteTest, readonly origin: Origin }[]
  readonly origin: Origin
  /** The route as it stands in the file: no reference resolved. */
  readonly written: unknown
}

/** Everything that the sources say, in one model; only this is compiled. */
export interface GatewayConfig {
  readonly settings: Settings
  /** Where the `gateway` section is; null where no native file has one. */
  readonly settingsOrigin: Origin | null
  readonly upstreams: ReadonlyMap<string, { readonly config: UpstreamConfig, readonly origin: Origin }>
  readonly routes: readonly RouteConfig[]
  readonly issuers: ReadonlyMap<string, { readonly config: IssuerConfig, readonly origin: Origin }>
  readonly keyRings: ReadonlyMap<string, { readonly config: KeyRingConfig, readonly origin: Origin }>
}
