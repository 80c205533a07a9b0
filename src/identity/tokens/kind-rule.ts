import { claimReader } from '../../contract/claim-reader.ts'
import { Refusal } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { JsonObject } from '../../contract/is-record.ts'
import { mediaType } from './token-header.ts'
import type { ParsedToken } from './parse-token.ts'

/** Types that say a token is something else, whatever the route file lists (RFC 8725 3.11). */
const OTHER_KINDS: ReadonlySet<string> = new Set([
  'logout+jwt', 'dpop+jwt', 'passport+jwt', 'secevent+jwt', 'token-introspection+jwt', 'oauth-authz-req+jwt', 'client-authentication+jwt', 'entity-statement+jwt', 'kb+jwt',
  'vc+jwt', 'vp+jwt', 'jwk-set+jwt', 'jose', 'jose+json'
])

/** Whether tokens of a type, as the route file writes it, are never access tokens. */
export const isOtherKind = (type: string): boolean => OTHER_KINDS.has(mediaType(type))

/** What Keycloak writes into the claim `typ` of tokens that are none for an API. */
const OTHER_USES: ReadonlySet<unknown> = new Set(['ID', 'Refresh', 'Offline', 'Logout'])

/** Refuses what its issuer signed as something other than an access token; without that, a key would turn everything it ever signed into one. */
export function kindRule (config: IssuerConfig): (token: ParsedToken) => Refusal | null {
  const types = new Set(config.types.map(mediaType).filter(type => !OTHER_KINDS.has(type)))
  const looksLikeIdToken = idTokenShape(config)
  return ({ header, claims }) => {
    if (!types.has(header.typ ?? 'none')) return new Refusal('type', 'typ')
    if (header.typ === 'at+jwt') return null
    if (saysOtherUse(claims)) return new Refusal('type', 'made for another use')
    return looksLikeIdToken(claims) ? new Refusal('type', 'an ID token') : null
  }
}

/** `events`: a security event or logout token (RFC 8417 2.2). `token_use`: Amazon Cognito's word. */
const saysOtherUse = (claims: JsonObject): boolean =>
  claims.events !== undefined || OTHER_USES.has(claims.typ) || (claims.token_use !== undefined && claims.token_use !== 'access')

/**
 * RFC 9068 4 leaves it to `typ`; without one the claims must tell. A hash of another token is in ID tokens alone (OIDC Core 3.1.3.6, 3.3.2.11). A nonce, or the client among the
 * audiences, is in every other ID token; access tokens that have it too say scopes or `client_id` beside it.
 */
function idTokenShape (config: IssuerConfig): (claims: JsonObject) => boolean {
  const grants = ['scope', 'scp', 'client_id', config.claims.scopes, config.claims.client].filter(name => name !== 'azp').map(claimReader)
  return claims => {
    if (claims.at_hash !== undefined || claims.c_hash !== undefined || claims.s_hash !== undefined) return true
    if (grants.some(read => read(claims) !== undefined)) return false
    const { nonce, azp, aud } = claims
    return nonce !== undefined || (azp !== undefined && (Array.isArray(aud) ? aud.includes(azp) : aud === azp))
  }
}
