import type { Dispatcher } from 'undici'
import type { Duplex } from 'node:stream'
import type { CallEnd, CallWatcher } from '../contract/call-watcher.ts'
import { GatewayError, type ErrorCode } from '../contract/errors.ts'
import type { BodyStream } from '../contract/body.ts'
import type { BodyCopy } from '../contract/body-copy.ts'
import { CopiedBody, endCopies } from '../contract/copied-body.ts'
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
export type Controller = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'> & { readonly paused: boolean }

/** Whoever a call is made to: told when it has ended. `busy`: all connections are in use, so that calls wait for one. */
export interface Served { readonly busy: boolean, leave(): void }

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
  readonly #endpoint: Served
  #controller: Controller | null = null
  #aborted: Error | null = null
  #sink: Sink | null = null
  #answered = false
  #over = false
  #watcher: CallWatcher | null = null
  #watchers: readonly CallWatcher[] | null = null
  #startMs = 0
  /** 0 until the head is there. */
  #headMs = 0
  #heldBack = false
  /** When there was a connection to send the body over, and when the last piece of it was handed on. */
  #beganMs = 0
  #sentMs = 0
  /** Since when nobody has taken more of the answer, 0 for now; and how long that was before. */
  #pausedAtMs = 0
  #pausedMs = 0
  /** Those that wait for more of the body; null while nobody has asked for one. */
  #copies: CopiedBody[] | null = null

  /** `settle` is told once: with null when the head is there, with an error when none will come. The call leaves `endpoint` when it has ended. */
  constructor (x: Exchange, settle: (error: Error | null) => void, endpoint: Served) {
    this.#x = x
    this.#settle = settle
    this.#endpoint = endpoint
  }

  /** These hear how the call goes: whoever looks after the endpoint, and those that the gates have sent. Before it begins. */
  watch (watcher: CallWatcher | null, watchers: readonly CallWatcher[] | null): void {
    this.#watcher = watcher
    this.#watchers = watchers
    this.#startMs = performance.now()
  }

  /** The call could not even be begun, or not whole: whatever is under way of it ends. */
  drop (reason: Error): void {
    this.#answered = true
    this.#left(new GatewayError('GW_INTERNAL'))
    this.#controller?.abort(reason)
  }

  onRequestStart (controller: Controller): void {
    this.#controller = controller
    if (this.#startMs !== 0 && this.#x.body.present) this.#beganMs = this.#sentMs = performance.now()
    if (this.#aborted !== null) controller.abort(this.#aborted)
  }

  onBodySent (): void {
    if (this.#beganMs !== 0) this.#sentMs = performance.now()
  }

  onResponseStart (_controller: Controller, status: number, headers: RawFields): void {
    if (status < 200) {
      this.#x.informant?.inform(status, replyHeaders(headers))
      return
    }
    this.status = status
    this.headers = replyHeaders(headers)
    if (this.#startMs !== 0) this.#headMs = this.#passedMs
    if (this.#watchers !== null) for (const one of this.#watchers) one.answered?.(status, this.#headMs)
    this.#answer(null)
  }

  onResponseData (controller: Controller, chunk: Buffer): void {
    this.received += chunk.byteLength
    if (this.#sink === null) {
      this.chunks.push(chunk)
      if (this.received > WAITING_BYTES) this.#pause(controller)
    } else if (!this.#sink.data(chunk)) this.#pause(controller)
    if (this.#copies !== null) for (const copy of this.#copies) copy.add(chunk)
  }

  onResponseEnd (_controller: Controller, trailers: RawFields): void {
    this.ended = true
    this.#left(null)
    if (!isEmpty(trailers)) this.trailers = trailerFields(replyHeaders(trailers).flat)
    this.#sink?.end(this.trailers)
    this.#copied(true)
  }

  onResponseError (_controller: Controller | null, error: Error): void {
    if (!this.#answered) {
      this.#left(error)
      this.#answer(error)
      return
    }
    this.error = upstreamError(error)
    this.#left(this.error)
    this.#sink?.fail(this.error)
    this.#copied(false)
  }

  /** What goes on over the switched connection is no answer: the call is over. */
  onRequestUpgrade (_controller: Controller, status: number, headers: RawFields, socket: Duplex): void {
    // Until it is spliced nobody else listens.
    socket.on('error', () => {})
    this.status = status
    this.headers = replyHeaders(headers)
    if (this.#aborted === null && String(headers['upgrade']).toLowerCase() === this.#x.upgrade) {
      this.socket = socket
      this.#left(null)
      this.#answer(null)
      return
    }
    socket.destroy()
    const wrong = new GatewayError('GW_UPSTREAM_PROTOCOL')
    this.#left(wrong)
    this.#answer(wrong)
  }

  /** Nobody waits for the answer any more. A call that still waits for a connection is over at once, though it keeps its place in the pool's queue. */
  abort (reason: Error): void {
    if (this.#aborted !== null) return
    this.#aborted = reason
    this.socket?.destroy()
    if (this.#controller !== null) {
      this.#heldBack = this.#isHeldBack(this.#controller)
      this.#controller.abort(reason)
      return
    }
    // Others had the connections: the endpoint was not even asked
    this.#heldBack = this.#endpoint.busy
    this.#tell(reason)
    this.#answer(reason)
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
    else if (this.#controller !== null) this.#pause(this.#controller)
  }

  resume (): void {
    if (this.#pausedAtMs !== 0) this.#pausedMs += performance.now() - this.#pausedAtMs
    this.#pausedAtMs = 0
    this.#controller?.resume()
  }

  /** An answer that we have enough of is as good as a whole one: what goes wrong with it now is our doing. */
  cancel (reason: Error): void {
    this.socket?.destroy()
    if (this.ended || this.error !== null) return
    this.#tell(reason instanceof GatewayError && reason.code === 'GW_CLIENT_GONE' ? reason : null)
    this.#controller?.abort(reason)
    this.#copied(false)
  }

  copy (maxBytes: number): BodyCopy {
    const copy = new CopiedBody(maxBytes, null)
    for (const chunk of this.chunks) copy.add(chunk)
    // What was read before is missing
    if (this.error !== null || this.socket !== undefined || copy.size !== this.received) copy.end(false)
    else if (this.ended) copy.end(true)
    else (this.#copies ??= []).push(copy)
    return copy
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

  /** After whoever reads the body has been told: copies come second. */
  #copied (whole: boolean): void {
    const copies = this.#copies
    this.#copies = null
    endCopies(copies, whole)
  }

  #pause (controller: Controller): void {
    if (this.#pausedAtMs === 0) this.#pausedAtMs = performance.now()
    controller.pause()
  }

  /** By a client that does not send, or reads so slowly that most of the time has gone by with that: it may read just now. */
  #isHeldBack ({ paused }: Controller): boolean {
    if (paused || this.#x.body.awaitsClient) return true
    return this.#pausedMs > 0 && this.#startMs !== 0 && this.#pausedMs * 2 > performance.now() - this.#startMs - this.#headMs
  }

  /** Since the call has begun. What a client has taken to send its body is none of it: nobody makes an endpoint slow by that. */
  get #passedMs (): number { return performance.now() - this.#startMs - (this.#sentMs - this.#beganMs) }

  /** The call is over, for the endpoint too. */
  #left (error: Error | null): void {
    if (this.#over) return
    this.#over = true
    this.#endpoint.leave()
    this.#tell(error)
  }

  /** Once. Of a call that was given up the reason tells, and not what became of the connection by that. */
  #tell (error: Error | null): void {
    const watcher = this.#watcher
    const watchers = this.#watchers
    if (watcher === null && watchers === null) return
    this.#watcher = null
    this.#watchers = null
    const code: ErrorCode | null = error === null ? null : upstreamError(this.#aborted ?? error).code
    const headMs = this.#headMs === 0 ? this.#passedMs : this.#headMs
    const end: CallEnd = { status: this.status, code, headMs, heldBack: this.#heldBack }
    if (watchers !== null) for (const one of watchers) one.ended(end)
    watcher?.ended(end)
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
