import { randomBytes } from 'node:crypto'
import { signingKey, startLoopbackIssuer } from './loopback-issuer.ts'

/** The issuer of the demo, on loopback. */
export interface DemoIssuer {
  readonly issuer: string
  /** A fresh access token (RFC 9068) for the audience `orders` with scope `orders.read`. */
  token(): Promise<string>
  close(): Promise<void>
}

const CLIENT = 'demo'
const SCOPE = 'orders.read'
const RESOURCE = 'urn:gatehouse:orders'

/** Starts a real authorization server that knows one client, with a secret and keys made now. Throws where oidc-provider is not installed. */
export async function startDemoIssuer (port = 0): Promise<DemoIssuer> {
  const secret = randomBytes(32).toString('base64url')
  const jwks = { keys: [await signingKey('RS256', 'demo')] }
  const { issuer, close } = await startLoopbackIssuer({ port, configuration: () => configuration(secret, jwks) })
  return { issuer, token: () => requestToken(issuer, secret), close }
}

const configuration = (secret: string, jwks: object): Record<string, unknown> => ({
  jwks,
  cookies: { keys: [randomBytes(16).toString('hex')] },
  clients: [{ client_id: CLIENT, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: SCOPE }],
  scopes: [SCOPE],
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      getResourceServerInfo: () => ({ audience: 'orders', scope: SCOPE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } })
    }
  }
})

/** RFC 6749 4.4. */
async function requestToken (issuer: string, secret: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${CLIENT}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE }),
    signal: AbortSignal.timeout(5000)
  })
  const { access_token: token } = await response.json() as { access_token?: string }
  if (!response.ok || token === undefined) throw new Error(`the demo issuer gave no token: ${response.status}`)
  return token
}
