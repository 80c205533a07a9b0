/** A call that the gateway makes on its own account: to an issuer, to an enrichment service. */
export interface OutboundRequest {
  /** Absolute, http or https. */
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** From the start to the last byte of the answer. */
  readonly timeoutMs: number
  /** More than this of an answer is a failure; what is read is bounded by it. */
  readonly maxBytes: number
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** Names in lower case; a repeated field joined by `, `. */
export interface OutboundReply { readonly status: number, readonly headers: Readonly<Record<string, string>>, readonly body: Buffer }

/** Why a call got no answer. */
export type OutboundFault = 'timeout' | 'unreachable' | 'too-large' | 'tls' | 'offline'

/** Rejection of an outbound call. The message is for logs, never for clients. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly fault: OutboundFault

  constructor (fault: OutboundFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** Calls of the gateway itself. Bounded in time and size; a redirect is an answer like any other and is never followed. Rejects with OutboundError. */
export interface Outbound { ask(request: OutboundRequest): Promise<OutboundReply> }
