import type { Arrival, FieldSieve, Informant } from './arrival.ts'
import type { Body } from './body.ts'
import { CallScope, type Abortable } from './call-scope.ts'
import type { CallWatcher } from './call-watcher.ts'
import type { Client } from './client.ts'
import { HeaderList } from './header-list.ts'
import type { Principal } from './principal.ts'
import type { End, Fallback, Reply } from './reply.ts'
import type { OpenSession } from './session.ts'

/** Milliseconds of the process's monotonic clock. */
export interface Timing { readonly start: number, head: number, end: number }

/** The route that an exchange belongs to, as far as a room may know it. */
export interface Route { readonly id: string, readonly metadata: Readonly<Record<string, unknown>> }

/** Captured variables: of path and host patterns, as on the wire (still percent-encoded). */
export type Params = Readonly<Record<string, string>>

export const NO_PARAMS: Params = Object.freeze(Object.create(null) as Record<string, string>)

/** What the machine notes of one filter. */
export type Mark = 'skipped' | 'decided' | undefined

/** What the machine knows of the filter it asks: its position in the route's list, and whether it only reports. */
export interface Asking { readonly index: number, readonly report: boolean }

/** The least that one filter has limited the request body to, its position, and the limit of the filter before it. */
export interface BodyLimit { readonly index: number, readonly maxBytes: number, readonly next: BodyLimit | null }

/** One call a dispatch phase has made, and what it gave; null until it has. */
export interface Call { pending: Promise<Reply> | null, reply: Reply | null }

const NOTHING_LENT: readonly string[] = Object.freeze([])

/** The end of the exchange tells how much there was. */
const ONLY_COUNTED = () => {}

/**
 * Has a say in every call to an endpoint that is made for an exchange, whoever makes it (a retry, a hedge), and hears how each went, body and all. A
 * filter around the call puts its own into `x.gates` before it calls on and takes it out after, each time by another list.
 */
export interface CallGate {
  /** Whether the call may be made. Asked while an endpoint is chosen, for several of them: changes nothing. */
  admits(x: Exchange, endpoint: string): boolean
  /** The call begins; null where it must not after all. */
  enter(x: Exchange, endpoint: string): CallWatcher | null
}

