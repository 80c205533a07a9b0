import type { ErrorCode } from '../../contract/errors.ts'
import type { Change } from '../../plan/changes.ts'

/** What becomes of one request, as `explain --json` prints it. */
export interface Explanation {
  readonly request: { readonly method: string, readonly target: string, readonly host: string, readonly scheme: string, readonly from: string }
  /** What the guard let in; null where it refused. */
  readonly admitted: { readonly path: string, readonly query: string, readonly client: string, readonly dropped: readonly string[] } | null
  readonly route: ExplainedRoute | null
  readonly lost: Losers
  readonly filters: readonly ExplainedFilter[]
  readonly upstream: ExplainedUpstream | null
  /** The requests that would go upstream; more than one where it would be asked again. */
  readonly sent: readonly ExplainedRequest[]
  /** What the gateway answers by itself; null where upstream answers. */
  readonly reply: ExplainedReply | null
}

export interface ExplainedRoute {
  readonly id: string
  /** `file:line:column` */
  readonly source: string
  readonly predicates: readonly string[]
  readonly captured: Readonly<Record<string, string>>
  /** The request is a CORS preflight and was looked up as one. */
  readonly preflight: boolean
  readonly group: { readonly name: string, readonly members: readonly { readonly id: string, readonly weight: number }[] } | null
  /** Why the request is turned back although the route takes it: its path holds what the route must allow. */
  readonly refuses: string | null
}

/** Candidates before the winner, those first that came nearest. */
export interface Losers { readonly routes: readonly { readonly id: string, readonly source: string, readonly reason: string }[], readonly more: number }

export interface ExplainedFilter {
  readonly name: string
  readonly source: string
  readonly report: boolean
  readonly when: string | null
  readonly acts: readonly string[]
  /** `not-reached`, or what it decided; the gravest first. */
  readonly decision: string
  readonly code: ErrorCode | null
  readonly error: string | null
  readonly request: readonly Change[]
  /** Changes to the answer; to a 200 without content where upstream answers. */
  readonly reply: readonly Change[]
}

export interface ExplainedUpstream {
  /** The target taken: the name of an upstream or an origin. */
  readonly to: string
  readonly endpoint: string
  /** Set by a filter, in place of the route's targets. */
  readonly byFilter: boolean
  readonly targets: readonly { readonly to: string, readonly weight: number }[]
  /** What decides among them; null: chance. */
  readonly splitBy: string | null
  readonly endpoints: readonly { readonly url: string, readonly weight: number }[]
}

export interface ExplainedRequest {
  readonly origin: string
  /** The request line and every header line, as they go to the connection. */
  readonly head: readonly string[]
  readonly body: string | null
}

export interface ExplainedReply {
  readonly status: number
  readonly code: ErrorCode | null
  /** Why the caller was refused; only operators are told. */
  readonly reason: string | null
  readonly detail: string | null
  readonly headers: readonly string[]
  readonly body: string | null
}
