import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

/** Ends a connection so that the other side sees it was broken off (RST), where the transport can say so. TLS says it by having no close_notify. */
export function reset (stream: Duplex): void {
  const { resetAndDestroy } = stream as Partial<Socket>
  if (stream.destroyed) return
  if (resetAndDestroy === undefined || 'encrypted' in stream) stream.destroy()
  else resetAndDestroy.call(stream)
}
