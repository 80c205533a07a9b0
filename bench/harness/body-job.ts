/** What the client for bodies is told to do. */
export interface BodyJob {
  readonly url: string
  /** `down`: the reply has the body; `up`: the request has it. */
  readonly direction: 'down' | 'up'
  readonly bytes: number
  /** How many transfers, over how many connections at a time. */
  readonly count: number
  readonly connections: number
}

/** What it says when every byte has arrived; otherwise it ends with an error. */
export interface BodyResult { readonly seconds: number }
