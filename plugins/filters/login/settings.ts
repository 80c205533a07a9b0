import { ConfigError, type CallerRefuser, type Clock, type Exchange, type IssuerError, type Metrics, type OAuthClient, type Sessions } from '../../../src/contract/index.ts'
import type { StaticDecode } from 'typebox'
import type { LoginConfig } from './config.ts'

export type Options = StaticDecode<typeof LoginConfig>

/** What the parts of login share on one route. */
export interface Login {
  readonly options: Options
  readonly client: OAuthClient
  readonly sessions: Sessions
  readonly clock: Clock
  readonly metrics: Metrics
  readonly refuse: CallerRefuser
  /** Tells the log what an issuer had against it. */
  readonly told: (error: IssuerError) => void
}

/** Of the authorization request itself (RFC 6749 4.1.1, RFC 7636 4.3, OpenID Connect Core 3.1.2.1, RFC 9101): the gateway's to say. */
const OWN_PARAMETERS = new Set([
  'response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method', 'max_age', 'request', 'request_uri'
])

/** Throws ConfigError where values do not go together. */
export function checkOptions ({ scopes, callback, logout, backchannelLogout, parameters }: Options): void {
  if (!scopes.includes('openid')) throw new ConfigError('GW_CONFIG_INVALID', '/scopes', 'openid must be among them: without an ID token nobody is logged in')
  if (logout === callback) throw new ConfigError('GW_CONFIG_DUPLICATE', '/logout', 'is the same path as callback')
  if (backchannelLogout === callback || backchannelLogout === logout) throw new ConfigError('GW_CONFIG_DUPLICATE', '/backchannelLogout', 'is the path of something else')
  const owned = Object.keys(parameters).find(name => OWN_PARAMETERS.has(name))
  if (owned !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/parameters/${owned}`, `${owned} is for login itself to say${owned === 'max_age' ? ': use maxAge' : ''}`)
}

/** The origin that the browser sees. */
export const originOf = ({ origin }: Options, { scheme, authority }: Exchange): string => origin ?? `${scheme}://${authority}`
