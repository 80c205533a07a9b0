import { request as requestHttp, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import type { FieldSieve } from '../contract/arrival.ts'
import type { Body } from '../contract/body.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Endpoint } from './endpoint.ts'
import { announced, trailerFields } from './trailer-fields.ts'
import type { CallOptions } from './call-options.ts'
import type { Controller, UpstreamReply } from './upstream-reply.ts'
import type { UpstreamRequest } from './upstream-request.ts'

/** A request body whose sender has announced trailer fields. */
interface WithTrailers extends Body {
  /** Value of the Trailer field; null where there is none, or where another body stands in for the one announced. */
  readonly trailer: string | null
  /** Name, value, name, value as they came, once the body has ended. */
  readonly rawTrailers: readonly string[]
}

/** The names to announce upstream, `a, b`; null for a request that has no trailer fields to pass on. */
export function announcedTrailers ({ body, trailerSieves }: Exchange): string | null {
  const { trailer } = body as Partial<WithTrailers>
  return trailer == null ? null : announced(trailer, trailerSieves) || null
}

/**
 * Sends one request by node:http on a connection of its own: undici cannot send trailer fields (RFC 9110 6.5), and few
 * requests have any. The answer comes as from undici.
 */
export function sendWithTrailers (x: Exchange, endpoint: Endpoint, options: CallOptions, { method, path, headers }: UpstreamRequest, names: string, reply: UpstreamReply): void {
  const { hostname, port } = new URL(endpoint.origin)
  const common: RequestOptions = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    agent: false,
    setDefaultHeaders: false,
    headers: [...headers, 'connection', 'close', 'transfer-encoding', 'chunked', 'trailer', names]
  }
  const req = endpoint.tls ? requestHttps({ ...common, ...endpoint.tls }) : requestHttp(common)
  const call = new NodeCall(req, reply, options, endpoint)
  reply.onRequestStart(call)
  if (!req.destroyed) call.send(x.body as WithTrailers, x.trailerSieves)
}

/** The request and its answer as `UpstreamReply` wants them told. */
class NodeCall implements Controller {
  readonly #req: ClientRequest
  readonly #reply: UpstreamReply
  readonly #idleMs: number
  #res: IncomingMessage | null = null
  #timer: NodeJS.Timeout
  #over = false

  constructor (req: ClientRequest, reply: UpstreamReply, { headMs, idleMs }: CallOptions, { connectMs, tls }: Endpoint) {
    this.#req = req
    this.#reply = reply
    this.#idleMs = idleMs
    this.#timer = setTimeout(() => { this.abort(new GatewayError('GW_CONNECT_TIMEOUT')) }, connectMs)
    req.on('socket', socket => { socket.once(tls ? 'secureConnect' : 'connect', () => { this.#watch(headMs, 'GW_HEAD_TIMEOUT', () => this.#uploading) }) })
    req.on('information', ({ statusCode, headers }) => { reply.onResponseStart(this, statusCode, headers) })
    req.on('response', res => { this.#answered(res) })
    req.on('error', error => { this.#failed(error) })
  }

  send (body: WithTrailers, sieves: readonly FieldSieve[]): void {
    const req = this.#req
    const outgoing = body.outgoing() as Uint8Array | Readable
    const finish = () => {
      const fields = trailerFields(body.rawTrailers, sieves)
      if (fields) req.addTrailers([...fields])
      req.end()
    }
    if (outgoing instanceof Uint8Array) {
      req.write(outgoing)
      finish()
      return
    }
    outgoing.on('error', error => { this.abort(error) }).on('data', () => { this.#reply.onBodySent() }).once('end', finish).pipe(req, { end: false })
  }

  get paused (): boolean { return this.#res?.isPaused() ?? false }

  pause (): void {
    this.#res?.pause()
  }

  resume (): void {
    if (this.#res?.isPaused()) this.#res.resume()
  }

  abort (reason: Error): void {
    this.#failed(reason)
    this.#req.destroy()
  }

  /** A client that is slow with its body is not the upstream's fault. */
  get #uploading (): boolean {
    return !this.#req.writableFinished && !this.#req.writableNeedDrain
  }

  #answered (res: IncomingMessage): void {
    this.#res = res
    const fields: Record<string, string[]> = {}
    for (let i = 0; i < res.rawHeaders.length; i += 2) (fields[res.rawHeaders[i]!.toLowerCase()] ??= []).push(res.rawHeaders[i + 1]!)
    this.#watch(this.#idleMs, 'GW_IDLE_TIMEOUT', () => res.isPaused())
    this.#reply.onResponseStart(this, res.statusCode!, { ...fields, 'content-length': fields['content-length']?.[0] })
    res.on('data', (chunk: Buffer) => {
      this.#timer.refresh()
      this.#reply.onResponseData(this, chunk)
    })
    res.on('end', () => {
      if (!this.#end()) return
      this.#reply.onResponseEnd(this, res.trailers)
      this.#req.destroy()
    })
    res.on('error', error => { this.#failed(error) })
  }

  #watch (ms: number, code: 'GW_HEAD_TIMEOUT' | 'GW_IDLE_TIMEOUT', excused: () => boolean): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (excused()) this.#timer.refresh()
      else this.abort(new GatewayError(code))
    }, ms)
  }

  #failed (error: Error): void {
    if (this.#end()) this.#reply.onResponseError(this, error)
  }

  /** Whether it is the first end. */
  #end (): boolean {
    clearTimeout(this.#timer)
    const first = !this.#over
    this.#over = true
    return first
  }
}