/** One request on its way through the gateway: what rooms may read and change. */
export class Exchange {
  /** The request id; also `instance` of error replies. */
  readonly id: string
  /** As received, upper case. */
  readonly method: string
  /** The method that lookup goes by: for a CORS preflight the one it asks about, else `method`. */
  routingMethod: string
  /** The canonical path (RFC 3986 6.2.2) that routing, filters and upstream all use. A filter may change it; the machine checks it again. */
  path: string
  /** Without `?`; '' where there is none. A filter may change it. */
  query: string
  readonly scheme: 'http' | 'https'
  /** The Host header as received. */
  readonly authority: string
  /** Host without port, lower case; IPv6 in brackets. */
  readonly host: string
  /** Request fields for upstream. Hop-by-hop fields and those the gateway owns are no longer in it. */
  readonly headers: HeaderList
  readonly client: Client
  readonly body: Body
  /** The path and query before any filter. */
  readonly originalPath: string
  readonly originalQuery: string
  params: Params
  route: Route | null
  /** Set by a filter to send the request elsewhere: an origin, `http://host:port`. */
  origin: string | null
  /** Value of the Host header for upstream; null: that of the endpoint. */
  upstreamHost: string | null
  /** Where the request went, once it has: the origin of the endpoint. */
  endpoint: string | null
  /** How often upstream has been asked. */
  attempt: number
  /** The upstream of the last call: its name, or its origin where it has none. */
  upstream: string | null
  /** Endpoints that have failed this exchange: others are asked first. Null while there are none. */
  avoid: readonly string[] | null
  /** Who has a say in each call that is made for it; null while nobody has. Another list takes its place, it never changes itself. */
  gates: readonly CallGate[] | null
  /** When nobody will wait any more, on the monotonic clock; Infinity where there is no limit. A try that would begin later is none. */
  deadline: number
  /** Set where the answer stands in for another. A filter of a fallback route finds here why it was asked. */
  fallback: Fallback | null
  /** For the machine: how often it was sent on to other routes; and who else is told of the end. */
  depth: number
  ends: ((end: End) => void)[] | null
  /** Set by a filter to answer without calling upstream; after that the reply on its way back. */
  reply: Reply | null
  readonly timing: Timing
  /** For the machine: how many of the route's filters it has gone down to. Only these see the reply and the end. */
  entered: number
  /** For the machine: filters by position whose `when` did not hold, or whose decision is counted already; null while there are none. */
  marks: Mark[] | null
  /** For the machine: the filter whose request phase runs. */
  asking: Asking | null
  /** For the machine: which filter has limited the body to how much; null while none has. */
  limits: BodyLimit | null
  /** For the machine: whether phases of this exchange are timed. */
  timed: boolean
  /** For the machine: the last call that each filter around it has made, the outermost first; null while there is none. */
  calls: (Call | undefined)[] | null
  /** For the machine: whether filters still work on it, and how it ended meanwhile. */
  running: boolean
  end: End | null
  /** For the machine: takes interim answers (RFC 9110 15.2) to the client. */
  informant: Informant | null
  /** Who is calling; null while nobody has proved anything. */
  principal: Principal | null
  /** The browser's session once it was opened. */
  session: OpenSession | null
  /** Why the gateway refused, in one of its own words, for the access log; null where the code says all. */
  reason: string | null
  /** What keeps trailer fields of the request from upstream: a filter that takes headers away adds itself where `body.present`. */
  trailerSieves: readonly FieldSieve[]
  /** The gateway's own cookies by name: they are never among `headers`. Null where there are none. */
  readonly ownCookies: ReadonlyMap<string, string> | null
  /** Names of the headers that hold credentials for the upstream of this route and no other (`lend`). */
  lent: readonly string[]
  /** The protocol the client wants to switch to (`websocket`), null for an ordinary request. */
  upgrade: string | null
  readonly #whole = new CallScope()
  /** The innermost that is open. */
  #scope = this.#whole

  /** `start`: when the request arrived, on the monotonic clock. */
  constructor (arrival: Arrival, body: Body, start: number) {
    this.id = arrival.id
    this.method = arrival.method
    this.routingMethod = arrival.method
    this.path = arrival.path
    this.query = arrival.query
    this.scheme = arrival.scheme
    this.authority = arrival.authority
    this.host = arrival.host
    this.headers = arrival.headers
    this.client = arrival.client
    this.body = body
    this.originalPath = arrival.path
    this.originalQuery = arrival.query
    this.params = NO_PARAMS
    this.route = null
    this.origin = null
    this.upstreamHost = null
    this.endpoint = null
    this.attempt = 0
    this.upstream = null
    this.avoid = null
    this.gates = null
    this.deadline = Infinity
    this.fallback = null
    this.depth = 0
    this.ends = null
    this.reply = null
    this.timing = { start, head: 0, end: 0 }
    this.entered = 0
    this.marks = null
    this.asking = null
    this.limits = null
    this.timed = false
    this.calls = null
    this.running = false
    this.end = null
    this.informant = null
    this.principal = null
    this.session = null
    this.reason = null
    this.trailerSieves = arrival.trailerSieves ?? []
    this.ownCookies = arrival.ownCookies ?? null
    this.lent = NOTHING_LENT
    this.upgrade = null
  }

  /**
   * No more than `maxBytes` of the request body may pass, chunked or not; more ends the exchange with GW_BODY_TOO_LARGE.
   * Throws at once where the declared length is more. The smallest limit wins. With `report: true` it only counts.
   */
  limitBody (maxBytes: number): void {
    const { asking, limits } = this
    this.body.limit(maxBytes, asking?.report ? ONLY_COUNTED : null)
    if (asking === null) return
    const isSecond = limits?.index === asking.index
    this.limits = { index: asking.index, maxBytes: isSecond ? Math.min(maxBytes, limits.maxBytes) : maxBytes, next: isSecond ? limits.next : limits }
  }

