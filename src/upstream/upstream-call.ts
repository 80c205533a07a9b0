import { admits, enterGates } from '../contract/call-gate.ts'
import type { CallWatcher } from '../contract/call-watcher.ts'
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
 * close an idle connection at the moment it is used. Each of the two is a call of its own to the gates and to `watcher`, who hears
 * how the call to this endpoint went.
 */
export function call (x: Exchange, endpoint: Endpoint, options: CallOptions, watcher: CallWatcher | null = null, mayReplay = true): Promise<Reply> {
  if (x.aborted !== null) return Promise.resolve(failed(x, x.aborted))
  if (endpoint.full) return Promise.resolve(problem('GW_OVERLOADED', x.id, undefined, { 'retry-after': '1' }))
  const watchers = x.gates === null ? null : enterGates(x, endpoint.origin)
  if (watchers === null && x.gates !== null) return Promise.resolve(problem('GW_CIRCUIT_OPEN', x.id))
  return new Promise(resolve => {
    const settle = (error: Error | null): void => {
      if (error === null) resolve(reply)
      else if (mayReplay && replayable(x, endpoint, error)) resolve(call(x, endpoint, options, watcher, false))
      else resolve(failed(x, error))
    }
    const trailers = x.body.present ? announcedTrailers(x) : null
    const reply = options.punctual && trailers === null ? new PunctualReply(x, settle, endpoint, options) : new UpstreamReply(x, settle, endpoint)
    if (watcher !== null || watchers !== null) reply.watch(watcher, watchers)
    x.attempt++
    x.endpoint = endpoint.origin
    x.onAbort(reply)
    endpoint.enter()
    try {
      send(x, endpoint, options, trailers, reply)
    } catch (error) {
      reply.drop(error as Error)
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

/** Where there is no room for it, or a gate is closed by now, what happened is the better answer. */
function replayable (x: Exchange, endpoint: Endpoint, error: Error): boolean {
  return lostConnection(error) && repeatable(x) && !endpoint.full && admits(x, endpoint.origin)
}

const repeatable = ({ aborted, upgrade, method, body }: Exchange): boolean => aborted === null && upgrade === null && IDEMPOTENT.has(method) && body.replayable

function failed (x: Exchange, error: Error): Reply {
  const { code, message } = upstreamError(x.aborted ?? error)
  return problem(code, x.id, message === ERRORS[code].title ? undefined : message)
}
