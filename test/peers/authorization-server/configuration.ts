import type { JsonWebKey } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, errors, Provider, ResourceServerInfo } from 'oidc-provider'

export type OidcErrors = typeof errors

/** What the issuer may be asked for a token for: `aud`, and the scopes it knows there. */
export interface TestAudience { scopes?: readonly string[], format?: 'jwt' | 'opaque', algorithm?: 'RS256' | 'ES256' | 'EdDSA' }

/** Claims of one account. */
export type TestAccount = Readonly<Record<string, unknown>>

/** A client, in the words of OpenID Connect Dynamic Client Registration 2. Everything has a default. */
export interface TestClient {
  client_id: string
  client_secret?: string
  redirect_uris?: readonly string[]
  post_logout_redirect_uris?: readonly string[]
  backchannel_logout_uri?: string
  token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post' | 'none'
  [further: string]: unknown
}

export interface AuthorizationServerOptions {
  /** Default: `orders` (JWT), `billing` (JWT), `legacy` (opaque); scopes read, write, orders.read, orders.write at each. */
  audiences?: Readonly<Record<string, TestAudience>>
  /** The audience of who asks for none, e.g. of the tokens of a login. By default such a token is opaque and has no audience. */
  defaultAudience?: string
  /** Default: `gateway` with secret GATEWAY_SECRET. */
  clients?: readonly TestClient[]
  /** Default: alice and bob. */
  accounts?: Readonly<Record<string, TestAccount>>
  /** Seconds. */
  ttl?: { accessToken?: number, idToken?: number, refreshToken?: number }
  /** Private JWKs instead of new ones (RS256, ES256, EdDSA). The first that fits signs. */
  keys?: readonly JsonWebKey[]
  /** Name in the issuer's URL: `localhost` makes it another site for browsers than 127.0.0.1. */
  hostname?: string
  /** PEM: the issuer speaks https. `ca`: who vouches for the certificate, where it is not its own. */
  tls?: { key: string, cert: string, ca?: string }
  /** Sees each request first; true where it has answered in the server's place. */
  intercept?: (req: IncomingMessage, res: ServerResponse) => boolean
}

export const ACCOUNTS: Readonly<Record<string, TestAccount>> = {
  alice: { roles: ['admin', 'clerk'], tenant: 'acme', email: 'alice@example.com', name: 'Alice Ångström' },
  bob: { roles: ['clerk'], tenant: 'globex', email: 'bob@example.com', name: 'Bob' }
}
const SCOPES = ['read', 'write', 'orders.read', 'orders.write']
export const AUDIENCES: Readonly<Record<string, TestAudience>> = { orders: {}, billing: {}, legacy: { format: 'opaque' } }
/** The resource indicator (RFC 8707) of an audience that is no URI itself. */
export const resourceOf = (audience: string): string => URL.canParse(audience) ? audience : `urn:audience:${audience}`

/** oidc-provider's configuration, but for keys and clients. */
export function configuration (errors: OidcErrors, { audiences = AUDIENCES, accounts = ACCOUNTS, defaultAudience, ttl = {} }: AuthorizationServerOptions): Record<string, unknown> {
  return {
    scopes: ['openid', 'offline_access', 'profile', 'email', ...SCOPES, ...Object.values(audiences).flatMap(({ scopes = [] }) => scopes)],
    claims: { openid: ['sub', 'roles', 'tenant'], profile: ['name'], email: ['email'] },
    conformIdTokenClaims: false,
    // The package refuses to talk to loopback; the gateway's back-channel endpoint is there
    fetch: (url: string, { dispatcher, ...init }: RequestInit & { dispatcher?: unknown }) => fetch(url, init),
    findAccount: (_x: unknown, accountId: string) => Object.hasOwn(accounts, accountId) ? { accountId, claims: () => ({ sub: accountId, ...accounts[accountId] }) } : undefined,
    extraTokenClaims: (_x: unknown, { accountId }: { accountId?: string }) => {
      if (accountId === undefined || !Object.hasOwn(accounts, accountId)) return undefined
      const { roles, tenant } = accounts[accountId]!
      return { roles, tenant }
    },
    loadExistingGrant,
    rotateRefreshToken: true,
    issueRefreshToken: (_x: unknown, client: { grantTypeAllowed(name: string): boolean }) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    pkce: { required: () => true },
    ttl: { AccessToken: ttl.accessToken ?? 300, ClientCredentials: ttl.accessToken ?? 300, IdToken: ttl.idToken ?? 300, RefreshToken: ttl.refreshToken ?? 3600, AuthorizationCode: 60, Interaction: 600, Session: 3600, Grant: 3600 },
    renderError: (x: Context, out: object) => { x.body = out },
    features: features(errors, audiences, defaultAudience)
  }
}

const features = (errors: OidcErrors, audiences: Readonly<Record<string, TestAudience>>, defaultAudience: string | undefined) => ({
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  introspection: { enabled: true, allowedPolicy: () => true },
  revocation: { enabled: true },
  dPoP: { enabled: true },
  backchannelLogout: { enabled: true },
  rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource: (x: Context) => { x.body = 'logged out' } },
  mTLS: { enabled: true, certificateBoundAccessTokens: true, getCertificate: clientCertificate },
  resourceIndicators: {
    enabled: true,
    useGrantedResource: () => true,
    defaultResource: (x: Context, _client: unknown, oneOf?: readonly string[]) => {
      const audience = x.oidc.body?.['audience'] ?? defaultAudience
      return oneOf?.[0] ?? (audience === undefined ? undefined : resourceOf(audience))
    },
    getResourceServerInfo: (_x: unknown, resource: string) => resourceInfo(errors, audiences, resource)
  }
})

/** What is known of an audience, by its resource indicator. */
export function resourceInfo (errors: OidcErrors, audiences: Readonly<Record<string, TestAudience>>, resource: string): ResourceServerInfo {
  const found = Object.entries(audiences).find(([name]) => resourceOf(name) === resource)
  if (found === undefined) throw new errors.InvalidTarget('no such audience')
  const [audience, { scopes = SCOPES, format = 'jwt', algorithm = 'RS256' }] = found
  return { audience, scope: scopes.join(' '), accessTokenFormat: format, ...format === 'jwt' ? { jwt: { sign: { alg: algorithm } } } : {} }
}

/** Everybody agrees to everything that is asked of them. */
async function loadExistingGrant (x: Context & { oidc: { provider: Provider, resourceServers?: Record<string, { scope: string }> } }): Promise<unknown> {
  const { provider, session, client, result, params } = x.oidc
  const id = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const grant = (id === undefined ? undefined : await provider.Grant.find(id)) ?? new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope(params['scope'] ?? 'openid')
  for (const [resource, { scope }] of Object.entries(x.oidc.resourceServers ?? {})) grant.addResourceScope(resource, scope)
  await grant.save()
  return grant
}

/** Asks nothing, as a form that sends itself; `logout=yes` ends the session. */
function logoutSource (x: Context, form: string): void {
  x.body = `<!doctype html><title>Logout</title>${form.replace('</form>', '<input type="hidden" name="logout" value="yes"/></form>')}<script>document.forms[0].submit()</script>`
}

/** As a proxy in front would hand it on (RFC 9440). */
function clientCertificate (x: Context): string | undefined {
  const der = /^:(.+):$/.exec(x.get('client-cert'))?.[1]
  return der === undefined ? undefined : `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----`
}
