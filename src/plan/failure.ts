import { ERRORS, GatewayError, type ErrorCode } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import { isStream, type Reply } from '../contract/reply.ts'
import { problem } from '../contract/refuse.ts'
import type { Log } from '../contract/services.ts'

/** The reply that a thrown error becomes: an expected failure keeps its code; anything else is a bug of `filter`, logged with its stack and told to nobody else. */
export function failure (error: unknown, x: Exchange, code: ErrorCode, filter: string | null, log: Log): Reply {
  if (error instanceof GatewayError) return problem(error.code, x.id, error.message === ERRORS[error.code].title ? undefined : error.message)
  log.error({
    error, 'error.code': code, 'gatehouse.route': x.route?.id, ...filter !== null && { 'gatehouse.filter': filter }, 'http.request.id': x.id
  }, filter === null ? 'upstream call failed' : 'filter failed')
  return problem(code, x.id)
}

/** What a dispatch phase or an upstream gave. Throws where it is no reply: the next who looks at it must not be blamed. */
export function checkedReply (reply: Reply): Reply {
  if (typeof reply !== 'object' || reply === null || !('headers' in reply)) throw new TypeError('the call gave no reply')
  return reply
}

/** Lets go of a body that is still arriving where nobody will read it any more. What takes its place may read it, if it is a stream itself. */
export function letGo (body: Reply['body'], instead: Reply | null): void {
  if (!isStream(body) || body.ended || body === instead?.body || isStream(instead?.body ?? null)) return
  body.cancel(new GatewayError(instead?.code ?? 'GW_INTERNAL'))
}
