import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { OutboundError, type OutboundReply, type OutboundRequest } from '../contract/outbound.ts'
import { outboundFault } from './outbound-fault.ts'

/** Who waits for a call. */
export interface OutboundWaiter {
  readonly resolve: (reply: OutboundReply) => void
  readonly reject: (fault: OutboundError) => void
  /** undici, too, is done with the call. */
  readonly ended: () => void
}

/**
 * One call: gathers the answer up to its bounds and cuts the connection at the first that is passed. Settled once; a call that is over before undici has
 * begun it ends as soon as undici does.
 */
export class OutboundCall implements Dispatcher.DispatchHandler {
  readonly #target: string
  readonly #maxBytes: number
  readonly #waiter: OutboundWaiter
  readonly #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | null = null
  #fault: OutboundError | null = null
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  #chunks: Buffer[] = []
  #bytes = 0

  constructor ({ timeoutMs, maxBytes }: OutboundRequest, target: string, waiter: OutboundWaiter) {
    this.#target = target
    this.#maxBytes = maxBytes
    this.#waiter = waiter
    this.#timer = setTimeout(() => { this.#fail(new OutboundError('timeout', `${target}: no answer within ${timeoutMs} ms`)) }, timeoutMs)
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#fault !== null) controller.abort(this.#fault)
  }

  onResponseStart (_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = joined(headers)
    const { 'content-encoding': encoding = '', 'content-length': length = '0' } = this.#headers
    // Asked for none: a coded answer could become any size
    if (!/^(?:identity)?$/i.test(encoding)) this.#fail(new OutboundError('unreachable', `${this.#target}: the answer has a content coding that was not asked for`))
    else if (Number(length) > this.#maxBytes) this.#tooLarge()
  }

  onResponseData (_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) this.#tooLarge()
    else this.#chunks.push(chunk)
  }

  onResponseEnd (): void {
    clearTimeout(this.#timer)
    this.#waiter.resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) })
    this.#waiter.ended()
  }

  onResponseError (_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#over(this.#fault ?? outboundFault(error, this.#target))
    this.#waiter.ended()
  }

  #tooLarge (): void {
    this.#fail(new OutboundError('too-large', `${this.#target}: the answer is larger than ${this.#maxBytes} bytes`))
  }

  #fail (fault: OutboundError): void {
    this.#fault ??= fault
    this.#over(this.#fault)
    this.#controller?.abort(this.#fault)
  }

  #over (fault: OutboundError): void {
    clearTimeout(this.#timer)
    this.#chunks = []
    this.#waiter.reject(fault)
  }
}

function joined (headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value ?? '']))
}
