import { write, writeSync } from 'node:fs'

/** What is written at one time, and the longest that a line waits for others. */
const PIECE = 65_536
const LONGEST_WAIT_MS = 250
/** A flush waits so long for a reader that takes nothing. */
const PATIENCE_MS = 1000
const PAUSE_MS = 20

/** Where lines go, how many characters may wait, and who is told of those that were dropped once there is room again. */
export interface LineBufferOptions { readonly fd: number, readonly maxWaiting: number, readonly onDropped: (lines: number) => void }

/**
 * Lines on their way to a file descriptor: gathered, written in their order by threads of the runtime, never held without bound. What cannot
 * be written (the reader gone, the disk full) is dropped. Own code: sonic-boom's flushSync, which pino uses, never returns in those cases.
 */
export class LineBuffer {
  readonly #options: LineBufferOptions
  #filling = ''
  readonly #pieces: string[] = []
  #waiting = 0
  #chunk: Buffer | null = null
  #writing = false
  /** Whether the last write has failed. */
  #broken = false
  #timer: NodeJS.Timeout | null = null
  #dropped = 0
  #ended = false

  constructor (options: LineBufferOptions) {
    this.#options = options
  }

  write (line: string): void {
    if (this.#waiting + line.length > this.#options.maxWaiting) {
      this.#dropped++
      return
    }
    this.#filling += line
    this.#waiting += line.length
    if (this.#filling.length < PIECE) this.#later(LONGEST_WAIT_MS)
    else {
      this.#seal()
      this.#begin()
    }
  }

  /** Writes at once all that waits. Where a write is in flight the rest follows it: two at one time would tear lines apart. */
  flush (): void {
    this.#seal()
    if (this.#writing) return
    const deadline = performance.now() + PATIENCE_MS
    while (this.#next()) {
      if (!this.#writeNow() && performance.now() > deadline) return this.#later(PAUSE_MS)
    }
    if (this.#tell()) this.flush()
  }

  /** The last chance, as the process ends: what is in flight is written by the runtime before it does. */
  end (): void {
    this.#ended = true
    if (this.#writing) this.#chunk = null
    this.#writing = false
    this.flush()
  }

  /** False where the descriptor takes nothing now. */
  #writeNow (): boolean {
    try {
      this.#advance(writeSync(this.#options.fd, this.#chunk!))
      return true
    } catch (error) {
      if (!isBusy(error)) this.#lose()
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
      return false
    }
  }

  #seal (): void {
    if (this.#filling !== '') this.#pieces.push(this.#filling)
    this.#filling = ''
  }

  /** Whether there is something to write; it is in `#chunk` then. */
  #next (): boolean {
    const piece = this.#chunk === null ? this.#pieces.shift() : undefined
    if (piece !== undefined) {
      this.#waiting -= piece.length
      this.#chunk = Buffer.from(piece)
    }
    return this.#chunk !== null
  }

  #begin (): void {
    if (this.#writing || !this.#next()) return
    this.#writing = true
    write(this.#options.fd, this.#chunk!, (error, bytes) => {
      if (this.#ended) return
      this.#writing = false
      if (error && isBusy(error)) return this.#later(PAUSE_MS)
      if (error) this.#lose()
      else this.#advance(bytes)
      if (this.#waiting === 0) this.#tell()
      this.#begin()
    })
  }

  #advance (bytes: number): void {
    const rest = this.#chunk!.subarray(bytes)
    this.#chunk = rest.byteLength === 0 ? null : rest
    this.#broken = false
  }

  #lose (): void {
    this.#dropped += this.#chunk!.toString('latin1').split('\n').length - 1
    this.#chunk = null
    this.#broken = true
  }

  /** False where there is nothing to tell, or nobody. */
  #tell (): boolean {
    const lines = this.#dropped
    if (lines === 0 || this.#broken) return false
    this.#dropped = 0
    this.#options.onDropped(lines)
    return true
  }

  #later (ms: number): void {
    // Not what keeps the process alive: its end writes what waits
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#seal()
      this.#begin()
    }, ms).unref()
  }
}

const isBusy = (error: unknown): boolean => ['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')
