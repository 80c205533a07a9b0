import { Readable } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'

/** What an outgoing body tells of itself. */
export interface Passage {
  /** A piece has come; false: it must not go on. */
  arrived(chunk: Buffer): boolean
  /** Upstream takes more, and takes no more for now (or ever, after the last piece). */
  goesOn(): void
  waits(): void
  /** Nothing more will pass: that was all, or it broke off. Perhaps more than once; the first time counts. */
  over(whole: boolean): void
}

/**
 * The request body on its way upstream. A stream of its own, because whoever sends it destroys it where upstream does not
 * want all of it: the client's connection must not go with it, it still waits for the answer.
 */
export class OutgoingBody extends Readable {
  readonly #source: Readable
  readonly #passage: Passage

  constructor (source: Readable, passage: Passage) {
    super({ highWaterMark: source.readableHighWaterMark })
    this.#source = source
    this.#passage = passage
    // Nobody may be left to listen when the client breaks off late.
    this.on('error', () => {})
    source.on('error', () => {})
    source.on('data', (chunk: Buffer) => { this.#take(chunk) })
    source.once('end', () => {
      passage.waits()
      this.push(null)
      passage.over(true)
    })
    source.once('close', () => { this.#gone() })
    if (source.destroyed) this.#gone()
    else source.pause()
  }

  override _read (): void {
    if (!this.#source.isPaused()) return
    this.#passage.goesOn()
    this.#source.resume()
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    this.#source.pause()
    this.#passage.waits()
    this.#passage.over(false)
    done(error)
  }

  #take (chunk: Buffer): void {
    if (this.destroyed || !this.#passage.arrived(chunk) || this.push(chunk)) return
    this.#source.pause()
    this.#passage.waits()
  }

  #gone (): void {
    if (!this.#source.readableEnded) this.destroy(new GatewayError('GW_CLIENT_GONE'))
  }
}
