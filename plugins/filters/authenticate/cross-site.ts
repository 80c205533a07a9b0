import { List, Refusal, Type, type Exchange } from '../../../src/contract/index.ts'

/** What a good credential is refused with where its owner did not mean to send it. */
export const CROSS_SITE = new Refusal('cross-site')

/** Option of a way whose credential browsers send along whoever made the page. */
export const Origins = (what: string) => Type.Optional(List(Type.String({ pattern: '^https?://[^/\\s?#@]+$', 'x-expects': 'an origin such as https://app.example.com' }), { description: `Other origins whose pages may change something here with ${what} of their visitor.` }))

/** RFC 9110 9.2.1, less TRACE, which the gateway does not serve. */
const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * Whether a page of another origin may have made the browser send this request: SameSite=Lax alone leaves other hosts of the same site
 * and browsers that do not know it. Only requests that change something count, and WebSockets, which no same-origin policy guards.
 * Sec-Fetch-Site decides where there is one (Fetch Metadata 2.4), else Origin (RFC 6454 7); every browser sends one of them, so that
 * a request with neither is not let in either.
 */
export function crossSite (origins: readonly string[]): (x: Exchange) => boolean {
  const allowed = new Set(origins.map(origin => new URL(origin).origin))
  return x => {
    if (SAFE.includes(x.method) && x.upgrade === null) return false
    const origin = x.headers.get('origin')
    if (origin !== undefined && allowed.has(origin)) return false
    const site = x.headers.get('sec-fetch-site')
    if (site !== undefined) return site !== 'same-origin' && site !== 'none'
    return origin === undefined || origin !== ownOrigin(x)
  }
}

/** The same for a credential that other clients use too: those send neither field. */
export function crossSitePage (origins: readonly string[]): (x: Exchange) => boolean {
  const isCrossSite = crossSite(origins)
  return x => (x.headers.has('origin') || x.headers.has('sec-fetch-site')) && isCrossSite(x)
}

/** As browsers write it: lower case, without the port that goes without saying. */
function ownOrigin ({ scheme, authority }: Exchange): string | null {
  const url = `${scheme}://${authority}`
  return URL.canParse(url) ? new URL(url).origin : null
}
