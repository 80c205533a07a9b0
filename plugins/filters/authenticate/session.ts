import { Config, ConfigError, IssuerError, Refusal, StoreUnavailable, type Exchange, type OpenSession, type Sessions } from '../../../src/contract/index.ts'
import { CROSS_SITE, crossSite, Origins } from './cross-site.ts'
import { varyBy } from './vary-by.ts'
import { defineWay, type Answer } from './way.ts'

const UNAVAILABLE = new Refusal('unavailable', 'the session cannot be opened')
const FOREIGN = new Refusal('unknown-issuer', 'a session of another issuer')

/** A browser's login, by the cookie that the filter `login` has given it. */
export const session = defineWay({
  name: 'session',
  needsIssuers: true,
  config: Config({
    origins: Origins('the session')
  }),

  create: ({ origins = [] }, { issuers, place }) => {
    const sessions = sessionsOf(place.services.sessions)
    const isCrossSite = crossSite(origins)
    const brought = new WeakSet<Exchange>()
    const judge = (x: Exchange, open: OpenSession | null): Answer => {
      if (open === null) return undefined
      if (!issuers.includes(open.session.issuer)) return FOREIGN
      return isCrossSite(x) ? CROSS_SITE : open.principal
    }
    return {
      challenge: null,
      authenticate: x => {
        if (x.session !== null) return judge(x, x.session)
        if (x.ownCookies === null) return undefined
        brought.add(x)
        return opened(sessions, x).then(open => open instanceof Refusal ? open : judge(x, open))
      },
      refusalChallenge: () => null,
      // The gateway's own cookies are never among the request's headers
      consume: () => {},
      respond: x => {
        if (x.principal?.source === 'session') varyBy('Cookie', x)
        if (!brought.has(x) || x.session === null || x.session.cookies.length === 0) return
        const { headers } = x.reply!
        for (const cookie of x.session.cookies) headers.append('set-cookie', cookie)
        // A cache that kept this reply would hand the session to others (RFC 9111 7.3)
        headers.set('cache-control', 'no-store')
      }
    }
  }
})

function sessionsOf (sessions: Sessions | null): Sessions {
  if (sessions === null) throw new ConfigError('GW_CONFIG_INVALID', '', 'there are no sessions: set gateway.session')
  return sessions
}

async function opened (sessions: Sessions, x: Exchange): Promise<OpenSession | Refusal | null> {
  try {
    return await sessions.open(x)
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof IssuerError) return UNAVAILABLE
    throw error
  }
}
