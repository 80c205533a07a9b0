const CLOSE = 8

/** Follows the frames of one direction of a WebSocket (RFC 6455 5.2), to know where something can be put between two of them. */
export class FrameTracker {
  /** A Close frame has begun: nothing may follow it (RFC 6455 5.5.1). */
  closed = false
  readonly #head = Buffer.alloc(10)
  #have = 0
  /** Bytes of the frame that are still to come, its mask among them. */
  #left = 0

  /** Whether no frame is half sent. */
  get between (): boolean {
    return this.#have === 0 && this.#left === 0
  }

  /** Gives how many bytes of the chunk belong to frames that end in it. */
  advance (chunk: Uint8Array): number {
    let whole = 0
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.byteLength - at)
        this.#left -= step
        at += step
      } else {
        this.#head[this.#have++] = chunk[at++]!
        if (this.#have === this.#headLength) this.#begin()
      }
      if (this.between) whole = at
    }
    return whole
  }

  get #headLength (): number {
    const length = this.#head[1]! & 0x7f
    return this.#have < 2 ? 2 : length === 126 ? 4 : length === 127 ? 10 : 2
  }

  #begin (): void {
    const head = this.#head
    const length = head[1]! & 0x7f
    const masked = (head[1]! & 0x80) !== 0
    this.#have = 0
    this.#left = (length === 126 ? head.readUInt16BE(2) : length === 127 ? Number(head.readBigUInt64BE(2)) : length) + (masked ? 4 : 0)
    if ((head[0]! & 0x0f) === CLOSE) this.closed = true
  }
}
