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

/** Statuses that have no content (RFC 9110 15.3.5, 15.3.6, 15.4.5). */
export const WITHOUT_CONTENT: readonly number[] = [204, 205, 304]

/** Whether a body is a stream, which somebody has to read or cancel. */
export const isStream = (body: Reply['body']): body is BodyStream => body !== null && typeof body === 'object' && 'cancel' in body

/** A reply whose body is still on its way. */
export type Arriving = Reply & { readonly body: BodyStream }

/** Whether more of the body is to come. */
export const isArriving = (reply: Reply): reply is Arriving => isStream(reply.body) && !reply.body.ended

/** How an exchange ended. */
export interface End {
  /** `complete`: the client has all of it. `client-gone`, `upstream-broken`: the body was cut. */
  readonly outcome: 'complete' | 'client-gone' | 'upstream-broken'
  readonly code: ErrorCode | null
  readonly bytesIn: number
  readonly bytesOut: number
}

/** What a client gets instead of the answer of its upstream, and on whose account. */
export interface Fallback {
  readonly kind: 'reply' | 'upstream' | 'route' | 'cached'
  /** Name of the filter. */
  readonly filter: string
  /** What the answer would have been: the gateway's code, or null and the status of upstream. */
  readonly code: ErrorCode | null
  readonly status: number
}
