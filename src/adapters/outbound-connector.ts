import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** Opens the connections of one agent and can end those that are not open yet, which undici leaves to their timeout. */
export interface OutboundConnector { readonly connect: buildConnector.connector, destroy(): void }

/** Makes one that trusts `ca`, or the system's authorities. */
export function outboundConnector (timeoutMs: number, ca: string | undefined): OutboundConnector {
  const connecting = new Set<Socket>()
  // HTTP/1.1 only: nothing that is asked here needs more, and its limits are known
  const open = buildConnector({ timeout: timeoutMs, allowH2: false, ...ca === undefined ? {} : { ca } }) as Connect
  return {
    connect: (options, callback) => {
      const socket = open(options, (...result) => {
        connecting.delete(socket)
        callback(...result)
      })
      connecting.add(socket)
      socket.once('close', () => { connecting.delete(socket) })
    },
    destroy: () => {
      for (const socket of connecting) socket.destroy()
    }
  }
}

/** What buildConnector makes also gives the socket, which its types leave out. */
type Connect = (...args: Parameters<buildConnector.connector>) => Socket
