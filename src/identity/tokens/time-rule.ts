import { Refusal } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { JsonObject } from '../../contract/is-record.ts'

/** The last that a Date can say, in seconds. */
const LAST_SECOND = 8_640_000_000_000

/** Holds a token to `exp`, `nbf`, `iat` (RFC 7519 4.1.4 to 4.1.6) and the greatest age. */
export function timeRule ({ clockSkew: skewMs, maxAge: maxAgeMs }: Pick<IssuerConfig, 'clockSkew' | 'maxAge'>): (claims: JsonObject, nowMs: number) => Refusal | null {
  return (claims, nowMs) => {
    const [exp = Infinity, nbf = 0, iat = 0] = [dateMs(claims.exp), dateMs(claims.nbf), dateMs(claims.iat)]
    if (Number.isNaN(exp + nbf + iat)) return new Refusal('invalid-claim', 'no NumericDate')
    if (nowMs >= exp + skewMs) return new Refusal('expired')
    if (nowMs < Math.max(nbf, iat) - skewMs) return new Refusal('not-yet-valid')
    if (maxAgeMs === undefined) return null
    if (claims.iat === undefined) return new Refusal('missing-claim', 'iat')
    return nowMs >= iat + maxAgeMs + skewMs ? new Refusal('too-old') : null
  }
}

/** When a token that passed ends, by what it says and by the greatest age, in milliseconds since the epoch. */
export function endMs ({ maxAge: maxAgeMs = Infinity }: Pick<IssuerConfig, 'maxAge'>, { exp, iat }: JsonObject): number {
  return Math.min(dateMs(exp) ?? Infinity, (dateMs(iat) ?? 0) + maxAgeMs)
}

/** A NumericDate (RFC 7519 2) in milliseconds; undefined where there is none, NaN where it is not one. */
function dateMs (value: unknown): number | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' && value >= 0 && value <= LAST_SECOND ? value * 1000 : NaN
}
