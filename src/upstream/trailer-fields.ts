import type { FieldSieve } from '../contract/arrival.ts'
import { HeaderList } from '../contract/header-list.ts'

/**
 * Fields that mean something before the body or not at all: framing, routing, modifiers of the request, authentication, how the
 * content is to be read, and those of one connection (RFC 9110 6.5.1).
 */
const BEFORE_THE_BODY = new Set([
  'content-length', 'transfer-encoding', 'trailer', 'te', 'host', 'connection', 'keep-alive', 'upgrade', 'http2-settings', 'via', 'forwarded',
  'cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'origin', 'referer',
  'authorization', 'www-authenticate', 'authentication-info', 'cookie', 'set-cookie', 'x-real-ip', 'x-request-id',
  'content-encoding', 'content-type', 'content-range', 'content-location',
  'age', 'expires', 'date', 'location', 'retry-after', 'vary', 'warning', 'strict-transport-security', 'clear-site-data', 'alt-svc'
])
const FAMILIES = ['proxy-', 'x-forwarded', 'x-gatehouse', 'x-passport', 'access-control-', 'sec-']

const NONE: readonly FieldSieve[] = []

/** Whether a field may come behind the body. Names with an underscore or a dot imitate others, there as in the head. */
export const mayTrail = (name: string, sieves: readonly FieldSieve[] = NONE): boolean =>
  !BEFORE_THE_BODY.has(name) && /^[a-z0-9-]+$/.test(name) && !FAMILIES.some(family => name.startsWith(family)) && !sieves.some(sieve => sieve.drops(name))

/** The trailer fields of a message that may pass on, out of name, value, name, value; null where there is none. */
export function trailerFields (raw: readonly string[], sieves = NONE): HeaderList | null {
  const flat: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (mayTrail(name, sieves)) flat.push(name, raw[i + 1]!)
  }
  return flat.length === 0 ? null : new HeaderList(flat)
}

/** What a Trailer field announces that may pass on: `a, b`; '' for nothing. */
export function announced (trailer: string, sieves = NONE): string {
  return trailer.toLowerCase().split(',').map(name => name.trim()).filter(name => mayTrail(name, sieves)).join(', ')
}
