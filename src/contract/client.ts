import type { ClientCertificate } from './client-certificate.ts'

/** Who is at the other end of the client's connection. */
export interface Client {
  /** Address of the client: the socket's, or what trusted proxies say of it (`gateway.trustedProxies`). */
  readonly address: string
  /** Address and port of the socket itself. */
  readonly peer: string
  readonly port: number
  /** Whether the peer is a trusted proxy. */
  readonly trusted: boolean
  /** Whether the socket is TLS. */
  readonly tls: boolean
  /** The certificate that the socket's TLS handshake has verified; null where there was none. */
  readonly certificate: ClientCertificate | null
}
