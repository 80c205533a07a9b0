import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError, type ErrorCode } from '../contract/errors.ts'
import type { Informant } from '../contract/arrival.ts'
import type { BodyStream } from '../contract/body.ts'
import { Exchange } from '../contract/exchange.ts'
import { isStream, type End, type Reply } from '../contract/reply.ts'
import type { HeaderList } from '../contract/header-list.ts'
import { problem } from '../contract/refuse.ts'
import type { Log } from '../contract/services.ts'
import type { Plan } from '../plan/plan.ts'
import type { Admitted } from './guard.ts'
import type { HeldBudget } from './held-budget.ts'
import { inform } from './inform.ts'
import { linger, lingerOn } from './linger.ts'
import { RequestBody, type BodyOptions } from './request-body.ts'
import { reset } from './reset.ts'

/** Whoever can push a reply body: the upstream's. */
export interface Flowing extends BodyStream {
  readonly chunks: readonly Buffer[]
  flow(sink: { data(chunk: Buffer): boolean, end(trailers: HeaderList | null): void, fail(error: GatewayError): void }): void
  resume(): void
}

/** What a delivery reports to, and what it goes by. */
export interface DeliveryOptions {
  readonly log: Log
  readonly draining: () => boolean
  readonly clientIdleMs: number
  readonly budget: HeldBudget
  readonly bodyIdleMs: number
  /** Told exactly once, when the connection has nothing more to do with this exchange. */
  readonly ended: (delivery: Delivery, end: End) => void
}

const DELIVERY = Symbol('gatehouse.delivery')
type Served = ServerResponse & { [DELIVERY]?: Delivery }

/** The delivery that a response belongs to. */
export const deliveryOf = (res: ServerResponse): Delivery | undefined => (res as Served)[DELIVERY]

/**
 * Brings one reply to one client: head and body of a small answer in one write, a larger one with back-pressure; watches the
 * client and tells upstream when it has gone; resets the client where upstream breaks, so that no cut answer looks whole.
 */
export class Delivery implements BodyOptions, Informant {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly x: Exchange
  readonly body: RequestBody
  bytesOut = 0
  reply: Reply | null = null
  /** The plan the request went through; null where it reached none. */
  plan: Plan | null = null
  /** Set by a transport that can switch protocols: takes a 101 reply and its socket. */
  onSwitch: ((reply: Reply) => void) | null = null
  readonly source: IncomingMessage | null
  readonly length: number | null
  readonly budget: HeldBudget
  readonly idleMs: number
  readonly #options: DeliveryOptions
  readonly #expects: boolean
  #over = false
  #switched = false
  #broken: ErrorCode | null = null
  #flowing: Flowing | null = null
  #waiting: NodeJS.Timeout | null = null
  #total: NodeJS.Timeout | null = null

  constructor (req: IncomingMessage, res: ServerResponse, admitted: Admitted, start: number, options: DeliveryOptions) {
    const { length, chunked } = admitted
    this.req = req
    this.res = res
    this.#options = options
    this.source = chunked || (length !== null && length > 0) ? req : null
    this.length = length
    this.budget = options.budget
    this.idleMs = options.bodyIdleMs
    // RFC 9110 10.1.1: HTTP/1.0 does not know the expectation.
    this.#expects = admitted.expect !== null && req.httpVersionMinor !== 0
    this.body = new RequestBody(this)
    this.x = new Exchange(admitted, this.body, start)
    this.x.informant = this
    ;(res as Served)[DELIVERY] = this
    res.on('close', Delivery.#onClose)
  }

  /** One function for all: a listener made for each request would cost it. */
  static #onClose (this: ServerResponse): void {
    deliveryOf(this)!.#closed()
  }

