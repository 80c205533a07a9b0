import { isRecord } from '../../contract/is-record.ts'
import { Refusal } from '../../contract/identity.ts'
import type { Confirmation } from '../../contract/principal.ts'

/** A SHA-256 in base64url: 256 bits, the last two of 43 characters' 258 zero. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/

/** RFC 9449 6.1, RFC 8705 3.1. */
const METHODS: Readonly<Record<string, keyof Confirmation>> = { jkt: 'jkt', 'x5t#S256': 'x5tS256' }

/**
 * What `cnf` (RFC 7800 3.1) binds a token to; null where there is none. A way of confirmation that is not known here is refused, since whoever
 * holds the token would have it as if it were bound to nobody.
 */
export function bindingOf (cnf: unknown): Confirmation | null | Refusal {
  if (cnf === undefined) return null
  if (!isRecord(cnf)) return new Refusal('invalid-claim', 'cnf')
  const members = Object.entries(cnf)
  if (members.length === 0 || !members.every(([method]) => Object.hasOwn(METHODS, method))) return new Refusal('binding', 'cnf of an unknown kind')
  if (!members.every(([, value]) => typeof value === 'string' && THUMBPRINT.test(value))) return new Refusal('invalid-claim', 'cnf')
  return Object.freeze(Object.fromEntries(members.map(([method, value]) => [METHODS[method], value])))
}
