import { hash, type KeyObject } from 'node:crypto'
import type { Exchange, Principal, Refusal } from '../../../../src/contract/index.ts'
import { importKey, isSigned } from './dpop-key.ts'
import { badProof, type DpopProof } from './dpop-proof.ts'
import { targetUri } from './target-uri.ts'

/** Base64url of SHA-256. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url')

/** Whether the proof is of this moment (RFC 9449 4.3, 11.1); `exp` and `nbf` need not be there, but count where they are (RFC 7519 4.1.4, 4.1.5). */
export function wrongTime ({ claims: { iat, exp, nbf } }: DpopProof, now: number, maxAgeMs: number, skewMs: number): Refusal | null {
  if (iat * 1000 > now + skewMs || nbf * 1000 > now + skewMs) return badProof('from the future')
  return iat * 1000 < now - maxAgeMs - skewMs || exp * 1000 <= now - skewMs ? badProof('too old') : null
}

/** Whether the proof was made for this request and this token: the URI as the client saw it. */
export function wrongRequest ({ claims: { htm, htu, ath } }: DpopProof, x: Exchange, token: string): Refusal | null {
  if (htm !== x.method) return badProof('htm')
  const target = targetUri(`${x.scheme}://${x.authority}${x.originalPath}`)
  if (target === null || target !== targetUri(htu)) return badProof('htu')
  return ath === sha256(token) ? null : badProof('ath')
}

/** Whether the key of the proof has signed it. It is the key the caller's token is bound to, so that it is imported once for each remembered token. */
export function wrongSignature ({ algorithm, key, signed, signature }: DpopProof, caller: Principal, keys: WeakMap<Principal, KeyObject>): Refusal | null {
  const known = keys.get(caller) ?? importKey(key.jwk)
  if (known === undefined) return badProof('jwk')
  keys.set(caller, known)
  return isSigned(algorithm, known, signed, signature) ? null : badProof('signature')
}
