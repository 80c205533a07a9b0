import { Refusal } from '../../contract/identity.ts'
import { ASYMMETRIC, SYMMETRIC } from '../../contract/issuers.ts'
import type { JsonObject } from '../../contract/is-record.ts'

/** What the JOSE header of a token says that is any use here (RFC 7515 4.1). */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string | null
  /** In lower case and without `application/` (RFC 7515 4.1.9); null where there is none. */
  readonly typ: string | null
}

const ALGORITHMS: ReadonlySet<unknown> = new Set([...ASYMMETRIC, ...SYMMETRIC])

/**
 * Reads a header, or says why no token of ours has such a one. `jku`, `x5u`, `x5c`, `x5t` are never looked at (RFC 8725 3.10, RFC 7515 4): keys come from the issuer alone, and honest
 * issuers send them (SAP's and Cloud Foundry's UAA put `jku` into every token). A `jwk` is refused: a token that is checked by the key in it proves nothing, and what
 * carries one in OAuth is a DPoP proof (RFC 9449 4.2).
 */
export function tokenHeader (header: JsonObject): TokenHeader | Refusal {
  const { alg, kid, typ } = header
  if (!ALGORITHMS.has(alg)) return new Refusal('algorithm', 'no signature algorithm')
  const fault = extension(header)
  if (fault !== null) return fault
  if (!isKid(kid)) return new Refusal('malformed', 'kid')
  if (typ !== undefined && typeof typ !== 'string') return new Refusal('malformed', 'typ')
  return { alg: alg as string, kid: kid ?? null, typ: typ === undefined ? null : mediaType(typ) }
}

/** A media type as headers and route files write it, for comparison. */
export const mediaType = (text: string): string => text.toLowerCase().replace(/^application\//, '')

/** Members that change what a token means. */
function extension (header: JsonObject): Refusal | null {
  // We know no extension, and without `crit` nobody may use this one (RFC 7515 4.1.11, RFC 7797 6)
  if (header.crit !== undefined) return new Refusal('critical', 'crit')
  if (header.b64 !== undefined && header.b64 !== true) return new Refusal('critical', 'b64')
  // Those of encryption (RFC 7516 4.1): a signed token has no use for them
  if (header.zip !== undefined || header.enc !== undefined) return new Refusal('malformed', 'encryption')
  if (header.jwk !== undefined) return new Refusal('unknown-key', 'brings its own key')
  // `JWT` would be a token in a token (RFC 7519 5.2); claims are JSON, whatever else this says
  if (header.cty !== undefined && (typeof header.cty !== 'string' || mediaType(header.cty) !== 'json')) return new Refusal('type', 'cty')
  return null
}

/** Bounded and printable, whatever it is then looked up in (RFC 8725 3.10). */
const isKid = (kid: unknown): kid is string | undefined => kid === undefined || (typeof kid === 'string' && /^\P{Cc}{1,256}$/u.test(kid))
