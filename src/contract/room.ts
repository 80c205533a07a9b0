import type { StaticDecode, TObject } from 'typebox'
import type { ErrorCode } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { End, Reply } from './reply.ts'
import type { RoomCommand } from './room-command.ts'
import type { Services } from './services.ts'

export type Step = (x: Exchange) => void | Promise<void>
export type Dispatch = (x: Exchange) => Promise<Reply>

/** What a filter does to one route. A phase it leaves out costs nothing per request. */
export interface Phases {
  /** On the way in, in written order. May answer early: `refuse(x, code)` or `x.reply = ...`. */
  request?: Step
  /** Around the call; wrapped once, when the plan is compiled. The first listed filter is outermost. */
  dispatch?: (next: Dispatch) => Dispatch
  /** On the way out, in reverse order: `x.reply` is set, its head not sent yet. */
  response?: Step
  /** The exchange is over, however it ended; last, in reverse order, for the filters that the request went down to. Synchronous, must not throw. */
  done?: (x: Exchange, end: End) => void
  /**
   * What the filter says of the caller to upstreams, said anew on a copy of the request (`x.copy`) for a shadow: made once for each `audience` (the shadow's upstream). Asked after the request has gone
   * down to the filter, and not where its `when` did not hold. Throws or rejects where it cannot be said: then the copy is not sent.
   */
  restate?: (audience: string) => Step
  /** The plan was replaced and has drained. Upstreams and services are there until it has resolved. */
  close?: () => void | Promise<void>
  /** The filter answers CORS preflights of the methods this route takes, so lookup must bring them here (Fetch 3.2.2). */
  answersPreflight?: boolean
  /** Names of request headers that upstreams believe because this filter writes them: the gateway takes them from clients on every route. */
  ownHeaders?: readonly string[]
}

/** Where a path pattern begins: literal segments, `*` for any one segment. `exact`: nothing may follow. */
export interface PathHint { readonly segments: readonly string[], readonly exact: boolean }

/**
 * What must hold for the predicate to have a chance, so that the table need not ask it. Wrong hints lose requests:
 * leave out what is not certain. `hosts`: `a.example.com`, `*.example.com` (one label or more), lower case, no port.
 */
export interface IndexHint {
  readonly hosts?: readonly string[]
  readonly paths?: readonly PathHint[]
  readonly methods?: readonly string[]
}

/** What a predicate does on one route. */
export interface Matcher {
  /** Whether the request belongs. A promise only where the body must be read: it makes lookup wait. May `capture(x, ...)`. */
  match(x: Exchange): boolean | Promise<boolean>
  readonly index?: IndexHint
  /** Whatever fits `index` matches: there is nothing more to the predicate. Lets the gateway warn of routes never reached. */
  readonly complete?: boolean
  /** One of a group: of the members whose other predicates hold, the machine draws one by weight. */
  readonly share?: { readonly group: string, readonly weight: number }
}

/** What a room is told about the place it is used in. */
export interface Place {
  readonly routeId: string
  /** What the route's requests go to: names of upstreams, origins. */
  readonly upstreams: readonly string[]
  /** `report: true`: the machine makes nothing of refusals. A filter asks where it would do more than refuse: call somebody else, answer in another's place. */
  readonly report?: boolean
  /** Has the filters of the route say of the caller, on a copy of the request, what they say to upstreams, for another audience. Left out: there are none. */
  readonly restate?: (audience: string) => Step
  readonly services: Services
}

/** How Spring Cloud Gateway names and writes the same thing. */
export interface SpringForm {
  /** `StripPrefix` */
  readonly name: string
  /** Spring's argument names in shortcut order. A last one written `...names` gathers all that follow. */
  readonly args: readonly string[]
  /** Spring's arguments -> our config. Left out: same names, kept as they are. Numbers and booleans arrive as text. */
  readonly toConfig?: (args: Readonly<Record<string, string | string[]>>) => unknown
}

/** One feature a route can use by name. `Made` is what it becomes once its config is known. */
export interface Room<Made> {
  readonly name: string
  readonly config: TObject
  /** The key that a scalar or a list stands for: `path: /a` is `path: { patterns: [/a] }`. */
  readonly shorthand: string | null
  readonly spring: SpringForm | null
  /** Where an operator's own room was loaded from. */
  readonly file?: string
  create(config: unknown, place: Place): Made
}
export interface Filter extends Room<Phases> {
  readonly kind: 'filter'
  /** The codes it may refuse with. Empty: `report: true` would have no effect, so it is an error. */
  readonly refuses: readonly ErrorCode[]
  /** On every route, before all filters that are not; a route that uses it itself says how, one that `skip`s it goes without. */
  readonly everywhere: boolean
  /** It publishes reports: `GET /{name}` on the admin listener. */
  readonly reports: boolean
  readonly command: RoomCommand | null
}
export interface Predicate extends Room<Matcher> { readonly kind: 'predicate' }

interface Spec<C extends TObject, Made> {
  name: string
  config: C
  shorthand?: keyof C['properties'] & string
  spring?: SpringForm
  /** Throws ConfigError with a pointer into the config where values do not go together. */
  create(config: StaticDecode<C>, place: Place): Made
}

// The compiler has checked and decoded `config` against the schema before it calls `create`: the one place a config is cast.
const open = <C extends TObject, Made>(spec: Spec<C, Made>): Room<Made> => ({
  name: spec.name,
  config: spec.config,
  shorthand: spec.shorthand ?? null,
  spring: spec.spring ?? null,
  create: (config, place) => spec.create(config as StaticDecode<C>, place)
})

export const defineFilter = <C extends TObject>(spec: Spec<C, Phases> & { refuses?: readonly ErrorCode[], everywhere?: boolean, reports?: boolean, command?: RoomCommand }): Filter => ({
  kind: 'filter',
  refuses: spec.refuses ?? [],
  everywhere: spec.everywhere ?? false,
  reports: spec.reports ?? false,
  command: spec.command ?? null,
  ...open(spec)
})

export const definePredicate = <C extends TObject>(spec: Spec<C, Matcher>): Predicate =>
  ({ kind: 'predicate', ...open(spec) })
