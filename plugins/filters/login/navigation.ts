import type { Exchange } from '../../../src/contract/index.ts'

const MAX_RETURN_PATH = 2048
/** A path of this origin: `//host` and `/\host` are another one to a browser (WHATWG URL 4.4). */
const OWN_PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

/** Whether a person waits for a page (Fetch Metadata 2.2): only then does a redirect to a login form make sense. */
export function isNavigation ({ method, headers, upgrade }: Exchange): boolean {
  if (method !== 'GET' || upgrade !== null) return false
  const mode = headers.first('sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return headers.get('accept')?.toLowerCase().includes('text/html') === true && !headers.has('x-requested-with')
}

/** Where the browser goes after the login: the path it asked for, or `/` where that is too long or could lead elsewhere. */
export function returnPath ({ originalPath, originalQuery }: Exchange): string {
  const path = originalQuery === '' ? originalPath : `${originalPath}?${originalQuery}`
  return path.length <= MAX_RETURN_PATH && OWN_PATH.test(path) ? path : '/'
}

/** Whether the request was made by a page of `origin` or by the user, and not by somebody else's page. A GET must say so itself. */
export function isOwnDoing ({ method, headers }: Exchange, origin: string): boolean {
  if (headers.get('sec-purpose')?.includes('prefetch')) return false
  // An image or a frame in what somebody has posted here is no link that anybody followed
  if (method === 'GET' && (headers.first('sec-fetch-dest') ?? 'document') !== 'document') return false
  const site = headers.first('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return method === 'POST' && (headers.first('origin') ?? origin) === origin
}
