import { Environment } from '@marcbachmann/cel-js'
import { parseCookies } from '../contract/cookies.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import type { HeaderList } from '../contract/header-list.ts'
import { parseQuery } from '../contract/query-string.ts'
import { boundedDuration } from './bounded-duration.ts'
import { CelPrincipal, celRecord } from './cel-principal.ts'
import { linearMatches } from './linear-matches.ts'

/** `request` in an expression. Every part is made when the expression asks for it. */
export class CelRequest {
  readonly #x: Exchange
  constructor (x: Exchange) { this.#x = x }
  get id () { return this.#x.id }
  get method () { return this.#x.method }
  get path () { return this.#x.path }
  get host () { return this.#x.host }
  get scheme () { return this.#x.scheme }
  get query () { return firsts(parseQuery(this.#x.query)) }
  get headers () { return headerMap(this.#x.headers) }
  get cookies () { return firsts(parseCookies(this.#x.headers)) }
  header (name: string) { return this.#x.headers.get(name.toLowerCase()) ?? '' }
  parameter (name: string) { return this.query.get(name) ?? '' }
  cookie (name: string) { return this.cookies.get(name) ?? '' }
}

/** `reply` in an expression. */
export class CelReply {
  readonly #reply: Reply
  constructor (reply: Reply) { this.#reply = reply }
  get status () { return BigInt(this.#reply.status) }
  get code () { return this.#reply.code ?? '' }
  get headers () { return headerMap(this.#reply.headers) }
  header (name: string) { return this.#reply.headers.get(name.toLowerCase()) ?? '' }
}

/** `client` in an expression. */
export class CelClient {
  readonly #x: Exchange
  constructor (x: Exchange) { this.#x = x }
  get address () { return this.#x.client.address }
  get peer () { return this.#x.client.peer }
  get tls () { return this.#x.client.tls }
}

/** `route` in an expression. */
export class CelRoute {
  readonly #x: Exchange
  constructor (x: Exchange) { this.#x = x }
  get id () { return this.#x.route?.id ?? '' }
  get metadata () { return metadataOf(this.#x.route?.metadata ?? NONE) }
  /** Null where there is none. */
  entry (name: string) { return this.metadata.get(name) ?? null }
}

const NONE = {}
const metadataMaps = new WeakMap<object, ReadonlyMap<string, unknown>>()

/** Converted once for each route. */
function metadataOf (metadata: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  let map = metadataMaps.get(metadata)
  if (map === undefined) {
    map = celRecord(metadata)
    metadataMaps.set(metadata, map)
  }
  return map
}

const headerMap = (headers: HeaderList) => new Map(headers.names().map(name => [name, headers.get(name)!]))

/** Of a name that comes several times the first value, as most upstreams take it (WHATWG URL 6.2 `get`). */
const firsts = (pairs: readonly { readonly name: string, readonly value: string }[]) =>
  new Map(pairs.toReversed().map(({ name, value }) => [name, value]))

const STRINGS = 'map<string, string>'
const VALUES = 'map<string, dyn>'
const NAMES = 'list<string>'
const SYNC = { async: false }

/** All that an expression may name, with its types. */
export const celEnvironment = new Environment({ limits: { maxAstNodes: 2000, maxDepth: 64 } })
  .registerType('Request', {
    ctor: CelRequest,
    fields: { id: 'string', method: 'string', path: 'string', host: 'string', scheme: 'string', query: STRINGS, headers: STRINGS, cookies: STRINGS }
  })
  .registerType('Reply', { ctor: CelReply, fields: { status: 'int', code: 'string', headers: STRINGS } })
  .registerType('Client', { ctor: CelClient, fields: { address: 'string', peer: 'string', tls: 'bool' } })
  .registerType('Route', { ctor: CelRoute, fields: { id: 'string', metadata: VALUES } })
  .registerType('Principal', {
    ctor: CelPrincipal,
    fields: {
      subject: 'string', issuer: 'string', client: 'string', tenant: 'string', source: 'string', level: 'int', authenticated: 'bool', scopes: NAMES, roles: NAMES, claims: VALUES
    }
  })
  .registerFunction('Request.header(string): string', (request: CelRequest, name: string) => request.header(name), SYNC)
  .registerFunction('Request.parameter(string): string', (request: CelRequest, name: string) => request.parameter(name), SYNC)
  .registerFunction('Request.cookie(string): string', (request: CelRequest, name: string) => request.cookie(name), SYNC)
  .registerFunction('Reply.header(string): string', (reply: CelReply, name: string) => reply.header(name), SYNC)
  .registerFunction('Route.entry(string): dyn', (route: CelRoute, name: string) => route.entry(name), SYNC)
  .registerFunction('Principal.hasScope(string): bool', (principal: CelPrincipal, scope: string) => principal.hasScope(scope), SYNC)
  .registerFunction('Principal.hasRole(string): bool', (principal: CelPrincipal, role: string) => principal.hasRole(role), SYNC)
  .registerFunction('Principal.claim(string): dyn', (principal: CelPrincipal, name: string) => principal.claim(name), SYNC)
  .registerFunction('string.linearMatches(string): bool', linearMatches, SYNC)
  .registerFunction('boundedDuration(string): google.protobuf.Duration', boundedDuration, SYNC)
  .registerVariable('request', 'Request')
  .registerVariable('reply', 'Reply')
  .registerVariable('client', 'Client')
  .registerVariable('route', 'Route')
  .registerVariable('principal', 'Principal')
  .registerVariable('params', STRINGS)
  .registerVariable('body', 'dyn')