  /** The body is wanted: the client may send it (RFC 9110 10.1.1). */
  onRead (): void {
    if (this.#expects && !this.res.headersSent) this.res.writeContinue()
  }

  onFault (error: GatewayError): void {
    this.x.abort(error)
  }

  inform (status: number, headers: HeaderList): void {
    inform(this.res, status, headers)
  }

  /** The total timeout of the route: then whoever works on the answer is told, and a client that has part of it is cut off. */
  expireIn (ms: number): void {
    this.#total = setTimeout(() => { this.abort(new GatewayError('GW_TOTAL_TIMEOUT')) }, ms)
  }

  /** Ends the exchange from this side: whoever works on the answer is told, and makes it one with this code. */
  abort (error: GatewayError): void {
    this.x.abort(error)
    this.body.fail(error)
  }

  /**
   * Never throws. A small request body is often here with its head and only not parsed yet: a turn of the loop later the
   * connection need not end with the answer.
   */
  deliver (reply: Reply): void {
    this.reply = reply
    this.x.timing.head = performance.now()
    if (this.body.consumed) this.#begin(reply)
    else setImmediate(() => { this.#begin(reply) })
  }

  #begin (reply: Reply): void {
    const { res } = this
    const { body } = reply
    try {
      if (res.destroyed || res.closed) letGo(body, 'GW_CLIENT_GONE')
      else if (reply.socket && this.onSwitch) this.#switch(reply)
      else if (bodiless(reply.status)) this.#withoutBody(reply)
      else if (isStream(body) && !body.ended) this.#stream(reply, body as Flowing)
      else this.#whole(reply, isStream(body) ? joined(body as Flowing) : body)
    } catch (error) {
      this.#unwritable(reply, error)
    }
  }

  #switch (reply: Reply): void {
    this.#switched = true
    // From here on only `upgradeIdleTimeout` counts.
    if (this.#total) clearTimeout(this.#total)
    reply.headers.append('x-request-id', this.x.id)
    this.onSwitch!(reply)
  }

  /** 204, 205 and 304 have none, whatever upstream sent (RFC 9110 6.4.1). */
  #withoutBody (reply: Reply): void {
    letGo(reply.body, 'GW_UPSTREAM_PROTOCOL')
    if (reply.status === 205) reply.headers.set('content-length', '0')
    else if (reply.status === 204) reply.headers.delete('content-length')
    this.res.writeHead(reply.status, this.#fields(reply, true))
    this.#finishWriting()
  }

  #whole (reply: Reply, body: string | Uint8Array | null): void {
    const { res, x } = this
    const size = body === null ? 0 : Buffer.byteLength(body)
    // HTTP/1.0 has no place for trailer fields.
    const trailers = x.method === 'HEAD' || res.req.httpVersionMinor === 0 ? null : reply.trailers
    this.#measure(reply, size, trailers)
    res.writeHead(reply.status, this.#fields(reply, true))
    if (trailers !== null) res.addTrailers(pairs(trailers))
    if (body === null || size === 0 || x.method === 'HEAD') {
      this.#finishWriting()
      return
    }
    this.bytesOut = size
    if (typeof body === 'object' && size <= ONE_WRITE) this.#finishWriting(Buffer.from(body.buffer, body.byteOffset, size).toString('latin1'), 'latin1')
    else this.#finishWriting(body)
  }

  /** Content-Length as it is, but where trailer fields follow: those need chunks. HEAD keeps what upstream says of the body it does not send. */
  #measure ({ headers }: Reply, size: number, trailers: HeaderList | null): void {
    if (trailers !== null) headers.delete('content-length')
    else if (this.x.method !== 'HEAD' || (size > 0 && !headers.has('content-length'))) headers.set('content-length', String(size))
  }

  #stream (reply: Reply, body: Flowing): void {
    const { res } = this
    if (this.x.method === 'HEAD') {
      letGo(body, 'GW_UPSTREAM_PROTOCOL')
      this.#whole(reply, null)
      return
    }
    this.#flowing = body
    res.writeHead(reply.status, this.#fields(reply, false))
    if (body.chunks.length === 0) res.flushHeaders()
    res.on('drain', () => { this.#drained() })
    body.flow(this)
  }

  /** The switched connection has ended. */
  switched (bytesIn: number, bytesOut: number): void {
    this.#finish({ outcome: 'complete', code: null, bytesIn, bytesOut })
  }

  data (chunk: Buffer): boolean {
    this.bytesOut += chunk.byteLength
    if (this.res.write(chunk)) return true
    this.#waiting ??= setTimeout(() => { this.#cut(null) }, this.#options.clientIdleMs)
    return false
  }

  end (trailers: HeaderList | null): void {
    const { res, req } = this
    if (trailers !== null) res.addTrailers(pairs(trailers))
    // The head has promised to keep the connection, but the rest of the request body would have to be read first.
    if (!this.body.consumed) res.once('finish', () => { lingerOn(req.socket) })
    this.#finishWriting()
  }

  /** Upstream broke off in the middle: the client must see that (RFC 9112 8). */
  fail (error: GatewayError): void {
    this.#cut(error.code)
  }

  /** The last of the answer. What the client does not take at once, it has to take bit by bit, or it is cut off. */
  #finishWriting (last?: string | Uint8Array, encoding: BufferEncoding = 'utf8'): void {
    const { res } = this
    if (last === undefined) res.end()
    else res.end(last, encoding)
    if (res.writableLength > 0) this.req.socket.setTimeout?.(this.#options.clientIdleMs)
  }

  /** `code`: what upstream did; null where the client does not read. */
  #cut (code: ErrorCode | null): void {
    this.#broken ??= code
    reset(this.req.socket)
    this.res.destroy()
  }

  /** node:http does not take the head: a status or a field that is none. */
  #unwritable (reply: Reply, error: unknown): void {
    const { x, res } = this
    this.#options.log.error({ error, 'gatehouse.route': x.route?.id, 'http.request.id': x.id }, 'reply cannot be written')
    letGo(reply.body, 'GW_INTERNAL')
    if (res.headersSent || reply.code === 'GW_INTERNAL') this.#cut('GW_INTERNAL')
    else this.#begin(this.reply = problem('GW_INTERNAL', x.id))
  }

  #drained (): void {
    if (this.#waiting) clearTimeout(this.#waiting)
    this.#waiting = null
    this.#flowing?.resume()
  }

  /** Name, value, name, value: the form that writeHead takes without another copy. `last`: nothing of the reply is to come. */
  #fields (reply: Reply, last: boolean): string[] {
    const fields = reply.headers.flat.slice()
    fields.push('x-request-id', this.x.id)
    if (last && !this.body.consumed) {
      linger(this.res)
      fields.push('connection', 'close')
    } else if (this.#options.draining()) fields.push('connection', 'close')
    return fields
  }

  #closed (): void {
    if (this.#switched) return
    const complete = this.res.writableFinished
    const broken = this.#broken
    const outcome = complete ? 'complete' : broken === null ? 'client-gone' : 'upstream-broken'
    const code = broken ?? (complete ? this.reply?.code ?? null : 'GW_CLIENT_GONE')
    // Upstream is told now, and what it says to that is no news.
    if (!complete) this.x.abort(new GatewayError(broken ?? 'GW_CLIENT_GONE'))
    this.#finish({ outcome, code, bytesIn: this.body.received, bytesOut: this.bytesOut })
  }

  #finish (end: End): void {
    if (this.#over) return
    this.#over = true
    if (this.#waiting) clearTimeout(this.#waiting)
    if (this.#total) clearTimeout(this.#total)
    this.x.timing.end = performance.now()
    this.body.release()
    this.#options.ended(this, end)
  }
}

/** Up to this a body goes as one string with the head: one write of one buffer costs less than a vector of two. */
const ONE_WRITE = 16_384

const letGo = (body: Reply['body'], code: ErrorCode): void => {
  if (isStream(body)) body.cancel(new GatewayError(code))
}

const bodiless = (status: number): boolean => status === 204 || status === 205 || status === 304

const joined = ({ chunks }: Flowing): Uint8Array | null => chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? null : Buffer.concat(chunks)

const pairs = (trailers: HeaderList): [string, string][] => [...trailers]
