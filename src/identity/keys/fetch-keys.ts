import type { IssuerConfig } from '../../contract/issuers.ts'
import type { Outbound } from '../../contract/outbound.ts'
import type { Discovery } from '../discovery/discovery.ts'
import { JwkSet } from './jwk-set.ts'
import { DocumentFault, fetchDocument } from '../discovery/fetch-document.ts'
import { keysOfSet } from './read-keys.ts'

/** What fetching an issuer's keys needs. */
export interface JwkFetchOptions { readonly config: IssuerConfig, readonly outbound: Outbound, readonly discovery: Discovery }

/** Keys, and for how long the issuer says they may be used without asking again. */
export interface FetchedKeys { readonly set: JwkSet, readonly maxAgeMs: number }

const MINUTE_MS = 60_000
const DEFAULT_MAX_AGE_MS = 10 * MINUTE_MS
const MIN_MAX_AGE_MS = MINUTE_MS
const MAX_MAX_AGE_MS = 60 * MINUTE_MS

/** Fetches an issuer's keys; those of `before` stay the same objects. Rejects with DocumentFault, or IssuerError where nobody says where they are. */
export async function fetchKeys ({ config, outbound, discovery }: JwkFetchOptions, before: JwkSet | null): Promise<FetchedKeys> {
  const url = await discovery.endpoint('jwks')
  if (url === null) throw new DocumentFault('unreadable', 'the metadata of the issuer has no jwks_uri')
  const { document, headers } = await fetchDocument(outbound, { url, accept: 'application/jwk-set+json, application/json', timeoutMs: config.jwks.timeout, ca: config.ca })
  const jwks = keysOfSet(document)
  if (typeof jwks === 'string') throw new DocumentFault('unreadable', `${url}: ${jwks}`)
  const set = new JwkSet(jwks, config.algorithms, before)
  if (set.size === 0) throw new DocumentFault('unreadable', `${url}: has no key that verifies signatures here${set.unusable.map(why => `; ${why}`).join('')}`)
  return { set, maxAgeMs: maxAge(headers) }
}

/** RFC 9111 4.2: what is left of max-age after the time that a cache on the way has held the answer. */
function maxAge ({ 'cache-control': control = '', age = '' }: Readonly<Record<string, string>>): number {
  const [, seconds] = /(?:^|[\s,])max-age="?([0-9]{1,9})/i.exec(control) ?? []
  const uncached = /(?:^|[\s,])no-(?:cache|store)\b/i.test(control)
  const told = seconds === undefined ? DEFAULT_MAX_AGE_MS : (Number(seconds) - (/^[0-9]{1,9}$/.test(age) ? Number(age) : 0)) * 1000
  return Math.min(Math.max(uncached ? 0 : told, MIN_MAX_AGE_MS), MAX_MAX_AGE_MS)
}
