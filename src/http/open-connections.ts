import type { Socket } from 'node:net'
import { reset } from './reset.ts'
import type { Splice } from './splice.ts'
import { isBusy } from './upgrade.ts'

const SWEEP_MS = 50

/** The client connections of one listener, to end each of them in its own way. */
export class OpenConnections {
  readonly #sockets = new Set<Socket>()
  readonly #splices = new Set<Splice>()
  #draining = false

  add (socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => { this.#sockets.delete(socket) })
  }

  /** The connection has switched protocols; gives what to call when it has ended. */
  join (socket: Socket, splice: Splice): () => void {
    this.#sockets.delete(socket)
    this.#splices.add(splice)
    if (this.#draining) splice.close()
    return () => { this.#splices.delete(splice) }
  }

  /**
   * Ends the connections on which no request has begun. `destroyIdle` is node's own way, which alone knows whether a request
   * has; it would also end those whose answer is written but not out yet, and it takes those never used for busy.
   */
  closeIdle (destroyIdle: () => void): void {
    const spared = [...this.#sockets].filter(socket => isBusy(socket) || socket.writableEnded)
    for (const socket of spared) socket.destroy = () => socket
    destroyIdle()
    for (const socket of spared) Reflect.deleteProperty(socket, 'destroy')
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  /** Closes what is idle, now and as it becomes so (`closeIdle`), and after `ms` everything. Gives what ends this. */
  drain (ms: number, closeIdle: () => void): () => void {
    this.#draining = true
    for (const splice of this.#splices) splice.close()
    const sweep = setInterval(closeIdle, SWEEP_MS)
    const deadline = setTimeout(() => { this.#cut() }, ms)
    return () => {
      clearInterval(sweep)
      clearTimeout(deadline)
    }
  }

  /** With a reset: no answer that was cut may look whole. */
  #cut (): void {
    for (const splice of this.#splices) splice.destroy()
    for (const socket of this.#sockets) reset(socket)
  }
}
