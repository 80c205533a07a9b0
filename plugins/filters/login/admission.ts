import type { Exchange, OpenSession } from '../../../src/contract/index.ts'
import { addCookies, redirect } from './answers.ts'
import { authorizationRequest, isTooOld } from './callback.ts'
import type { Flights } from './flights.ts'
import { isNavigation, returnPath } from './navigation.ts'
import type { Login } from './settings.ts'

/** Cookies to put on the reply, for the few exchanges that have any. */
export type Pending = WeakMap<Exchange, readonly string[]>

/** Lets in whose session is open; sends people to log in, and tells everything else that it must. */
export function admissionStep (login: Login, flights: Flights, pending: Pending): (x: Exchange) => Promise<void> {
  return async x => {
    const open = await login.sessions.open(x)
    if (open !== null && isGood(login, open)) {
      x.principal = open.principal
      if (open.cookies.length > 0) pending.set(x, open.cookies)
      return
    }
    // A session of another issuer, or one that is only too old here, is still good elsewhere
    const cookies = open === null ? await login.sessions.end(x) : open.cookies
    x.session = null
    login.refuse(x, 'GW_UNAUTHENTICATED', 'missing', 'Bearer')
    if (isNavigation(x)) await sendToIssuer(login, flights, x, cookies)
    else addCookies(x, cookies)
  }
}

const isGood = (login: Login, { session }: OpenSession): boolean => session.issuer === login.options.issuer && !isTooOld(login, session.claims)

async function sendToIssuer (login: Login, flights: Flights, x: Exchange, cookies: readonly string[]): Promise<void> {
  const { flight, cookie } = await flights.leave(x, returnPath(x))
  redirect(x, 302, await login.client.authorizationUrl(authorizationRequest(login, x, flight)), [...cookies, cookie])
  x.reply!.headers.set('vary', 'Cookie, Accept, Sec-Fetch-Mode')
  // The kind way to say 401: what only reports must let it pass, and the access log tells it from an answer
  x.reply!.code = 'GW_UNAUTHENTICATED'
}
