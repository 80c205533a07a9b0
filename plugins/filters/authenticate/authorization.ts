import { queryValues, Refusal, type Exchange } from '../../../src/contract/index.ts'

/** The Authorization field, taken apart (RFC 9110 11.4, 11.6.2). */
export interface Authorization {
  /** Lower case. */
  readonly scheme: string
  /** What follows the scheme: token68 or parameters, as sent. '' where nothing does. A secret. */
  readonly credentials: string
}

const SCHEME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/
const REPEATED = new Refusal('repeated', 'more than one Authorization line')
const MALFORMED = new Refusal('malformed', 'Authorization')
const NO_TOKEN = new Refusal('malformed', 'a scheme without a token')
const TWO_METHODS = new Refusal('repeated', 'a token in Authorization and one in the query')
const SPACE = 32

/** The one Authorization line of a request; null where there is none, a Refusal where it is not one scheme and its credentials. */
export function authorization ({ headers: { flat } }: Exchange): Authorization | Refusal | null {
  let line: string | undefined
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== 'authorization') continue
    // The guard lets no second line in, but a filter before this one may have added one
    if (line !== undefined) return REPEATED
    line = flat[i + 1]!
  }
  return line === undefined ? null : parse(line)
}

function parse (line: string): Authorization | Refusal {
  let at = line.indexOf(' ')
  const scheme = at < 0 ? line : line.slice(0, at)
  if (!SCHEME.test(scheme)) return MALFORMED
  while (line.charCodeAt(at) === SPACE) at++
  return { scheme: scheme.toLowerCase(), credentials: at < 0 ? '' : line.slice(at) }
}

/**
 * The access token under one scheme (`bearer`, `dpop`); undefined where the field is absent or has another scheme. Who takes it
 * checks what it looks like (`isToken68`, or the verifier). A second one in the query makes the request ambiguous (RFC 6750 2).
 */
export function accessToken (x: Exchange, authorization: Authorization | Refusal | null, scheme: string): string | Refusal | undefined {
  if (authorization === null || authorization instanceof Refusal) return authorization ?? undefined
  if (authorization.scheme !== scheme) return undefined
  if (authorization.credentials === '') return NO_TOKEN
  return hasQueryToken(x.query) ? TWO_METHODS : authorization.credentials
}

/** The name may be percent-encoded; where nothing is and it does not stand there, nothing need be taken apart. */
const hasQueryToken = (query: string): boolean =>
  query !== '' && (query.includes('%') || query.includes(QUERY_TOKEN)) && queryValues(query, QUERY_TOKEN).length > 0

const QUERY_TOKEN = 'access_token'

/** Takes the Authorization field out of the request where it has this scheme. */
export function dropAuthorization (x: Exchange, authorization: Authorization | Refusal | null, scheme: string): void {
  if (authorization !== null && !(authorization instanceof Refusal) && authorization.scheme === scheme) x.headers.delete('authorization')
}

/** RFC 9110 11.2; also the `b64token` of RFC 6750 2.1. */
export const isToken68 = (text: string): boolean => TOKEN68.test(text)

/** Whether a token looks like a JWT (RFC 7515 3.1: three parts, the first a JSON object), and so is none of introspection's where both are used. */
export function isJwtShaped (token: string): boolean {
  if (!token.startsWith('ey')) return false
  const second = token.indexOf('.', token.indexOf('.') + 1)
  return second > 0 && !token.includes('.', second + 1)
}
