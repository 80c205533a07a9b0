import * as openid from 'openid-client'
import { IssuerError, Refusal, type AuthorizationRequest, type OAuthClient, type TokenSet } from '../../contract/identity.ts'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { Outbound } from '../../contract/outbound.ts'
import type { Clock } from '../../contract/services.ts'
import type { IssuerMetadata } from '../discovery/discovery.ts'
import { issuerError } from './issuer-error.ts'
import { outboundFetch } from './outbound-fetch.ts'
import type { ClientTokens } from './id-token-verifier.ts'
import { serverMetadata, type MetadataSource } from './server-metadata.ts'

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** RFC 6749 A.12 less spaces, and no more of it than a header may hold: some issuers put more in than RFC 6750 2.1 knows. */
const TOKEN = /^[\x21-\x7e]{1,12288}$/
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export interface IssuerClientOptions {
  readonly config: Pick<IssuerConfig, 'issuer' | 'algorithms' | 'clockSkew' | 'insecureHttp'> & { readonly audiences?: readonly string[] | undefined, readonly clients?: readonly string[] | undefined, readonly ca?: string | undefined, readonly client: NonNullable<IssuerConfig['client']> }
  readonly metadata: MetadataSource
  readonly outbound: Outbound
  readonly tokens: ClientTokens
  readonly clock: Clock
}

type Answer = openid.TokenEndpointResponse
type Parameters = Record<string, string>

/** The gateway as a client of one issuer, by openid-client. */
export class IssuerClient implements OAuthClient {
  readonly clientId: string
  readonly issuer: string
  readonly audiences: readonly string[] | null
  readonly clients: readonly string[] | null
  readonly #options: IssuerClientOptions
  #metadata: IssuerMetadata | null = null
  #configuration: openid.Configuration | null = null

  constructor (options: IssuerClientOptions) {
    this.clientId = options.config.client.id
    this.issuer = options.config.issuer
    this.audiences = options.config.audiences ?? null
    this.clients = options.config.clients ?? null
    this.#options = options
  }

