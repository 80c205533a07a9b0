import { claimReader } from '../../contract/claim-reader.ts'
import { Refusal } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import { clientOf } from './claim-principal.ts'
import type { JsonObject } from '../../contract/is-record.ts'
import { timeRule } from './time-rule.ts'

type Rule = (claims: JsonObject, nowMs: number) => Refusal | null

/** Everything that an issuer's configuration asks of the claims of a token (RFC 7519 4.1, RFC 8725 3.8 to 3.10, RFC 9068 4). */
export function claimRules (config: IssuerConfig): Rule {
  const rules = [issuerRule(config), requiredRule(config), audienceRule(config), timeRule(config), clientRule(config)]
  return (claims, nowMs) => {
    for (const rule of rules) {
      const refusal = rule(claims, nowMs)
      if (refusal !== null) return refusal
    }
    return null
  }
}

/** To the letter, always: no slash, case or list is the same issuer. */
function issuerRule ({ issuer }: IssuerConfig): Rule {
  return claims => claims.iss === issuer ? null : new Refusal('unknown-issuer')
}

function requiredRule ({ requiredClaims }: IssuerConfig): Rule {
  const required = requiredClaims.map(claimReader)
  return claims => {
    const missing = required.findIndex(read => (read(claims) ?? null) === null)
    if (missing !== -1) return new Refusal('missing-claim', requiredClaims[missing])
    return claims.sub === undefined || isText(claims.sub) ? null : new Refusal('invalid-claim', 'sub')
  }
}

/** Text or a list of texts (RFC 7519 4.1.3), one of them ours to the letter. */
function audienceRule ({ audiences }: IssuerConfig): Rule {
  const ours = new Set(audiences)
  return ({ aud }) => {
    if (aud === undefined) return null
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    if (!named.every(isText)) return new Refusal('invalid-claim', 'aud')
    return named.some(audience => ours.has(audience)) ? null : new Refusal('audience')
  }
}

function clientRule ({ clients, claims: names }: IssuerConfig): Rule {
  if (clients === undefined) return () => null
  const allowed = new Set(clients)
  return claims => allowed.has(clientOf(names, claims) ?? '') ? null : new Refusal('client')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
