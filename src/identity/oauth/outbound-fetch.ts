import type { CustomFetch } from 'openid-client'
import type { Outbound } from '../../contract/outbound.ts'

const TIMEOUT_MS = 5000
const MAX_BYTES = 256 * 1024
const WITHOUT_BODY = new Set([204, 205, 304])

/** openid-client's way out: bounded in time and size, and to nobody an answer points to. */
export function outboundFetch (outbound: Outbound, ca: string | undefined): CustomFetch {
  return async (url, { method, headers, body }) => {
    const reply = await outbound.ask({
      url, method, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ca, ...body === null || body === undefined ? {} : { body: String(body) }
    })
    return new Response(WITHOUT_BODY.has(reply.status) ? null : new Uint8Array(reply.body), { status: reply.status, headers: reply.headers })
  }
}
