import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose'
import type { Context, Provider, TokenModel } from 'oidc-provider'
import { resourceInfo, resourceOf, type OidcErrors, type TestAudience } from './configuration.ts'

export const DIRECT_GRANT = 'urn:gatehouse:test:direct'
export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** What the grants need to know of the server at the moment. */
export interface GrantPolicy { readonly errors: OidcErrors, readonly audiences: Readonly<Record<string, TestAudience>>, readonly ttlS: number, keys(): readonly JWK[] }

/** A token of an account without its login, for tests that are not about logins. */
export function registerDirect (provider: Provider, policy: GrantPolicy): void {
  provider.registerGrantType(DIRECT_GRANT, async x => {
    const { subject, expires_in: expiresIn, jkt, certificate } = x.oidc.params
    const token = tokenOf(provider, policy, x, subject!, expiresIn === undefined ? policy.ttlS : Number(expiresIn))
    if (jkt !== undefined) token.setThumbprint('jkt', jkt)
    if (certificate !== undefined) token.setThumbprint('x5t', certificate)
    x.body = await answer(token)
  }, ['subject', 'scope', 'audience', 'jkt', 'certificate', 'expires_in'])
}

/** RFC 8693: an access token of this server for one of the same account at another audience, with no more scopes and no longer life. */
export function registerExchange (provider: Provider, policy: GrantPolicy): void {
  provider.registerGrantType(EXCHANGE_GRANT, async x => {
    const { subject_token: subjectToken, subject_token_type: type, audience, resource } = x.oidc.params
    if (type !== ACCESS_TOKEN) throw new policy.errors.InvalidRequest('subject_token_type must be an access token')
    if (audience === undefined && resource === undefined) throw new policy.errors.InvalidTarget('audience or resource is needed')
    const subject = await subjectOf(provider, policy, subjectToken ?? '')
    const asked = x.oidc.params['scope']?.split(' ') ?? subject.scopes
    const expiresIn = Math.max(1, Math.min(policy.ttlS, subject.exp - Math.floor(Date.now() / 1000)))
    const token = tokenOf(provider, policy, x, subject.accountId, expiresIn)
    token.scope = asked.filter(scope => subject.scopes.includes(scope)).join(' ') || undefined
    x.body = { ...await answer(token), issued_token_type: ACCESS_TOKEN }
  }, ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope', 'actor_token', 'actor_token_type'])
}

function tokenOf (provider: Provider, { errors, audiences }: GrantPolicy, { oidc: { client, params } }: Context, accountId: string, expiresIn: number): TokenModel {
  const token = new provider.AccessToken({ accountId, client, scope: params['scope'], expiresIn })
  const resource = params['resource'] ?? (params['audience'] === undefined ? undefined : resourceOf(params['audience']))
  if (resource !== undefined) token.resourceServer = new provider.ResourceServer(resource, resourceInfo(errors, audiences, resource))
  return token
}

const answer = async (token: TokenModel): Promise<object> =>
  ({ access_token: await token.save(), token_type: token.tokenType, expires_in: token.expiration, ...token.scope === undefined ? {} : { scope: token.scope } })

interface Subject { accountId: string, scopes: readonly string[], exp: number }

/** RFC 8693 2.2.2: whatever is wrong with the token is `invalid_request`. */
async function subjectOf (provider: Provider, { errors, keys }: GrantPolicy, token: string): Promise<Subject> {
  const opaque = await provider.AccessToken.find(token)
  if (opaque?.accountId !== undefined) return { accountId: opaque.accountId, scopes: opaque.scope?.split(' ') ?? [], exp: opaque.exp }
  try {
    decodeProtectedHeader(token)
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [...keys()].map(({ d, ...key }) => key) }), { issuer: provider.issuer, typ: 'at+jwt' })
    return { accountId: payload.sub!, scopes: String(payload['scope'] ?? '').split(' '), exp: payload.exp! }
  } catch {
    throw new errors.InvalidRequest('subject_token is not valid')
  }
}
