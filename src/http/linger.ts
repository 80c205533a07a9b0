import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const LINGER_MS = 2000
const LINGER_BYTES = 1024 * 1024

/**
 * For an answer that comes before the request body has ended, and for any behind which the connection must end: when it is
 * out, the connection is closed by `lingerOn`, where node:http would reset a client that still sends.
 */
export function linger (res: ServerResponse): void {
  const { socket } = res.req
  res.shouldKeepAlive = false
  socket.destroySoon = () => { lingerOn(socket) }
}

/**
 * Closes a connection the way RFC 9112 9.6 asks: the writing side first, then a little reading on, so that a client still
 * sending gets the answer and not a reset. Bounded in bytes and time. What still comes is no request any more.
 */
export function lingerOn (socket: Socket): void {
  if (socket.destroyed) return
  const cut = () => { socket.destroy() }
  const timer = setTimeout(cut, LINGER_MS)
  let left = LINGER_BYTES
  const count = (chunk: Buffer) => { if ((left -= chunk.byteLength) < 0) cut() }
  // The first listener takes the connection from the parser, which node:http had given it to; then nobody else may read it.
  socket.on('data', count)
  for (const other of socket.listeners('data')) if (other !== count) socket.off('data', other as () => void)
  socket.once('end', cut)
  socket.once('close', () => { clearTimeout(timer) })
  socket.end()
  socket.resume()
  restart(socket)
}

/** A socket that its parser had stopped, because nobody took the body, does not begin again by itself. */
function restart (socket: Socket & { _handle?: { reading: boolean, readStart(): number } | null }): void {
  const { _handle: handle } = socket
  if (!handle || handle.reading) return
  handle.reading = true
  handle.readStart()
}
