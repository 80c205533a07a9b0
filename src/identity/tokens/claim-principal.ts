import { claimReader } from '../../contract/claim-reader.ts'
import { Refusal, type Verdict } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import { principal } from '../../contract/principal.ts'
import { bindingOf } from './token-binding.ts'
import { severalFactors } from '../../contract/several-factors.ts'
import type { JsonObject } from '../../contract/is-record.ts'
import { endMs } from './time-rule.ts'

/** Who the claims of a verified token say is calling; refused where they name nobody, or bind the token in a way that cannot be checked. */
export function principalOf (config: Pick<IssuerConfig, 'claims' | 'maxAge'>, issuer: string, claims: JsonObject, token: string): Verdict {
  const names = config.claims
  const client = clientOf(names, claims)
  const subject = textAt(claims, names.subject) ?? client
  if (subject === null) return new Refusal('missing-claim', 'no subject')
  const confirmation = bindingOf(claims.cnf)
  if (confirmation instanceof Refusal) return confirmation
  return principal({
    subject,
    issuer,
    client,
    scopes: scopesAt(claims, names.scopes),
    roles: wordsOf(claimReader(names.roles)(claims)),
    tenant: textAt(claims, names.tenant),
    level: confirmation !== null || severalFactors(claims) ? 3 : 2,
    source: 'jwt',
    claims,
    expiresAt: endMs(config, claims),
    confirmation,
    token
  })
}

/** The client a token was made for (RFC 9068 2.2); `azp` (OIDC Core 2) where its issuer writes that. */
export function clientOf (names: IssuerConfig['claims'], claims: JsonObject): string | null {
  return textAt(claims, names.client) ?? textAt(claims, 'azp')
}

/** Text that says something; null for everything else. */
function textAt (claims: JsonObject, name: string): string | null {
  const value = claimReader(name)(claims)
  return typeof value === 'string' && value !== '' ? value : null
}

/** A scope has no spaces (RFC 6749 3.3): one with spaces in a list would be several further on. */
function scopesAt (claims: JsonObject, name: string): readonly string[] {
  const value = claimReader(name)(claims) ?? claims.scp
  return Object.freeze(wordsOf(value).filter(scope => !scope.includes(' ')))
}

/** Words of a text, or the texts of a list, each once. */
function wordsOf (value: unknown): readonly string[] {
  const items: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return Object.freeze([...new Set(items.filter(item => typeof item === 'string' && item !== ''))] as string[])
}
