import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import { problem } from '../contract/refuse.ts'
import { canonicalPath } from './canonical-path.ts'

const UNSAFE_QUERY = /[^\x21-\x7e]|#/

/**
 * Checks path and query again where a filter has changed them since they were `path` and `query`: a rewrite must not make what
 * the guard would have refused (edge-http.md 1.2). The refusal where it has, else null and the path in its canonical form.
 */
export function recheck (x: Exchange, path: string, query: string): Reply | null {
  if (x.path === path && x.query === query) return null
  // Not every room is compiled by TypeScript
  const canonical = x.path === path ? path : canonicalPath(String(x.path), false)?.path
  if (canonical === undefined || UNSAFE_QUERY.test(x.query)) return problem('GW_UNSAFE_PATH', x.id)
  x.path = canonical
  return null
}
