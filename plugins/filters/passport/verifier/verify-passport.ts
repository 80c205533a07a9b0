import { compactJws, jsonObject, type CompactJws } from './compact-jws.ts'
import { checkedClaims, type Passport } from './passport.ts'
import { PassportError } from './passport-error.ts'
import { isSignedBy, passportKeys, type Jwk, type Jwks, type PassportKey } from './passport-key.ts'
import { RemoteKeys } from './remote-keys.ts'
import { checkBinding } from './request-binding.ts'
import type { BoundRequest } from './request-digest.ts'

export interface VerifyOptions {
  /** URL of the gateway's keys (`http://gateway:9090/keys/passport`), or a JWK Set: its public keys, or what `gatehouse keys derive` prints. */
  readonly jwks?: string | URL | Jwks
  /** One key, instead of `jwks`. */
  readonly key?: Jwk
  /** The names this service goes by: one of them must be in `aud`. */
  readonly audience: string | readonly string[]
  /** `iss`, where there are several gateways. */
  readonly issuer?: string
  /** How far clocks may be apart. Default 5000. */
  readonly clockSkewMs?: number
  /** The request the passport came with. Needed where the gateway binds passports to requests. */
  readonly request?: BoundRequest
  /** Accept only passports that are bound to a request. */
  readonly bound?: boolean
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number
}

const DEFAULT_SKEW_MS = 5000

/**
 * The claims of a passport, once it is proved that the gateway has made it for this service and that it is good now (RFC 7515 5.2, RFC 7519 7.2,
 * RFC 8725). Rejects with PassportError. `header`: the value of the header as Node gives it, a list where it was repeated.
 */
export async function verifyPassport (header: string | readonly string[] | null | undefined, options: VerifyOptions): Promise<Passport> {
  const passport = await verifySigned(header, options)
  checkBinding(passport, options.request, options.bound)
  return passport
}

/** The same without a look at the request, for who has not read its body yet. */
export async function verifySigned (header: string | readonly string[] | null | undefined, options: VerifyOptions): Promise<Passport> {
  const find = finder(options)
  const jws = compactJws(header)
  const key = await find(jws.kid)
  if (key === null) throw new PassportError('unknown-key', 'the gateway has no such key ("kid")')
  if (key.alg !== jws.alg) throw new PassportError('algorithm', 'the key is for another algorithm')
  if (!isSignedBy(key, jws)) throw new PassportError('signature', 'the signature is wrong')
  return accepted(jws, options)
}

type Find = (kid: string) => PassportKey | null | Promise<PassportKey | null>

/** Keys made ready once, for as long as whoever verifies keeps their JWKs; few services have several gateways. */
const byObject = new WeakMap<object, ReadonlyMap<string, PassportKey>>()
const byUrl = new Map<string, RemoteKeys>()
const MAX_URLS = 64

function finder ({ jwks, key }: VerifyOptions): Find {
  if (typeof jwks === 'string' || jwks instanceof URL) return remote(String(jwks))
  const source: unknown = jwks ?? key
  if (typeof source !== 'object' || source === null) throw new TypeError('verifyPassport needs the keys of the gateway: jwks or key')
  let keys = byObject.get(source)
  if (keys === undefined) {
    keys = new Map(passportKeys(jwks?.keys ?? [source], { secrets: true }).map(one => [one.kid, one]))
    if (keys.size === 0) throw new TypeError('no key among these is for passports: an Ed25519 key, or one for HS256 of 32 bytes or more, with "kid"')
    byObject.set(source, keys)
  }
  const known = keys
  return kid => known.get(kid) ?? null
}

function remote (url: string): Find {
  let keys = byUrl.get(url)
  if (keys === undefined) {
    if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('the keys are at an http or https URL')
    if (byUrl.size >= MAX_URLS) byUrl.delete(byUrl.keys().next().value!)
    keys = new RemoteKeys(url, { fetch: (...args) => fetch(...args), monotonic: () => performance.now() })
    byUrl.set(url, keys)
  }
  const found = keys
  return kid => found.find(kid)
}

function accepted ({ payload }: CompactJws, options: VerifyOptions): Passport {
  const passport = checkedClaims(jsonObject(payload))
  const { issuer, audience, clockSkewMs = DEFAULT_SKEW_MS, now = Date.now } = options
  checkTimes(passport, now(), clockSkewMs)
  if (issuer !== undefined && passport.iss !== issuer) throw new PassportError('issuer', 'another gateway has made the passport ("iss")')
  const names = [audience].flat()
  if (![passport.aud].flat().some(name => names.includes(name))) throw new PassportError('audience', 'the passport is for another service ("aud")')
  return passport
}

function checkTimes ({ iat, exp }: Passport, now: number, skewMs: number): void {
  if (exp * 1000 + skewMs <= now) throw new PassportError('expired', 'the passport is over ("exp")')
  if (iat * 1000 - skewMs > now) throw new PassportError('not-yet-valid', 'the passport is from the future ("iat")')
}
