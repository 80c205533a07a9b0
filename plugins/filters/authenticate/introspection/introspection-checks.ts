import { Refusal } from '../../../../src/contract/index.ts'
import { textOf, timeOf, wordsOf, type Members } from './introspection-claims.ts'

/** What an active token must be beside active. */
export interface Expected { readonly issuer: string, readonly audiences: readonly string[] | null, readonly clients: readonly string[] | null }

/** Access tokens say one of these where they say anything; a refresh or ID token is none, however active. */
const TYPES: ReadonlySet<string> = new Set(['bearer', 'dpop', 'at+jwt', 'jwt'])

/** How far the clock of the issuer may be ahead. */
const SKEW_MS = 30_000

/** Why an introspected token is not accepted at this time (RFC 7662 2.2, 4); null where it is. */
export function unacceptable (members: Members, { issuer, audiences, clients }: Expected, now: number): Refusal | null {
  // The boolean and nothing like it
  if (members['active'] !== true) return new Refusal('inactive')
  return wrongIssuer(members, issuer) ?? wrongAudience(members, audiences) ?? wrongClient(members, clients) ?? wrongType(members, 'token_type') ?? wrongType(members, 'typ') ?? wrongTime(members, now)
}

function wrongIssuer ({ iss }: Members, issuer: string): Refusal | null {
  return iss === undefined || iss === issuer ? null : new Refusal('unknown-issuer')
}

function wrongAudience ({ aud }: Members, audiences: readonly string[] | null): Refusal | null {
  if (audiences === null) return null
  // One text is one audience: a space in it separates nothing (RFC 7519 4.1.3)
  const meant = typeof aud === 'string' ? [aud] : wordsOf(aud, 'aud')
  if (meant instanceof Refusal) return meant
  return meant.some(audience => audiences.includes(audience)) ? null : new Refusal('audience')
}

function wrongClient ({ client_id: client }: Members, clients: readonly string[] | null): Refusal | null {
  return clients === null || (typeof client === 'string' && clients.includes(client)) ? null : new Refusal('client')
}

function wrongType (members: Members, name: string): Refusal | null {
  const type = textOf(members[name], name)
  if (type === null || type instanceof Refusal) return type
  return TYPES.has(type.toLowerCase()) ? null : new Refusal('type', name)
}

function wrongTime (members: Members, now: number): Refusal | null {
  const [expires, notBefore, issued] = [timeOf(members['exp'], 'exp'), timeOf(members['nbf'], 'nbf'), timeOf(members['iat'], 'iat')]
  for (const time of [expires, notBefore, issued]) if (time instanceof Refusal) return time
  if (expires !== null && Number(expires) <= now) return new Refusal('expired')
  return Math.max(Number(notBefore), Number(issued)) > now + SKEW_MS ? new Refusal('not-yet-valid') : null
}