  /** Aborted when nobody waits for the answer any more: client gone, or the total timeout; inside of a scope also with that. */
  get signal (): AbortSignal { return this.#scope.signal }

  /** The reason nobody waits any more, or null. */
  get aborted (): Error | null { return this.#scope.aborted }

  /** For the machine: ends the exchange from outside. */
  abort (reason: Error): void {
    this.#whole.abort(reason)
  }

  /** For the machine: as a listener on `signal`, without its cost. Aborted at once where the exchange is already over. */
  onAbort (one: Abortable): void {
    this.#scope.add(one)
  }

  /** Begins work that can be given up by itself: aborting it ends the calls made since, and nothing else. `closeScope` when it is done, however it went. */
  openScope (): CallScope {
    this.#scope = new CallScope(this.#scope)
    return this.#scope
  }

  /**
   * Ends a scope, and those opened inside of it that somebody who is not waited for has left open. What was begun in it is no longer aborted
   * with anything but what is around it.
   */
  closeScope (scope: CallScope): void {
    scope.close()
    if (this.#scope.isWithin(scope)) this.#scope = scope.around
  }

  /**
   * A second exchange for the same request, for a call beside the first: fields and principal of its own, the body shared. It is aborted with
   * this one, and by itself through its own `abort`. `beside`: a scope of this one whose end is not the twin's; what is around it is.
   */
  fork (beside: CallScope | null = null): Exchange {
    const { timing: { start }, body } = this
    const twin = new Exchange(this.#arrival(), body, start)
    twin.path = this.path
    twin.query = this.query
    twin.routingMethod = this.routingMethod
    twin.params = this.params
    twin.route = this.route
    twin.origin = this.origin
    twin.upstreamHost = this.upstreamHost
    twin.avoid = this.avoid
    twin.gates = this.gates
    twin.deadline = this.deadline
    twin.fallback = this.fallback
    twin.depth = this.depth
    twin.timed = this.timed
    twin.informant = this.informant
    twin.principal = this.principal
    twin.session = this.session
    twin.lent = this.lent
    twin.upgrade = this.upgrade
    twin.marks = this.marks === null ? null : [...this.marks]
    // The filter that forks has a place for its calls, and so has each inside of it
    twin.calls = this.calls === null ? null : this.calls.map(() => undefined)
    ;(beside === null ? this.#scope : beside.around).add(twin)
    return twin
  }

  /**
   * The same request once more, for somebody who is no part of this exchange: fields of its own, another body, and an end of its own. What is asked of it
   * or becomes of it touches nothing here, and it goes on when this one has ended.
   */
  copy (body: Body): Exchange {
    const { path, query, routingMethod, params, route, upstreamHost, principal, lent } = this
    const twin = new Exchange(this.#arrival(), body, this.timing.start)
    Object.assign(twin, { path, query, routingMethod, params, route, upstreamHost, principal, lent })
    twin.marks = this.marks === null ? null : [...this.marks]
    return twin
  }

  /** Nothing of a fork is under way any more: it need not hear of the end. */
  forget (twin: Exchange): void {
    this.#scope.remove(twin)
  }

  #arrival (): Arrival {
    const { id, method, originalPath, originalQuery, scheme, authority, host, headers, client, ownCookies, trailerSieves } = this
    return { id, method, path: originalPath, query: originalQuery, scheme, authority, host, headers: new HeaderList([...headers.flat]), client, ownCookies, trailerSieves }
  }
}

/** Adds captured variables to those there are. For predicates; the machine clears them when the candidate loses. */
export function capture (x: Exchange, captured: Params): void {
  // Without a prototype, so that no variable is there only because every object has it
  x.params = x.params === NO_PARAMS && Object.getPrototypeOf(captured) === null ? captured : Object.assign(Object.create(null) as Record<string, string>, x.params, captured)
}
