/** What the client of a drill is told: requests at a steady rate to each path, whatever became of those before. */
export interface DrillJob {
  readonly port: number
  readonly seconds: number
  /** Whether to give the time of each request too, from the moment it was really sent: timers are a millisecond early or late. */
  readonly times?: boolean
  readonly streams: readonly { readonly name: string, readonly path: string, readonly perSecond: number }[]
}

/** What one stream of requests saw. */
export interface DrillResult {
  readonly sent: number
  /** How many got each status; `cut` for those whose answer broke off or never came. */
  readonly outcomes: Readonly<Record<string, number>>
  /** From the moment a request was due to the end of its answer. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of each request, where the job wants them: in order of length. */
  readonly timesMs?: readonly number[]
}

/** By the name of the stream. */
export type DrillResults = Readonly<Record<string, DrillResult>>
