import { IssuerError, refuseCaller, type Exchange, type OpenSession } from '../../../src/contract/index.ts'
import { redirect, refuseMethod } from './answers.ts'
import { isOwnDoing } from './navigation.ts'
import { originOf, type Login } from './settings.ts'

/** Ends the session here, then at the issuer (OpenID Connect RP-Initiated Logout 2). */
export function logoutStep ({ options, sessions, client }: Login): (x: Exchange) => Promise<void> {
  const endSession = async (origin: string, open: OpenSession | null): Promise<string | null> => {
    if (open !== null && open.session.issuer !== options.issuer) return null
    const returnTo = options.afterLogout.startsWith('/') ? origin + options.afterLogout : options.afterLogout
    return await client.endSessionUrl({ idToken: open?.session.idToken ?? null, returnTo }).catch(unreachable)
  }
  return async x => {
    if (x.method !== 'GET' && x.method !== 'POST') return refuseMethod(x, 'GET, POST')
    const origin = originOf(options, x)
    if (!isOwnDoing(x, origin)) return refuseCaller(x, 'GW_FORBIDDEN', 'cross-site')
    const open = await sessions.open(x).catch(unreachable)
    const cookies = await sessions.end(x)
    redirect(x, 303, await endSession(origin, open) ?? options.afterLogout, cookies)
  }
}

/** An issuer that is down keeps nobody from logging out here. */
function unreachable (error: unknown): null {
  if (error instanceof IssuerError) return null
  throw error
}
