import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { FrameTracker } from './frame-tracker.ts'

/** 1001, "going away" (RFC 6455 7.4.1). */
const GOING_AWAY = Buffer.from([0x03, 0xe9])

/** What goes by in one direction of a switched connection, with back-pressure. */
export class Lane {
  bytes = 0
  readonly #from: Duplex
  readonly #to: Duplex
  readonly #frames: FrameTracker | null
  /** Frames that a client sends are masked (RFC 6455 5.3). */
  readonly #masked: boolean
  #closing = false
  #closed = false

  constructor (from: Duplex, to: Duplex, options: { webSocket: boolean, masked: boolean, moved: () => void }) {
    this.#from = from
    this.#to = to
    this.#frames = options.webSocket ? new FrameTracker() : null
    this.#masked = options.masked
    from.on('data', (chunk: Buffer) => {
      options.moved()
      this.#pass(chunk)
    })
    from.on('end', () => { to.end() })
    to.on('drain', () => { from.resume() })
    from.resume()
  }

  /** Politely: a WebSocket gets a Close frame as soon as no frame is half sent, another protocol the end of the stream. */
  close (): void {
    this.#closing = true
    if (this.#frames === null) this.#to.end()
    else if (this.#frames.between) this.#sendClose()
  }

  #pass (chunk: Buffer): void {
    const whole = this.#frames?.advance(chunk) ?? 0
    if (this.#closed) {
      // What comes now is the answer to the Close frame of the other lane, or too late.
      if (this.#frames!.closed) this.#from.end()
      return
    }
    if (this.#closing && whole > 0) {
      this.#write(chunk.subarray(0, whole))
      this.#sendClose()
    } else this.#write(chunk)
  }

  #write (chunk: Buffer): void {
    this.bytes += chunk.byteLength
    if (!this.#to.write(chunk)) this.#from.pause()
  }

  #sendClose (): void {
    this.#closed = true
    this.#from.resume()
    if (this.#frames!.closed) return
    const mask = this.#masked ? randomBytes(4) : Buffer.alloc(0)
    const payload = GOING_AWAY.map((byte, i) => byte ^ (mask[i] ?? 0))
    this.#to.write(Buffer.concat([Buffer.from([0x88, (this.#masked ? 0x80 : 0) | payload.byteLength]), mask, payload]))
  }
}
