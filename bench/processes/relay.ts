import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController

// RFC 9110 7.6.1: what the upstream's connection says is not about the client's.
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-connection', 'trailer', 'transfer-encoding', 'upgrade'])

/** undici's handler that writes one upstream reply to one client: in one go where all of it came at once, else streaming. */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  #status = 0
  #headers: string[] = []
  /** What has come with the head, until it has been sent. */
  #held: Buffer | null = null
  #headSent = false
  #ended = false

  constructor (response: ServerResponse) {
    this.#response = response
  }

  onRequestStart (controller: Controller): void {
    if (this.#response.destroyed) return controller.abort(new Error('client gone'))
    this.#response.once('close', () => {
      if (!this.#ended) controller.abort(new Error('client gone'))
    })
  }

  onResponseStart (controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = endToEnd(headers)
    // All that has been read from the socket is handed over before the next tick: what has not ended by then, streams.
    process.nextTick(() => { this.#stream(controller) })
  }

  onResponseData (controller: Controller, chunk: Buffer): void {
    if (this.#headSent) return this.#write(controller, chunk)
    if (this.#held === null) this.#held = chunk
    else this.#held = Buffer.concat([this.#held, chunk])
  }

  onResponseEnd (): void {
    this.#ended = true
    if (!this.#headSent) {
      this.#headSent = true
      this.#response.writeHead(this.#status, this.#headers)
    }
    if (this.#held === null) this.#response.end()
    else this.#response.end(this.#held.toString('latin1'), 'latin1')
  }

  onResponseError (_controller: Controller | null, error: Error): void {
    this.#ended = true
    if (this.#headSent) this.#response.destroy(error)
    else this.#response.writeHead(502, { 'content-length': 0 }).end()
  }

  #stream (controller: Controller): void {
    if (this.#ended || this.#headSent) return
    this.#headSent = true
    this.#response.writeHead(this.#status, this.#headers)
    if (this.#held === null) return this.#response.flushHeaders()
    this.#write(controller, this.#held)
    this.#held = null
  }

  #write (controller: Controller, chunk: Buffer): void {
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => { controller.resume() })
  }
}

function endToEnd (headers: IncomingHttpHeaders): string[] {
  const flat: unknown[] = []
  for (const name in headers) {
    if (!HOP_BY_HOP.has(name)) flat.push(name, headers[name])
  }
  // Values are strings, or arrays of them for repeated fields; writeHead takes both, its type only the former.
  return flat as string[]
}
