/** How hard the process works, measured a few times a second and not for each request. */
export interface Load {
  /** How late the event loop was of late, in milliseconds. */
  readonly eventLoopDelayMs: number
  /** Share of the memory that the process may use, 0 to 1. */
  readonly memoryShare: number
  /** Requests that are in the gateway at this moment. */
  readonly inFlight: number
  /** Counts the measurements: what is decided once for each goes by it. */
  readonly sample: number
}
