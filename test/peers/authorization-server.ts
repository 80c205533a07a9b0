import { randomBytes, type JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { json } from 'node:stream/consumers'
import type { JWK } from 'jose'
import { loadOidcProvider, signingKey, startLoopbackIssuer } from '../../src/demo/loopback-issuer.ts'
import { ACCOUNTS, AUDIENCES, configuration, type AuthorizationServerOptions, type TestClient } from './authorization-server/configuration.ts'
import { DIRECT_GRANT, EXCHANGE_GRANT, registerDirect, registerExchange } from './authorization-server/grants.ts'
import { answerInteraction } from './authorization-server/login.ts'

export type { AuthorizationServerOptions, TestAccount, TestAudience, TestClient } from './authorization-server/configuration.ts'

/** What a token is asked for with. With `subject` it is that account's, else the client's own (RFC 6749 4.4). */
export interface TestTokenRequest {
  client?: string
  scopes?: readonly string[]
  audience?: string
  subject?: string
  /** The rest needs `subject`: RFC 7638 thumbprint to bind to, PEM of a certificate to bind to, lifetime in seconds. */
  jkt?: string
  certificate?: string
  expiresInS?: number
}

export interface AuthorizationServer {
  readonly issuer: string
  /** The same as `issuer`. */
  readonly url: string
  /** Method and path of every request so far: `POST /token`. */
  readonly requests: readonly string[]
  accessToken(request?: TestTokenRequest): Promise<string>
  /** New keys sign from now on; the old ones stay published where `keep` says so. */
  rotateKeys(options?: { keep?: boolean }): Promise<void>
  /** Changes a client, or adds it: its redirect URIs where the gateway's port was not known before. */
  configureClient(client: TestClient): void
  close(): Promise<void>
}

export const GATEWAY_SECRET = 'the-secret-of-the-gateway-at-the-issuer'
const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE_GRANT, DIRECT_GRANT]

/**
 * A real authorization server (oidc-provider) in this process, on loopback: login by a form with one field (`login`), consent given by itself, code + PKCE, refresh
 * with rotation, client_credentials, token exchange (RFC 8693), introspection, revocation, DPoP, logout of both kinds. `audience=` or `resource=` choose the audience.
 */
export async function startAuthorizationServer (options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const clients = new Map((options.clients ?? [{ client_id: 'gateway' }]).map(client => [client.client_id, client]))
  const { errors } = await loadOidcProvider()
  const cookieKey = randomBytes(16).toString('hex')
  const requests: string[] = []
  let generation = 0
  let keys = options.keys ?? await freshKeys(generation)
  const { issuer, configure, close } = await startLoopbackIssuer({
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    ...(options.tls === undefined ? {} : { tls: { key: options.tls.key, cert: options.tls.cert } }),
    configuration: () => ({ ...configuration(errors, options), jwks: { keys }, cookies: { keys: [cookieKey] }, clients: [...clients.values()].map(registered) }),
    prepare: provider => {
      const policy = { errors, audiences: options.audiences ?? AUDIENCES, ttlS: options.ttl?.accessToken ?? 300, keys: () => keys as readonly JWK[] }
      registerDirect(provider, policy)
      registerExchange(provider, policy)
    },
    answer: (req, res, provider) => {
      requests.push(`${req.method} ${req.url!.split('?')[0]}`)
      return options.intercept?.(req, res) === true || answerInteraction(req, res, provider, Object.keys(options.accounts ?? ACCOUNTS))
    }
  })
  return {
    issuer,
    url: issuer,
    requests,
    accessToken: ({ client = [...clients.keys()][0]!, ...asked } = {}) => requestToken(issuer, options.tls?.ca ?? options.tls?.cert, registered(clients.get(client) ?? { client_id: client }), asked),
    rotateKeys: async ({ keep = false } = {}) => {
      const fresh = await freshKeys(++generation)
      keys = keep ? [...fresh, ...keys] : fresh
      configure()
    },
    configureClient: client => {
      clients.set(client.client_id, { ...clients.get(client.client_id), ...client })
      configure()
    },
    close
  }
}

const freshKeys = async (generation: number): Promise<JsonWebKey[]> =>
  await Promise.all((['RS256', 'ES256', 'EdDSA'] as const).map(alg => signingKey(alg, `${alg}-${generation}`)))

const registered = (client: TestClient): TestClient => ({
  ...client.token_endpoint_auth_method === 'none' ? {} : { client_secret: GATEWAY_SECRET },
  grant_types: GRANTS.filter(name => client.token_endpoint_auth_method !== 'none' || name !== 'client_credentials'),
  redirect_uris: ['http://127.0.0.1/login/callback'],
  backchannel_logout_session_required: client.backchannel_logout_uri !== undefined,
  ...client
})

async function requestToken (issuer: string, ca: string | undefined, client: TestClient, { scopes, audience, subject, jkt, certificate, expiresInS }: Omit<TestTokenRequest, 'client'>): Promise<string> {
  const body = new URLSearchParams({ grant_type: subject === undefined ? 'client_credentials' : DIRECT_GRANT })
  for (const [name, value] of Object.entries({ scope: scopes?.join(' '), audience, subject, jkt, certificate, expires_in: expiresInS?.toString() })) {
    if (value !== undefined) body.set(name, value)
  }
  const answer = await post(`${issuer}/token`, `${client.client_id}:${client.client_secret}`, body.toString(), ca)
  if (answer.access_token === undefined) throw new Error(`no token: ${answer.error} ${answer.error_description}`)
  return answer.access_token
}

interface TokenAnswer { access_token?: string, error?: string, error_description?: string }

/** Not by fetch: it can neither be told whom to trust nor leave no connection behind. */
async function post (url: string, auth: string, body: string, ca: string | undefined): Promise<TokenAnswer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const req = ca === undefined ? request(url, { method: 'POST', auth, headers, agent: false }) : tlsRequest(url, { method: 'POST', auth, headers, agent: false, ca })
  req.end(body)
  const [res] = await once(req, 'response') as [IncomingMessage]
  return await json(res) as TokenAnswer
}
