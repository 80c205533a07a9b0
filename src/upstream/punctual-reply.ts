import type { Readable } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { RawFields } from './reply-headers.ts'
import { UpstreamReply, type Controller, type Served } from './upstream-reply.ts'

/** undici's own timeouts cost less and come up to a second late: good enough for those that are longer than this. */
const SHORT_MS = 5000

/** Whether one of the timeouts is so short that it needs a timer of its own. */
export const needsPunctuality = (...timeoutsMs: readonly number[]): boolean => timeoutsMs.some(ms => ms < SHORT_MS)

/** What a call may take, in ms. */
export interface CallTimeouts { readonly headMs: number, readonly idleMs: number }

/** A reply whose call ends when its time is over and not up to a second later. */
export class PunctualReply extends UpstreamReply {
  readonly #timeouts: CallTimeouts
  #timer: NodeJS.Timeout | null = null
  /** A request body that is still on its way. */
  #uploading: Readable | null = null

  constructor (x: Exchange, settle: (error: Error | null) => void, endpoint: Served, timeouts: CallTimeouts) {
    super(x, settle, endpoint)
    this.#timeouts = timeouts
  }

  /** The body that goes with the request. */
  sends (body: unknown): void {
    this.#uploading = body !== null && typeof body === 'object' && 'isPaused' in body ? body as Readable : null
  }

  override onRequestStart (controller: Controller): void {
    // First, because the call may be over with its start, where nobody waits for it any more.
    this.#watch(this.#timeouts.headMs, () => { this.#noHead() })
    super.onRequestStart(controller)
  }

  override onBodySent (): void {
    super.onBodySent()
    this.#timer?.refresh()
  }

  onRequestSent (): void {
    this.#uploading = null
    this.#timer?.refresh()
  }

  override onResponseStart (controller: Controller, status: number, headers: RawFields): void {
    super.onResponseStart(controller, status, headers)
    if (status >= 200) this.#watchBody()
    else this.#timer?.refresh()
  }

  override onResponseData (controller: Controller & { readonly paused: boolean }, chunk: Buffer): void {
    super.onResponseData(controller, chunk)
    if (controller.paused) this.#stop()
    else this.#timer?.refresh()
  }

  override resume (): void {
    super.resume()
    if (!this.ended && this.error === null) this.#watchBody()
  }

  override onResponseEnd (controller: Controller, trailers: RawFields): void {
    this.#stop()
    super.onResponseEnd(controller, trailers)
  }

  override onResponseError (controller: Controller | null, error: Error): void {
    this.#stop()
    super.onResponseError(controller, error)
  }

  override onRequestUpgrade (...switched: Parameters<UpstreamReply['onRequestUpgrade']>): void {
    this.#stop()
    super.onRequestUpgrade(...switched)
  }

  /** A client that is slow with its body is not the upstream's fault. */
  #noHead (): void {
    if (this.#uploading !== null && !this.#uploading.isPaused()) this.#timer?.refresh()
    else this.abort(new GatewayError('GW_HEAD_TIMEOUT'))
  }

  #watchBody (): void {
    this.#watch(this.#timeouts.idleMs, () => { this.abort(new GatewayError('GW_IDLE_TIMEOUT')) })
  }

  #watch (ms: number, late: () => void): void {
    this.#stop()
    this.#timer = setTimeout(late, ms)
  }

  #stop (): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
