/** What the client that holds connections is told: to open so many and use each once, or to use some of them again. */
export interface IdleJob {
  readonly port: number
  readonly action: 'open' | 'probe'
  readonly count: number
}

/** How that went. */
export interface IdleResult {
  /** Requests that were answered with 200. */
  readonly answered: number
  /** Connections that are still open. */
  readonly open: number
  readonly p50Ms: number
  readonly p99Ms: number
}
