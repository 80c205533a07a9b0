import type { Socket } from 'node:net'
import type { Networks } from '../contract/cidr.ts'
import { unmapped } from '../contract/cidr.ts'
import type { Client } from '../contract/client.ts'
import { clientCertificate } from './client-certificate.ts'

/** What is the same for every request of one client connection. */
export interface Connection {
  /** The client as the socket shows it; right for every request of an untrusted peer. */
  readonly client: Client
  readonly scheme: 'http' | 'https'
  /** The Host line last seen and what it says: clients repeat themselves. Null before the first. */
  authority: string | null
  host: string
}

const CONNECTION = Symbol('gatehouse.connection')
type Marked = Socket & { [CONNECTION]?: Connection, encrypted?: boolean }

/** The connection of a socket, made at its first request. */
export function connectionOf (socket: Socket, trusted: Networks): Connection {
  const marked = socket as Marked
  marked[CONNECTION] ??= open(marked, trusted)
  return marked[CONNECTION]
}

function open (socket: Marked, trusted: Networks): Connection {
  const peer = unmapped(socket.remoteAddress ?? '')
  const tls = socket.encrypted === true
  return {
    client: { address: peer, peer, port: socket.remotePort ?? 0, trusted: trusted.includes(peer), tls, certificate: clientCertificate(socket) },
    scheme: tls ? 'https' : 'http',
    authority: null,
    host: ''
  }
}
