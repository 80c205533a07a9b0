import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that a client may send ahead on one connection. */
const MAX_AHEAD = 100
const ahead = new WeakMap<Socket, number>()

/**
 * Begins a pipelined request when the answer before it is out: only safe ones might be handled at the same time (RFC 9112
 * 9.3.2), and behind an answer that ends the connection there is no request at all. A client too far ahead is cut off.
 */
export function inTurn (res: ServerResponse, begin: () => void): void {
  const { socket } = res.req
  const waiting = (ahead.get(socket) ?? 0) + 1
  ahead.set(socket, waiting)
  if (waiting > MAX_AHEAD) {
    socket.destroy()
    return
  }
  res.once('socket', () => {
    ahead.set(socket, ahead.get(socket)! - 1)
    // What the answer before was allowed is over with it.
    socket.setTimeout(0)
    begin()
  })
}
