import type { ErrorCode } from '../contract/errors.ts'
import type { Exchange, Route } from '../contract/exchange.ts'
import type { Dispatch, IndexHint, Phases } from '../contract/room.ts'
import type { RouteConfig } from '../contract/route-file.ts'
import type { Counter, Expression, Histogram, Log } from '../contract/services.ts'

/** What became of a request at one filter, counted: one decision for each request, of a filter around the call one for each call. */
export interface Decisions {
  readonly passed: Counter
  readonly refused: Counter
  /** It answered by itself, without an error. */
  readonly answered: Counter
  /** `when` did not hold. */
  readonly skipped: Counter
  /** `report: true`, and it would have refused. */
  readonly wouldRefuse: Counter
  readonly failed: Counter
}

/** The phases of a filter that decide. */
export type Phase = 'request' | 'dispatch' | 'response'

/** One filter of a route, ready: its phases and what the machine does around them. */
export interface PlannedFilter {
  readonly name: string
  /** Position in the route's list. */
  readonly index: number
  readonly phases: Phases
  /** The phase in which it has let a request pass for good; null for a filter that only looks on. */
  readonly last: Phase | null
  readonly when: Expression<boolean> | null
  readonly report: boolean
  /** The codes it may refuse with. */
  readonly refuses: readonly ErrorCode[]
  readonly decisions: Decisions
  /** Seconds of a phase, where this request is timed. Of `dispatch` the call itself is a part. */
  readonly seconds: Readonly<Record<Phase, Histogram>>
  readonly log: Log
}

export type Match = (x: Exchange) => boolean | Promise<boolean>

/** A route ready to run: nothing is left to look up, sort, parse or build per request. */
export interface Plan {
  readonly id: string
  readonly route: Route
  readonly config: RouteConfig
  readonly match: Match
  /** The same predicates one by one, for those who ask why. */
  readonly predicates: readonly { readonly label: string, readonly match: Match }[]
  /** Whatever fits `index` matches. */
  readonly complete: boolean
  readonly index: IndexHint
  readonly share: { readonly group: string, readonly weight: number } | null
  /** In the order of the route file: all, those with a request phase, and, last first, those with a response phase. */
  readonly filters: readonly PlannedFilter[]
  readonly requests: readonly PlannedFilter[]
  readonly responses: readonly PlannedFilter[]
  readonly dones: readonly PlannedFilter[]
  /** Upstream, wrapped by every filter that has a dispatch phase; the first listed is outermost. */
  readonly dispatch: Dispatch
  readonly answersPreflight: boolean
  /** Request headers that upstreams believe because a filter of this route writes them. */
  readonly ownHeaders: readonly string[]
  /** Path flags (canonical-path.ts) that this route lets in. */
  readonly allowedFlags: number
  /** Why the route answers 500 GW_ROUTE_INVALID; null for a sound one. */
  readonly fault: string | null
  readonly life: PlanLife
}

/** Counts the requests a plan has in flight, and closes it when it was replaced and the last has left. */
export class PlanLife {
  #inFlight = 0
  #retired = false
  readonly #close: () => Promise<void>
  readonly #closed = Promise.withResolvers<void>()

  constructor (close: () => Promise<void>) {
    this.#close = close
  }

  get inFlight (): number { return this.#inFlight }

  /** Resolves when all that the plan had open is closed. */
  get closed (): Promise<void> { return this.#closed.promise }

  enter (): void {
    this.#inFlight++
  }

  leave (): void {
    if (--this.#inFlight === 0 && this.#retired) this.#end()
  }

  /** No table leads here any more. */
  retire (): void {
    if (this.#retired) return
    this.#retired = true
    if (this.#inFlight === 0) this.#end()
  }

  #end (): void {
    this.#closed.resolve(this.#close())
  }
}
