import type { ErrorCode } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { refuse } from './refuse.ts'

/** One challenge of WWW-Authenticate (RFC 9110 11.6.1): the scheme and its parameters, values as quoted strings. */
export function challenge (scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  return given.length === 0 ? scheme : `${scheme} ${given.map(([name, value]) => `${name}="${quoted(value!)}"`).join(', ')}`
}

/** RFC 9110 5.6.4, less what no value of ours needs. */
const quoted = (value: string): string => value.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')

/**
 * Refuses with WWW-Authenticate (RFC 6750 3) and tells the reason to the access log alone: what is wrong with a credential is
 * nothing that whoever sent it need know beyond the standard codes. Without challenges where other credentials would not help. Further headers can be given.
 */
export function refuseCaller (x: Exchange, code: ErrorCode, reason: string, challenges = '', headers: Readonly<Record<string, string>> = {}): void {
  x.reason = reason
  refuse(x, code, undefined, challenges === '' ? headers : { ...headers, 'www-authenticate': challenges })
}
