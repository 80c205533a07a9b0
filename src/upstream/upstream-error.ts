import { GatewayError, type ErrorCode } from '../contract/errors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'GW_CONNECT_TIMEOUT',
  ETIMEDOUT: 'GW_CONNECT_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'GW_HEAD_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'GW_IDLE_TIMEOUT',
  ECONNREFUSED: 'GW_UPSTREAM_UNREACHABLE',
  EHOSTUNREACH: 'GW_UPSTREAM_UNREACHABLE',
  ENETUNREACH: 'GW_UPSTREAM_UNREACHABLE',
  EADDRNOTAVAIL: 'GW_UPSTREAM_UNREACHABLE',
  ENOTFOUND: 'GW_UPSTREAM_UNREACHABLE',
  EAI_AGAIN: 'GW_UPSTREAM_UNREACHABLE',
  UND_ERR_SOCKET: 'GW_UPSTREAM_RESET',
  ECONNRESET: 'GW_UPSTREAM_RESET',
  EPIPE: 'GW_UPSTREAM_RESET',
  // What a client sends may come back in the head of the answer: more than we take of it is no fault of upstream
  UND_ERR_HEADERS_OVERFLOW: 'GW_REPLY_TOO_LARGE',
  HPE_HEADER_OVERFLOW: 'GW_REPLY_TOO_LARGE',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'GW_UPSTREAM_PROTOCOL',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'GW_BAD_BODY',
  UND_ERR_DESTROYED: 'GW_STOPPING',
  UND_ERR_CLOSED: 'GW_STOPPING'
}

/** What OpenSSL and node:tls call the faults of a certificate or a handshake. */
const TLS = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|EPROTO$)|CERT/

/**
 * What a failed call is to the client. Faults that a client's request caused (UND_ERR_INVALID_*) are the gateway's,
 * never the upstream's, so that nobody can open a breaker from outside (edge-http.md 1.3, 8).
 */
export function upstreamError (error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  // undici's parser leaves its code out.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name === 'HTTPParserError' ? 'HPE_' : ''
  return new GatewayError(CODES[code] ?? family(code), undefined, { cause: error })
}

function family (code: string): ErrorCode {
  if (code.startsWith('HPE_')) return 'GW_UPSTREAM_PROTOCOL'
  if (TLS.test(code)) return 'GW_UPSTREAM_TLS'
  return code.startsWith('UND_ERR_INVALID') || code === 'UND_ERR_NOT_SUPPORTED' ? 'GW_BAD_REQUEST' : 'GW_UPSTREAM_RESET'
}

/** Whether the connection was lost before anything of an answer: an idle connection that upstream had just closed looks so. */
export function lostConnection (error: Error): boolean {
  return upstreamError(error).code === 'GW_UPSTREAM_RESET' && hadServed(error)
}

/** A connection that has brought nothing yet was not closed because it was idle: asking again would ask a failing upstream twice. */
function hadServed (error: Error & { served?: boolean, socket?: { bytesRead?: number } | null }): boolean {
  return error.served ?? (error.socket?.bytesRead ?? 1) > 0
}
