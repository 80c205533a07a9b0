import { ERRORS, type ErrorCode } from './errors.ts'
import type { Exchange } from './exchange.ts'
import type { Reply } from './reply.ts'
import { HeaderList } from './header-list.ts'

/**
 * Ends the exchange with a reply from the catalogue, RFC 9457 problem+json. `detail` goes to the client: no secret, no
 * address, no value of anybody else. Further headers (`retry-after`, `allow`) can be given.
 */
export function refuse (x: Exchange, code: ErrorCode, detail?: string, headers: Readonly<Record<string, string>> = {}): void {
  x.reply = problem(code, x.id, detail, headers)
}

/** The reply `refuse` sets, for a dispatch phase that must return one. `instance` is the request id. */
export function problem (code: ErrorCode, instance: string, detail?: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const { status, title } = ERRORS[code]
  const body = JSON.stringify({ type: `urn:gatehouse:error:${code}`, title, status, code, instance, detail })
  const list = HeaderList.from({ 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers })
  return { status, headers: list, body, code, trailers: null }
}
