import type { FieldSieve } from '../contract/arrival.ts'

/** What the guard does with a request field, decided once per name. */
export const FORWARD = 0
/** Ends at this hop (RFC 9110 7.6.1) or is none of the client's business. */
export const DROP = 1
/** Refused: another spelling of a name that servers may fold together. */
export const REFUSE = 2
/** Believed from trusted peers only. */
export const TRUSTED_ONLY = 3
export const HOST = 4
export const CONNECTION = 5
export const CONTENT_LENGTH = 6
export const TRANSFER_ENCODING = 7
export const REQUEST_ID = 8
export const EXPECT = 9
export const UPGRADE = 10
/** Forwarded, but a second line of it is an attack (RFC 9110 5.3): two servers may read different ones. */
export const SINGLE = 11
/** May hold cookies of the gateway's own, which are for it alone. */
export const COOKIE = 12

export interface FieldRule { readonly name: string, readonly action: number, readonly bit: number }

const SPECIAL: Readonly<Record<string, number>> = {
  host: HOST,
  connection: CONNECTION,
  'content-length': CONTENT_LENGTH,
  'transfer-encoding': TRANSFER_ENCODING,
  'x-request-id': REQUEST_ID,
  expect: EXPECT,
  upgrade: UPGRADE,
  forwarded: TRUSTED_ONLY,
  'x-real-ip': TRUSTED_ONLY,
  'x-client-ip': TRUSTED_ONLY,
  'x-cluster-client-ip': TRUSTED_ONLY,
  'true-client-ip': TRUSTED_ONLY,
  'cf-connecting-ip': TRUSTED_ONLY,
  'x-original-url': TRUSTED_ONLY,
  'x-original-host': TRUSTED_ONLY,
  'x-original-uri': TRUSTED_ONLY,
  'x-rewrite-url': TRUSTED_ONLY,
  'keep-alive': DROP,
  te: DROP,
  trailer: DROP,
  'http2-settings': DROP,
  'alt-used': DROP,
  proxy: DROP
}

const SINGLES = ['authorization', 'content-type', 'content-encoding', 'content-location', 'content-range', 'date', 'from', 'if-modified-since',
  'if-range', 'if-unmodified-since', 'max-forwards', 'origin', 'range', 'referer', 'user-agent']

/** Families that the gateway alone may send to upstreams; no client and no proxy may. */
const OWNED = ['x-gatehouse', 'x-passport']
/** The one of them that another gateway of ours may say, as a trusted peer: that the request is a copy. So a mirror is not mirrored. */
const COPY_MARK = 'x-gatehouse-shadow'
const MAX_KNOWN = 4096

/** What of requests belongs to this gateway beside what always does. */
export interface Owned {
  /** Names in lower case; `x-identity` stands for `x-identity-...` too. */
  readonly headers: readonly string[]
  /** Name of a cookie, also of those that begin with it and a dot; null for none. */
  readonly cookie: string | null
}

/** What the guard does with each field, remembered by the name as it was sent. */
export class FieldRules implements FieldSieve {
  readonly owned: Owned
  /** For trailer fields: these rules alone. */
  readonly sieves: readonly FieldSieve[] = [this]
  readonly #known = new Map<string, FieldRule>()

  constructor (owned: Owned = { headers: [], cookie: null }) {
    this.owned = owned
  }

  /** The rule for a name as it was sent. Names seen before cost one look; a flood of strange ones only empties the memory. */
  of (raw: string): FieldRule {
    const found = this.#known.get(raw)
    if (found !== undefined) return found
    const rule = this.#make(raw.toLowerCase())
    if (raw.length > 64) return rule
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(raw, rule)
    return rule
  }

  /** Of trailer fields also what only proxies may say: what they have to say of the client stands in the head. */
  drops (name: string): boolean {
    return this.#isOurs(name) || commonAction(name) === TRUSTED_ONLY
  }

  #make (name: string): FieldRule {
    return { name, action: this.#actionOf(name), bit: SINGLES.includes(name) ? 1 << SINGLES.indexOf(name) : 0 }
  }

  #actionOf (name: string): number {
    const folded = name.replace(/[^a-z0-9-]/g, '-')
    if (name.includes('_') || (folded !== name && (this.#isOurs(folded) || isReserved(folded)))) return REFUSE
    if (name === COPY_MARK) return TRUSTED_ONLY
    if (this.#isOurs(name)) return DROP
    return name === 'cookie' && this.owned.cookie !== null ? COOKIE : commonAction(name)
  }

  #isOurs (name: string): boolean {
    return OWNED.some(prefix => name.startsWith(prefix)) || this.owned.headers.some(own => name === own || name.startsWith(`${own}-`))
  }
}

/** What is the same for every gateway. */
function commonAction (name: string): number {
  if (Object.hasOwn(SPECIAL, name)) return SPECIAL[name]!
  if (name.startsWith('x-forwarded') || name.startsWith('x-envoy-')) return TRUSTED_ONLY
  if (name.startsWith('proxy-')) return DROP
  return SINGLES.includes(name) ? SINGLE : FORWARD
}

const isReserved = (name: string): boolean => name.startsWith('x-forwarded') || Object.hasOwn(SPECIAL, name)
