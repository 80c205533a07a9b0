import { createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { CompactJws } from './compact-jws.ts'

/** A JSON Web Key (RFC 7517) as it is written. */
export type Jwk = Readonly<Record<string, unknown>>

/** A JWK Set (RFC 7517 5). */
export interface Jwks { readonly keys: readonly Jwk[] }

/** One key that may verify passports, and by which algorithm: the key says it, never the passport (RFC 8725 3.1). */
export interface PassportKey { readonly kid: string, readonly alg: 'EdDSA' | 'HS256', readonly key: KeyObject }

/** Shorter ones can be guessed (RFC 7518 3.2). */
const MIN_SECRET_BYTES = 32

/** The keys of a set that are meant for passports; others are left alone (RFC 7517 5). `secrets`: whether a shared secret is one. */
export function passportKeys (keys: readonly unknown[], { secrets }: { secrets: boolean }): PassportKey[] {
  return keys.map(jwk => passportKey(jwk)).filter((key): key is PassportKey => key !== null && (secrets || key.alg === 'EdDSA'))
}

function passportKey (value: unknown): PassportKey | null {
  if (typeof value !== 'object' || value === null) return null
  const jwk = value as Jwk
  if (typeof jwk['kid'] !== 'string' || (jwk['use'] ?? 'sig') !== 'sig') return null
  return jwk['kty'] === 'OKP' ? publicKey(jwk['kid'], jwk) : jwk['kty'] === 'oct' ? secretKey(jwk['kid'], jwk) : null
}

/** RFC 8037 2. A private part that may be there is not looked at. */
function publicKey (kid: string, { crv, x, alg = 'EdDSA' }: Jwk): PassportKey | null {
  if (crv !== 'Ed25519' || alg !== 'EdDSA') return null
  try {
    return { kid, alg, key: createPublicKey({ key: { kty: 'OKP', crv, x } as JsonWebKey, format: 'jwk' }) }
  } catch {
    return null
  }
}

/** RFC 7518 6.4. */
function secretKey (kid: string, { k, alg }: Jwk): PassportKey | null {
  if (typeof k !== 'string' || alg !== 'HS256') return null
  const secret = Buffer.from(k, 'base64url')
  return secret.byteLength < MIN_SECRET_BYTES ? null : { kid, alg, key: createSecretKey(secret) }
}

/** Whether the key has made this signature (RFC 8037 3.1, RFC 7518 3.2). */
export function isSignedBy ({ alg, key }: PassportKey, { input, signature }: CompactJws): boolean {
  if (alg === 'EdDSA') return verify(null, Buffer.from(input), key, signature)
  const mac = createHmac('sha256', key).update(input).digest()
  return mac.byteLength === signature.byteLength && timingSafeEqual(mac, signature)
}
