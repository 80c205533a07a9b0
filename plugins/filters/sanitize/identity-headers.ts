import type { NameSet } from './name-set.ts'

/**
 * Fields that gateways, proxies and servers in front of an application write to say who is calling, and that applications believe: nobody outside has
 * any reason to send them. Families by their beginning. What guard removes or refuses by itself (X-Passport*, `_`) is not here; X-Forwarded-*
 * and X-Envoy-* it believes of trusted proxies, many of which pass on what clients write, so that those that name the caller are.
 */
export const IDENTITY_HEADERS: NameSet = {
  prefixes: [
    // oauth2-proxy; Kubernetes' authenticating proxy; Authelia, CGI's REMOTE_USER as a field; Kong; Grafana
    'x-auth-request-', 'x-remote-', 'remote-', 'x-authenticated-', 'x-consumer-', 'x-credential-', 'x-webauth-',
    // Istio, WSO2; authentik; Pomerium; Tailscale; Vouch; Shibboleth
    'x-jwt-', 'x-authentik-', 'x-pomerium-', 'tailscale-user-', 'x-vouch-', 'shib-', 'x-shib-',
    // AWS load balancers; Google's IAP and API gateways; Azure App Service; Cloudflare Access
    'x-amzn-oidc-', 'x-amzn-mtls-', 'x-goog-iap-', 'x-goog-authenticated-', 'x-endpoint-api-', 'x-apigateway-api-', 'x-ms-client-principal', 'x-ms-token-', 'cf-access-authenticated-',
    // Client certificates: RFC 9440, nginx, HAProxy, Traefik
    'client-cert', 'x-client-cert', 'ssl-client-', 'x-ssl-', 'x-forwarded-tls-client-cert'
  ],
  names: new Set([
    // Names that applications' own conventions share; not all of x-user-*, of which x-user-agent is a client's
    'x-user', 'x-user-id', 'x-userid', 'x-user-name', 'x-username', 'x-user-email', 'x-user-role', 'x-user-roles', 'x-user-group', 'x-user-groups', 'x-user-scope', 'x-user-scopes', 'x-user-permissions',
    'x-user-claims', 'x-user-info', 'x-userinfo',
    // oauth2-proxy again
    'x-forwarded-user', 'x-forwarded-email', 'x-forwarded-groups', 'x-forwarded-preferred-username', 'x-forwarded-access-token',
    // Keycloak's proxy; not all of x-auth-*, of which x-auth-token is a credential that applications check
    'x-auth-user', 'x-auth-username', 'x-auth-userid', 'x-auth-subject', 'x-auth-roles', 'x-auth-groups',
    // APISIX and lua-resty-openidc; Kong; transaction tokens (draft-ietf-oauth-transaction-tokens)
    'x-id-token', 'x-access-token', 'x-refresh-token', 'x-anonymous-consumer', 'txn-token',
    // IBM WebSEAL, SiteMinder, Oracle Access Manager
    'iv-user', 'iv-groups', 'iv-creds', 'sm-user', 'sm-userdn', 'oam-remote-user',
    // Client certificates: nginx by hand, Azure
    'x-client-dn', 'x-client-verify', 'x-arr-clientcert'
  ])
}
