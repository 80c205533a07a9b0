import { OutboundError, type OutboundFault } from '../contract/outbound.ts'

/** What OpenSSL and node:tls call the faults of a certificate or a handshake. */
const TLS = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|EPROTO$)|CERT/

const FAULTS: Readonly<Record<string, OutboundFault>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too-large'
}

/** What a failed call is to whoever made it. `target` tells operators which call it was. */
export function outboundFault (error: unknown, target: string): OutboundError {
  if (error instanceof OutboundError) return error
  const { code = '', message = '' } = error as { code?: string, message?: string }
  const fault = FAULTS[code] ?? (TLS.test(code) ? 'tls' : 'unreachable')
  // Node leaves the message out where several addresses were tried
  return new OutboundError(fault, `${target}: ${message || code || 'failed'}`, { cause: error })
}
