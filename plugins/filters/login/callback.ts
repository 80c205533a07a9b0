import { IssuerError, queryValues, type AuthorizationRequest, type Exchange, type OAuthClient, type TokenSet } from '../../../src/contract/index.ts'
import { countLogin, redirect, refuseLogin, refuseMethod } from './answers.ts'
import type { Flight, Flights } from './flights.ts'
import { originOf, type Login } from './settings.ts'

/** How far clocks may be apart. */
const SKEW_S = 60
/**
 * Codes being redeemed at one time at one issuer. Whoever has left for it once can come back as often as he likes with codes of his own making: the calls
 * that other requests need must not wait behind those.
 */
const MAX_REDEEMING = 8
const redeeming = new WeakMap<OAuthClient, number>()

/** What the browser is sent to the issuer with; the same once more when it comes back. */
export function authorizationRequest ({ options }: Login, x: Exchange, { state, nonce, codeVerifier }: Flight): AuthorizationRequest {
  const { scopes, callback, parameters, maxAge } = options
  const more = maxAge === undefined ? parameters : { ...parameters, max_age: String(Math.floor(maxAge / 1000)) }
  return { redirectUri: originOf(options, x) + callback, scopes, state, nonce, codeVerifier, parameters: more }
}

/** The browser comes back from the issuer (RFC 6749 4.1.2): it must have left from here, and the code must be good. */
export function callbackStep (login: Login, flights: Flights): (x: Exchange) => Promise<void> {
  const { options, metrics } = login
  return async x => {
    if (x.method !== 'GET') return refuseMethod(x, 'GET')
    const [state = '', ...more] = queryValues(x.originalQuery, 'state')
    const flight = more.length > 0 ? null : await flights.find(x, state)
    if (flight === null) return await stranded(login, x)
    const cleared = [flights.landed(flight)]
    // What the issuer says of it is nothing to show on a page of this origin
    if (queryValues(x.originalQuery, 'error').length > 0) return refuseLogin(x, metrics, 'denied', cleared)
    const tokens = await redeemed(login, x, flight, cleared)
    if (tokens === null) return
    if (isTooOld(login, tokens.idClaims)) return refuseLogin(x, metrics, 'too-old', cleared)
    const started = await login.sessions.start(x, options.issuer, tokens).catch(refusal)
    if (started === null) return refuseLogin(x, metrics, 'refused', cleared)
    countLogin(metrics, 'ok')
    redirect(x, 303, flight.returnPath, [...cleared, ...started])
  }
}

/** Null where the code was refused, or nobody could be asked: then the flight stays, for the user to try again. */
async function redeemed (login: Login, x: Exchange, flight: Flight, cleared: readonly string[]): Promise<TokenSet | null> {
  const request = authorizationRequest(login, x, flight)
  try {
    return await redeem(login.client, `${request.redirectUri}?${x.originalQuery}`, request)
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    login.told(error)
    if (error.kind === 'refused') refuseLogin(x, login.metrics, 'refused', cleared)
    else {
      countLogin(login.metrics, 'unavailable')
      login.refuse(x, 'GW_IDENTITY_UNAVAILABLE', 'unavailable')
    }
    return null
  }
}

async function redeem (client: OAuthClient, callback: string, request: AuthorizationRequest): Promise<TokenSet> {
  const underWay = redeeming.get(client) ?? 0
  if (underWay >= MAX_REDEEMING) throw new IssuerError('unavailable', 'too many codes at one time')
  redeeming.set(client, underWay + 1)
  try {
    return await client.redeemCode(callback, request)
  } finally {
    redeeming.set(client, redeeming.get(client)! - 1)
  }
}

/** Null for what an issuer refused; whatever else went wrong goes on. */
function refusal (error: unknown): null {
  if (error instanceof IssuerError && error.kind === 'refused') return null
  throw error
}

/** A callback twice, too late, or of another browser. In a tab whose login another tab has overtaken there is a session: that is what the user wanted. */
async function stranded ({ sessions, options, metrics }: Login, x: Exchange): Promise<void> {
  const open = await sessions.open(x)
  if (open?.session.issuer === options.issuer) redirect(x, 303, '/', open.cookies)
  else refuseLogin(x, metrics, 'no-flight', [])
}

/** OpenID Connect Core 3.1.2.1: with `max_age` the ID token must say when the user was last asked. */
export function isTooOld ({ options, clock }: Pick<Login, 'options' | 'clock'>, claims: Readonly<Record<string, unknown>> | null): boolean {
  const { maxAge } = options
  const at = claims?.['auth_time']
  return maxAge !== undefined && !(typeof at === 'number' && clock.now() <= (at + SKEW_S) * 1000 + maxAge)
}
