import type { Readable } from 'node:stream'
import type { BodyCopy } from './body-copy.ts'

/** The request body: a stream nobody has to hold, with a declared way to do so. */
export interface Body {
  /** False where the request has no body at all. */
  readonly present: boolean
  /** Declared length in bytes (`Content-Length`), null where unknown (chunked). */
  readonly length: number | null
  /** The held bytes once `hold` has succeeded or `replace` was called, else null. */
  readonly held: Uint8Array | null
  /**
   * Buffers the body and gives it back, at most `maxBytes` and within the process's budget. Null: it was more than that;
   * nothing is lost, the body streams on as if it had not been touched. Rejects where the client breaks off.
   */
  hold(maxBytes: number): Promise<Uint8Array | null>
  /**
   * Keeps at most `maxBytes` of what passes from now on, within the process's budget; what is held is whole at once. Where the body is already on its way it is `broken`.
   * The copy outlives the exchange, until it is released.
   */
  copy(maxBytes: number): BodyCopy
  /** Puts other bytes in the place of the body; the request sent upstream gets their length. */
  replace(bytes: Uint8Array): void
  /**
   * What filters keep beside the request however often it is tried or forked, since all share its body; each looks for its own. Null while there is nothing. (Not in a
   * WeakMap by the body: what dies young is kept by its table until the next full collection, a third of the CPU per request.)
   */
  companions: object[] | null
  /** For the machine; rooms call `x.limitBody`. `over` is told once instead of ending the exchange, where it is given. */
  limit(maxBytes: number, over: (() => void) | null): void
  /** For the machine: what goes upstream, null for nothing. */
  outgoing(): Uint8Array | Readable | null
  /** For the machine: length of what goes upstream, null where unknown or nothing. */
  readonly outgoingLength: number | null
  /** For the machine: whether more of it is to come and upstream would take it. */
  readonly awaitsClient: boolean
  /** For the machine: whether the same bytes can be sent once more. */
  readonly replayable: boolean
  /** Whether it can be sent now: a stream that was sent once, or was begun to be, is gone. */
  readonly sendable: boolean
}

/** A reply body that is still arriving. */
export interface BodyStream {
  /** Whether all of it has arrived and waits. */
  readonly ended: boolean
  /** Buffers the rest of the body; null (and the body left whole) where it is more than `maxBytes`. Rejects where upstream breaks off. */
  hold(maxBytes: number): Promise<Uint8Array | null>
  /** Keeps at most `maxBytes` of what arrives, what waits already included; who reads the body is not slowed down, and nobody is made to read it. */
  copy(maxBytes: number): BodyCopy
  /** Gives up on the body: nobody will read it. */
  cancel(reason: Error): void
}
