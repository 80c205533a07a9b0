import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import type { HeaderList } from '../contract/header-list.ts'
import { Lane } from './lane.ts'
import { reset } from './reset.ts'

/** A connection that has switched protocols: two sockets, each fed by the other. */
export interface Splice {
  /** Politely, to both sides; it may take them a while to agree. */
  close(): void
  destroy(): void
}

/** What two sockets are joined with. */
export interface SpliceOptions {
  readonly reply: { readonly status: number, readonly headers: HeaderList }
  readonly protocol: string
  /** What the client had already sent behind its request: it goes first, now that upstream has agreed. */
  readonly early: Buffer
  readonly idleMs: number
  /** Told once, when both sides are closed. */
  readonly ended: (bytesIn: number, bytesOut: number) => void
}

/**
 * Tells the client that the switch was made and joins the two sockets (RFC 9110 7.8), until one ends or nothing moves for
 * `idleMs`. What one side had sent before it closed still reaches the other; a reset is passed on as one.
 */
export function splice (client: Socket, upstream: Duplex, { reply, protocol, early, idleMs, ended }: SpliceOptions): Splice {
  const webSocket = protocol === 'websocket'
  const destroy = () => {
    client.destroy()
    upstream.destroy()
  }
  const timer = setTimeout(destroy, idleMs)
  const moved = () => { timer.refresh() }
  client.setTimeout(0)
  client.setNoDelay(true)
  client.write(headOf(reply, protocol))
  if (early.byteLength > 0) client.unshift(early)
  const inward = new Lane(client, upstream, { webSocket, masked: true, moved })
  const outward = new Lane(upstream, client, { webSocket, masked: false, moved })
  let open = 2
  const closed = () => {
    if (--open > 0) return
    clearTimeout(timer)
    ended(inward.bytes, outward.bytes)
  }
  follow(client, upstream, closed)
  follow(upstream, client, closed)
  return {
    destroy,
    close: () => {
      outward.close()
      inward.close()
    }
  }
}

/** When one side is gone, the other has no more than what is still on its way to it. */
function follow (one: Duplex, other: Duplex, closed: () => void): void {
  let broken = false
  one.on('error', () => { broken = true })
  one.once('close', () => {
    closed()
    if (other.destroyed) return
    if (broken) reset(other)
    else if (other.writableFinished) other.destroy()
    else other.end().once('finish', () => { other.destroy() })
  })
}

function headOf ({ status, headers }: SpliceOptions['reply'], protocol: string): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n`
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`
  return `${head}\r\n`
}
