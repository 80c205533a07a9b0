import { HeaderList, IssuerError, refuse, refuseCaller, StoreUnavailable, type Exchange, type Metrics, type Services, type Step } from '../../../src/contract/index.ts'
import type { Login } from './settings.ts'

type Outcome = 'ok' | 'denied' | 'no-flight' | 'refused' | 'too-old' | 'unavailable'

/** Sends the browser elsewhere and lets no cache keep it. */
export function redirect (x: Exchange, status: 302 | 303, location: string, cookies: readonly string[]): void {
  const headers = HeaderList.from({ location, 'cache-control': 'no-store' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  x.reply = { status, headers, body: null, code: null, trailers: null }
}

/** Puts `Set-Cookie` lines on the reply there is. */
export function addCookies ({ reply }: Exchange, cookies: readonly string[]): void {
  for (const cookie of cookies) reply!.headers.append('set-cookie', cookie)
}

/** Counts how a login came out. */
export function countLogin (metrics: Metrics, outcome: Outcome): void {
  metrics.counter('gatehouse_logins_total', { outcome }).add()
}

/** Refuses a login: the client learns that, operators why. */
export function refuseLogin (x: Exchange, metrics: Metrics, outcome: Outcome, cookies: readonly string[]): void {
  countLogin(metrics, outcome)
  refuseCaller(x, 'GW_LOGIN_FAILED', outcome)
  addCookies(x, cookies)
}

/** The method is none of this path's (RFC 9110 15.5.6). */
export function refuseMethod (x: Exchange, allow: string): void {
  refuse(x, 'GW_METHOD_NOT_SUPPORTED', undefined, { allow })
}

/** Anybody can come back with a code that is none; the log tells of it this often. */
const LOG_EVERY_MS = 60_000

/** Tells operators what an issuer has said, which may well be about the gateway: a wrong secret, a redirect URI that is not registered. */
export function issuerFaults (issuer: string, routeId: string, { log, clock }: Pick<Services, 'log' | 'clock'>): (error: IssuerError) => void {
  let loggedAt = -Infinity
  return ({ message }) => {
    if (clock.monotonic() - loggedAt < LOG_EVERY_MS) return
    loggedAt = clock.monotonic()
    log.warn({ 'gatehouse.route': routeId, 'gatehouse.issuer': issuer, 'error.message': message }, 'the issuer did not complete a login or refresh; told once a minute')
  }
}

/** Who knows of sessions cannot be asked: that is 503, never let in and never sent to log in again. */
export function refusingUnavailable ({ refuse, told }: Pick<Login, 'refuse' | 'told'>, step: (x: Exchange) => Promise<void>): Step {
  return async x => {
    try {
      await step(x)
    } catch (error) {
      if (error instanceof IssuerError) told(error)
      else if (!(error instanceof StoreUnavailable)) throw error
      refuse(x, 'GW_IDENTITY_UNAVAILABLE', 'unavailable')
    }
  }
}
