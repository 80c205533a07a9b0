import type { Aside } from './aside.ts'
import type { Breakers } from './breaker.ts'
import type { Detours } from './detours.ts'
import type { Exchange } from './exchange.ts'
import type { Reply } from './reply.ts'
import type { Issuers, KeyRings, Sessions } from './identity.ts'
import type { Load } from './load.ts'
import type { Outbound } from './outbound.ts'
import type { Predicates } from './predicates.ts'
import type { RateLimiters } from './rate-limiter.ts'
import type { Reports } from './reports.ts'
import type { RetryBudgets } from './retry-budget.ts'
import type { Store } from './store.ts'

/** Wall clock and waiting; a test's clock never waits. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that never go backwards, for differences. */
  monotonic(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Structured log lines. Fields are ECS names where ECS has one. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Counter { add(n?: number): void }
export interface Histogram { record(value: number): void }

/** Metrics of one room on one route: the machine adds those labels and removes the series when the plan is closed. */
export interface Metrics {
  counter(name: string, labels?: Readonly<Record<string, string>>): Counter
  histogram(name: string, labels?: Readonly<Record<string, string>>): Histogram
}

/** One series as operators see it; a histogram's value is its sum, `count` how many were recorded. */
export interface Sample { readonly name: string, readonly labels: Readonly<Record<string, string>>, readonly value: number, readonly count: number }

/** What a CEL expression may be about, beside request, client, params and route: `reply` on the way out, `body` where it was parsed. */
export interface ExpressionInput { reply?: Reply, body?: unknown }

export interface Expression<T> {
  /** Whether the expression mentions `reply`, so that it can only be asked on the way out. */
  readonly usesReply: boolean
  readonly usesBody: boolean
  /** Throws GatewayError GW_EXPRESSION_FAILED where it cannot be evaluated for this exchange. */
  evaluate(x: Exchange, input?: ExpressionInput): T
}

/** CEL (Common Expression Language). Compiling throws ConfigError GW_CONFIG_EXPRESSION at `pointer` with what is wrong. */
export interface Expressions {
  condition(source: string, pointer?: string): Expression<boolean>
  /** Any result, as text. */
  text(source: string, pointer?: string): Expression<string>
}

/** Everything a room may want from outside. Handed in, so that a room never reaches for a global. */
export interface Services {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly expressions: Expressions
  /** Calls of the gateway itself. */
  readonly outbound: Outbound
  readonly store: Store
  readonly breaker: Breakers
  /** Token buckets. */
  readonly limiter: RateLimiters
  readonly budget: RetryBudgets
  readonly load: Load
  /** Other threads. */
  readonly aside: Aside
  /** Predicates in a filter's own config. */
  readonly predicates: Predicates
  /** What operators see of the room's work; only for rooms with `reports: true`. */
  readonly reports: Reports
  /** Other upstreams and routes than the filter's own. */
  readonly detours: Detours
  /** The `issuers:` section. */
  readonly issuers: Issuers
  /** The `keyRings:` section. */
  readonly keys: KeyRings
  /** Null where `gateway.session` is not set. */
  readonly sessions: Sessions | null
}
