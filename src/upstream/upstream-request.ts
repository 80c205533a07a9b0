import type { Exchange } from '../contract/exchange.ts'
import { WRITTEN_FIELDS, type Forwarder } from './forwarded.ts'

/** The head of a request as it goes upstream. `headers` is name, value, name, value. */
export interface UpstreamRequest { readonly method: string, readonly path: string, readonly headers: string[] }

/**
 * Makes the head of the request for an endpoint: the fields of the exchange, Host, what the endpoint is told of the client, the
 * request id and the length. Everything that ends at this hop was left behind by the guard.
 */
export function upstreamRequest (x: Exchange, authority: string, forward: Forwarder, bodyLength: number | null): UpstreamRequest {
  const { flat } = x.headers
  const headers = ['host', x.upstreamHost ?? authority]
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    if (mayBeOurs(name.charCodeAt(0)) && WRITTEN_FIELDS.has(name)) continue
    headers.push(name, flat[i + 1]!)
  }
  forward(x, headers)
  headers.push('x-request-id', x.id)
  if (bodyLength !== null) headers.push('content-length', String(bodyLength))
  return { method: x.method, path: x.query === '' ? x.path : `${x.path}?${x.query}`, headers }
}

/** Only `x` and `f` begin the names the gateway writes: one comparison spares the others the look-up. */
const mayBeOurs = (letter: number): boolean => letter === 120 || letter === 102
