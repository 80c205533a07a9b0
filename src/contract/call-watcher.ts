import type { ErrorCode } from './errors.ts'

/** How one call to an endpoint went. */
export interface CallEnd {
  /** Of the answer's head; 0 where none came. */
  readonly status: number
  /** Why no answer came, or why its body broke off (GW_CLIENT_GONE: nobody waited any more); null for a whole one. */
  readonly code: ErrorCode | null
  /** From the start of the call to the head of the answer, or to its end where no head came; without the time that a client took to send its body. Milliseconds. */
  readonly headMs: number
  /**
   * At its end it waited for the client: to read what had come of the answer, or to send the rest of the request; or for a connection,
   * since all of the endpoint's were in use. Left out: no.
   */
  readonly heldBack?: boolean
}

/** Hears how one call goes. Must not throw. */
export interface CallWatcher {
  /** The head of the answer has come; who does not want to know leaves it out. */
  answered?(status: number, headMs: number): void
  /** Told once, when the call has ended: the last byte of its answer, or whatever came instead. */
  ended(end: CallEnd): void
}
