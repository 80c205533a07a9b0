import Type, { type StaticDecode } from 'typebox'
import type { Origin } from './config-error.ts'
import type { IssuerConfig, KeyRingConfig } from './issuers.ts'
import type { Settings } from './settings.ts'
import { Config, List, Timeout } from './units.ts'

const Origins = Type.String({ pattern: '^https?://[^/?#@\\s]+/?$', 'x-expects': 'an origin such as http://10.0.0.7:8080' })

/** One address of an upstream. */
export const EndpointSchema = Type.Union([
  Origins,
  Config({
    url: Origins,
    weight: Type.Integer({ minimum: 0, maximum: 1000, default: 1, description: 'Share of the requests.' })
  })
])

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
  endpoints: List(EndpointSchema, { description: 'Its addresses.' }),
  timeouts: Type.Optional(TimeoutsSchema),
  tls: Type.Optional(TlsSchema),
  connections: Type.Integer({ minimum: 1, default: 1024, description: 'Open connections to one endpoint, at most.' }),
  keepAlive: Timeout({ default: '4s', description: 'How long an idle connection is kept; below what the upstream keeps it.' })
})
export type UpstreamConfig = StaticDecode<typeof UpstreamSchema>
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