  authorizationUrl ({ redirectUri, scopes, state, nonce, codeVerifier, parameters }: AuthorizationRequest): Promise<string> {
    return this.#call('authorization', async configuration => openid.buildAuthorizationUrl(configuration, {
      ...parameters,
      client_id: this.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      ...scopes.includes('openid') ? { nonce } : {},
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256'
    }).href)
  }

  async redeemCode (callback: string, { redirectUri, scopes, state, nonce, codeVerifier, parameters }: AuthorizationRequest): Promise<TokenSet> {
    const url = new URL(redirectUri)
    url.search = new URL(callback, redirectUri).search
    if (!isAnswer(url.searchParams)) throw new IssuerError('refused', `code at ${this.issuer}: the callback is no authorization response`)
    const isOpenId = scopes.includes('openid')
    const maxAge = Number(parameters['max_age'])
    return await this.#tokens('code', scopes, isOpenId ? nonce : null, configuration => openid.authorizationCodeGrant(configuration, url, {
      expectedState: state,
      pkceCodeVerifier: codeVerifier,
      ...isOpenId ? { expectedNonce: nonce, idTokenExpected: true } : {},
      ...parameters['max_age'] === undefined || Number.isNaN(maxAge) ? {} : { maxAge }
    }, { redirect_uri: redirectUri }))
  }

  refresh (refreshToken: string): Promise<TokenSet> {
    return this.#tokens('refresh', [], null, configuration => openid.refreshTokenGrant(configuration, refreshToken))
  }

  clientCredentials ({ scopes, audience, resource }: { scopes: readonly string[], audience?: string, resource?: string }): Promise<TokenSet> {
    return this.#tokens('client credentials', scopes, null, configuration => openid.clientCredentialsGrant(configuration, target(scopes, audience, resource)))
  }

  exchange ({ subjectToken, scopes, audience, resource, actorToken }: { subjectToken: string, scopes: readonly string[], audience?: string, resource?: string, actorToken?: string }): Promise<TokenSet> {
    return this.#tokens('token exchange', scopes, null, configuration => openid.genericGrantRequest(configuration, TOKEN_EXCHANGE, {
      ...target(scopes, audience, resource),
      subject_token: subjectToken,
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      ...actorToken === undefined ? {} : { actor_token: actorToken, actor_token_type: ACCESS_TOKEN }
    }))
  }

  introspect (token: string): Promise<Readonly<Record<string, unknown>>> {
    return this.#call('introspection', configuration => openid.tokenIntrospection(configuration, token, { token_type_hint: 'access_token' }))
  }

  endSessionUrl ({ idToken, returnTo }: { idToken: string | null, returnTo: string }): Promise<string | null> {
    return this.#call('logout', configuration => configuration.serverMetadata().end_session_endpoint === undefined
      ? null
      : openid.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo, ...idToken === null ? {} : { id_token_hint: idToken } }).href)
  }

  verifyLogoutToken (token: string): Promise<Readonly<Record<string, unknown>> | Refusal> {
    return this.#options.tokens.verifyLogoutToken(token)
  }

  async #tokens (call: string, asked: readonly string[], nonce: string | null, ask: (configuration: openid.Configuration) => Promise<Answer>): Promise<TokenSet> {
    const before = this.#options.clock.now()
    const answer = await this.#call(call, ask)
    // Neither a token of another kind (RFC 8693 2.2.1) nor one whose key is not ours (RFC 9449 5) is of use to the gateway
    if (answer.token_type !== 'bearer') throw new IssuerError('unavailable', `${call}: the issuer gave no bearer token`)
    if (!TOKEN.test(answer.access_token)) throw new IssuerError('unavailable', `${call}: the issuer gave a token that fits no header`)
    const { access_token: accessToken, expires_in: expiresIn, id_token: idToken = null, refresh_token: refreshToken = null, scope } = answer
    return {
      accessToken,
      tokenType: 'Bearer',
      expiresAt: expiresIn === undefined ? null : before + expiresIn * 1000,
      refreshToken,
      ...await this.#idClaims(call, idToken, { nonce, accessToken }),
      // RFC 6749 5.1: left out where it is what was asked for
      scopes: scope === undefined ? asked : scope.split(' ').filter(Boolean)
    }
  }

  async #idClaims (call: string, idToken: string | null, expected: { nonce: string | null, accessToken: string }): Promise<Pick<TokenSet, 'idToken' | 'idClaims'>> {
    if (idToken === null) return { idToken, idClaims: null }
    const claims = await this.#options.tokens.verifyIdToken(idToken, expected)
    if (!(claims instanceof Refusal)) return { idToken, idClaims: claims }
    // The issuer itself has just given it: a key that is not known is one that is not known yet
    const isUnknown = claims.reason === 'unavailable' || claims.reason === 'unknown-key'
    // A refreshed one is an extra (OIDC Core 12.2), and not worth the refresh token that is gone for it
    if (isUnknown && expected.nonce === null) return { idToken: null, idClaims: null }
    throw new IssuerError(isUnknown ? 'unavailable' : 'refused', `${call}: the ID token is refused: ${claims.reason}`)
  }

  async #call<T> (call: string, ask: (configuration: openid.Configuration) => T | Promise<T>): Promise<T> {
    try {
      return await ask(this.#configured(await this.#options.metadata.metadata()))
    } catch (error) {
      throw issuerError(error, `${call} at ${this.issuer}`)
    }
  }

  /** Made anew only where the issuer's metadata have changed. */
  #configured (metadata: IssuerMetadata): openid.Configuration {
    if (this.#configuration !== null && this.#metadata === metadata) return this.#configuration
    const { config, outbound } = this.#options
    const { id, secret, authentication } = config.client
    const configuration = new openid.Configuration(serverMetadata(config, metadata), id, { [openid.clockTolerance]: config.clockSkew / 1000 }, clientAuth(secret, authentication))
    // Which endpoints may do without TLS is decided above
    openid.allowInsecureRequests(configuration)
    configuration[openid.customFetch] = outboundFetch(outbound, config.ca)
    // Outbound keeps the time
    configuration.timeout = 0
    this.#metadata = metadata
    return (this.#configuration = configuration)
  }
}

function clientAuth (secret: string | undefined, authentication: 'client_secret_basic' | 'client_secret_post'): openid.ClientAuth {
  if (secret === undefined) return openid.None()
  return authentication === 'client_secret_post' ? openid.ClientSecretPost(secret) : openid.ClientSecretBasic(secret)
}

/** RFC 6749 4.1.2: a code or an error; 3.1: nothing twice. */
function isAnswer (parameters: URLSearchParams): boolean {
  const names = [...parameters.keys()]
  return parameters.has('code') !== parameters.has('error') && new Set(names).size === names.length
}

/** RFC 6749 3.3, RFC 8693 2.1, RFC 8707 2. */
const target = (scopes: readonly string[], audience: string | undefined, resource: string | undefined): Parameters => ({
  ...scopes.length === 0 ? {} : { scope: scopes.join(' ') },
  ...audience === undefined ? {} : { audience },
  ...resource === undefined ? {} : { resource }
})
