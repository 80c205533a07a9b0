import Type from 'typebox'
import { IssuerSchema, KeyRingSchema } from '../contract/issuers.ts'
import { PATH_OPTIONS, RouteTestSchema, TimeoutsSchema, UpstreamSchema } from '../contract/route-file.ts'
import { RequestKeySchema } from '../contract/request-key.ts'
import { SettingsSchema } from '../contract/settings.ts'
import { Choice, Config, Timeout } from '../contract/units.ts'

/** How a route and an upstream may be named. */
export const NAME = '^[A-Za-z0-9._-]+$'

export const UpstreamName = Type.String({ minLength: 1, 'x-expects': 'the name of an upstream, or an origin such as http://10.0.0.7:8080' })

/** One of several places where a route's requests go. */
export const TargetSchema = Config({
  to: UpstreamName,
  weight: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1, description: 'Share of the requests.' })
})

const TargetList = Type.Array(Type.Union([UpstreamName, TargetSchema]), { minItems: 1, 'x-expects': 'a list of { to, weight }' })

/** Several targets, and what decides which of them a request goes to. */
export const SplitSchema = Config({
  split: TargetList,
  by: RequestKeySchema
})

const TargetsSchema = Type.Union([UpstreamName, TargetList, SplitSchema], {
  'x-expects': 'the name of an upstream, an origin such as http://10.0.0.7:8080, a list of { to, weight }, or { split: [{ to, weight }], by: ... }',
  description: 'Where its requests go: the name of an upstream, an origin, or several by weight. A list is drawn from for each request; with `split` and `by`, requests with the same key always go the same way. Without `upstream`, a filter must answer.'
})

/** One entry of `routes:`. Uses of rooms are read apart, since only the rooms know what they take. */
export const RouteSchema = Config({
  id: Type.String({ pattern: '^[A-Za-z0-9._:-]+$', 'x-expects': 'an id of letters, digits and . _ : -', description: 'Name of the route, of no other route.' }),
  order: Type.Integer({ default: 0, description: 'Routes of a lower order are tried first; those of the same order as they stand in the files.' }),
  enabled: Type.Boolean({ default: true, description: '`false` leaves the route out.' }),
  description: Type.Optional(Type.String({ description: 'What the route is for.' })),
  predicates: Type.Array(Type.Unknown(), { minItems: 1, 'x-expects': 'a list of predicates; `- path: /**` takes every request', description: 'All must hold for a request to belong to the route.' }),
  filters: Type.Array(Type.Unknown(), { default: [], 'x-expects': 'a list of filters', description: 'What is done to its requests and replies, in this order.' }),
  skip: Type.Array(Type.String(), { default: [], 'x-scalar': true, description: 'Names of filters of the top-level `filters` that do not act here.' }),
  upstream: Type.Optional(TargetsSchema),
  timeout: Type.Optional(Timeout({ description: 'From the request to the end of the answer; then 504 GW_TOTAL_TIMEOUT.' })),
  timeouts: Type.Optional(TimeoutsSchema),
  allowPath: Type.Array(Choice(PATH_OPTIONS), { default: [], 'x-scalar': true, description: 'Paths to let in that are refused otherwise: an encoded slash (%2F), a semicolon.' }),
  metadata: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: 'Anything; filters and expressions can read it.' }),
  tests: Type.Array(RouteTestSchema, { default: [], description: 'Requests and what must become of them; `gatehouse test` runs them.' })
})

/** For editors: one of these keys at least. */
const EditedUpstream = Type.Object(UpstreamSchema.properties, { additionalProperties: false, 'x-some-of': ['endpoints', 'discover'] })

/** A native route file as a whole. */
export const RouteFileSchema = Config({
  version: Type.Literal(1, { 'x-expects': '1', description: 'Version of this format.' }),
  gateway: Type.Optional(Type.Object(SettingsSchema.properties, { additionalProperties: false, description: 'What belongs to the process and not to a route. In one file only.' })),
  upstreams: Type.Optional(Type.Record(Type.String({ pattern: NAME }), EditedUpstream, { description: 'The services behind the gateway, by name.' })),
  issuers: Type.Optional(Type.Record(Type.String({ pattern: NAME }), IssuerSchema, { description: 'Who may vouch for callers (OAuth 2.0, OpenID Connect), by name.' })),
  keyRings: Type.Optional(Type.Record(Type.String({ pattern: NAME }), KeyRingSchema, { description: 'Keys of the gateway itself, by name: `passport` signs, `session` seals.' })),
  filters: Type.Optional(Type.Array(Type.Unknown(), { 'x-expects': 'a list of filters', description: 'Filters of every route, before its own; a route leaves one out with `skip`.' })),
  routes: Type.Optional(Type.Array(Type.Unknown(), { 'x-expects': 'a list of routes', description: 'The routes.' })),
  plugins: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { 'x-scalar': true, description: 'Modules with rooms of your own: paths relative to this file, or names of packages.' }))
})
