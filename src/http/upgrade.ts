import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from '../contract/settings.ts'
import { lingerOn } from './linger.ts'
import type { RequestHandler } from './request-handler.ts'
import { splice, type Splice } from './splice.ts'

/** Bytes that a client may send before upstream has agreed to the switch. */
const EARLY_BYTES = 65_536
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z.]+)?$/i
/** HTTP itself: a switch to it would carry requests past the guard and the routes. */
const HTTP = /^(?:h2|h2c|h3|http|tls|ssl)(?:[/-]|$)/i

/**
 * Whether an Upgrade field is followed. A server may ignore it (RFC 9110 7.8), and then the request is one like any other: so
 * it is where it has a body, offers several protocols or HTTP itself, or where an earlier answer is still under way.
 */
export function mayUpgrade ({ method, httpVersionMinor, headers, socket }: IncomingMessage): boolean {
  const { upgrade } = headers
  return method === 'GET' && httpVersionMinor === 1 && upgrade !== undefined && TOKEN.test(upgrade) && !HTTP.test(upgrade) &&
    headers['content-length'] === undefined && headers['transfer-encoding'] === undefined && headers.expect === undefined && isFree(socket)
}

/** Whether the last answer on the connection is not out yet. */
export const isBusy = (socket: Socket): boolean => '_httpMessage' in socket && socket._httpMessage != null

/** Whether the connection can be taken for something else. The parser may still be at bytes behind its last answer. */
export const isFree = (socket: Socket): boolean => !isBusy(socket) && !socket.writableEnded

/** Every refusal and every answer other than 101 goes to the client as for any request; then the connection ends. */
export function upgrade (handler: RequestHandler, req: IncomingMessage, socket: Socket, head: Buffer, limits: Limits, joined: (one: Splice) => () => void): void {
  if (!mayUpgrade(req)) {
    socket.destroy()
    return
  }
  const early = collectEarly(socket, head)
  const res = responseOn(req, socket)
  const delivery = handler.handle(req, res, true)
  delivery.onSwitch = reply => {
    res.detachSocket(socket)
    const one = splice(socket, reply.socket!, {
      reply,
      protocol: delivery.x.upgrade!,
      early: early(),
      idleMs: limits.upgradeIdleTimeout,
      ended: (bytesIn, bytesOut) => {
        left()
        delivery.switched(bytesIn, bytesOut)
      }
    })
    const left = joined(one)
  }
}

/** node:http gives no response object for an upgrade or CONNECT; this one writes to the bare socket and ends it. */
export function responseOn (req: IncomingMessage, socket: Socket): ServerResponse {
  const res = new ServerResponse(req)
  res.assignSocket(socket as never)
  res.shouldKeepAlive = false
  socket.on('error', () => { socket.destroy() })
  socket.on('timeout', () => { socket.destroy() })
  res.on('finish', () => {
    res.detachSocket(socket)
    res.destroy()
    lingerOn(socket)
  })
  return res
}

/** Reads on while upstream is asked, so that a client that goes away is seen; gives what it has sent. */
function collectEarly (socket: Socket, head: Buffer): () => Buffer {
  const chunks = [head]
  let size = head.byteLength
  const onData = (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > EARLY_BYTES) socket.pause()
  }
  const onEnd = () => { socket.destroy() }
  socket.on('data', onData).on('end', onEnd)
  return () => {
    socket.off('data', onData).off('end', onEnd).pause()
    return Buffer.concat(chunks)
  }
}
