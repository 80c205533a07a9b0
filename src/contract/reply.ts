import type { Duplex } from 'node:stream'
import type { BodyStream } from './body.ts'
import type { ErrorCode } from './errors.ts'
import type { HeaderList } from './header-list.ts'

/** What goes back to the client. */
export interface Reply {
  status: number
  headers: HeaderList
  /** Text or bytes may take the place of a stream: the machine lets go of it. Length fields are the writer's. */
  body: null | string | Uint8Array | BodyStream
  /** Which of the gateway's own errors this reply is, null for an answer of upstream or of a filter. */
  code: ErrorCode | null
  /** Fields to send after the body (RFC 9110 6.5); known at the latest when the body has ended. */
  trailers: HeaderList | null
  /** The upstream's side of a connection that switched protocols (status 101), to be spliced with the client's. */
  socket?: Duplex
}

/** How an exchange ended. */
export interface End {
  /** `complete`: the client has all of it. `client-gone`, `upstream-broken`: the body was cut. */
  readonly outcome: 'complete' | 'client-gone' | 'upstream-broken'
  readonly code: ErrorCode | null
  readonly bytesIn: number
  readonly bytesOut: number
}
