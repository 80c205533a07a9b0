/** How many of the requests to one upstream may be second tries, so that retries cannot become the outage. Shared by all routes to it. */
export interface RetryBudget {
  /** A request has begun that may be tried again; `leave` when it is over, once. */
  enter(): void
  leave(): void
  /** Takes one further try; false where none is left: more than `share` of the requests in flight, or of the last ten seconds, and more than `min`. */
  take(share: number, min: number): boolean
  /** The further try has ended; one in its backoff has not. */
  release(): void
}

/** The budget of an upstream (name or origin). */
export type RetryBudgets = (upstream: string) => RetryBudget
