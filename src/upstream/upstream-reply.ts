import type { Dispatcher } from 'undici'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import type { BodyStream } from '../contract/body.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import { HeaderList } from '../contract/header-list.ts'
import { replyHeaders, type RawFields } from './reply-headers.ts'
import { trailerFields } from './trailer-fields.ts'
import { upstreamError } from './upstream-error.ts'

/** Who reads the body as it arrives. `data` says false to be given no more until `resume`. */
export interface Sink {
  data(chunk: Buffer): boolean
  end(trailers: HeaderList | null): void
  fail(error: GatewayError): void
}

/** What the connection to upstream lets the reply do with it. */
export type Controller = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>

/** How much of a body waits for whoever will read it. */
const WAITING_BYTES = 65_536

/**
 * One call to an endpoint: the undici handler, the reply and its body in one object. The reply is there at the head; what
 * arrived with the head waits in `chunks`, so that a small answer is whole when it is first looked at.
 */
export class UpstreamReply implements Reply, BodyStream, Dispatcher.DispatchHandler {
  status = 0
  headers: HeaderList = new HeaderList()
  readonly code = null
  trailers: HeaderList | null = null
  body: Reply['body'] = this
  /** Where it is set, the connection has switched protocols and is the body: cancelled with it, until it is spliced. */
  declare socket?: Duplex
  ended = false
  chunks: Buffer[] = []
  /** Bytes of the body that have arrived. */
  received = 0
  error: GatewayError | null = null
  readonly #x: Exchange
  readonly #settle: (error: Error | null) => void
  readonly #endpoint: { leave(): void }
  #controller: Controller | null = null
  #aborted: Error | null = null
  #sink: Sink | null = null
  #answered = false

  /** `settle` is told once: with null when the head is there, with an error when none will come. The call leaves `endpoint` when it has ended. */
  constructor (x: Exchange, settle: (error: Error | null) => void, endpoint: { leave(): void }) {
    this.#x = x
    this.#settle = settle
    this.#endpoint = endpoint
  }

  onRequestStart (controller: Controller): void {
    this.#controller = controller
    if (this.#aborted !== null) controller.abort(this.#aborted)
  }

  onResponseStart (_controller: Controller, status: number, headers: RawFields): void {
    if (status < 200) {
      this.#x.informant?.inform(status, replyHeaders(headers))
      return
    }
    this.status = status
    this.headers = replyHeaders(headers)
    this.#answer(null)
  }

  onResponseData (controller: Controller, chunk: Buffer): void {
    this.received += chunk.byteLength
    if (this.#sink === null) {
      this.chunks.push(chunk)
      if (this.received > WAITING_BYTES) controller.pause()
    } else if (!this.#sink.data(chunk)) controller.pause()
  }

  onResponseEnd (_controller: Controller, trailers: RawFields): void {
    this.ended = true
    this.#endpoint.leave()
    if (!isEmpty(trailers)) this.trailers = trailerFields(replyHeaders(trailers).flat)
    this.#sink?.end(this.trailers)
  }

  onResponseError (_controller: Controller | null, error: Error): void {
    this.#endpoint.leave()
    if (!this.#answered) {
      this.#answer(error)
      return
    }
    this.error = upstreamError(error)
    this.#sink?.fail(this.error)
  }

  onRequestUpgrade (_controller: Controller, status: number, headers: RawFields, socket: Duplex): void {
    this.#endpoint.leave()
    // Until it is spliced nobody else listens.
    socket.on('error', () => {})
    this.status = status
    this.headers = replyHeaders(headers)
    if (this.#aborted === null && String(headers['upgrade']).toLowerCase() === this.#x.upgrade) {
      this.socket = socket
      this.#answer(null)
      return
    }
    socket.destroy()
    this.#answer(new GatewayError('GW_UPSTREAM_PROTOCOL'))
  }

  /** Nobody waits for the answer any more. A call that still waits for a connection is over at once. */
  abort (reason: Error): void {
    if (this.#aborted !== null) return
    this.#aborted = reason
    this.socket?.destroy()
    if (this.#controller === null) this.#answer(reason)
    else this.#controller.abort(reason)
  }

  /** Hands the body over: what waits, then the rest as it comes. */
  flow (sink: Sink): void {
    this.#sink = sink
    const { chunks } = this
    this.chunks = []
    let more = true
    for (const chunk of chunks) more = sink.data(chunk)
    if (this.error) sink.fail(this.error)
    else if (this.ended) sink.end(this.trailers)
    else if (more) this.resume()
    else this.#controller?.pause()
  }

  resume (): void {
    this.#controller?.resume()
  }

  cancel (reason: Error): void {
    this.socket?.destroy()
    if (!this.ended && this.error === null) this.#controller?.abort(reason)
  }

  hold (maxBytes: number): Promise<Uint8Array | null> {
    if (this.socket) return Promise.resolve(Buffer.alloc(0))
    if (this.ended) return Promise.resolve(this.received <= maxBytes ? Buffer.concat(this.chunks) : null)
    if (this.error) return Promise.reject(this.error)
    if (this.received > maxBytes) return Promise.resolve(null)
    return new Promise((resolve, reject) => {
      const { chunks } = this
      const stop = (held: Uint8Array | null) => {
        this.#sink = null
        resolve(held)
      }
      this.#sink = {
        data: chunk => {
          chunks.push(chunk)
          if (this.received <= maxBytes) return true
          stop(null)
          return false
        },
        end: () => { stop(Buffer.concat(chunks)) },
        fail: reject
      }
      this.resume()
    })
  }

  #answer (error: Error | null): void {
    if (this.#answered) return
    this.#answered = true
    this.#settle(error)
  }
}

/** Without the list of names that Object.keys would make for each answer. */
function isEmpty (fields: RawFields | undefined): boolean {
  for (const name in fields) if (name !== '') return false
  return true
}
