import { Refusal } from '../../../../src/contract/identity.ts'
import type { OutboundRequest } from '../../../../src/contract/outbound.ts'
import type { IssuerMetadata } from '../../../../src/identity/discovery/discovery.ts'
import { IssuerClient, type IssuerClientOptions } from '../../../../src/identity/oauth/issuer-client.ts'
import { fakeClock, fakeOutbound } from '../../../../src/testing/index.ts'

export const ISSUER = 'https://issuer.test'
export const METADATA: IssuerMetadata = {
  issuer: ISSUER,
  jwksUri: `${ISSUER}/jwks`,
  authorizationEndpoint: `${ISSUER}/auth?realm=a`,
  tokenEndpoint: `${ISSUER}/token`,
  introspectionEndpoint: `${ISSUER}/introspect`,
  endSessionEndpoint: `${ISSUER}/bye`,
  document: { authorization_response_iss_parameter_supported: true }
}
export const REQUEST = {
  redirectUri: 'https://gateway.test/login/callback', scopes: ['openid', 'read'], state: 'the-state', nonce: 'the-nonce', codeVerifier: 'v'.repeat(43), parameters: { prompt: 'login', state: 'x', scope: 'y' }
}
export const CALLBACK = `${REQUEST.redirectUri}?code=the-code&state=the-state&iss=${encodeURIComponent(ISSUER)}`
export const TOKENS = { access_token: 'at', token_type: 'Bearer', expires_in: 300 }

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const idToken = (claims: object = {}) => {
  const iat = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'ES256' })}.${part({ iss: ISSUER, aud: 'gateway', sub: 'alice', iat, exp: iat + 60, nonce: 'the-nonce', ...claims })}.${Buffer.from('signature').toString('base64url')}`
}

interface Over { config?: Partial<IssuerClientOptions['config']>, metadata?: IssuerMetadata, tokens?: Partial<IssuerClientOptions['tokens']> }

/** The gateway as a client of an issuer that answers so. */
export function gatewayAt (answer?: Parameters<typeof fakeOutbound>[0], { config, metadata = METADATA, tokens }: Over = {}) {
  const outbound = fakeOutbound(answer)
  const clock = fakeClock(1_000_000)
  const known = { metadata }
  const made = new IssuerClient({
    config: {
      issuer: ISSUER, algorithms: ['ES256'], clockSkew: 30_000, insecureHttp: false, ca: undefined, client: { id: 'gateway', secret: 'se:cret', authentication: 'client_secret_basic' }, ...config
    },
    metadata: { metadata: async () => known.metadata },
    outbound,
    clock,
    tokens: { verifyIdToken: async () => ({ sub: 'alice' }), verifyLogoutToken: async () => new Refusal('signature'), ...tokens }
  })
  return { client: made, calls: outbound.calls, clock, known }
}

/** What was sent. */
export const form = ({ body = '' }: Partial<OutboundRequest> = {}) => Object.fromEntries(new URLSearchParams(body))
