import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import { ERRORS, GatewayError, type ErrorCode } from '../contract/errors.ts'
import { problem } from '../contract/refuse.ts'
import { deliveryOf } from './delivery.ts'
import { lingerOn } from './linger.ts'

/** What node:http calls the fault -> what we call it. Anything else the parser refuses is malformed. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'GW_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'GW_BODY_TOO_LARGE',
  HPE_INVALID_VERSION: 'GW_HTTP_VERSION',
  HPE_INVALID_METHOD: 'GW_METHOD_NOT_IMPLEMENTED',
  HPE_INVALID_CONTENT_LENGTH: 'GW_BAD_FRAMING',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'GW_BAD_FRAMING',
  HPE_INVALID_EOF_STATE: 'GW_BAD_BODY',
  HPE_INVALID_TRANSFER_ENCODING: 'GW_BAD_FRAMING',
  HPE_INVALID_CHUNK_SIZE: 'GW_BAD_FRAMING',
  ERR_HTTP_REQUEST_TIMEOUT: 'GW_REQUEST_TIMEOUT'
}
/** What the beginning of a request must look like for the parser's word on it to be taken. */
const LINES: Partial<Record<ErrorCode, RegExp>> = {
  // A method that the parser does not know (RFC 9110 9.1); other bytes are no request at all.
  GW_METHOD_NOT_IMPLEMENTED: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64} \S+ HTTP\/1\.[01]\r\n/,
  // A version that is one; with other line ends the request is malformed in the first place.
  GW_HTTP_VERSION: /^\S+ \S+ HTTP\/\d+(?:\.\d+)?\r\n/,
  // A request line that does not end.
  GW_HEADERS_TOO_LARGE: /^[A-Z-]{3,20} [/*h][^\n]*$/
}

/** Faults of the socket, and of the parser with the packet they are in. */
export type ClientFault = Error & { readonly code?: string | undefined, readonly rawPacket?: Buffer | undefined, readonly bytesParsed?: number | undefined }
type Busy = Duplex & { _httpMessage?: ServerResponse | null }

/**
 * Answers bytes that the parser does not take for a request, and ends the connection. Gives the code of the answer; null where
 * there was none to give, because the exchange in progress answers for itself.
 */
export function clientError (error: ClientFault, socket: Duplex): ErrorCode | null {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return null
  }
  const res = (socket as Busy)._httpMessage
  // An end in the middle: of a body, where one is under way.
  const code = error.code === 'HPE_INVALID_EOF_STATE' && !res ? 'GW_BAD_REQUEST' : codeOf(error)
  if (res) {
    interrupt(res, code, socket as Socket)
    return null
  }
  respond(socket as Socket, code)
  return code
}

function respond (socket: Socket, code: ErrorCode): void {
  const { status } = ERRORS[code]
  const body = problem(code, '').body as string
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  lingerOn(socket)
}

/** A request that goes wrong in its body is refused; one that was whole before the fault gets its answer. */
function interrupt (res: ServerResponse, code: ErrorCode, socket: Socket): void {
  if (!res.req.complete) deliveryOf(res)?.abort(new GatewayError(code))
  else if (res.headersSent) res.once('finish', () => { lingerOn(socket) })
  else res.shouldKeepAlive = false
}

function codeOf ({ code = '', rawPacket, bytesParsed = Infinity }: ClientFault): ErrorCode {
  const known = CODES[code] ?? 'GW_BAD_REQUEST'
  const line = LINES[known]
  const sound = line === undefined || line.test(rawPacket?.toString('latin1', 0, Math.max(bytesParsed, 128)) ?? '')
  // The parser counts the target among the header bytes.
  if (known === 'GW_HEADERS_TOO_LARGE') return sound ? 'GW_TARGET_TOO_LONG' : known
  return sound ? known : 'GW_BAD_REQUEST'
}
