import type { Readable } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import { BodyPace } from './body-pace.ts'

/** How far a body may be collected. */
export interface CollectorOptions {
  /** More than this is left in the stream, where it was. */
  readonly maxBytes: number
  /** More than this is an error. */
  readonly limit: number
  readonly idleMs: number
  /** Whether there is memory for so many bytes more. */
  readonly take: (bytes: number) => boolean
}

/** Reads a body into memory, or as much of it as shows that it is too large; then the stream is as if nobody had read. */
export class BodyCollector {
  /** What has been seen. */
  size = 0
  /** All of it, null where that was too much; rejects where the client breaks off or is too slow. */
  readonly whole: Promise<Buffer | null>
  readonly #source: Readable
  readonly #options: CollectorOptions
  readonly #pace: BodyPace
  #chunks: Buffer[] = []
  #settle!: { resolve (bytes: Buffer | null): void, reject (error: GatewayError): void }

  constructor (source: Readable, options: CollectorOptions) {
    this.#source = source
    this.#options = options
    this.#pace = new BodyPace(options.idleMs, () => { this.giveUp(new GatewayError('GW_REQUEST_TIMEOUT')) })
    this.whole = new Promise((resolve, reject) => { this.#settle = { resolve, reject } })
    source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onBroken).on('error', this.#onBroken)
    source.resume()
    this.#pace.start(0)
  }

  giveUp (error: GatewayError): void {
    this.#stop()
    this.#settle.reject(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    const { limit, maxBytes, take } = this.#options
    this.#chunks.push(chunk)
    this.size += chunk.byteLength
    if (this.size > limit) this.giveUp(new GatewayError('GW_BODY_TOO_LARGE'))
    else if (this.size > maxBytes || !take(chunk.byteLength)) {
      this.#stop()
      this.#source.unshift(Buffer.concat(this.#chunks))
      this.#settle.resolve(null)
    } else this.#pace.moved(this.size)
  }

  readonly #onEnd = (): void => {
    this.#stop()
    this.#settle.resolve(Buffer.concat(this.#chunks, this.size))
  }

  readonly #onBroken = (): void => {
    this.giveUp(new GatewayError('GW_BAD_BODY'))
  }

  #stop (): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onBroken).off('error', this.#onBroken).pause()
    this.#pace.stop()
  }
}
