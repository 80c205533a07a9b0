import { ERRORS } from '../contract/errors.ts'
import { problem } from '../contract/refuse.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import type { Endpoint } from './endpoint.ts'
import type { CallOptions } from './call-options.ts'
import { announcedTrailers, sendWithTrailers } from './send-with-trailers.ts'
import { PunctualReply } from './punctual-reply.ts'
import { lostConnection, upstreamError } from './upstream-error.ts'
import { UpstreamReply } from './upstream-reply.ts'
import { upstreamRequest } from './upstream-request.ts'

/** Methods that can be sent once more without asking the client (RFC 9110 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/**
 * Asks one endpoint and resolves with its reply at the head; a failure becomes a problem reply with its code. A connection that
 * was lost before any answer is asked for once more when nothing can be done twice by that (RFC 9112 9.3.1): an upstream may
 * close an idle connection at the moment it is used.
 */
export function call (x: Exchange, endpoint: Endpoint, options: CallOptions, mayReplay = true): Promise<Reply> {
  if (x.aborted !== null) return Promise.resolve(failed(x, x.aborted))
  if (endpoint.full) return Promise.resolve(problem('GW_OVERLOADED', x.id, undefined, { 'retry-after': '1' }))
  return new Promise(resolve => {
    const settle = (error: Error | null): void => {
      if (error === null) resolve(reply)
      else if (mayReplay && replayable(x, error)) resolve(call(x, endpoint, options, false))
      else resolve(failed(x, error))
    }
    const trailers = x.body.present ? announcedTrailers(x) : null
    const reply = options.punctual && trailers === null ? new PunctualReply(x, settle, endpoint, options) : new UpstreamReply(x, settle, endpoint)
    x.attempt++
    x.endpoint = endpoint.origin
    x.onAbort(reply)
    endpoint.enter()
    try {
      send(x, endpoint, options, trailers, reply)
    } catch (error) {
      endpoint.leave()
      throw error
    }
  })
}

function send (x: Exchange, endpoint: Endpoint, options: CallOptions, trailers: string | null, reply: UpstreamReply): void {
  const { headMs, idleMs, forward, punctual } = options
  const request = upstreamRequest(x, endpoint.authority, forward, trailers === null ? x.body.outgoingLength : null)
  if (trailers !== null) return sendWithTrailers(x, endpoint, options, request, trailers, reply)
  const body = x.body.outgoing()
  if (punctual) (reply as PunctualReply).sends(body)
  endpoint.pool.dispatch({
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: body as never,
    upgrade: x.upgrade,
    headersTimeout: punctual ? 0 : headMs,
    bodyTimeout: punctual ? 0 : idleMs,
    ...endpoint.serverName !== null && { servername: endpoint.serverName }
  }, reply)
}

function replayable (x: Exchange, error: Error): boolean {
  return x.aborted === null && x.upgrade === null && IDEMPOTENT.has(x.method) && x.body.replayable && lostConnection(error)
}

function failed (x: Exchange, error: Error): Reply {
  const { code, message } = upstreamError(x.aborted ?? error)
  return problem(code, x.id, message === ERRORS[code].title ? undefined : message)
}
