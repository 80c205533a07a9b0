import Type, { type StaticDecode } from 'typebox'
import { Choice, Config, List, Size, Timeout } from './units.ts'

const Port = Type.Integer({ minimum: 0, maximum: 65535, 'x-expects': 'a port from 0 to 65535; 0 takes a free one' })

/** One address to accept connections on. */
export const ListenSchema = Config({
  name: Type.String({ pattern: '^[a-z0-9-]+$', default: 'http', description: 'Name of the listener.' }),
  port: Port,
  host: Type.String({ default: '0.0.0.0', description: 'Address to bind.' })
})

/** What one request, one connection and the process may use. The defaults are safe on the open internet. */
export const LimitsSchema = Config({
  headerBytes: Size({ default: '16KiB', description: 'All request header lines together; more is 431.' }),
  headers: Type.Integer({ minimum: 1, default: 100, description: 'Request header lines; more is 431.' }),
  targetBytes: Size({ default: '8KiB', description: 'The request target; more is 414.' }),
  bodyBytes: Type.Union([Type.Literal('none'), Size()], { default: 'none', description: 'The request body; more is 413. `none` leaves it to the routes.' }),
  heldBytes: Size({ default: '256MiB', description: 'All bodies that filters hold in memory at one time.' }),
  headersTimeout: Timeout({ default: '5s', description: 'From the first byte of a request to the end of its headers; more is 408.' }),
  bodyIdleTimeout: Timeout({ default: '15s', description: 'Between two pieces of a request body; more is 408.' }),
  clientIdleTimeout: Timeout({ default: '60s', description: 'A client that takes nothing of its answer for this long is cut off.' }),
  requestTimeout: Timeout({ default: '10m', description: 'From the first byte of a request to the last of its body; more is 408.' }),
  keepAliveTimeout: Timeout({ default: '65s', description: 'A connection without a request is closed after this.' }),
  upgradeIdleTimeout: Timeout({ default: '5m', description: 'An upgraded connection (WebSocket) on which nothing moves is closed after this.' }),
  requestsPerConnection: Type.Integer({ minimum: 1, default: 10000, description: 'Then the connection is closed.' }),
  connections: Type.Integer({ minimum: 1, default: 10000, description: 'Open client connections; more are refused.' })
}, { default: {} })

const Address = Type.String({ pattern: '^[^\\s:/@]+(:[0-9]{1,5})?$|^\\[[0-9a-fA-F:.]+\\](:[0-9]{1,5})?$', 'x-expects': 'host:port' })

/** TLS towards Redis. */
export const RedisTlsSchema = Config({
  ca: Type.Optional(Type.String({ description: 'PEM of the authorities to trust instead of the system\'s.' })),
  cert: Type.Optional(Type.String({ description: 'PEM of the client certificate.' })),
  key: Type.Optional(Type.String({ description: 'PEM of its private key.' })),
  serverName: Type.Optional(Type.String({ description: 'Name for SNI and for the check of the certificate.' }))
}, { description: 'TLS; `{}` for that of the system. `rediss://` in a URL says the same.' })

/** Where shared state lives. One of `url`, `sentinel` and `cluster`. */
export const RedisSchema = Config({
  // A reference with an empty default is null in YAML
  url: Type.Optional(Type.Union([Type.String({ pattern: '^(rediss?://\\S+)?$' }), Type.Null()], { 'x-expects': 'a URL such as redis://10.0.0.9:6379/0, or rediss:// for TLS', description: '`redis://[user:password@]host:port/database`; `rediss://` for TLS. Empty: shared state lives in this process.' })),
  sentinel: Type.Optional(Config({
    master: Type.String({ minLength: 1, description: 'Name of the group that the sentinels watch.' }),
    nodes: List(Address, { description: 'The sentinels.' }),
    username: Type.Optional(Type.String({ description: 'ACL user at the sentinels themselves.' })),
    password: Type.Optional(Type.String())
  }, { description: 'Redis behind Sentinel: the master of the moment is asked.' })),
  cluster: Type.Optional(List(Address, { description: 'Redis Cluster: some of its nodes; the others are found.' })),
  username: Type.Optional(Type.String({ description: 'ACL user (with `sentinel` or `cluster`; in a URL it stands before the host).' })),
  password: Type.Optional(Type.String({ description: 'Its password.' })),
  database: Type.Optional(Type.Integer({ minimum: 0, maximum: 99999, description: 'With `sentinel`; in a URL it stands in the path, a cluster has only 0.' })),
  tls: Type.Optional(RedisTlsSchema),
  timeout: Timeout({ default: '250ms', description: 'For one command; then whoever needs it is refused. Rate limits never wait longer than 20ms.' }),
  prefix: Type.String({ default: 'gatehouse:', description: 'Put before every key.' })
}, { description: 'Redis for what several gateways must agree on: rate limits, sessions, nonces, locks.' })

/** Sessions of browsers. */
export const SessionSchema = Config({
  ring: Type.String({ default: 'session', description: 'The key ring that seals them.' }),
  cookie: Type.String({ pattern: '^__(Host|Secure)-[A-Za-z0-9_-]{1,40}$', 'x-expects': 'a name that begins with __Host- or __Secure-', default: '__Host-gatehouse', description: 'Name of the cookie; `__Host-` binds it to the one host (RFC 6265bis 4.1.3.2).' }),
  lifetime: Timeout({ default: '8h', description: 'From the login on; then a new login.' }),
  idle: Timeout({ default: '1h', description: 'Without a request for this long, a new login.' })
}, { description: 'Logins of browsers (filter `login`).' })

/** The `gateway:` section: what belongs to the process and not to a route. */
export const SettingsSchema = Config({
  listen: List(ListenSchema, { default: [{ port: 8080 }], description: 'Addresses to accept requests on.' }),
  admin: Type.Union([
    Config({ port: Port, host: Type.String({ default: '127.0.0.1' }) }),
    Type.Literal(false)
  ], { default: { port: 9090 }, description: 'The operators\' listener; `false` for none.' }),
  trustedProxies: Type.Array(Type.String(), { default: [], description: 'Addresses and CIDR blocks that may say who the client is (X-Forwarded-*, Forwarded, X-Request-Id).' }),
  trustedHops: Type.Integer({ minimum: 1, maximum: 16, default: 1, description: 'How many entries of X-Forwarded-For trusted proxies have written, at most.' }),
  forwarded: Choice(['x-forwarded', 'forwarded', 'both', 'none'], { default: 'x-forwarded', description: 'What upstreams are told of the client: X-Forwarded-*, Forwarded (RFC 7239), both or nothing.' }),
  via: Type.Union([Type.Literal(false), Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$" })], { default: 'gatehouse', description: 'Pseudonym in Via (RFC 9110 7.6.3) towards upstreams; `false` for none.' }),
  accessLog: Type.Boolean({ default: true, description: 'One line for each request.' }),
  timings: Type.Integer({ minimum: 0, default: 0, description: 'Time the phases of each filter on one request in this many; 0 for none.' }),
  limits: LimitsSchema,
  zone: Type.Optional(Type.String({ minLength: 1, description: 'Where this gateway stands; endpoints in the same zone are preferred.' })),
  redis: Type.Optional(RedisSchema),
  session: Type.Optional(SessionSchema),
  drain: Timeout({ default: '20s', description: 'How long a stop waits for the requests in flight; then they are cut off.' })
})

export type RedisSettings = StaticDecode<typeof RedisSchema>
export type SessionSettings = StaticDecode<typeof SessionSchema>
export type Settings = StaticDecode<typeof SettingsSchema>
export type Limits = StaticDecode<typeof LimitsSchema>
