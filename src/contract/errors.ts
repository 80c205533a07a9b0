/** Every error a client can get from the gateway itself: code -> status (RFC 9110 15) and title (RFC 9457 3.1.4). */
export const ERRORS = {
  GW_BAD_REQUEST: { status: 400, title: 'The request is malformed' },
  GW_BAD_FRAMING: { status: 400, title: 'The length of the request body is ambiguous' },
  GW_BAD_HOST: { status: 400, title: 'The Host header is missing, repeated or malformed' },
  GW_BAD_TARGET: { status: 400, title: 'The request target is malformed' },
  GW_UNSAFE_PATH: { status: 400, title: 'The request path could be understood in more than one way' },
  GW_BAD_HEADER: { status: 400, title: 'A request header is not acceptable' },
  GW_BAD_BODY: { status: 400, title: 'The request body could not be read' },
  GW_BAD_CREDENTIALS: { status: 400, title: 'The request carries credentials in more than one way' },
  GW_LOGIN_FAILED: { status: 400, title: 'The login could not be completed' },
  GW_UNAUTHENTICATED: { status: 401, title: 'The request needs valid credentials' },
  GW_INSUFFICIENT_SCOPE: { status: 403, title: 'The credentials do not reach that far' },
  GW_FORBIDDEN: { status: 403, title: 'The request is not allowed' },
  GW_CORS_REFUSED: { status: 403, title: 'The origin, method or header is not allowed' },
  GW_NO_ROUTE: { status: 404, title: 'No route matches the request' },
  GW_METHOD_NOT_SUPPORTED: { status: 405, title: 'The gateway does not serve this method' },
  GW_REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  GW_BODY_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  GW_TARGET_TOO_LONG: { status: 414, title: 'The request target is too long' },
  GW_MEDIA_TYPE_REFUSED: { status: 415, title: 'The content type is not accepted' },
  GW_EXPECTATION_FAILED: { status: 417, title: 'The expectation is not supported' },
  GW_RATE_LIMITED: { status: 429, title: 'Too many requests' },
  GW_HEADERS_TOO_LARGE: { status: 431, title: 'The request headers are too large' },
  GW_CLIENT_GONE: { status: 499, title: 'The client went away before it had its answer' },
  GW_INTERNAL: { status: 500, title: 'The gateway failed' },
  GW_FILTER_FAILED: { status: 500, title: 'A filter of the route failed' },
  GW_PREDICATE_FAILED: { status: 500, title: 'A predicate of the route failed' },
  GW_EXPRESSION_FAILED: { status: 500, title: 'An expression of the route failed' },
  GW_ROUTE_INVALID: { status: 500, title: 'The route has no valid upstream' },
  GW_METHOD_NOT_IMPLEMENTED: { status: 501, title: 'The gateway does not implement this method' },
  GW_UPSTREAM_UNREACHABLE: { status: 502, title: 'The upstream could not be reached' },
  GW_UPSTREAM_RESET: { status: 502, title: 'The upstream closed the connection before it answered' },
  GW_UPSTREAM_PROTOCOL: { status: 502, title: 'The upstream answered with something that is not HTTP' },
  GW_UPSTREAM_TLS: { status: 502, title: 'The upstream could not be trusted' },
  GW_REPLY_TOO_LARGE: { status: 502, title: 'The upstream answer is too large for this route' },
  GW_BAD_REPLY_BODY: { status: 502, title: 'The upstream answer could not be read' },
  GW_IDENTITY_UNAVAILABLE: { status: 503, title: 'The credentials cannot be checked at the moment' },
  GW_TOKEN_UNAVAILABLE: { status: 503, title: 'No credentials for the upstream can be had at the moment' },
  GW_RATE_LIMIT_UNAVAILABLE: { status: 503, title: 'The rate limit cannot be checked at the moment' },
  GW_CIRCUIT_OPEN: { status: 503, title: 'The upstream is given time to recover' },
  GW_CONCURRENCY_LIMITED: { status: 503, title: 'Too many requests of this kind are in progress' },
  GW_LOAD_SHED: { status: 503, title: 'The gateway has more to do than it can' },
  GW_FAULT_INJECTED: { status: 503, title: 'The gateway was told to fail' },
  GW_OVERLOADED: { status: 503, title: 'The gateway has no capacity for the request' },
  GW_STOPPING: { status: 503, title: 'The gateway is stopping' },
  GW_NO_ENDPOINT: { status: 503, title: 'The upstream has no endpoint to ask' },
  GW_CONNECT_TIMEOUT: { status: 504, title: 'The upstream did not accept the connection in time' },
  GW_HEAD_TIMEOUT: { status: 504, title: 'The upstream did not begin its answer in time' },
  GW_NO_SNAPSHOT: { status: 504, title: 'There is no snapshot of the live call' },
  GW_IDLE_TIMEOUT: { status: 504, title: 'The upstream stopped sending its answer' },
  GW_TOTAL_TIMEOUT: { status: 504, title: 'The upstream did not finish its answer in time' },
  GW_HTTP_VERSION: { status: 505, title: 'The HTTP version is not supported' },
  GW_FORWARD_LOOP: { status: 508, title: 'The request was sent on in circles' }
} as const satisfies Record<string, { status: number, title: string }>

export type ErrorCode = keyof typeof ERRORS

/** The error an expected failure deep inside is thrown as, where no reply can be set: it becomes `problem(code)`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode

  constructor (code: ErrorCode, detail: string = ERRORS[code].title, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
