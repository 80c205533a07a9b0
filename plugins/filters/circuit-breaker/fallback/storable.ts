import type { Exchange, HeaderList, Reply } from '../../../../src/contract/index.ts'
import { cacheDirectives, seconds } from './cache-control.ts'

/** Good answers that are whole by themselves. */
const STATUSES = [200, 203, 204, 300, 301, 308]
/** For one client, for a part of it, or in another's place. */
const NEVER_WITH = ['set-cookie', 'content-range', 'x-gatehouse-fallback']
/** With one of these an answer to somebody may be given to others (RFC 9111 3.5). */
const FOR_OTHERS = ['public', 's-maxage', 'must-revalidate']
/** The answer is never reused without asking, or was meant for one client. */
const FORBIDS = ['no-store', 'no-cache', 'private']
/** After its time it may not even be used where nobody can be asked (RFC 9111 4.2.4). */
const FRESH_ONLY = ['must-revalidate', 'proxy-revalidate', 's-maxage']

/** Whether an answer to the request may be kept at all (RFC 9111 3). */
export function isStorable (x: Exchange, { code, status, headers, socket }: Reply): boolean {
  if (code !== null || socket !== undefined || !STATUSES.includes(status) || x.body.present) return false
  if (NEVER_WITH.some(name => headers.has(name)) || cacheDirectives(x.headers.get('cache-control')).has('no-store')) return false
  const said = cacheDirectives(headers.get('cache-control'))
  if (FORBIDS.some(directive => said.has(directive))) return false
  return !isPersonal(x) || FOR_OTHERS.some(directive => said.has(directive))
}

/** A cookie says who somebody is as often as Authorization does, and a certificate always. */
const isPersonal = ({ headers, principal, session, client }: Exchange): boolean =>
  principal !== null || session !== null || client.certificate !== null || headers.has('authorization') || headers.has('cookie')

/** Its age when it came, in ms (RFC 9111 4.2.3); `now` is the wall clock. */
export function initialAge (headers: HeaderList, now: number): number {
  const date = Date.parse(headers.first('date') ?? '')
  return Math.max(0, Number.isNaN(date) ? 0 : now - date, seconds(headers.first('age')) ?? 0)
}

/** Up to which age in ms it may stand in for another: forever, unless it says otherwise. */
export function usableAge (headers: HeaderList): number {
  const said = cacheDirectives(headers.get('cache-control'))
  const fresh = freshness(headers, said)
  if (FRESH_ONLY.some(directive => said.has(directive))) return fresh
  const stale = seconds(said.get('stale-if-error'))
  return stale === null ? Infinity : fresh + stale
}

/** RFC 9111 4.2.1. What cannot be read is over. */
function freshness (headers: HeaderList, said: ReadonlyMap<string, string>): number {
  for (const directive of ['s-maxage', 'max-age']) if (said.has(directive)) return seconds(said.get(directive)) ?? 0
  const lifetime = Date.parse(headers.first('expires') ?? '') - Date.parse(headers.first('date') ?? '')
  return lifetime > 0 ? lifetime : 0
}
